"""Settings: a dotenv file, and the environment, which wins."""

import os
import pathlib

REQUIRED = ("DATABASE_URL", "ADMIN_API_KEY", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN",
            "STRIPE_WEBHOOK_SECRET")
REQUIRED_TO_SEND = ("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID")


class SettingsError(Exception):
    """What is wrong with the settings, a line each."""


def parse_dotenv(text):
    """NAME=VALUE lines; values may be quoted; # begins a comment line."""
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals or not name.strip().replace("_", "").isalnum():
            raise SettingsError(f"line {number} is not NAME=VALUE")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def is_true(text):
    return text.strip().lower() in ("1", "true", "yes", "on")


class Settings:
    """What the application was told; `problems` says what is missing."""

    def __init__(self, env_file=None, environment=None):
        values = parse_dotenv(pathlib.Path(env_file).read_text("utf-8")) if env_file else {}
        values.update(os.environ if environment is None else environment)
        self._values = values
        self.database_url = self.get("DATABASE_URL")
        self.environment = self.get("APP_ENV", "development")
        self.port = int(self.get("PORT", "8000"))
        self.dry_run = is_true(self.get("WHATSAPP_DRY_RUN", "true"))
        self.panic_mode = is_true(self.get("FEATURE_PANIC_MODE_ENABLED", "false"))

    def get(self, name, default=""):
        return self._values.get(name, default)

    def problems(self):
        names = REQUIRED + (() if self.dry_run else REQUIRED_TO_SEND)
        found = [f"{name} is not set" for name in names if not self.get(name)]
        if self.environment == "production" and len(self.get("ADMIN_API_KEY")) < 32:
            found.append("ADMIN_API_KEY has fewer than 32 characters")
        return found

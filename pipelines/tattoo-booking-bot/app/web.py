"""The web application. Every answer is JSON but WhatsApp's challenge."""

import http.server
import json
import pathlib
import re
import sys
import time
import traceback
import urllib.parse
import uuid

import psycopg2

from . import signatures
from .messenger import Messenger
from .store import Store

VERSION = (pathlib.Path(__file__).parent / "VERSION").read_text("utf-8").strip()
LARGEST_BODY = 1 << 20


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status, error):
        super().__init__(error)
        self.status = status


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, settings):
        self.settings = settings
        self.store = Store(settings.database_url)
        self.messenger = Messenger(settings, self.store)
        super().__init__(("127.0.0.1", settings.port), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"tattoo-booking-bot/{VERSION}"
    sys_version = ""
    timeout = 30

    ROUTES = (
        ("GET", r"/health", "health"),
        ("GET", r"/webhooks/whatsapp", "verify_whatsapp"),
        ("POST", r"/webhooks/whatsapp", "take_whatsapp"),
        ("POST", r"/webhooks/stripe", "take_stripe"),
        ("GET", r"/admin/events", "events"),
        ("GET", r"/admin/debug/lead/(\d{1,18})", "lead"),
    )

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def answer(self, method):
        self.began = time.monotonic()
        self.correlation_id = self.headers.get("X-Request-ID", "")[:64] or str(uuid.uuid4())
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        try:
            self.body = self.read_body()
            self.reply(200, self.find(method, url.path)())
        except Refused as refused:
            self.reply(refused.status, {"error": str(refused)})
        except psycopg2.errors.UndefinedTable:
            self.reply(503, {"error": "the database is not migrated yet"})
        except psycopg2.OperationalError:
            self.reply(503, {"error": "the database cannot be reached"})
        except Exception:  # Whatever it is, the client is told nothing of it, the log everything.
            traceback.print_exc()
            self.reply(500, {"error": "internal error"})

    def find(self, method, path):
        known = False
        for known_method, pattern, name in self.ROUTES:
            match = re.fullmatch(pattern, path)
            if match and known_method == method:
                return lambda: getattr(self, name)(*match.groups())
            known = known or bool(match)
        raise Refused(405, "method not allowed") if known else Refused(404, "not found")

    def read_body(self):
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            raise Refused(413, "the body is too large, or its length is not known")
        return self.rfile.read(int(length))

    def reply(self, status, content):
        is_text = isinstance(content, str)
        data = content if is_text else json.dumps(content, default=str)
        data = data.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if is_text else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Request-ID", self.correlation_id)
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code="-", size="-"):
        line = {"method": self.command, "path": self.path.partition("?")[0], "status": int(code),
                "correlation_id": getattr(self, "correlation_id", ""),
                "ms": round((time.monotonic() - getattr(self, "began", time.monotonic())) * 1000)}
        print(json.dumps(line), file=sys.stderr, flush=True)

    def log_message(self, *args):
        print(json.dumps({"message": args[0] % args[1:]}), file=sys.stderr, flush=True)

    # -- What it can do

    def health(self):
        settings = self.server.settings
        status = {"status": "ok", "version": VERSION, "schema_version": None,
                  "environment": settings.environment, "dry_run": settings.dry_run,
                  "panic_mode": settings.panic_mode}
        try:
            status["schema_version"] = self.server.store.schema_version()
        except psycopg2.OperationalError as error:
            raise Refused(503, "the database cannot be reached") from error
        return status

    def verify_whatsapp(self):
        token = self.server.settings.get("WHATSAPP_VERIFY_TOKEN")
        given = self.query.get("hub.verify_token", "")
        if self.query.get("hub.mode") != "subscribe" or not is_ascii_same(given, token):
            raise Refused(403, "the verify token is wrong")
        return self.query.get("hub.challenge", "")

    def take_whatsapp(self):
        secret = self.server.settings.get("WHATSAPP_APP_SECRET")
        if not signatures.is_from_whatsapp(self.headers.get("X-Hub-Signature-256", ""), self.body,
                                           secret):
            raise Refused(401, "the signature is missing or wrong")
        taken = duplicates = 0
        for message in whatsapp_messages(self.json_body()):
            lead_id = self.server.store.take_message(*message, self.correlation_id)
            if lead_id is None:
                duplicates += 1
                continue
            taken += 1
            self.server.messenger.greet(lead_id, message[1], self.correlation_id)
        return {"taken": taken, "duplicates": duplicates}

    def take_stripe(self):
        secret = self.server.settings.get("STRIPE_WEBHOOK_SECRET")
        header = self.headers.get("Stripe-Signature", "")
        if not signatures.is_from_stripe(header, self.body, secret):
            raise Refused(400, "the signature is missing, wrong or too old")
        event = self.json_body()
        if event.get("type") != "checkout.session.completed":
            return {"received": True, "ignored": str(event.get("type"))}
        session = event.get("data", {}).get("object", {})
        if not isinstance(session, dict) or not session.get("id"):
            raise Refused(400, "the event has no checkout session")
        fresh = self.server.store.take_payment(session, self.correlation_id)
        return {"received": True, "duplicate": not fresh}

    def events(self):
        self.require_admin()
        limit = self.query.get("limit", "50")
        if not limit.isdigit() or not 1 <= int(limit) <= 500:
            raise Refused(400, "limit must be a number from 1 to 500")
        rows = self.server.store.events(int(limit), self.query.get("event_type"),
                                        self.query.get("level"))
        return {"events": rows}

    def lead(self, lead_id):
        self.require_admin()
        lead = self.server.store.lead(int(lead_id))
        if lead is None:
            raise Refused(404, "no such lead")
        return lead

    def require_admin(self):
        key = self.server.settings.get("ADMIN_API_KEY")
        if not signatures.is_same(self.headers.get("X-Admin-API-Key", ""), key):
            raise Refused(401, "X-Admin-API-Key is missing or wrong")

    def json_body(self):
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Refused(400, "the body is not JSON") from error
        if not isinstance(value, dict):
            raise Refused(400, "the body is not an object")
        return value


def is_ascii_same(given, expected):
    return given.isascii() and signatures.is_same(given, expected)


def whatsapp_messages(body):
    """(id, sender, text) of each message of a notification."""
    try:
        for entry in body.get("entry", []):
            for change in entry.get("changes", []):
                for message in change.get("value", {}).get("messages", []):
                    text = message.get("text", {}).get("body", "")
                    yield str(message["id"]), str(message["from"]), str(text)
    except (AttributeError, KeyError, TypeError) as error:
        raise Refused(400, "the body is no notification of WhatsApp") from error

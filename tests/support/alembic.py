"""An Alembic project for tests: an environment that takes its database from DATABASE_URL, revisions
that the test writes, and alembic itself, called as somebody who has nothing to do with stagerun.

    self.project = alembic.Project(self, "sqlite:///" + ...)
    self.project.table("a1", None)
    self.project.alembic("upgrade", "head")
"""

import contextlib
import json
import os
import sqlite3
import subprocess

# Debian's alembic belongs to Debian's python3, whatever else comes first in PATH. Another one can
# be tested against: STAGERUN_TEST_PYTHON names a python that has it.
COMMAND = [os.environ.get("STAGERUN_TEST_PYTHON", "/usr/bin/python3"), "-m", "alembic"]

INI = """[alembic]
script_location = migrations
prepend_sys_path = .
[loggers]
keys = root,alembic
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARN
handlers = console
[logger_alembic]
level = INFO
handlers =
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""

ENV = """import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

fileConfig(context.config.config_file_name)
url = os.environ["DATABASE_URL"]
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = '''"""{message}"""
import time

from alembic import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {parents!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade():
    {up}


def downgrade():
    {down}
'''


class Project:
    """Scripts in a test's workspace, and the database that DATABASE_URL names."""

    def __init__(self, case, url, folder="."):
        self.case = case
        self.url = url
        self.folder = folder
        self.env = {"DATABASE_URL": url}
        self.write("alembic.ini", INI)
        self.write("migrations/env.py", ENV)
        (self.path / "migrations/versions").mkdir()

    @property
    def path(self):
        return self.case.workspace / self.folder

    def write(self, name, text):
        return self.case.write(f"{self.folder}/{name}", text)

    def revision(self, name, parents, up="pass", down="pass", message=None, labels=None,
                 depends=None):
        text = REVISION.format(id=name, parents=parents, up=up.replace("\n", "\n    "),
                               down=down.replace("\n", "\n    "), labels=labels, depends=depends,
                               message=f"revision {name}" if message is None else message)
        return self.write(f"migrations/versions/{name}.py", text)

    def table(self, name, parents, table=None, **more):
        """A revision that creates a table and, on the way back, drops it."""
        table = table or f"t_{name}"
        return self.revision(name, parents, f'op.execute("CREATE TABLE {table} (n int)")',
                             f'op.execute("DROP TABLE {table}")', **more)

    def alembic(self, *args, check=True):
        done = subprocess.run([*COMMAND, *args], cwd=self.path, capture_output=True,
                              env={**os.environ, **self.env, "PYTHONDONTWRITEBYTECODE": "1"},
                              encoding="utf-8", check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"alembic {args}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def current(self):
        """The set of revisions that the database is at, by alembic's own table."""
        if not self.url.startswith("sqlite:///"):
            there = self.case.sql("SELECT to_regclass('alembic_version') IS NOT NULL") == "t"
            return set(self.case.sql("SELECT version_num FROM alembic_version").split()
                       if there else ())
        with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as database:
            there = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
            return {row[0] for row in database.execute("SELECT version_num FROM alembic_version")
                    } if there.fetchone() else set()


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


class Stage:
    """For a test case with a `project`: a pipeline of one alembic stage, `db`."""

    def stage(self, **keys):
        keys = {"command": COMMAND, **keys}
        words = ", ".join(f"{key} = {toml(value)}" for key, value in keys.items())
        more = "acknowledge_irreversible = true\n" if keys.get("downgrade") == "never" else ""
        self.pipeline(f'name = "x"\n[[stage]]\nname = "db"\nuses = "alembic"\n{more}'
                      f"with = {{ {words} }}\n")

    def go(self, *args, status=0, env=None, **options):
        done = self.run_program(*(args or ("run", "pipeline.toml", "--yes")),
                                env={**self.project.env, **(env or {})}, **options)
        self.assertEqual(status, done.status, done)
        return done

    def outputs(self):
        return self.events("verb_ended", verb="apply")[-1]["outputs"]

    def commands(self, verb, access="write"):
        """What alembic was told, without how it is called."""
        return [" ".join(event["request"]["argv"][len(COMMAND):])
                for event in self.events("effect_intended", verb=verb, access=access)
                if event["request"]["argv"][:len(COMMAND)] == COMMAND]

    def three(self):
        self.project.table("a1", None)
        self.project.table("b2", "a1")
        self.project.table("c3", "b2")

"""A PostgreSQL server of the tests' own: real, throw-away, on loopback with a password.

    class MigrateTest(postgres.Case):
        def test_rows_arrive(self):
            self.sql("CREATE TABLE t (n int)")
            self.run_program("run", "pipeline.toml", "--yes", env={"DB_URL": self.url()})

One server a process, started when it is first asked for, gone when the process ends, however it
ends. Each test gets a database of its own. Where no server is installed, the tests fail and say so.

    python3 -m tests.support.postgres COMMAND ARGUMENT...

runs a command with one server for all the tests that it starts, as ci/test does.
"""

import atexit
import functools
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from tests.support import stagerun

USER = "keeper"
# Found nowhere else, and with all that a URL must encode.
PASSWORD = "Kanari:7f/3a@9c e%5"
# Where a server is that somebody else keeps: PORT:FOLDER.
SHARED = "STAGERUN_TEST_POSTGRES"
INSTALLED = pathlib.Path("/usr/lib/postgresql")
# For a server that nobody will miss.
SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB",
            "max_connections=40", "logging_collector=off", "listen_addresses=127.0.0.1")


def binaries():
    """The folder of the newest server that is installed."""
    found = [path.parent for path in INSTALLED.glob("*/bin/initdb")]
    if not found:
        raise AssertionError("no PostgreSQL server is installed: run ci/bootstrap")
    return max(found, key=lambda folder: float(folder.parent.name))


def _ordinary_user():
    """Who the server runs as; it refuses to be root's. None: as we do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is neither a user postgres nor nobody to run a server as")


class Client:
    """Somebody who talks to a running server and has nothing to do with stagerun.

    `host`, `port`; `socket_folder` for who comes without a network.
    """

    host = "127.0.0.1"

    def __init__(self, port, folder):
        self.port = port
        self.folder = self.socket_folder = folder

    def url(self, database, scheme="postgresql", password=PASSWORD, user=USER):
        secret = "" if password is None else ":" + urllib.parse.quote(password, safe="")
        return f"{scheme}://{user}{secret}@{self.host}:{self.port}/{database}"

    def environment(self, database="postgres"):
        """Where libpq looks for what a client must know."""
        return {**os.environ, "PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": USER,
                "PGPASSWORD": PASSWORD, "PGDATABASE": database, "PGCONNECT_TIMEOUT": "10"}

    def tool(self, name, *args, database="postgres", stdin=None, check=True):
        """Runs psql, pg_dump, ... of the server's own version; raises where it fails."""
        done = subprocess.run([binaries() / name, *args], env=self.environment(database),
                              input=stdin, capture_output=True, encoding="utf-8", check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{name} ended with {done.returncode}:\n{done.stderr}")
        return done

    def sql(self, statement, database="postgres"):
        """What it prints, unaligned: columns parted by |, rows by newlines."""
        done = self.tool("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-", database=database,
                         stdin=statement)
        return done.stdout.removesuffix("\n")

    def content(self, database, *args):
        """Everything in a database as text, without what differs from dump to dump."""
        text = self.tool("pg_dump", *args, database=database).stdout
        return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


class Server(Client):
    """A server of our own."""

    def __init__(self):
        with socket.create_server((self.host, 0)) as taken:
            port = taken.getsockname()[1]
        super().__init__(port, pathlib.Path(tempfile.mkdtemp(prefix="stagerun-pg-", dir="/tmp")))
        self._account = _ordinary_user()
        self._process = None
        try:
            self._make()
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # whoever is connected is not waited for
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self):
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if self._account:
            for path in (self.folder, secret):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        command = [binaries() / "initdb", "--pgdata", self.folder / "data", "--username", USER,
                   "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8",
                   "--locale", "C.UTF-8", "--no-sync"]
        done = subprocess.run(self._as_user(command), capture_output=True, encoding="utf-8",
                              cwd=self.folder, check=False)
        if done.returncode != 0:
            raise AssertionError(f"initdb failed:\n{done.stdout}{done.stderr}")
        secret.unlink()

    def _start(self):
        settings = (*SETTINGS, f"port={self.port}", f"unix_socket_directories={self.folder}")
        command = [binaries() / "postgres", "-D", self.folder / "data"]
        for setting in settings:
            command += ["-c", setting]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(self._as_user(command), cwd=self.folder, stdout=log,
                                             stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server does not start:\n{self.log()}")
            time.sleep(0.02)

    def _answers(self):
        ask = [binaries() / "pg_isready", "-q", "-h", self.host, "-p", str(self.port)]
        return subprocess.run(ask, check=False).returncode == 0

    def _as_user(self, command):
        # The server ends with whoever started it.
        who = ["setpriv", "--pdeathsig", "INT"]
        if self._account:
            who += [f"--reuid={self._account.pw_uid}", f"--regid={self._account.pw_gid}",
                    "--clear-groups"]
        return who + command

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")


@functools.cache
def server():
    """The server that was given to us, or else this process' own."""
    if shared := os.environ.get(SHARED):
        port, folder = shared.split(":", 1)
        return Client(int(port), pathlib.Path(folder))
    running = Server()
    atexit.register(running.stop)
    return running


class Case(stagerun.Case):
    """A test with a workspace and an empty database of its own, `self.database`."""

    _count = 0

    def setUp(self):
        super().setUp()
        self.server = server()
        self.database = self.new_database()

    def new_database(self, name=None):
        """Creates an empty one, which is gone after the test; its name."""
        if name is None:
            Case._count += 1
            name = f"app_{os.getpid()}_{Case._count}"
        self.server.sql(f'CREATE DATABASE "{name}"')
        self.addCleanup(self.server.sql, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        return name

    def sql(self, statement, database=None):
        return self.server.sql(statement, database or self.database)

    def url(self, database=None, **options):
        return self.server.url(database or self.database, **options)

    def content(self, database=None):
        return self.server.content(database or self.database)


def main(command):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    running = Server()
    try:
        shared = {SHARED: f"{running.port}:{running.folder}"}
        return subprocess.run(command, env={**os.environ, **shared}, check=False).returncode
    finally:
        running.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

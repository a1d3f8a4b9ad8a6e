"""The shipped example: it runs, it goes back, and a release that is not ready takes itself back."""

import os
import pathlib
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

from tests.support import sources, stagerun

EXAMPLE = sources.ROOT / "pipelines" / "example"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class ExampleTest(stagerun.Case):
    def setUp(self):
        super().setUp()
        unwanted = shutil.ignore_patterns("world", ".stagerun")
        shutil.copytree(EXAMPLE, self.workspace, dirs_exist_ok=True, ignore=unwanted)
        subprocess.run([self.workspace / "reset"], check=True)
        self.port = free_port()
        # Registered after the workspace's removal, so done before it.
        self.addCleanup(self.run_program, "rollback")

    def go_live(self, *more):
        return self.run_program("run", "pipeline.toml", "--yes", "-i", f"port={self.port}", *more)

    def health(self):
        try:
            url = f"http://127.0.0.1:{self.port}/health"
            return urllib.request.urlopen(url, timeout=5).read().decode("utf-8")
        except urllib.error.URLError:
            return None

    def database(self, statement):
        done = subprocess.run(
            ["sqlite3", self.workspace / "world" / "app.db", statement],
            capture_output=True, check=True, encoding="utf-8",
        )
        return done.stdout.strip()

    def assert_as_before(self):
        self.assertIsNone(self.health())
        self.assertEqual(pathlib.Path("../releases/1"), self.current())
        self.assertEqual("1", self.database("PRAGMA user_version"))
        self.assertEqual("3", self.database("SELECT count(*) FROM bookings"))
        self.assertFalse(self.exists("world/backup"))

    def current(self):
        return (self.workspace / "world" / "current").readlink()

    def test_it_goes_live_and_back(self):
        done = self.go_live()
        self.assertEqual(0, done.status, done)
        self.assertEqual('{"version": "2", "bookings": 3}\n', self.health())
        self.assertEqual(pathlib.Path("../releases/2"), self.current())
        self.assertTrue(self.exists("world/backup/before-2.db"))
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assert_as_before()

    def test_the_undo_of_a_backup_that_was_killed_half_way_leaves_nothing(self):
        half = self.workspace / "world/backup/before-2.db.part"
        half.parent.mkdir()
        half.write_bytes(b"half a copy")
        half.with_name(half.name + "-journal").write_bytes(b"and its journal")
        self.write("baseline", "none\n")
        subprocess.run(["bin/backup.sh", "undo", "before-2"], cwd=self.workspace, check=True,
                       env=os.environ | {"STAGERUN_BASELINE": "baseline"})
        self.assert_as_before()

    def test_a_release_that_is_not_ready_takes_itself_back(self):
        done = self.go_live("-i", "version=3")
        self.assertEqual(6, done.status, done)
        self.assert_as_before()

    def test_a_second_go_live_is_refused_before_it_touches_anything(self):
        self.assertEqual(0, self.go_live().status)
        first = self.runs()[-1]
        self.addCleanup(self.run_program, "rollback", first)
        done = self.go_live()
        self.assertEqual(3, done.status, done)
        self.assertIsNotNone(self.health())

    def test_what_was_used_since_is_a_conflict_and_the_backup_stays(self):
        self.assertEqual(0, self.go_live().status)
        self.database("UPDATE bookings SET deposit_cents = 500 WHERE id = 1")
        done = self.run_program("rollback")
        self.assertEqual(8, done.status, done)
        self.assertEqual("500", self.database("SELECT deposit_cents FROM bookings WHERE id = 1"))
        self.assertTrue(self.exists("world/backup/before-2.db"))

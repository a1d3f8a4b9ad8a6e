"""The host is killed with SIGKILL before and after every effect and at every journal write.

Each place is found by counting: the host names it on a descriptor and waits
(tests/support/stagerun.py). After each kill the run is taken up, in one pass with `resume`, in the
other with `rollback`: the world is then the new one or the old one, and nothing has happened twice.
"""

import shutil
import socket
import subprocess

from tests.support import sources, stagerun

EXAMPLE = sources.ROOT / "pipelines" / "example"

# Each stage counts how often it was done, in the transaction that does it.
COUNTING = """
name = "counting"
%s
[[stage]]
name = "look"
uses = "exec"
with = { run = ["test", "-e", "app.db"], changes = false }
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class KillCase(stagerun.Case):
    """Walks through every kill point of a run, each from a fresh world; under sanitizers through a
    sample of them (stagerun.points_to_try)."""

    def walk(self, command, after, reset, judge):
        """`judge(done)` after `after` was run on what the kill left; the number of kills."""
        reset()
        points = stagerun.KillPoints(self)
        count = points.count(*command)
        names = points.names
        self.assertEqual(0, points.completed.status, points.completed)
        self.clean_up()
        killed = 0
        tried = stagerun.points_to_try(count)
        for number in tried:
            reset()
            points = stagerun.KillPoints(self)
            if points.kill_at(number, *command):
                killed += 1
            # Side by side, another run may come to its points in another order.
            with self.subTest(point=number, name=names[number - 1], after=after):
                judge(self.run_program(after))
            self.clean_up()
        name = self.id().rpartition(".")[2]
        sample = "" if len(tried) == count else f" (a sample: {len(tried)} were tried)"
        print(f"\n{name}: killed at {killed} of {count} points{sample}, then {after}")
        self.assertGreater(killed, 0)

    def began(self):
        """Whether the journal says anything; if not, nothing can have happened."""
        return bool(self.events("run_started"))

    def clean_up(self):
        pass


class CountingCase(KillCase):
    STAGES = ("one", "two", "three")
    NEEDS = ""  # a line of each stage; without it each needs the one before

    def setUp(self):
        super().setUp()
        stages = []
        for name in self.STAGES:
            stages.append(f"""
[[stage]]
name = "{name}"
uses = "exec"
{self.NEEDS}
[stage.with]
run = ["./do.sh", "{name}"]
check = ["./check.sh", "{name}"]
record = ["./check.sh", "{name}", "record"]
undo = ["./undo.sh", "{name}"]
""")
        self.pipeline(COUNTING % "".join(stages))
        sql = "sqlite3 -bail -cmd '.timeout 5000' app.db"
        self.write("do.sh", f"""#!/bin/sh
{sql} "BEGIN IMMEDIATE; INSERT INTO done VALUES ('$1'); UPDATE times SET n = n + 1; COMMIT"
""", executable=True)
        self.write("check.sh", f"""#!/bin/sh
n=$({sql} "SELECT count(*) FROM done WHERE stage = '$1'") || exit 2
if [ "${{2-}}" = record ]; then echo "$n"; exit 0; fi
[ "$n" -ge 1 ]
""", executable=True)
        self.write("undo.sh", f"""#!/bin/sh
{sql} "BEGIN IMMEDIATE;
  UPDATE times SET n = n - (SELECT count(*) FROM done WHERE stage = '$1');
  DELETE FROM done WHERE stage = '$1'; COMMIT"
""", executable=True)

    def reset(self):
        shutil.rmtree(self.workspace / ".stagerun", ignore_errors=True)
        for leftover in self.workspace.glob("app.db*"):
            leftover.unlink()
        self.sql("CREATE TABLE done (stage); CREATE TABLE times (n); INSERT INTO times VALUES (0)")

    def sql(self, statement):
        done = subprocess.run(["sqlite3", self.workspace / "app.db", statement],
                              capture_output=True, check=True, encoding="utf-8")
        return done.stdout.strip()

    def assert_new(self):
        self.assertEqual("3", self.sql("SELECT n FROM times"))
        done = self.sql("SELECT stage FROM done").split("\n")
        self.assertEqual(list(self.STAGES), sorted(done, key=self.STAGES.index))
        if not self.NEEDS:
            self.assertEqual(list(self.STAGES), done)

    def assert_old(self):
        self.assertEqual("0", self.sql("SELECT n FROM times"))
        self.assertEqual("", self.sql("SELECT stage FROM done"))

    def judge_resume(self, done):
        self.assertEqual(0 if self.began() else 3, done.status, done)
        return self.assert_new() if self.began() else self.assert_old()

    def judge_rollback(self, done):
        self.assertEqual(0, done.status, done)
        self.assert_old()


class SideBySideTest(CountingCase):
    """Three stages at once: what one host has under way for each is taken up by the next."""

    NEEDS = "needs = []"

    def test_killed_anywhere_resume_does_everything_once(self):
        self.walk(("run", "pipeline.toml", "--yes"), "resume", self.reset, self.judge_resume)

    def test_killed_anywhere_rollback_leaves_the_old_world(self):
        self.walk(("run", "pipeline.toml", "--yes"), "rollback", self.reset, self.judge_rollback)


class CountingTest(CountingCase):
    def test_killed_anywhere_resume_does_everything_once(self):
        self.walk(("run", "pipeline.toml", "--yes"), "resume", self.reset, self.judge_resume)

    def test_killed_anywhere_rollback_leaves_the_old_world(self):
        self.walk(("run", "pipeline.toml", "--yes"), "rollback", self.reset, self.judge_rollback)

    def test_a_rollback_killed_anywhere_goes_on_to_the_old_world(self):
        def reset():
            self.reset()
            self.assertEqual(0, self.run_program("run", "pipeline.toml", "--yes").status)

        self.walk(("rollback",), "resume", reset, self.judge_rolled_back)

    def test_a_resume_killed_anywhere_is_resumed(self):
        points = stagerun.KillPoints(self)
        self.reset()
        points.count("run", "pipeline.toml", "--yes")
        middle = next(i for i, name in enumerate(points.names, 1)
                      if name.startswith("effect:after:") and name.endswith("/two/run"))

        def reset():
            self.reset()
            run = stagerun.KillPoints(self)
            self.assertTrue(run.kill_at(middle, "run", "pipeline.toml", "--yes"))

        self.walk(("resume",), "resume", reset, self.judge_resume)

    def judge_rolled_back(self, done):
        # Killed before the journal said that it goes back, resume finds a finished run.
        if self.events("rollback_started"):
            self.assertEqual(0, done.status, done)
            return self.assert_old()
        return self.assert_new()


class ExampleTest(KillCase):
    """The shipped example: SQLite, files, a link and a service that outlives its run."""

    def setUp(self):
        super().setUp()
        unwanted = shutil.ignore_patterns("world", ".stagerun")
        shutil.copytree(EXAMPLE, self.workspace, dirs_exist_ok=True, ignore=unwanted)
        self.command = ("run", "pipeline.toml", "--yes", "-i", f"port={free_port()}")
        self.addCleanup(self.clean_up)

    def reset(self):
        subprocess.run([self.workspace / "reset"], check=True)
        self.before = self.look()

    def look(self):
        """The world by meaning: the database's content, the link, the files, the services."""
        world = self.workspace / "world"
        dump = subprocess.run(["sqlite3", world / "app.db", "PRAGMA user_version", ".dump"],
                              capture_output=True, check=True)
        every = (str(file.relative_to(world)) for file in world.rglob("*"))
        files = sorted(file for file in every if not file.startswith("app.db"))
        return (dump.stdout, (world / "current").readlink(), files, len(self.services()))

    def services(self):
        """The processes that serve from this workspace."""
        found = subprocess.run(["pgrep", "-f", self.command[-1].replace("=", "[ =]")],
                               capture_output=True, encoding="utf-8", check=False)
        return [int(pid) for pid in found.stdout.split() if stagerun.is_running(int(pid))]

    def clean_up(self):
        if self.runs():
            self.run_program("rollback")
        self.assertEqual([], self.services())

    def judge_resume(self, done):
        self.assertEqual(0 if self.began() else 3, done.status, done)
        if not self.began():
            return self.assertEqual(self.before, self.look())
        _, current, files, services = self.look()
        self.assertEqual("../releases/2", str(current))
        self.assertIn("backup/before-2.db", files)
        return self.assertEqual(1, services)

    def judge_rollback(self, done):
        self.assertEqual(0, done.status, done)
        self.assertEqual(self.before, self.look())

    def test_killed_anywhere_resume_goes_live(self):
        self.walk(self.command, "resume", self.reset, self.judge_resume)

    def test_killed_anywhere_rollback_leaves_the_old_world(self):
        self.walk(self.command, "rollback", self.reset, self.judge_rollback)

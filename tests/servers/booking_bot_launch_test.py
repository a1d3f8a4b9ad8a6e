"""pipelines/tattoo-booking-bot for real: PostgreSQL, Alembic, the application, and its way back."""

import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

from tests.servers import tattoo_booking_bot_test as fixture
from tests.support import postgres, stagerun

VERSION = (fixture.FIXTURE / "app" / "VERSION").read_text("utf-8").strip()
SECRETS = (fixture.Settings.ADMIN, fixture.Settings.VERIFY, postgres.PASSWORD)


class LaunchCase(postgres.Case):
    """The workspace is the fixture on the day before, with the old bot running."""

    def setUp(self):
        super().setUp()
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        ignored = shutil.ignore_patterns(".stagerun", "world", ".env.production", "__pycache__")
        shutil.copytree(fixture.FIXTURE, self.workspace, ignore=ignored, dirs_exist_ok=True)
        self.addCleanup(self.tool, "bin/bot", "stop", str(self.port), check=False)
        self.reset()

    def tool(self, *command, check=True):
        return subprocess.run(command, cwd=self.workspace, check=check, capture_output=True,
                              env={**os.environ, "DATABASE_URL": self.url()})

    def reset(self):
        self.tool("bin/bot", "stop", str(self.port))
        shutil.rmtree(self.workspace / ".stagerun", ignore_errors=True)
        self.tool("./reset")
        self.tool("bin/bot", "start", str(self.port))
        self.wait_until(self.health, what="the old bot")
        self.before = (self.content(), (self.workspace / ".env.production").read_bytes())

    def world(self):
        return (self.content(), (self.workspace / ".env.production").read_bytes())

    def health(self):
        try:
            address = f"http://127.0.0.1:{self.port}/health"
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            return None

    def command(self, pipeline="pipeline.toml", version=VERSION):
        given = ["-i", f"port={self.port}", "-i", "patience=20s"]
        if pipeline == "pipeline.toml":
            given += ["-i", f"version={version}"]
        return ["run", pipeline, "--yes", *given]

    def launch(self, **options):
        return self.run_program(*self.command(**options))

    def assert_launched(self):
        self.wait_until(self.health, what="the new bot")
        health = self.health()
        self.assertEqual((fixture.LAST, False, False),
                         (health["schema_version"], health["dry_run"], health["panic_mode"]))

    def assert_as_before(self):
        self.assertEqual(self.before, self.world())
        self.wait_until(self.health, what="the old bot")
        health = self.health()
        self.assertEqual((fixture.FIRST, True), (health["schema_version"], health["dry_run"]))

    def assert_secrets_are_nowhere(self, *texts):
        """Not in what was printed, and nowhere in the state but in what is meant to keep them."""
        for secret in SECRETS:
            for text in texts:
                self.assertNotIn(secret, text)
            for file in (self.workspace / ".stagerun").rglob("*"):
                if file.is_file() and "scratch" not in file.parts:
                    self.assertNotIn(secret.encode(), file.read_bytes(), file)


class LaunchTest(LaunchCase):
    def test_it_launches(self):
        done = self.launch()
        self.assertEqual(0, done.status, done)
        self.assert_launched()
        self.assertEqual(1, len(list((self.workspace / "world" / "before").glob("*.dump"))))
        self.assert_secrets_are_nowhere(done.stdout, done.stderr)

    def test_a_plan_changes_nothing(self):
        done = self.run_program("plan", "pipeline.toml", *self.command()[3:])
        self.assertEqual(0, done.status, done)
        self.assertIn("migrate", done.stdout)
        self.assert_as_before()

    def test_where_the_wrong_version_answers_all_goes_back(self):
        done = self.launch(version="9.9.9")
        self.assertEqual(1, done.status, done)
        self.assert_as_before()
        undone = {event["stage"]: event["result"] for event in self.events("stage_rolled_back")}
        self.assertEqual({"start": "undone", "send-for-real": "undone", "migrate": "undone",
                          "stop-old": "undone", "backup": "stands", "snapshot": "stands"}, undone)
        self.assert_secrets_are_nowhere(done.stdout, done.stderr)

    def test_a_bad_setting_stops_it_before_anything_changes(self):
        env_file = self.workspace / ".env.production"
        bad = env_file.read_text("utf-8").replace("sk_live_", "sk_test_")
        env_file.write_text(bad.replace("DEMO_MODE=false", "DEMO_MODE=true"), "utf-8")
        done = self.launch()
        self.assertEqual(2, done.status, done)
        self.assertIn("STRIPE_SECRET_KEY", done.stderr)
        self.assertIn("DEMO_MODE", done.stderr)
        self.assertEqual(fixture.FIRST, self.health()["schema_version"])

    def test_hours_later_it_is_taken_back_by_hand(self):
        self.assertEqual(0, (done := self.launch()).status, done)
        shutil.rmtree(self.workspace / "migrations" / "versions" / "__pycache__", True)
        done = self.run_program("rollback")
        self.assertEqual(1, done.status, done)  # backup and snapshot stand
        self.assert_as_before()

    def test_the_recovery_pauses_it_and_finds_the_backup(self):
        self.assertEqual(0, (done := self.launch()).status, done)
        done = self.run_program(*self.command("recovery.toml"))
        self.assertEqual(0, done.status, done)
        health = self.health()
        self.assertEqual((True, True), (health["dry_run"], health["panic_mode"]))

    def test_a_backup_that_was_changed_fails_the_recovery_which_goes_back(self):
        self.assertEqual(0, (done := self.launch()).status, done)
        dump = next((self.workspace / "world" / "before").glob("*.dump"))
        dump.chmod(0o600)
        dump.write_bytes(dump.read_bytes()[:-1] + b"X")
        done = self.run_program(*self.command("recovery.toml"))
        self.assertEqual(6, done.status, done)
        self.assert_launched()


class KilledLaunchTest(LaunchCase):
    """The host is killed at points all over the launch, then taken up, or taken back."""

    POINTS = 6  # of each walk; a launch has hundreds, and each of these takes seconds

    def walk(self, after, judge):
        points = stagerun.KillPoints(self)
        count = points.count(*self.command())
        self.assertEqual(0, points.completed.status, points.completed)
        killed = 0
        for part in range(1, self.POINTS + 1):
            number = count * part // (self.POINTS + 1)
            self.reset()
            killed += bool(stagerun.KillPoints(self).kill_at(number, *self.command()))
            with self.subTest(point=number, of=count, after=after):
                judge(self.run_program(after))
        print(f"\n{self.id().rpartition('.')[2]}: killed at {killed} of {count} points")
        self.assertEqual(self.POINTS, killed)

    def test_resumed_it_launches(self):
        def judge(done):
            if self.events("run_started"):
                self.assertEqual(0, done.status, done)
                self.assert_launched()
            else:
                self.assert_as_before()

        self.walk("resume", judge)

    def test_rolled_back_all_is_as_before(self):
        def judge(done):
            self.assertIn(done.status, (0, 1), done)
            self.assert_as_before()

        self.walk("rollback", judge)

"""The alembic stage on a real PostgreSQL: transactions, the lock, the host killed on the way."""

import json
import os
import shutil
import threading
import urllib.parse

from tests.support import alembic, postgres, stagerun


# The advisory locks of a test's own database: others may run on the same server.
LOCKS = ("FROM pg_locks WHERE locktype = 'advisory' AND database = "
         "(SELECT oid FROM pg_database WHERE datname = current_database())")


class PostgresCase(alembic.Stage, postgres.Case):
    def setUp(self):
        super().setUp()
        self.project = alembic.Project(self, self.url(scheme="postgresql+psycopg2"))
        # psql asks the environment for the password; the URL of the lock has none.
        self.project.env["PGPASSWORD"] = postgres.PASSWORD
        self.lock_url = self.url(password=None, scheme="postgresql+psycopg2")

    def tables(self):
        return self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND "
                        "tablename <> 'alembic_version' ORDER BY 1").split()


class TransactionTest(PostgresCase):
    def test_it_goes_forward_and_back_under_the_lock(self):
        self.three()
        self.stage(url=self.lock_url)
        self.go()
        self.assertEqual(["t_a1", "t_b2", "t_c3"], self.tables())
        self.assertEqual({"c3"}, self.project.current())
        self.go("rollback")
        self.assertEqual([], self.tables())
        self.assertEqual("0", self.locks())

    def locks(self):
        return self.sql(f"SELECT count(*) {LOCKS}")

    def test_a_failure_in_the_middle_leaves_nothing(self):
        self.three()
        self.project.revision("c3", "b2", 'op.execute("CREATE TABLE half (n int)")\n'
                              'op.execute("SELECT * FROM nowhere")',
                              'op.execute("DROP TABLE half")')
        self.stage()
        done = self.go(status=6)
        self.assertIn('relation "nowhere" does not exist', done.stderr)
        self.assertIn("the database is still at base", done.stderr)
        self.assertEqual([], self.tables())

    def test_a_revision_in_a_transaction_of_its_own_stands_and_is_undone(self):
        self.project.write("migrations/env.py", alembic.ENV.replace(
            "context.configure(", "context.configure(transaction_per_migration=True, "))
        self.three()
        self.project.revision("c3", "b2", 'op.execute("SELECT * FROM nowhere")', "pass")
        self.stage(downgrade="lenient")
        done = self.go(status=6)
        self.assertIn("the database is at b2, with 2 of 3 revisions applied", done.stderr)
        self.assertEqual([], self.tables())

    def test_what_was_committed_on_the_way_is_not_called_undone(self):
        self.three()
        self.project.revision(
            "c3", "b2", 'op.execute("CREATE TABLE half (n int)")\n'
            "with op.get_context().autocommit_block():\n"
            '    op.execute("CREATE INDEX CONCURRENTLY half_n ON half (n)")\n'
            'op.execute("SELECT * FROM nowhere")', 'op.execute("DROP TABLE half")')
        self.stage()
        done = self.go(status=7)
        self.assertIn("a part of c3 may stand beside it", done.stderr)
        self.assertEqual(["half"], self.tables())

    def test_an_id_that_does_not_fit_fails_and_leaves_nothing(self):
        name = "0001_a_revision_with_a_name_that_tells_a_story"
        self.project.table(name, None, table="t")
        self.stage()
        done = self.go(status=6)
        self.assertIn("value too long for type character varying(32)", done.stderr)
        self.assertEqual([], self.tables())

    def test_a_server_that_is_not_there_is_told_and_nothing_begins(self):
        self.three()
        self.stage()
        self.project.env["DATABASE_URL"] = self.project.url.replace(
            f":{self.server.port}/", ":1/")
        done = self.go("plan", "pipeline.toml", status=2)
        self.assertIn("Connection refused", done.stderr)
        self.assertNotIn("Kanari", done.stderr)


class SecretTest(PostgresCase):
    def test_the_password_reaches_alembic_and_psql_and_is_written_nowhere(self):
        self.three()
        self.stage(url="${{ secrets.DB_URL }}", env={"DATABASE_URL": "${{ secrets.DB_URL }}"})
        text = self.read("pipeline.toml").replace(
            "[[stage]]", '[secrets]\nDB_URL = { env = "SHOP_DB" }\n[[stage]]\n'
            'secrets = ["DB_URL"]')
        self.pipeline(text)
        # What fails prints the most.
        self.project.revision("c3", "b2", 'op.execute("SELECT * FROM nowhere")',
                              'op.execute("SELECT 1")')
        self.project.env = {"SHOP_DB": self.url(scheme="postgresql+psycopg2")}
        done = self.go("run", "pipeline.toml", "--yes", "-v", status=6)
        self.assertIn('relation "nowhere" does not exist', done.stderr)
        self.assertEqual([], self.tables())
        (self.workspace / "migrations/versions/c3.py").unlink()
        self.go("run", "pipeline.toml", "--yes")
        self.assertEqual(["t_a1", "t_b2"], self.tables())
        everything = done.stdout.encode() + done.stderr.encode() + b"".join(
            path.read_bytes() for path in self.workspace.rglob("*") if path.is_file())
        for form in (postgres.PASSWORD, urllib.parse.quote(postgres.PASSWORD, safe="")):
            self.assertNotIn(form.encode(), everything)


class LockTest(PostgresCase):
    HOLD = "SELECT pg_advisory_lock(1937006951, 1634493805); SELECT pg_sleep(%s)"

    def hold(self, seconds):
        """Somebody else has the lock for a while."""
        holder = threading.Thread(target=self.sql, args=(self.HOLD % seconds,))
        holder.start()
        self.addCleanup(holder.join)
        self.wait_until(lambda: self.sql(f"SELECT count(*) {LOCKS} AND granted") == "1",
                        what="the lock")
        return holder

    def test_it_waits_until_the_lock_is_free(self):
        self.three()
        self.stage(url=self.lock_url, lock_timeout="1m")
        holder = self.hold(12)
        done = self.go()
        self.assertFalse(holder.is_alive())
        self.assertIn("waiting for the lock on the database", done.stderr)

    def test_it_fails_where_the_lock_is_held_for_too_long(self):
        self.three()
        self.stage(url=self.lock_url, lock_timeout="500ms")
        self.hold(30)
        done = self.go(status=6)
        self.assertIn("somebody else is migrating this database: the lock is held by psql",
                      done.stderr)
        self.assertEqual([], self.tables())
        self.sql(f"SELECT pg_terminate_backend(pid) {LOCKS} AND pid <> pg_backend_pid()")

    def test_lock_false_takes_none(self):
        self.three()
        self.stage(url=self.lock_url, lock=False)
        self.hold(1)
        self.go()
        self.assertEqual([], self.events("effect_intended", id="lock"))

    def test_of_two_runs_at_once_one_upgrades_and_the_other_finds_it_done(self):
        self.project.revision("a1", None, 'op.execute("CREATE TABLE t (n int)")\ntime.sleep(2)',
                              'op.execute("DROP TABLE t")')
        self.stage(url=self.lock_url, lock_timeout="1m")
        other = self.workspace / "other"
        shutil.copytree(self.workspace, other, ignore=shutil.ignore_patterns("other"))
        command = ["run", "pipeline.toml", "--yes"]
        first = self.start(*command, env=self.project.env)
        home, self.workspace = self.workspace, other
        second = self.start(*command, env=self.project.env)
        self.workspace = home
        ended = [stagerun.finish(process) for process in (first, second)]
        self.assertEqual([0, 0], [done.status for done in ended], "\n".join(map(str, ended)))
        results = sorted(self.result_in(folder) for folder in (home, other))
        self.assertEqual(["ok", "unchanged"], results)
        self.assertEqual({"a1"}, self.project.current())

    def result_in(self, folder):
        home, self.workspace = self.workspace, folder
        (settled,) = self.events("stage_settled")
        self.workspace = home
        return settled["result"]


class KilledTest(PostgresCase):
    """The host is killed while alembic runs, or at one of its own kill points."""

    def begin_and_kill(self):
        """Kills the host in the middle of revision b2; a1 and b2 are in one transaction."""
        self.three()
        self.project.revision("b2", "a1", 'op.execute("CREATE TABLE t_b2 (n int)")\n'
                              'from alembic import context\n'
                              'if context.is_offline_mode():\n    return\n'
                              'import os\nopen("reached", "w").close()\n'
                              'time.sleep(0 if os.path.exists("go") else 60)',
                              'op.execute("DROP TABLE t_b2")')
        self.stage()
        process = self.start("run", "pipeline.toml", "--yes", env=self.project.env)
        self.wait_until(lambda: self.exists("reached"), what="the middle of the upgrade")
        process.kill()
        process.wait()
        self.write("go", "")

    def test_resume_goes_on_and_rollback_takes_it_back(self):
        self.begin_and_kill()
        self.go("resume")
        self.assertEqual(["t_a1", "t_b2", "t_c3"], self.tables())
        self.assertEqual(3, self.events("verb_ended", stage="db")[-1]["outputs"]["applied"])
        self.go("rollback")
        self.assertEqual([], self.tables())
        self.assertEqual(set(), self.project.current())

    def test_rollback_at_once_leaves_the_old_world(self):
        self.begin_and_kill()
        self.go("rollback")
        self.assertEqual([], self.tables())
        self.assertEqual(set(), self.project.current())

    def test_somebody_elses_migration_meanwhile_is_a_conflict(self):
        self.begin_and_kill()
        self.project.table("d4", "c3")
        self.stop_orphans()
        self.project.alembic("upgrade", "d4")
        done = self.go("resume", status=8)
        self.assertIn("somebody else has migrated it", done.stderr)
        self.assertEqual({"d4"}, self.project.current())

    def stop_orphans(self):
        """The killed host's alembic still runs; whoever comes first ends it."""
        (started,) = [event for event in self.events("process_started")
                      if event["key"].endswith("/upgrade")]
        os.killpg(started["pid"], 9)
        self.wait_until(lambda: not stagerun.is_running(started["pid"]), what="the orphan's end")

    def test_killed_around_its_writes_it_is_resumed_or_taken_back(self):
        self.three()
        self.project.alembic("upgrade", "a1")
        self.stage()
        command = ("run", "pipeline.toml", "--yes")
        points = stagerun.KillPoints(self)
        count = points.count(*command, env=self.project.env)
        self.assertEqual(0, points.completed.status, points.completed)
        tried = self.chosen(points.names)
        killed = 0
        for number in tried:
            for after in ("resume", "rollback"):
                self.sql("DROP TABLE IF EXISTS t_b2, t_c3; UPDATE alembic_version "
                         "SET version_num = 'a1'")
                point = stagerun.KillPoints(self)
                killed += point.kill_at(number, *command, env=self.project.env)
                with self.subTest(point=points.names[number - 1], after=after):
                    self.go(after)
                    goal = ["t_a1", "t_b2", "t_c3"] if after == "resume" else ["t_a1"]
                    self.assertEqual(goal, self.tables())
                    self.assertEqual({goal[-1].removeprefix("t_")}, self.project.current())
        print(f"\nalembic: killed at {len(tried)} of {count} points, each time twice")
        self.assertEqual(2 * len(tried), killed)

    @staticmethod
    def chosen(names):
        """All around the upgrade, and a few of what comes later: reads, and records of them."""
        upgrade = [number for number, name in enumerate(names, 1) if name.endswith("/db/upgrade")]
        near = {number + distance for number in upgrade for distance in (-2, -1, 0, 1, 2)}
        return sorted(near | set(range(upgrade[-1], len(names), 16)))


class PlanTest(PostgresCase):
    def test_the_preview_is_postgresqls(self):
        self.project.revision("a1", None, 'op.create_table("t", sa.Column("id", sa.Integer, '
                              'primary_key=True))', 'op.drop_table("t")')
        self.stage()
        done = self.go("plan", "pipeline.toml", "--format", "json")
        (change,) = json.loads(done.stdout)["stages"][0]["changes"]
        self.assertIn("id SERIAL NOT NULL", change["after"])
        self.assertEqual([], self.tables())

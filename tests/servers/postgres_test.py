"""postgres against a real server: what its tools call success and is none, fails under stagerun.

A client of their own (tests/support/postgres.py) judges, never what stagerun says.
"""

import base64
import hashlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

from tests.support import postgres, stagerun

HEAD = 'name = "live"\n'
NO_RUN, CONFLICT, IN_DOUBT = 2, 8, 9


class Case(postgres.Case):
    """A pipeline of postgres stages against this test's database."""

    def setUp(self):
        super().setUp()
        self.write_passfile(postgres.PASSWORD)

    def write_passfile(self, password):
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        self.write("passfile", f"*:*:*:*:{escaped}\n").chmod(0o600)

    def place(self, database=None):
        return (f'host = "{self.server.host}"\nport = {self.server.port}\n'
                f'user = "{postgres.USER}"\ndatabase = "{database or self.database}"\n'
                'passfile = "passfile"\n')

    def stage(self, kind, keys, name=None, top="", database=None):
        return (f'[[stage]]\nname = "{name or kind}"\nuses = "postgres.{kind}"\n{top}\n'
                f"[stage.with]\n{self.place(database)}{keys}\n")

    def pipe(self, *stages):
        self.pipeline(HEAD + "".join(stages))

    def go(self, *args, **options):
        return self.run_program("run", "pipeline.toml", "--yes", *args, **options)

    def went_well(self, done):
        self.assertEqual(0, done.status, done)

    def failed_with(self, done, *texts):
        """The run failed, and says why."""
        self.assertNotEqual(0, done.status, done)
        for text in texts:
            self.assertIn(text, done.stdout + done.stderr)

    def outputs(self, stage):
        ended = self.events("verb_ended", stage=stage, verb="apply")
        return ended[-1]["outputs"]

    def fake(self, name, text):
        """A program in bin/, which stages use with bin = "bin"."""
        return self.write(f"bin/{name}", "#!/bin/sh\n" + text, executable=True)

    def real(self, name):
        return postgres.binaries() / name


class BackupTest(Case):
    BACKUP = 'file = "app.dump"\n'

    def fill(self):
        self.sql("CREATE TABLE t (id int PRIMARY KEY, x text);"
                 "INSERT INTO t SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 2000) n")

    def test_a_backup_brings_everything_back_elsewhere(self):
        self.fill()
        self.pipe(self.stage("backup", self.BACKUP + 'verify = "full"'))
        self.went_well(self.go())
        other = self.new_database()
        self.server.tool("pg_restore", "-d", other, self.workspace / "app.dump")
        self.assertEqual(self.content(), self.content(other))

    def test_outputs_say_what_was_made(self):
        self.fill()
        self.pipe(self.stage("backup", self.BACKUP))
        self.went_well(self.go())
        content = (self.workspace / "app.dump").read_bytes()
        outputs = self.outputs("backup")
        self.assertEqual(hashlib.sha256(content).hexdigest(), outputs["sha256"])
        self.assertEqual(len(content), outputs["bytes"])
        self.assertEqual(self.database, outputs["database"])
        self.assertIs(True, outputs["verified"])
        self.assertGreaterEqual(outputs["entries"], 3)
        self.assertEqual("app.dump", outputs["file"])
        version = self.sql("SHOW server_version").split()[0]
        self.assertEqual(version, outputs["server_version"])
        taken = time.strptime(outputs["taken_at"], "%Y-%m-%dT%H:%M:%SZ")
        self.assertLess(abs(time.time() - time.mktime((*taken[:8], 0)) + time.timezone), 300)

    def test_a_failed_dump_leaves_no_file(self):
        self.fill()
        self.fake("pg_dump", f'case $1 in --version) exec {self.real("pg_dump")} --version;; esac\n'
                             f'{self.real("pg_dump")} "$@" | head -c 4000\n'
                             'echo "pg_dump: error: could not write: No space left on device" >&2\n'
                             "exit 1\n")
        self.pipe(self.stage("backup", self.BACKUP + 'bin = "bin"'))
        self.failed_with(self.go(), "No space left on device")
        self.assertFalse(self.exists("app.dump"))

    def test_a_dump_that_is_cut_off_and_says_success_is_found(self):
        self.fill()
        whole = subprocess.run([self.real("pg_dump"), "-Fc"], check=True, capture_output=True,
                               env=self.server.environment(self.database)).stdout
        for size, verify in ((200, "list"), (len(whole) - 3000, "full"), (0, "list")):
            with self.subTest(size=size):
                self.fake("pg_dump",
                          f'case $1 in --version) exec {self.real("pg_dump")} --version;; esac\n'
                          f'{self.real("pg_dump")} "$@" | head -c {size}\n')
                self.pipe(self.stage("backup", self.BACKUP + f'bin = "bin"\nverify = "{verify}"'))
                self.failed_with(self.go())
                self.assertFalse(self.exists("app.dump"))

    def test_a_database_that_is_not_there_leaves_no_file(self):
        self.pipe(self.stage("backup", self.BACKUP, database="nowhere"))
        self.failed_with(self.go(), "nowhere")
        self.assertFalse(self.exists("app.dump"))

    def test_an_older_client_is_refused_before_anything_runs(self):
        self.fake("pg_dump", 'echo "pg_dump (PostgreSQL) 9.6.24"\n')
        self.pipe(self.stage("backup", self.BACKUP + 'bin = "bin"'))
        self.failed_with(self.run_program("plan", "pipeline.toml"), "9.6.24", "older")

    def test_too_small_is_a_failure(self):
        self.fill()
        self.pipe(self.stage("backup", self.BACKUP + "min_bytes = 100000000"))
        self.failed_with(self.go(), "min_bytes")
        self.assertFalse(self.exists("app.dump"))

    def test_a_backup_replaces_nothing(self):
        self.fill()
        self.write("app.dump", "precious")
        self.pipe(self.stage("backup", self.BACKUP))
        self.failed_with(self.go(), "app.dump is there already")
        self.assertEqual("precious", self.read("app.dump"))

    def test_rollback_removes_it(self):
        self.fill()
        self.pipe(self.stage("backup", self.BACKUP))
        self.went_well(self.go())
        self.went_well(self.run_program("rollback"))
        self.assertFalse(self.exists("app.dump"))

    def test_rollback_leaves_what_somebody_changed(self):
        self.fill()
        self.pipe(self.stage("backup", self.BACKUP))
        self.went_well(self.go())
        self.write("app.dump", "theirs")
        self.assertEqual(CONFLICT, self.run_program("rollback").status)
        self.assertEqual("theirs", self.read("app.dump"))


class ConnectTest(Case):
    def check(self, **changes):
        self.pipe(self.stage("check", 'checks = [{ sql = "SELECT 1", expect = { value = 1 } }]'))
        text = self.read("pipeline.toml")
        for old, new in changes.values():
            text = text.replace(old, new)
        self.pipeline(text)
        return self.go()

    def test_a_server_that_answers(self):
        self.went_well(self.check())

    def test_a_wrong_password_is_named(self):
        self.write_passfile("wrong")
        self.failed_with(self.check(), "cannot connect", "password authentication failed")

    def test_an_unreachable_server_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.failed_with(self.check(port=(f"port = {self.server.port}", f"port = {port}")),
                         "cannot connect", "Connection refused")

    def test_a_socket_does_for_a_host(self):
        self.went_well(self.check(host=(self.server.host, str(self.server.socket_folder))))

    def test_nobodys_environment_leads_elsewhere(self):
        self.pipe(self.stage("check", 'checks = [{ sql = "SELECT current_database()", '
                                      f'expect = {{ value = "{self.database}" }} }}]'))
        lost = {"PGHOSTADDR": "127.0.0.9", "PGSERVICE": "no-such", "PGDATABASE": "postgres",
                "PGOPTIONS": "-c no.such=1", "PGPASSWORD": "wrong"}
        self.went_well(self.go(env=lost))


class MigrateCase(Case):
    GOOD = "CREATE TABLE a (n int); INSERT INTO a VALUES (1);\n"
    BAD = "CREATE TABLE b (n int);\nINSERT INTO missing VALUES (1);\nINSERT INTO b VALUES (7);\n"
    LEDGER = 'ledger = "stagerun_migrations"\n'

    def migrate(self, files, keys="", top="acknowledge_irreversible = true", **options):
        return self.stage("migrate", f"files = {json.dumps(files)}\n{keys}", top=top, **options)

    def tables(self, database=None):
        return self.sql("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace", database)

    def apply(self, files, keys="", **options):
        self.pipe(self.migrate(files, keys, **options))
        return self.go()


class MigrateTest(MigrateCase):
    def test_files_are_applied_in_their_order(self):
        self.write("m/2.sql", "INSERT INTO a VALUES (2)")  # no semicolon at its end
        self.write("m/10.sql", "ALTER TABLE a ADD x text;\n")
        self.write("m/1.sql", self.GOOD)
        self.went_well(self.apply(["m/1.sql", "m/2.sql", "m/10.sql"]))
        self.assertEqual("1|\n2|", self.sql("SELECT * FROM a ORDER BY n"))
        self.assertEqual({"applied": 3, "skipped": 0, "last": "m/10.sql"}, self.outputs("migrate"))

    def test_a_pattern_is_sorted(self):
        self.write("m/001_a.sql", self.GOOD)
        self.write("m/002_b.sql", "INSERT INTO a VALUES (2);")
        self.write("m/readme.txt", "not sql")
        self.went_well(self.apply("m/*.sql"))
        self.assertEqual("1\n2", self.sql("SELECT n FROM a ORDER BY n"))

    def test_psql_f_with_an_error_is_no_success(self):
        # psql -f bad.sql: exit 0, and later statements still run.
        self.write("bad.sql", self.BAD)
        self.failed_with(self.apply(["bad.sql"]), "bad.sql:2", "missing")
        self.assertEqual("", self.tables())

    def test_a_transaction_that_is_rolled_back_is_no_success(self):
        # psql -1 -f bad.sql: exit 0, and nothing is applied.
        self.write("a.sql", self.GOOD)
        self.write("bad.sql", "SELECT 1/0; SELECT 1;\n")
        self.failed_with(self.apply(["a.sql", "bad.sql"]), "division by zero")
        self.assertEqual("", self.tables())

    def test_all_files_are_one_transaction(self):
        self.write("a.sql", self.GOOD)
        self.write("bad.sql", self.BAD)
        self.failed_with(self.apply(["a.sql", "bad.sql"]), "the database took everything back")
        self.assertEqual("", self.tables())

    def test_a_transaction_each_keeps_what_came_before(self):
        self.write("a.sql", self.GOOD)
        self.write("bad.sql", self.BAD)
        self.failed_with(self.apply(["a.sql", "bad.sql"], 'transaction = "file"'), "1 files before")
        self.assertEqual("a", self.tables())

    def test_index_concurrently_is_refused_and_runs_where_it_may(self):
        self.sql(self.GOOD)
        self.write("i.sql", "CREATE INDEX CONCURRENTLY i ON a (n);")
        self.failed_with(self.apply(["i.sql"]), "cannot run inside a transaction",
                         'transaction = "none"')
        self.assertEqual("0", self.sql("SELECT count(*) FROM pg_class WHERE relname = 'i'"))
        self.went_well(self.apply(["i.sql"], 'transaction = "none"'))
        self.assertEqual("1", self.sql("SELECT count(*) FROM pg_class WHERE relname = 'i'"))

    def test_a_missing_file_fails_before_anything_runs(self):
        self.write("a.sql", self.GOOD)
        self.failed_with(self.apply(["a.sql", "gone.sql"]), "gone.sql")
        self.assertEqual("", self.tables())

    def test_the_session_of_one_file_does_not_reach_the_next(self):
        self.write("a.sql", "SET search_path = ''; SET statement_timeout = 1; SELECT 1;")
        self.write("b.sql", "SELECT pg_sleep(0.05); CREATE TABLE b (n int);")
        self.went_well(self.apply(["a.sql", "b.sql"], self.LEDGER))
        self.assertEqual("b stagerun_migrations", self.tables())

    def test_a_statement_that_takes_too_long_is_taken_back(self):
        self.write("a.sql", self.GOOD + "SELECT pg_sleep(30);")
        self.failed_with(self.apply(["a.sql"], 'statement_timeout = "100ms"'), "statement timeout")
        self.assertEqual("", self.tables())

    def test_two_migrations_do_not_run_at_once(self):
        self.write("a.sql", self.GOOD)
        hold = subprocess.Popen(
            [self.real("psql"), "-XAtq"], env=self.server.environment(self.database),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        try:
            hold.stdin.write("SELECT pg_advisory_lock(hashtextextended('stagerun', 0)), 'held';\n")
            hold.stdin.flush()
            self.assertIn("held", hold.stdout.readline())
            self.failed_with(self.apply(["a.sql"], 'lock_timeout = "200ms"'), "lock timeout")
            self.assertEqual("", self.tables())
        finally:
            hold.communicate()
        self.went_well(self.apply(["a.sql"], 'lock_timeout = "200ms"'))

    def test_the_ledger_skips_what_was_applied(self):
        self.write("a.sql", self.GOOD)
        self.went_well(self.apply(["a.sql"], self.LEDGER))
        self.write("b.sql", "INSERT INTO a VALUES (2);")
        self.went_well(self.apply(["a.sql", "b.sql"], self.LEDGER))
        self.assertEqual("1\n2", self.sql("SELECT n FROM a ORDER BY n"))
        self.assertEqual({"applied": 1, "skipped": 1, "last": "b.sql"}, self.outputs("migrate"))
        self.went_well(self.apply(["a.sql", "b.sql"], self.LEDGER))
        self.assertEqual("1\n2", self.sql("SELECT n FROM a ORDER BY n"))
        digest = hashlib.sha256(self.GOOD.encode()).hexdigest()
        self.assertEqual(digest, self.sql(
            "SELECT sha256 FROM stagerun_migrations WHERE name = 'a.sql'"))

    def test_a_file_that_was_changed_after_it_was_applied_is_drift(self):
        self.write("a.sql", self.GOOD)
        self.went_well(self.apply(["a.sql"], self.LEDGER))
        self.write("a.sql", self.GOOD + "-- changed")
        self.failed_with(self.apply(["a.sql"], self.LEDGER), "a.sql was applied before")

    def test_what_destroys_is_shown_in_the_plan(self):
        self.write("a.sql", "DROP TABLE x; DELETE FROM y; DELETE FROM z WHERE n = 1;\n"
                            "ALTER TABLE q DROP COLUMN c; ALTER TABLE q ALTER c DROP NOT NULL;")
        self.pipe(self.migrate(["a.sql"]))
        done = self.run_program("plan", "pipeline.toml")
        self.went_well(done)
        for text in ("DROP TABLE X", "DELETE FROM Y", "DROP COLUMN C"):
            self.assertIn(text, done.stdout)
        for text in ("DELETE FROM Z", "DROP NOT NULL"):
            self.assertNotIn(text, done.stdout)

    def test_without_undo_it_must_be_acknowledged(self):
        self.write("a.sql", self.GOOD)
        self.failed_with(self.apply(["a.sql"], top=""), "acknowledge_irreversible")
        self.assertEqual("", self.tables())


class UndoTest(MigrateCase):
    KEYS = MigrateCase.LEDGER + 'undo = ["down/1.sql", "down/2.sql"]\n'
    FILES = ["up/1.sql", "up/2.sql"]

    def setUp(self):
        super().setUp()
        self.write("up/1.sql", self.GOOD)
        self.write("up/2.sql", "CREATE TABLE b (n int); INSERT INTO b SELECT n FROM a;")
        self.write("down/1.sql", "DROP TABLE a;")
        self.write("down/2.sql", "DROP TABLE b; SELECT n FROM a;")
        self.sql("CREATE TABLE old (n int); INSERT INTO old VALUES (5)")
        self.before = self.content()

    def tables(self, database=None):
        return super().tables(database).replace("old", "").strip()

    def migrate_with_undo(self):
        return self.migrate(self.FILES, self.KEYS, top="")

    def test_rollback_undoes_the_last_first_and_leaves_the_old_world(self):
        self.pipe(self.migrate_with_undo())
        self.went_well(self.go())
        self.assertEqual("a b stagerun_migrations", " ".join(self.tables().split()))
        self.went_well(self.run_program("rollback"))
        self.assertEqual(self.before, self.content())

    def test_a_later_stage_that_fails_takes_it_back(self):
        check = self.stage("check", 'exists = ["never"]')
        self.pipe(self.migrate_with_undo(), check)
        self.failed_with(self.go(), "`never` does not exist")
        self.assertEqual(self.before, self.content())

    def test_only_what_this_run_applied_is_undone(self):
        self.pipe(self.migrate(["up/1.sql"], self.LEDGER))
        self.went_well(self.go())
        between = self.content()
        self.pipe(self.migrate_with_undo())
        self.went_well(self.go())
        self.went_well(self.run_program("rollback"))
        self.assertEqual(between, self.content())

    def test_what_somebody_migrated_since_is_left_alone(self):
        self.pipe(self.migrate_with_undo())
        self.went_well(self.go())
        run = self.runs()[-1]
        self.write("up/3.sql", "CREATE TABLE c AS SELECT * FROM b;")
        self.pipe(self.migrate([*self.FILES, "up/3.sql"], self.LEDGER))
        self.went_well(self.go())
        after = self.content()
        self.assertEqual(CONFLICT, self.run_program("rollback", run).status)
        self.assertEqual(after, self.content())

    def test_an_undo_that_fails_is_taken_back_and_can_be_tried_again(self):
        self.pipe(self.migrate_with_undo())
        self.went_well(self.go())
        after = self.content()
        self.sql("CREATE VIEW v AS SELECT * FROM a")
        self.assertEqual(7, self.run_program("rollback").status)
        self.sql("DROP VIEW v")
        self.assertEqual(after, self.content())
        self.went_well(self.run_program("rollback"))
        self.assertEqual(self.before, self.content())


class RequireBackupTest(Case):
    def setUp(self):
        super().setUp()
        self.sql("CREATE TABLE t (n int)")
        self.write("a.sql", "CREATE TABLE a (n int);")

    def go_with(self, backup, required):
        keys = f'files = ["a.sql"]\nrequire_backup = {required}\n'
        self.pipe(backup, self.stage("migrate", keys, top="acknowledge_irreversible = true"))
        return self.go()

    def made(self, more=""):
        return ('{ file = "${{ stages.backup.outputs.file }}", '
                f'sha256 = "${{{{ stages.backup.outputs.sha256 }}}}"{more} }}')

    def is_migrated(self):
        return self.sql("SELECT to_regclass('a') IS NOT NULL") == "t"

    def test_the_backup_that_was_just_made_will_do(self):
        self.went_well(self.go_with(self.stage("backup", 'file = "b.dump"'),
                                    self.made(', max_age = "15m"')))
        self.assertTrue(self.is_migrated())

    def test_another_file_under_its_name_will_not(self):
        self.go_with(self.stage("backup", 'file = "b.dump"'), self.made())
        self.sql("DROP TABLE a")
        self.write("c.dump", "no")
        self.failed_with(self.go_with(
            self.stage("backup", 'file = "d.dump"'),
            '{ file = "c.dump", sha256 = "${{ stages.backup.outputs.sha256 }}" }'), "sha256")
        self.assertFalse(self.is_migrated())

    def test_an_old_one_will_not(self):
        self.failed_with(self.go_with(self.stage("backup", 'file = "b.dump"'),
                                      self.made(', max_age = "0s"')), "too long ago")
        self.assertFalse(self.is_migrated())

    def test_one_of_another_database_will_not(self):
        other = self.new_database()
        self.sql("CREATE TABLE t (n int)", other)
        self.failed_with(self.go_with(self.stage("backup", 'file = "b.dump"', database=other),
                                      self.made()), f"a backup of the database {other}")
        self.assertFalse(self.is_migrated())


class CheckTest(Case):
    def check(self, keys):
        self.pipe(self.stage("check", keys))
        return self.go()

    def test_a_table_that_is_missing_fails(self):
        # psql -c "\dt missing": exit 0.
        self.sql("CREATE TABLE t (n int)")
        self.failed_with(self.check('exists = ["t", "missing"]'), "`missing` does not exist",
                         "1 check fails")
        self.went_well(self.check('exists = ["t", "public.t"]'))

    def test_all_failures_are_told_at_once(self):
        self.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)")
        self.failed_with(
            self.check('exists = ["gone"]\nchecks = ['
                       '{ sql = "SELECT * FROM t", expect = { rows = 3 } },'
                       '{ sql = "SELECT * FROM nowhere", expect = { rows = 3 } },'
                       '{ sql = "SELECT max(n) FROM t", expect = { value = 2 } },'
                       '{ sql = "SELECT count(*) FROM t", expect = { min = 5 } }]'),
            "4 checks fail", "`gone` does not exist", "it gave 2 rows, expected 3",
            'relation "nowhere" does not exist', "expected at least 5")

    def test_every_kind_of_expectation_holds_where_it_should(self):
        self.sql("CREATE TABLE t (n int, s text);"
                 "INSERT INTO t VALUES (1, 'a,\"b\"\nc'), (2, NULL)")
        self.went_well(self.check(
            'checks = [{ sql = "SELECT * FROM t", expect = { rows = 2, at_least = 1 } },'
            '{ sql = "SELECT 1 WHERE false", expect = { empty = true } },'
            '{ sql = "SELECT n = 1 FROM t WHERE n = 1", expect = { value = true } },'
            '{ sql = "SELECT 2.50", expect = { value = 2.5, min = 2, max = 3 } },'
            '{ sql = "SELECT s FROM t WHERE n = 1 -- why", expect = { value = "a,\\"b\\"\\nc" } },'
            '{ sql = "SELECT version();", expect = { matches = "PostgreSQL [0-9]+.*" } }]'))

    def test_values_become_outputs(self):
        self.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)")
        self.went_well(self.check(
            'checks = [{ name = "users", sql = "SELECT count(*) FROM t" },'
            '{ name = "db", sql = "SELECT current_database()" }]\n'
            'outputs = { users = "integer", db = "string" }'))
        self.assertEqual({"users": 2, "db": self.database}, self.outputs("check"))

    def test_a_question_cannot_write(self):
        self.sql("CREATE TABLE t (n int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS "
                 "'INSERT INTO t VALUES (1) RETURNING n'")
        before = self.content()
        self.failed_with(self.check('checks = [{ sql = "SELECT f()", expect = { value = 1 } }, '
                                    '{ sql = "WITH d AS (INSERT INTO t VALUES (1) RETURNING n) '
                                    'SELECT * FROM d", expect = { rows = 1 } }]'),
                         "2 checks fail", "read-only transaction")
        self.assertEqual(before, self.content())

    def test_a_question_that_takes_too_long_is_given_up(self):
        self.failed_with(self.check('statement_timeout = "100ms"\nchecks = ['
                                    '{ sql = "SELECT pg_sleep(30)", expect = { rows = 1 } }]'),
                         "statement timeout")

    def test_two_databases_are_compared(self):
        other = self.new_database()
        for database in (self.database, other):
            self.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)", database)
        theirs = self.place(other).replace("\n", ", ").rstrip(", ")
        keys = ('checks = [{ sql = "SELECT n FROM t ORDER BY n", '
                f"expect = {{ same_as_other = true }} }}]\nother = {{ {theirs} }}")
        self.went_well(self.check(keys))
        self.sql("UPDATE t SET n = 3 WHERE n = 2", other)
        self.failed_with(self.check(keys), "they differ from row 2 on", other)


class RestoreTest(Case):
    def setUp(self):
        super().setUp()
        self.sql("CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
        self.before = self.content()
        dump = subprocess.run([self.real("pg_dump"), "-Fc"], check=True, capture_output=True,
                              env=self.server.environment(self.database)).stdout
        (self.workspace / "a.dump").write_bytes(dump)
        self.digest = hashlib.sha256(dump).hexdigest()

    def restore(self, keys="", sha256=None, file="a.dump", top="acknowledge_irreversible = true"):
        named = f'file = "{file}"\nsha256 = "{sha256 or self.digest}"\n'
        self.pipe(self.stage("restore", named + keys, top=top))
        return self.go()

    def test_rows_and_definitions_come_back(self):
        self.sql("DELETE FROM t; ALTER TABLE t ADD x int")
        self.went_well(self.restore())
        self.assertEqual(self.before, self.content())

    def test_what_was_made_since_survives_and_is_listed(self):
        # psql < backup.sql over a live database: exit 0, three errors, new tables still there.
        self.sql("DROP TABLE t; CREATE TABLE newer (n int)")
        done = self.restore()
        self.went_well(done)
        self.assertIn("public.newer", done.stdout + done.stderr)
        self.assertEqual(1, self.outputs("restore")["survivors"])
        self.assertEqual("1\n2", self.sql("SELECT n FROM t ORDER BY n"))

    def test_a_restore_that_fails_changes_nothing(self):
        # Then t cannot be dropped.
        self.sql("INSERT INTO t VALUES (3); CREATE VIEW v AS SELECT * FROM t")
        before = self.content()
        self.failed_with(self.restore(), "pg_restore failed")
        self.assertEqual(before, self.content())

    def test_another_archive_is_refused(self):
        before = self.content()
        self.failed_with(self.restore(sha256="0" * 64), "not the archive that is meant")
        self.assertEqual(before, self.content())

    def test_a_text_dump_is_refused(self):
        text = self.server.content(self.database)
        self.write("a.sql", text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.failed_with(self.restore(file="a.sql", sha256=digest), "pg_restore")

    def test_a_database_in_use_is_refused_unless_its_sessions_may_be_ended(self):
        self.sql("DELETE FROM t")
        guest = subprocess.Popen([self.real("psql"), "-XAtq"], stdin=subprocess.PIPE,
                                 env=self.server.environment(self.database),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        try:
            guest.stdin.write("SELECT 'here';\n")
            guest.stdin.flush()
            self.assertIn("here", guest.stdout.readline())
            self.failed_with(self.restore(), "1 sessions are connected")
            self.assertEqual("0", self.sql("SELECT count(*) FROM t"))
            self.went_well(self.restore("terminate_connections = true"))
            self.assertEqual(self.before, self.content())
        finally:
            guest.communicate()

    def test_into_a_new_database_and_back(self):
        name = self.database + "_new"
        self.addCleanup(self.server.sql, f'DROP DATABASE IF EXISTS "{name}"')
        self.sql("DELETE FROM t")
        after = self.content()
        self.went_well(self.restore(f'into = "{name}"', top=""))
        self.assertEqual(self.before, self.content(name))
        self.assertEqual(after, self.content())
        self.assertEqual(name, self.outputs("restore")["database"])
        self.went_well(self.run_program("rollback"))
        left = self.sql(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'")
        self.assertEqual("0", left)

    def test_into_a_database_that_is_there_is_refused(self):
        other = self.new_database()
        self.failed_with(self.restore(f'into = "{other}"', top=""), "already")


class SecretTest(Case):
    """The password is in no output, journal, file of a run, or command line."""

    def setUp(self):
        super().setUp()
        self.records = pathlib.Path(tempfile.mkdtemp(prefix="stagerun-records-"))
        self.addCleanup(shutil.rmtree, self.records)
        self.passwords = self.records / "passwords"
        for name in ("psql", "pg_dump", "pg_restore"):
            self.fake(name, f"cat /proc/$$/cmdline >> {self.records}/argv\n"
                            f'printf %s "$PGPASSWORD" | sha256sum >> {self.passwords}\n'
                            f'exec {self.real(name)} "$@"\n')
        self.write("a.sql", "CREATE TABLE a (n int);")
        self.write("b.sql", "SELECT 1/0;")
        self.sql("CREATE TABLE t (n int)")

    def stages(self, place, top=""):
        self.place = lambda database=None: place
        keys = 'bin = "bin"\n'
        undone = 'files = ["a.sql"]\nledger = "m"\nundo = ["b.sql"]'
        return (self.stage("backup", keys + 'file = "b.dump"', top=top),
                self.stage("migrate", keys + undone, top=top),
                self.stage("check", keys + 'exists = ["missing"]', top=top))

    def stages_of_url(self):
        return self.stages('url = "${{ secrets.DB_URL }}"\n', 'secrets = ["DB_URL"]')

    def assert_nowhere(self, *texts):
        secrets = [form.encode() for form in (
            postgres.PASSWORD, urllib.parse.quote(postgres.PASSWORD, safe=""),
            urllib.parse.quote(postgres.PASSWORD))]
        secrets.append(base64.b64encode(secrets[0]))
        found = {"what it printed": "".join(texts).encode()}
        files = [file for file in self.workspace.rglob("*") if file.is_file()]
        for file in (*files, *self.records.iterdir()):
            if file.name != "passfile":
                found[file] = file.read_bytes()
        self.assertIn(self.journal_path(), found)
        for place, content in found.items():
            for secret in secrets:
                self.assertNotIn(secret, content, place)
        self.assertIn(b"pg_restore", (self.records / "argv").read_bytes())

    def test_with_a_passfile_it_is_nowhere_else(self):
        self.pipe(*self.stages(self.place()))
        done = self.go()
        self.failed_with(done, "`missing` does not exist", "division by zero")
        self.assert_nowhere(done.stdout, done.stderr)

    def test_of_a_url_it_reaches_the_programs_and_nothing_else(self):
        (self.workspace / "passfile").unlink()
        stages = self.stages_of_url()
        self.pipeline(HEAD + '[secrets]\nDB_URL = { env = "DB_URL" }\n' + "".join(stages))
        for scheme in ("postgresql", "postgresql+psycopg"):
            with self.subTest(scheme=scheme):
                done = self.go(env={"DB_URL": self.url(scheme=scheme)})
                self.failed_with(done, "`missing` does not exist", "division by zero")
                self.assert_nowhere(done.stdout, done.stderr)
                # They did get it: who saw it is asked without its being written anywhere.
                digest = hashlib.sha256(postgres.PASSWORD.encode()).hexdigest()
                got = self.passwords.read_text(encoding="utf-8").split()[::2]
                self.assertEqual({digest}, set(got))
                (self.workspace / "b.dump").unlink(missing_ok=True)
                self.sql("DROP TABLE IF EXISTS a, m")

    def test_a_wrong_password_in_a_url_is_not_shown(self):
        stages = self.stages_of_url()
        self.pipeline(HEAD + '[secrets]\nDB_URL = { env = "DB_URL" }\n' + stages[0])
        done = self.go(env={"DB_URL": self.url(password="Wrong:9/canary")})
        self.failed_with(done, "password authentication failed")
        self.assertNotIn("9/canary", done.stdout + done.stderr)
        self.assertNotIn("9%2Fcanary", done.stdout + done.stderr)


class CrashTest(Case):
    """The host is killed around each write of a small go-live, and at every 24th point between.

    What lies between are reads, and journal records of them; nothing has changed there.
    """

    def setUp(self):
        super().setUp()
        self.write("up/1.sql", "CREATE TABLE a (n int); INSERT INTO a VALUES (1);")
        self.write("up/2.sql", "INSERT INTO a SELECT n + 1 FROM a;")
        self.write("down/1.sql", "DROP TABLE a;")
        self.write("down/2.sql", "DELETE FROM a WHERE n = 2;")
        self.reset()
        self.before = self.content()
        self.pipe(self.stage("backup", 'file = "b.dump"'),
                  self.stage("migrate", 'files = "up/*.sql"\nundo = "down/*.sql"\n'
                                        'ledger = "stagerun_migrations"\n'
                                        'require_backup = { file = "b.dump", sha256 = '
                                        '"${{ stages.backup.outputs.sha256 }}" }'),
                  self.stage("check", 'checks = [{ sql = "SELECT count(*) FROM a", '
                                      "expect = { value = 2 } }]"))

    def reset(self):
        shutil.rmtree(self.workspace / ".stagerun", ignore_errors=True)
        (self.workspace / "b.dump").unlink(missing_ok=True)
        self.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
                 "CREATE TABLE old (n int); INSERT INTO old VALUES (5)")

    def chosen(self, names):
        writes = [number for number, name in enumerate(names, 1)
                  if name.endswith(("/backup/publish", "/migrate/migrate"))]
        self.assertEqual(4, len(writes), names)
        near = {number + distance for number in writes for distance in range(-2, 3)}
        return sorted(near | set(range(1, len(names) + 1, 24)))

    def walk(self, after, judge):
        points = stagerun.KillPoints(self)
        count = points.count("run", "pipeline.toml", "--yes")
        names = points.names
        self.went_well(points.completed)
        killed = 0
        for number in self.chosen(names):
            self.reset()
            if stagerun.KillPoints(self).kill_at(number, "run", "pipeline.toml", "--yes"):
                killed += 1
            with self.subTest(point=number, name=names[number - 1], after=after):
                judge(self.run_program(after))
        name = self.id().rpartition(".")[2]
        print(f"\n{name}: killed at {killed} of {count} points (a sample), then {after}")
        self.assertGreater(killed, 0)

    def judge_resume(self, done):
        if not self.runs():  # killed while it was planned: there is nothing to take up
            self.assertEqual(NO_RUN, done.status, done)
            return self.assertEqual(self.before, self.content())
        began = bool(self.events("run_started"))
        self.assertEqual(0 if began else 3, done.status, done)
        if not began:
            return self.assertEqual(self.before, self.content())
        self.assertEqual("1\n2", self.sql("SELECT n FROM a ORDER BY n"))
        self.assertTrue(self.exists("b.dump"))
        return self.assertEqual("2", self.sql("SELECT count(*) FROM stagerun_migrations"))

    def judge_rollback(self, done):
        self.assertEqual(0 if self.runs() else NO_RUN, done.status, done)
        self.assertEqual(self.before, self.content())
        self.assertFalse(self.exists("b.dump"))

    def test_killed_anywhere_resume_migrates_once(self):
        self.walk("resume", self.judge_resume)

    def test_killed_anywhere_rollback_leaves_the_old_world(self):
        self.walk("rollback", self.judge_rollback)


class KilledMigrationTest(MigrateCase):
    """The host dies while the server is in the middle of a migration."""

    SLOW = "CREATE TABLE a (n int); INSERT INTO a VALUES (1); SELECT pg_sleep(3);\n"

    def kill_in_the_middle(self, keys, **options):
        self.write("up.sql", self.SLOW)
        self.write("down.sql", "DROP TABLE a;")
        self.before = self.content()
        self.pipe(self.migrate(["up.sql"], keys, **options))
        process = self.start("run", "pipeline.toml", "--yes")
        sleeping = ("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)%' "
                    f"AND datname = '{self.database}'")
        self.wait_until(lambda: self.sql(sleeping, "postgres") == "1", what="the migration")
        process.kill()
        process.wait()

    def test_with_a_ledger_resume_does_it_once(self):
        self.kill_in_the_middle(self.LEDGER)
        self.went_well(self.run_program("resume"))
        self.assertEqual("1", self.sql("SELECT n FROM a"))
        self.assertEqual("1", self.sql("SELECT count(*) FROM stagerun_migrations"))

    def test_with_undo_rollback_leaves_the_old_world(self):
        self.kill_in_the_middle(self.LEDGER + 'undo = "down.sql"\n', top="")
        self.went_well(self.run_program("rollback"))
        self.assertEqual(self.before, self.content())

    def test_without_a_ledger_it_is_in_doubt(self):
        self.kill_in_the_middle("")
        done = self.run_program("resume")
        self.assertEqual(IN_DOUBT, done.status, done)
        self.assertIn("ledger", done.stdout + done.stderr)

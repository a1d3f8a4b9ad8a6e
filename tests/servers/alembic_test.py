"""The alembic stage against the real alembic, on SQLite: forwards, and what plan tells."""

import hashlib
import json
import os
import shutil
import sqlite3

from tests.support import alembic, stagerun


class AlembicCase(alembic.Stage, stagerun.Case):
    """A workspace with an Alembic project on SQLite."""

    def setUp(self):
        super().setUp()
        self.database = self.workspace / "app.db"
        self.project = alembic.Project(self, f"sqlite:///{self.database}")

    def content(self):
        """The database in its own words, without alembic's table."""
        with sqlite3.connect(self.database) as database:
            lines = [line for line in database.iterdump() if line.startswith("CREATE TABLE")]
        return sorted(line for line in lines if "alembic_version" not in line)


class ForwardTest(AlembicCase):
    def test_a_database_is_upgraded_to_the_head_by_its_id(self):
        self.three()
        self.stage()
        self.go()
        self.assertEqual({"c3"}, self.project.current())
        self.assertEqual(["upgrade c3"], self.commands("apply"))
        outputs = self.outputs()
        self.assertEqual(("base", "c3", 3, ["a1", "b2", "c3"]),
                         tuple(outputs[name] for name in ("from", "to", "applied", "revisions")))

    def test_only_upgrade_and_downgrade_are_writes(self):
        self.three()
        self.stage(x=["tenant=one"])
        self.go()
        self.assertEqual([], self.commands("plan"))
        self.assertEqual([], self.commands("verify"))
        reads = self.commands("plan", "read") + self.commands("verify", "read")
        self.assertEqual(
            {"-x tenant=one history", "-x tenant=one current",
             "-x tenant=one upgrade --sql base:c3", "-x tenant=one downgrade --sql c3:base"},
            set(reads))

    def test_the_scripts_are_known_by_their_digest_and_not_written_to(self):
        self.three()
        self.stage()
        self.go()
        ini = (self.workspace / "alembic.ini").read_bytes()
        digest = hashlib.sha256(b"original.ini\n%d\n" % len(ini) + ini)
        root = self.workspace / "migrations"
        files = sorted(path for path in root.rglob("*") if path.is_file())
        for path in files:
            digest.update(f"0/{path.relative_to(root)}\n{path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
        self.assertEqual(digest.hexdigest(), self.outputs()["scripts"])
        self.assertEqual([], [path for path in files if path.suffix == ".pyc"])

    def test_a_database_that_is_there_already_is_left_alone(self):
        self.three()
        self.project.alembic("upgrade", "head")
        self.stage()
        self.go()
        self.assertEqual("unchanged", self.events("stage_settled")[0]["result"])
        self.assertEqual([], self.events("effect_intended", access="write"))

    def test_a_target_may_be_the_beginning_of_an_id(self):
        self.project.table("aaaa1111", None)
        self.project.table("bbbb2222", "aaaa1111")
        self.stage(target="aaaa")
        self.go()
        self.assertEqual({"aaaa1111"}, self.project.current())
        self.assertEqual(["upgrade aaaa1111"], self.commands("apply"))

    def test_a_target_that_the_database_has_passed_is_refused(self):
        self.three()
        self.project.alembic("upgrade", "c3")
        self.stage(target="a1")
        self.assertIn("beyond a1", self.go("plan", "pipeline.toml", status=2).stderr)
        self.assertEqual({"c3"}, self.project.current())

    def test_two_heads_fail_in_the_plan_with_the_way_to_merge_them(self):
        self.three()
        self.project.table("b9", "a1")
        self.stage()
        done = self.go("plan", "pipeline.toml", status=2)
        self.assertIn("2 heads (b9, c3)", done.stderr)
        self.assertIn("`alembic merge -m merge b9 c3`", done.stderr)
        self.assertFalse(self.database.exists())

    def test_what_env_py_prints_is_no_revision(self):
        self.three()
        noise = 'print("starting\\nb2x\\nhello (head)\\nc3 is near\\nFAILED")\n'
        self.project.write("migrations/env.py", noise + alembic.ENV + 'print("bye")\n')
        self.stage()
        self.go()
        self.assertEqual("c3", self.outputs()["to"])
        self.go("rollback")
        self.assertEqual([], self.content())

    def test_long_ids_are_taken_as_they_are(self):
        name = "0001_a_revision_with_a_name_that_tells_a_story"
        self.project.table(name, None, table="t")
        self.stage()
        self.go()
        self.assertEqual(name, self.outputs()["to"])

    def test_another_section_folder_and_way_to_call_it(self):
        self.three()
        (self.workspace / "app").mkdir()
        shutil.move(self.workspace / "migrations", self.workspace / "app/scripts")
        ini = self.read("alembic.ini").replace("[alembic]", "[other]")
        self.write("app/ops/db.ini", ini.replace("= migrations", "= scripts"))
        (self.workspace / "alembic.ini").unlink()
        self.stage(cwd="app", config="ops/db.ini", name="other", command=["env", *alembic.COMMAND])
        self.go()
        self.assertEqual("c3", self.outputs()["to"])
        shutil.rmtree(self.workspace / "app/scripts")
        self.go("rollback")
        self.assertEqual([], self.content())

    def test_scripts_in_several_folders_are_all_kept(self):
        self.write("alembic.ini", alembic.INI.replace(
            "[loggers]", "version_path_separator = os\n"
            "version_locations = %(here)s/one:%(here)s/two\n[loggers]"))
        self.project.table("a1", None)
        self.project.table("b2", "a1")
        for name, folder in (("a1", "one"), ("b2", "two")):
            (self.workspace / folder).mkdir()
            shutil.move(self.workspace / f"migrations/versions/{name}.py", self.workspace / folder)
        self.stage()
        self.go()
        shutil.rmtree(self.workspace / "two")
        self.go("rollback")
        self.assertEqual([], self.content())


class PlanTest(AlembicCase):
    def plan(self, status=0, **keys):
        self.stage(**keys)
        return self.go("plan", "pipeline.toml", "--format", "json", status=status)

    def changes(self, **keys):
        return json.loads(self.plan(**keys).stdout)["stages"][0]["changes"]

    def test_it_lists_what_is_pending_with_its_sql(self):
        self.three()
        self.project.alembic("upgrade", "a1")
        changes = self.changes()
        self.assertEqual(["upgrade to b2: revision b2", "upgrade to c3: revision c3"],
                         [change["what"] for change in changes])
        self.assertEqual("CREATE TABLE t_b2 (n int);\n", changes[0]["after"])

    def test_it_points_out_what_throws_data_away(self):
        self.project.table("a1", None)
        self.project.revision("b2", "a1", 'op.execute("DELETE FROM t_a1 WHERE n > 3")\n'
                              'op.drop_table("t_a1")', 'op.execute("CREATE TABLE t_a1 (n int)")')
        deletions = [change["what"] for change in self.changes() if change["do"] == "delete"]
        self.assertEqual(["DELETE FROM t_a1 WHERE n > 3; (revision b2)",
                          "DROP TABLE t_a1; (revision b2)"], deletions)

    def test_a_revision_that_does_nothing_on_the_way_back_is_refused(self):
        self.project.table("a1", None)
        self.project.revision("b2", "a1", 'op.execute("CREATE TABLE x (n int)")')
        self.assertIn("revision b2 cannot be undone", self.plan(status=2).stderr)
        self.assertIn("revision b2 cannot be undone", self.plan(downgrade="lenient").stderr)
        never = json.loads(self.plan(downgrade="never").stdout)["stages"][0]
        self.assertEqual("irreversible", never["reversibility"])

    def test_a_revision_that_does_nothing_at_all_is_fine(self):
        self.project.table("a1", None)
        self.project.table("a2", None)
        self.project.revision("m3", ("a1", "a2"))
        self.assertEqual(3, len(self.changes()))

    def test_a_downgrade_that_refuses_is_refused(self):
        self.project.revision("a1", None, 'op.execute("CREATE TABLE x (n int)")',
                              "raise NotImplementedError()")
        self.assertIn("NotImplementedError", self.plan(status=2).stderr)

    def test_sql_that_cannot_be_said_beforehand_is_no_obstacle(self):
        self.project.table("a1", None)
        self.project.revision("b2", "a1", 'with op.batch_alter_table("t_a1") as t:\n'
                              '    t.add_column(sa.Column("m", sa.Integer))\n'
                              '    t.create_unique_constraint("one", ["m"])',
                              'with op.batch_alter_table("t_a1") as t:\n'
                              '    t.drop_constraint("one")\n    t.drop_column("m")')
        self.assertIn("no SQL is shown", self.plan().stderr)
        self.go()
        self.go("rollback")
        self.assertEqual([], self.content())

    def test_without_a_preview_no_revision_is_run(self):
        self.project.revision("a1", None, 'open("reached", "w").close()', "pass")
        changes = self.changes(preview=False)
        self.assertEqual([{"do": "run", "what": "upgrade to a1: revision a1"}], changes)
        self.assertFalse(self.exists("reached"))

    def test_a_database_that_the_scripts_do_not_know_is_told_plainly(self):
        self.three()
        self.project.alembic("upgrade", "c3")
        (self.workspace / "migrations/versions/c3.py").unlink()
        self.assertIn("the database is at revision `c3`, which these scripts do not have",
                      self.plan(status=2).stderr)

    def test_alembics_own_words_are_passed_on(self):
        self.three()
        self.project.write("migrations/env.py", "raise RuntimeError('no such luck')\n")
        self.assertIn("RuntimeError: no such luck", self.plan(status=2).stderr)
        (self.workspace / "alembic.ini").unlink()
        self.assertIn("alembic.ini", self.plan(status=2).stderr)

    def test_a_program_that_is_not_there_is_told(self):
        self.three()
        self.assertIn("no-such-alembic", self.plan(command=["no-such-alembic"], status=2).stderr)


class BackupTest(AlembicCase):
    def test_nothing_is_upgraded_without_the_backup_that_was_made(self):
        self.three()
        self.write("old.dump", "whole")
        os.utime(self.workspace / "old.dump", (1, 1))
        self.write("empty.dump", "")
        backup = self.write("good.dump", "whole")
        digest = hashlib.sha256(backup.read_bytes()).hexdigest()
        for asked, word in (
            ({"file": "no.dump"}, "there is no backup no.dump"),
            ({"file": "empty.dump"}, "is empty"),
            ({"file": "old.dump", "max_age": "1h"}, "is older than"),
            ({"file": "good.dump", "sha256": "0" * 64}, "is not the one that was made"),
        ):
            with self.subTest(word):
                self.stage(require_backup=asked)
                self.assertIn(word, self.go(status=3).stderr)
        self.assertEqual([], self.content())
        self.stage(require_backup={"file": "good.dump", "sha256": digest, "max_age": "1h"})
        self.go()
        self.assertEqual({"c3"}, self.project.current())


class ConfigurationTest(AlembicCase):
    def problems(self, **keys):
        self.stage(**keys)
        return self.go("validate", "pipeline.toml", status=2).stderr

    def test_what_cannot_work_is_told_before_anything_starts(self):
        for keys, word in (
            ({"target": "head-1"}, "does not name one revision"),
            ({"target": "heads"}, "does not name one revision"),
            ({"target": "+1"}, "does not name one revision"),
            ({"command": ["alembic", "-c", "x.ini"]}, "`-c` is no part of the command"),
            ({"command": [""]}, "there is no program to run"),
            ({"config": "../x.ini"}, "outside the pipeline's folder"),
            ({"config": "/etc/x.ini"}, "outside the pipeline's folder"),
            ({"cwd": ".."}, "outside the pipeline's folder"),
            ({"env": {"1X": "y"}}, "cannot be the name of a variable"),
            ({"env": {"ALEMBIC_CONFIG": "y"}}, "sets ALEMBIC_CONFIG itself"),
            ({"lock": True}, "there is no database to lock"),
            ({"lock_timeout": "soon", "url": "postgresql://h/d"}, "is not a duration"),
            ({"require_backup": {"file": "../b"}}, "outside the pipeline's folder"),
        ):
            with self.subTest(str(keys)):
                self.assertIn(word, self.problems(**keys))

"""The alembic stage against the real alembic, on SQLite: backwards, and what goes wrong."""

import json
import shutil
import sqlite3

from tests.servers.alembic_test import AlembicCase
from tests.support import alembic


class CodeRevertedTest(AlembicCase):
    """After the code was reverted, only the copy of the scripts knows the way back."""

    def test_it_goes_back_without_the_revisions(self):
        self.project.table("a1", None)
        self.project.alembic("upgrade", "head")
        before = self.content()
        self.three()
        self.stage()
        self.go()
        for name in ("b2", "c3"):
            (self.workspace / f"migrations/versions/{name}.py").unlink()
        self.go("rollback")
        self.assertEqual(before, self.content())
        self.assertEqual({"a1"}, self.project.current())

    def test_the_copy_knows_where_the_former_folder_was(self):
        ini = self.read("alembic.ini").replace("= migrations", "= %(here)s/migrations")
        self.write("alembic.ini", ini + "[app]\nurl = sqlite:///%(here)s/app.db\n")
        env = alembic.ENV.replace('os.environ["DATABASE_URL"]',
                                  'context.config.file_config.get("app", "url")')
        self.write("migrations/env.py", env)
        self.three()
        self.stage()
        self.go(env={"DATABASE_URL": ""})
        self.assertNotEqual([], self.content())
        shutil.rmtree(self.workspace / "migrations")
        self.go("rollback", env={"DATABASE_URL": ""})
        self.assertEqual([], self.content())

    def test_an_environment_that_finds_the_application_beside_it_works_from_the_copy(self):
        self.write("app/__init__.py", "NAME = 'app'\n")
        self.write("alembic.ini", self.read("alembic.ini").replace("prepend_sys_path = .", ""))
        env = ("import pathlib, sys\n"
               "sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))\n"
               "import app\n")
        self.write("migrations/env.py", env + alembic.ENV)
        self.three()
        # As the program `alembic` does it: the folder it runs in is not searched.
        self.write("bin/alembic", "#!/usr/bin/python3 -I\nimport os, sys\n"
                   "sys.path[:0] = filter(None, [os.environ.get('PYTHONPATH')])\n"
                   "from alembic.config import main\nmain(sys.argv[1:])\n", executable=True)
        self.stage(command=[str(self.workspace / "bin/alembic")])
        self.go()
        (checkpoint,) = self.events("checkpoint_saved")
        self.assertEqual("path", json.loads(checkpoint["state"])["copy"])
        (self.workspace / "migrations/versions/c3.py").unlink()
        self.go("rollback")
        self.assertEqual([], self.content())

    def test_scripts_that_cannot_be_kept_are_told_of_and_needed_on_the_way_back(self):
        self.three()
        outside = self.workspace.parent / f"{self.workspace.name}-outside"
        shutil.move(self.workspace / "migrations", outside)
        self.addCleanup(shutil.rmtree, outside, ignore_errors=True)
        self.write("alembic.ini", alembic.INI.replace("= migrations", f"= {outside}"))
        self.stage()
        self.assertIn("cannot be kept", self.go().stderr)
        (outside / "versions/c3.py").rename(outside / "c3.kept")
        done = self.go("rollback", status=7)
        self.assertIn("bring the scripts of the upgrade back", done.stderr)
        (outside / "c3.kept").rename(outside / "versions/c3.py")
        self.assertEqual({"c3"}, self.project.current())

    def test_a_link_out_of_the_workspace_is_not_followed(self):
        self.three()
        (self.workspace / "migrations/secret.txt").symlink_to("/etc/hostname")
        self.stage()
        self.assertIn("outside the pipeline's folder", self.go().stderr)
        self.assertEqual([], list((self.workspace / ".stagerun").rglob("secret.txt")))

    def test_a_copy_that_was_damaged_is_not_used(self):
        self.three()
        self.stage()
        self.go()
        (copy,) = (self.workspace / ".stagerun").rglob("scripts/0/versions/c3.py")
        copy.write_text(copy.read_text().replace("DROP TABLE t_c3", "DROP TABLE t_a1"))
        self.write("migrations/versions/c3.py", self.read("migrations/versions/c3.py") + "\n")
        done = self.go("rollback")
        self.assertIn("there is no copy of them", done.stderr)
        self.assertEqual([], self.content())


class BranchTest(AlembicCase):
    """What was there is recorded as a set, and restored as exactly that set."""

    def test_branches_that_were_merged_are_parted_again(self):
        self.project.table("a1", None)
        self.project.table("left1", "a1")
        self.project.table("left2", "left1")
        self.project.table("right1", "a1")
        self.project.alembic("upgrade", "left1")
        self.project.alembic("upgrade", "right1")
        before = self.content()
        self.project.revision("m9", ("left2", "right1"))
        self.project.table("n10", "m9")
        self.stage()
        self.go()
        self.assertEqual({"n10"}, self.project.current())
        self.assertEqual("left1, right1", self.outputs()["from"])
        self.go("rollback")
        self.assertEqual({"left1", "right1"}, self.project.current())
        self.assertEqual(before, self.content())

    def test_a_branch_that_was_not_applied_is_gone_again(self):
        self.project.table("a1", None)
        self.project.table("left1", "a1")
        self.project.table("right1", "a1")
        self.project.revision("m9", ("left1", "right1"))
        self.project.alembic("upgrade", "left1")
        before = self.content()
        self.stage()
        self.go()
        self.go("rollback")
        self.assertEqual({"left1"}, self.project.current())
        self.assertEqual(before, self.content())
        self.assertEqual("downgrade right1@a1", self.commands("rollback")[-1])

    def test_another_root_that_depends_on_the_first_is_gone_again(self):
        self.project.table("a1", None)
        self.project.table("a2", "a1")
        self.project.table("z1", None, depends="a2")
        self.project.table("z2", "z1")
        self.project.alembic("upgrade", "a1")
        before = self.content()
        self.stage(target="z2")
        self.go()
        # The table holds no revision that another one in it depends on.
        self.assertEqual({"z2"}, self.project.current())
        self.go("rollback")
        self.assertEqual({"a1"}, self.project.current())
        self.assertEqual(before, self.content())

    def test_no_downgrade_is_relative(self):
        self.three()
        self.stage()
        self.go()
        self.go("rollback")
        self.assertEqual(["downgrade base"], self.commands("rollback"))


class SomebodyElseTest(AlembicCase):
    """Only what this run left is undone."""

    def test_their_later_migration_is_left_alone(self):
        self.three()
        self.stage(target="b2")
        self.go()
        self.project.alembic("upgrade", "c3")
        done = self.go("rollback", status=8)
        self.assertIn("the database is at c3; this run left it at b2", done.stderr)
        self.assertEqual({"c3"}, self.project.current())

    def test_a_revision_that_nobody_here_knows_is_a_conflict(self):
        self.three()
        self.stage()
        self.go()
        self.project.table("d4", "c3")
        self.project.alembic("upgrade", "d4")
        (self.workspace / "migrations/versions/d4.py").unlink()
        self.assertIn("revision `d4`", self.go("rollback", status=8).stderr)

    def test_their_downgrade_half_of_the_way_is_a_conflict(self):
        self.three()
        self.stage()
        self.go()
        self.project.alembic("downgrade", "b2")
        self.go("rollback", status=8)
        self.assertEqual({"b2"}, self.project.current())

    def test_a_database_that_was_taken_back_by_hand_is_undone(self):
        self.three()
        self.stage()
        self.go()
        self.project.alembic("downgrade", "base")
        self.go("rollback")
        self.assertEqual([], self.commands("rollback"))


class FailureTest(AlembicCase):
    def test_a_failure_before_anything_of_a_revision_was_done_goes_back_cleanly(self):
        self.three()
        self.project.revision("b2", "a1", 'op.execute("CREATE TABLE t_a1 (n int)")',
                              'op.execute("SELECT 1")')
        self.stage()
        done = self.go(status=6)
        self.assertIn("table t_a1 already exists", done.stderr)
        self.assertIn("the database is at a1, with 1 of 3 revisions applied", done.stderr)
        self.assertEqual([], self.content())

    def test_a_failure_in_the_middle_of_a_revision_is_not_called_undone(self):
        self.three()
        self.project.revision("b2", "a1", 'op.execute("CREATE TABLE half (n int)")\n'
                              'op.execute("CREATE TABLE t_a1 (n int)")',
                              'op.execute("DROP TABLE half")')
        self.stage()
        done = self.go(status=7)
        self.assertIn("a part of b2 may stand beside it", done.stderr)
        self.assertEqual(set(), self.project.current())
        self.assertEqual(["CREATE TABLE half (n int);"], self.content())

    def test_an_upgrade_that_ends_elsewhere_is_a_conflict(self):
        self.three()
        self.project.write("migrations/env.py", alembic.ENV + (
            "import sqlite3, sys\n"
            "if 'upgrade' in sys.argv and '--sql' not in sys.argv:\n"
            "    with sqlite3.connect('app.db') as other:\n"
            "        other.execute(\"UPDATE alembic_version SET version_num = 'b2'\")\n"))
        self.stage()
        done = self.go(status=8)
        self.assertIn("the database is at b2 and not at c3", done.stderr)
        self.assertEqual(3, len(self.content()))

    def test_a_downgrade_that_fails_says_where_it_stopped_and_can_be_tried_again(self):
        self.three()
        self.stage()
        self.go()
        with sqlite3.connect(self.database) as database:
            database.execute("ALTER TABLE t_b2 RENAME TO hidden")
        done = self.go("rollback", status=7)
        self.assertIn("the database is at b2, on the way to base", done.stderr)
        self.assertIn("no such table: t_b2", done.stderr)

    def test_forward_only_is_never_taken_back(self):
        self.three()
        self.stage(downgrade="never")
        self.go()
        self.go("rollback", status=7)
        self.assertEqual({"c3"}, self.project.current())

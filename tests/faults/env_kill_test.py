"""env.set, killed before and after every effect and at every journal write.

After each kill the file has either every byte of before or every byte of after, and the next
command brings it to where it belongs.
"""

import shutil

from tests.faults import kill_test

BEFORE = "# head\nA=1 # why\nSECRET='canary-7f3a'\nOLD=1\n"
AFTER = "# head\nA=2 # why\nSECRET='canary-7f3a'\nB=3\n"


class EnvSetTest(kill_test.KillCase):
    COMMAND = ("run", "pipeline.toml", "--yes")

    def setUp(self):
        super().setUp()
        self.pipeline("""
name = "settings"
[[stage]]
name = "switch"
uses = "env.set"
with = { file = "app.env", values = { A = "2", B = 3 }, unset = ["OLD"] }
[[stage]]
name = "make"
uses = "env.set"
with = { file = "new.json", values = { on = true }, create = true }
""")

    def reset(self):
        shutil.rmtree(self.workspace / ".stagerun", ignore_errors=True)
        (self.workspace / "new.json").unlink(missing_ok=True)
        self.write("app.env", BEFORE)

    def assert_old(self):
        self.assertEqual(BEFORE, self.read("app.env"))
        self.assertFalse(self.exists("new.json"))
        self.assert_nothing_left_over()

    def assert_new(self):
        self.assertEqual(AFTER, self.read("app.env"))
        self.assertEqual('{\n  "on": true\n}\n', self.read("new.json"))
        self.assert_nothing_left_over()

    def assert_nothing_left_over(self):
        known = {"pipeline.toml", "app.env", "new.json", ".stagerun"}
        self.assertLessEqual({file.name for file in self.workspace.iterdir()}, known)
        for file in (self.workspace / ".stagerun").rglob("*"):
            if file.is_file() and "scratch" not in file.parts:
                self.assertNotIn(b"canary", file.read_bytes(), file)

    def judge_resume(self, done):
        if not self.runs():  # killed while it was planned
            return self.assertEqual(2, done.status, done) or self.assert_old()
        self.assertEqual(0 if self.began() else 3, done.status, done)
        return self.assert_new() if self.began() else self.assert_old()

    def judge_rollback(self, done):
        self.assertEqual(0 if self.runs() else 2, done.status, done)
        self.assert_old()

    def judge_rolled_back(self, done):
        if self.events("rollback_started"):
            self.assertEqual(0, done.status, done)
            return self.assert_old()
        return self.assert_new()

    def test_killed_anywhere_resume_sets_everything(self):
        self.walk(self.COMMAND, "resume", self.reset, self.judge_resume)

    def test_killed_anywhere_rollback_leaves_the_old_bytes(self):
        self.walk(self.COMMAND, "rollback", self.reset, self.judge_rollback)

    def test_a_rollback_killed_anywhere_goes_on_to_the_old_bytes(self):
        def reset():
            self.reset()
            self.assertEqual(0, self.run_program(*self.COMMAND).status)

        self.walk(("rollback",), "resume", reset, self.judge_rolled_back)

"""What becomes of a run when a plugin misbehaves: docs/abi.md's table, by journal and status.

crash.so misbehaves in the verb and the way that its configuration names; before it a good stage
writes. Every other way to misbehave: tests/golden/misbehaving_test.py.
"""

from tests.support import stagerun

GOOD_STAGE = """
name = "misbehaving"
[[stage]]
name = "good"
uses = "exec"
with = { run = ["touch", "world"], undo = ["rm", "-f", "world"] }
"""


def bad_stage(verb, how, write_first=False):
    return GOOD_STAGE + f"""
[[stage]]
name = "bad"
uses = "crash"
timeout = "{"300ms" if how == "loop" else "1m"}"
[stage.with]
verb = "{verb}"
how = "{how}"
write_first = {str(write_first).lower()}
write = ["touch", "half"]
undo = ["rm", "-f", "half"]
"""


class WorkerTest(stagerun.Case):
    def run_bad(self, verb, how, write_first=False):
        self.pipeline(bad_stage(verb, how, write_first))
        return self.run_program("run", "pipeline.toml", "--yes")

    def assert_no_run(self, done):
        self.assertEqual(10, done.status, done)
        self.assertEqual([], self.runs())
        self.assertFalse(self.exists("world"))
        self.assertIn("crash", done.stderr)

    def assert_failed_and_went_back(self, done, verb, status):
        self.assertEqual(6, done.status, done)
        (ended,) = self.events("verb_ended", stage="bad", verb=verb)
        self.assertEqual(status, ended["status"])
        for word in ("crash", verb):
            self.assertIn(word, ended["failure"]["text"])
        self.assertEqual("undone", self.events("stage_rolled_back", stage="good")[0]["result"])
        self.assertFalse(self.exists("world"))
        self.assertFalse(self.exists("half"))

    def test_every_crash_in_validate_starts_no_run(self):
        for how in ("segv", "abort", "exit0", "exit1", "throw", "loop"):
            with self.subTest(how):
                self.assert_no_run(self.run_bad("validate", how))

    def test_every_crash_in_the_first_plan_starts_no_run(self):
        for how in ("segv", "abort", "exit0", "exit1", "throw", "loop"):
            with self.subTest(how):
                self.assert_no_run(self.run_bad("plan", how))

    def test_every_crash_in_apply_is_a_failed_stage_and_a_rollback(self):
        for how in ("segv", "abort", "exit0", "exit1", "throw"):
            for write_first in (False, True):
                with self.subTest(how=how, write_first=write_first):
                    done = self.run_bad("apply", how, write_first)
                    self.assert_failed_and_went_back(done, "apply", "died")

    def test_every_crash_in_verify_is_a_failed_stage_and_a_rollback(self):
        for how in ("segv", "abort", "exit0", "exit1", "throw"):
            with self.subTest(how):
                done = self.run_bad("verify", how, True)
                self.assert_failed_and_went_back(done, "verify", "died")

    def test_an_endless_loop_past_its_deadline_is_a_failed_stage_and_a_rollback(self):
        for verb in ("apply", "verify"):
            with self.subTest(verb):
                done = self.run_bad(verb, "loop", True)
                self.assert_failed_and_went_back(done, verb, "timed_out")

    def test_every_crash_in_rollback_needs_a_person_and_the_others_still_go_back(self):
        for how in ("segv", "exit0", "throw"):
            with self.subTest(how):
                self.pipeline(bad_stage("rollback", how, True) + """
[[stage]]
name = "fails"
uses = "exec"
acknowledge_irreversible = true
with = { run = ["false"] }
""")
                done = self.run_program("run", "pipeline.toml", "--yes")
                self.assertEqual(7, done.status, done)
                (bad,) = self.events("stage_rolled_back", stage="bad")
                self.assertEqual("failed", bad["result"])
                (good,) = self.events("stage_rolled_back", stage="good")
                self.assertEqual("undone", good["result"])
                self.assertFalse(self.exists("world"))


class BrokenPluginTest(stagerun.Case):
    def assert_refused(self, plugin, *words):
        self.pipeline(f'name = "x"\n[[stage]]\nname = "s"\nuses = "{plugin}"\n')
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(10, done.status, done)
        self.assertEqual([], self.runs())
        for word in (plugin, *words):
            self.assertIn(word, done.stderr)

    def test_a_plugin_that_does_not_exist_is_refused_with_the_folders_searched(self):
        self.assert_refused("nowhere", "searched")

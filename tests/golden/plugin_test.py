"""What the host makes of what plugins do and say: forbidden writes, statuses, another ABI."""

import json

from tests.support import stagerun


def stage(plugin, **with_keys):
    keys = ", ".join(f"{key} = {json.dumps(value)}" for key, value in with_keys.items())
    return f'name = "x"\n[[stage]]\nname = "s"\nuses = "{plugin}"\nwith = {{ {keys} }}\n'


class WriterTest(stagerun.Case):
    """writer.so tries a write in every verb; it fails where one gets through that may not."""

    def setUp(self):
        super().setUp()
        self.write("write.sh", 'echo "$STAGERUN_KEY" >> written\n')
        self.pipeline(stage("writer", write=["sh", "write.sh"]))
        self.done = self.run_program("run", "pipeline.toml", "--yes")

    def test_a_write_is_let_through_only_in_apply_after_a_checkpoint(self):
        self.assertEqual(0, self.done.status, self.done)
        (applied,) = self.events("verb_ended", verb="apply")
        self.assertEqual("effect.no_baseline", applied["outputs"]["before_checkpoint"])
        self.assertEqual("let through", applied["outputs"]["after_checkpoint"])
        (verified,) = self.events("verb_ended", verb="verify")
        self.assertEqual("effect.write_in_verify", verified["outputs"]["verify"])
        (planned,) = self.events("verb_ended", verb="plan")
        self.assertIn("effect.write_in_plan", planned["result"])

    def test_exactly_the_write_that_was_let_through_has_an_intent_and_happened(self):
        self.assertEqual(1, len(self.events("effect_intended")))
        self.assertEqual(1, len(self.read("written").splitlines()))


class StatusTest(stagerun.Case):
    """unknown.so lets a write through and ends as it is told."""

    def run_it(self, **with_keys):
        self.pipeline(stage("unknown", write=["touch", "w"], undo=["rm", "-f", "w"], **with_keys))
        return self.run_program("run", "pipeline.toml", "--yes")

    def assert_undone(self, done, status=6):
        self.assertEqual(status, done.status, done)
        self.assertFalse(self.exists("w"))

    def test_unknown_is_verified_and_stands_where_it_is_done(self):
        done = self.run_it(apply="unknown", verify="ok")
        self.assertEqual(0, done.status, done)
        self.assertEqual("ok", self.events("stage_settled")[0]["result"])

    def test_unknown_goes_back_where_it_is_not_done_or_cannot_be_told(self):
        for verdict, result in (("failed", "failed"), ("unknown", "in_doubt")):
            with self.subTest(verdict):
                self.assert_undone(self.run_it(apply="unknown", verify=verdict))
                self.assertEqual(result, self.events("stage_settled")[0]["result"])

    def test_unknown_that_cannot_be_told_nor_undone_is_in_doubt(self):
        done = self.run_it(apply="unknown", verify="unknown", rollback="failed")
        self.assertEqual(9, done.status, done)

    def test_conflict_is_8_once_what_was_written_is_undone(self):
        self.assert_undone(self.run_it(apply="conflict"), status=8)

    def test_every_other_failure_goes_back(self):
        for status in ("failed", "retry", "invalid", "absent", "denied", "no such status"):
            with self.subTest(status):
                self.assert_undone(self.run_it(apply=status))

    def test_a_rollback_that_cannot_know_needs_a_person(self):
        done = self.run_it(apply="failed", rollback="unknown")
        self.assertEqual(7, done.status, done)


class AbiTest(stagerun.Case):
    def test_a_plugin_in_plain_c_runs_and_goes_back(self):
        self.write("lines", "")
        self.pipeline(stage("counter", file="lines"))
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(0, done.status, done)
        self.assertEqual(1, len(self.read("lines").splitlines()))
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertEqual("", self.read("lines"))

    def test_larger_structs_are_read_as_far_as_they_are_known(self):
        self.assertEqual(0, self.run_program("plugin", "show", "large_struct").status)

    def test_structs_below_the_first_release_are_refused(self):
        done = self.run_program("plugin", "show", "small_struct")
        self.assertEqual(10, done.status, done)
        self.assertIn("smaller than ABI 1.0", done.stderr)

    def test_a_sandboxed_plugin_gets_no_socket_and_no_exec(self):
        self.pipeline(stage("escape"))
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(0, done.status, done)

    def test_plugin_list_names_every_plugin_and_reports_the_broken_ones(self):
        done = self.run_program("plugin", "list")
        self.assertEqual(10, done.status, done)
        for name in ("exec", "http", "counter"):
            self.assertRegex(done.stdout, rf"(?m)^{name} +1\.")
        self.assertIn("wrong_abi", done.stderr)

    def test_plugin_show_tells_what_it_may_do(self):
        done = self.run_program("plugin", "show", "exec")
        self.assertEqual(0, done.status, done)
        for word in ('uses = "exec"', "process/1", "sha256", "rollback"):
            self.assertIn(word, done.stdout)

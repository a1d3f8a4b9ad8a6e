"""run --from and --only: what runs, what is skipped, and what resume and rollback make of it."""

import json

from tests.golden.run_test import pipeline, stage, touch
from tests.support import stagerun

NOT_CHOSEN = {"result": "skipped", "reason": "not chosen"}


class ChoiceTest(stagerun.Case):
    def skipped(self):
        return [event["stage"] for event in self.events("stage_settled", **NOT_CHOSEN)]

    def run_it(self, *choice, **options):
        return self.run_program("run", "pipeline.toml", "--yes", *choice, **options)

    def test_from_begins_there_and_skips_what_came_before(self):
        self.pipeline(pipeline(touch("a"), touch("b"), touch("c")))
        done = self.run_it("--from", "b")
        self.assertEqual(0, done.status, done)
        self.assertEqual([False, True, True], [self.exists(name) for name in "abc"])
        self.assertEqual(["a"], self.skipped())
        self.assertEqual([], self.events("verb_started", stage="a"))

    def test_from_takes_what_needs_the_stage_and_nothing_beside_it(self):
        self.pipeline(
            pipeline(
                touch("a"), touch("b", needs=["a"]), touch("beside", needs=["a"]),
                touch("c", needs=["b", "beside"]), touch("d", needs=["c"]),
            )
        )
        done = self.run_it("--from", "b")
        self.assertEqual(0, done.status, done)
        self.assertEqual(["a", "beside"], sorted(self.skipped()))
        self.assertTrue(self.exists("b") and self.exists("c") and self.exists("d"))
        self.assertFalse(self.exists("beside"))

    def test_only_runs_these_stages_alone_in_the_order_of_the_plan(self):
        self.pipeline(pipeline(touch("a"), touch("b"), touch("c"), touch("d")))
        done = self.run_it("--only", "c", "--only", "a")
        self.assertEqual(0, done.status, done)
        ran = [event["stage"] for event in self.events("verb_started", verb="apply")]
        self.assertEqual(["a", "c"], ran)
        self.assertEqual(["b", "d"], self.skipped())
        self.assertEqual(["c", "a"], self.events("run_started")[0]["only"])

    def test_a_stage_that_is_not_chosen_is_not_asked_what_it_would_change(self):
        # Its plan breaks, which would keep the whole run from starting.
        breaks = '[[stage]]\nname = "a"\nuses = "crash"\nwith = { how = "exit1", verb = "plan" }\n'
        self.pipeline(pipeline(breaks, touch("b")))
        self.assertEqual(10, self.run_it().status)
        done = self.run_it("--only", "b")
        self.assertEqual(0, done.status, done)

    def test_secrets_of_stages_that_are_not_chosen_need_not_be_there(self):
        text = '[secrets]\nTOKEN = { env = "TOKEN_OF_TEST" }\n'
        uses = 'undo = ["true"]\nenv = { T = "${{ secrets.TOKEN }}" }'
        self.pipeline(pipeline(text, stage("a", ["true"], uses, secrets=["TOKEN"]), touch("b")))
        self.assertEqual(2, self.run_it().status)
        self.assertEqual(0, self.run_it("--only", "b").status)
        self.assertEqual(2, self.run_it("--only", "a").status)

    def test_going_back_concerns_only_what_ran(self):
        fails = stage("c", ["false"], 'undo = ["true"]')
        undo_would_show = stage("a", ["touch", "a"], 'undo = ["touch", "a-was-undone"]')
        self.pipeline(pipeline(undo_would_show, touch("b"), fails))
        done = self.run_it("--from", "b")
        self.assertEqual(6, done.status, done)
        self.assertFalse(self.exists("b") or self.exists("a-was-undone"))
        undone = [event["stage"] for event in self.events("stage_rolled_back")]
        self.assertEqual(["c", "b"], undone)

    def test_resume_keeps_the_choice(self):
        waits = stage("b", ["sh", "-c", "touch begun; test -e go || sleep 60"],
                      'undo = ["true"]\ncheck = ["test", "-e", "go"]')
        self.pipeline(pipeline(touch("a"), waits, touch("c"), touch("d")))
        host = self.start("run", "pipeline.toml", "--yes", "--only", "b", "--only", "d")
        self.wait_until(lambda: self.exists("begun"))
        host.kill()
        host.wait()
        self.write("go", "")
        done = self.run_program("resume")
        self.assertEqual(0, done.status, done)
        self.assertEqual([False, False, True], [self.exists(name) for name in "acd"])
        self.assertEqual(["a", "c"], self.skipped())

    def test_rollback_keeps_the_choice(self):
        self.pipeline(pipeline(touch("a"), touch("b")))
        self.assertEqual(0, self.run_it("--only", "a").status)
        self.assertEqual(0, self.run_it("--only", "b").status)
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertTrue(self.exists("a"))
        self.assertFalse(self.exists("b"))

    def test_an_output_of_an_earlier_run_takes_the_place_of_one_that_is_not_set(self):
        builds = stage("build", ["sh", "-c", 'echo "image=app:7" >> "$STAGERUN_OUTPUT"'],
                       'undo = ["true"]\noutputs = { image = "string" }')
        image = "default(stages.build.outputs.image, runs.last.stages.build.outputs.image)"
        writes = stage("deploy", ["sh", "-c", "echo $0 > deployed", "${{ " + image + " }}"],
                       'undo = ["rm", "deployed"]')
        self.pipeline(pipeline(builds, writes))
        done = self.run_it()
        if done.status != 0:
            self.fail(str(done))
        self.assertEqual("app:7\n", self.read("deployed"))
        for _ in range(2):  # the run before the second has no such output, and is passed over
            self.write("deployed", "")
            done = self.run_it("--from", "deploy")
            self.assertEqual(0, done.status, done)
            self.assertEqual("app:7\n", self.read("deployed"))

    def test_the_plan_shows_what_is_not_chosen(self):
        self.pipeline(pipeline(touch("a"), touch("b")))
        text = self.run_program("plan", "pipeline.toml", "--from", "b").stdout
        self.assertIn("test: 1 of 2 stages\n\n  a (not chosen)\n\n  b (exec, ", text)
        value = json.loads(
            self.run_program("plan", "pipeline.toml", "--only", "b", "--format", "json").stdout)
        self.assertEqual([False, True], [stage["chosen"] for stage in value["stages"]])

    def test_from_and_only_exclude_each_other(self):
        self.pipeline(pipeline(touch("a")))
        self.assertEqual(2, self.run_it("--from", "a", "--only", "a").status)
        self.assertEqual([], self.runs())

    def test_ten_thousand_stages_are_passed_over(self):
        many = [f'[[stage]]\nname = "s{i}"\nuses = "exec"\nwith = {{ run = ["true"], '
                'undo = ["true"] }\n' for i in range(10_000)]
        self.pipeline(pipeline(*many, touch("last")))
        done = self.run_it("--from", "last")
        self.assertEqual(0, done.status, done)
        self.assertEqual(10_000, len(self.skipped()))
        self.assertLess(len(done.stderr), 2_000)

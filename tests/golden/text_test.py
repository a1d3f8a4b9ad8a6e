"""What a user reads, to the letter."""

import textwrap

from tests.support import stagerun

SHIP = """\
name = "ship"

[inputs.to]
default = "staging"

[[stage]]
name = "build"
uses = "exec"
with = { run = ["touch", "built"], undo = ["rm", "-f", "built"] }

[[stage]]
name = "send"
uses = "exec"
with = { run = ["sh", "-c", "echo ${{ inputs.to }} >&2; false"], undo = ["true"] }
"""

FAILURE = "`sh -c 'echo staging >&2; false'` exited with 1"


class TextTest(stagerun.Case):
    def assert_text(self, expected, text):
        text = stagerun.normalise(text, self.workspace)
        for run in self.runs():
            text = text.replace(run, "RUN")
        self.assertEqual(textwrap.dedent(expected).lstrip("\n"), text)

    def test_validate_shows_every_problem_of_form_with_its_place(self):
        self.pipeline('nam = "x"\n[[stage]]\nname = "a b"\nuses = 7\nneeds = "a"\n')
        done = self.run_program("validate", "pipeline.toml")
        self.assertEqual(2, done.status, done)
        self.assert_text("""
            error: unknown key `nam` in the pipeline
             --> pipeline.toml:1:1
             1 | nam = "x"
               | ^^^ did you mean `name`?

            error: `a b` cannot name a stage
             --> pipeline.toml:3:8
             3 | name = "a b"
               |        ^^^^^ use a-z, 0-9, _ and -, a letter or digit first, at most 64 characters

            error: `uses` in stage `a b` must be a string; this is an integer
             --> pipeline.toml:4:8
             4 | uses = 7
               |        ^

            error: `needs` in stage `a b` must be an array of strings; this is a string
             --> pipeline.toml:5:9
             5 | needs = "a"
               |         ^^^

            4 problems in pipeline.toml
            """, done.stderr)

    def test_validate_shows_what_plugins_and_references_say(self):
        wrong = SHIP.replace('["touch", "built"]', "7").replace("{{ inputs.to", "{{ inputs.tt")
        self.pipeline(wrong)
        done = self.run_program("validate", "pipeline.toml")
        self.assertEqual(2, done.status, done)
        self.assert_text("""
            error: `/run` must be a string or an array; this is an integer
             --> pipeline.toml:9:16
             9 | with = { run = 7, undo = ["rm", "-f", "built"] }
               |                ^

            error: the pipeline has no input `tt`
             --> pipeline.toml:14:39
             14 | with = { run = ["sh", "-c", "echo ${{ inputs.tt }} >&2; false"], undo = ["true"] }
                |                                       ^^^^^^^^^ did you mean `to`?

            2 problems in pipeline.toml
            """, done.stderr)

    def test_plan_says_what_each_stage_would_change(self):
        self.pipeline(SHIP)
        done = self.run_program("plan", "pipeline.toml", "-i", "to=production")
        self.assertEqual(0, done.status, done)
        self.assert_text("""
            ship: 2 stages

              build (exec, compensable)
                run touch built

              send (exec, compensable)
                run sh -c 'echo production >&2; false'

            every stage that writes can go back
            """, done.stdout)
        self.assertFalse(self.exists(".stagerun"))

    def test_a_failed_run_tells_its_story(self):
        self.pipeline(SHIP)
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(6, done.status, done)
        self.assertEqual("", done.stdout)
        self.assert_text("""
            run RUN
            [build] applying
            [build] ok in DURATION
            [send] applying
            [send] | staging
            [send] failed: `sh -c 'echo staging >&2; false'` exited with 1
            [send]   it printed: staging
            going back, newest first: stage `send` failed: FAILURE
            [send] rolling back
            [send] undone
            [build] rolling back
            [build] undone
            ended with status 6: failed, and everything that was written was undone
            """.replace("FAILURE", FAILURE), done.stderr)

    def test_a_quiet_run_says_only_what_went_wrong(self):
        self.pipeline(SHIP)
        done = self.run_program("run", "pipeline.toml", "--yes", "-q")
        self.assertEqual(6, done.status, done)
        self.assert_text("""
            [send] failed: `sh -c 'echo staging >&2; false'` exited with 1
            [send]   it printed: staging
            ended with status 6: failed, and everything that was written was undone
            """, done.stderr)

    def test_show_tells_how_a_run_stands(self):
        self.pipeline(SHIP)
        self.run_program("run", "pipeline.toml", "--yes")
        self.assert_text("""
            run       RUN
            pipeline  pipeline.toml
            started   TIME
            stands    status 6: failed, and everything that was written was undone
            went back stage `send` failed: FAILURE

              build                    undone       1 write
              send                     undone       1 write  FAILURE
            """.replace("FAILURE", FAILURE), self.run_program("show").stdout)

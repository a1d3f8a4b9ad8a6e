"""What a pipeline can say beyond one stage after the other: secrets, conditions, retries, stages
side by side, what is always undone, earlier runs, and a rollback of some stages."""

import json
import re

from tests.support import stagerun

CANARY = "kanari-5f1e-geheim-0c77"


def stage(name, with_, **keys):
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    table = re.sub(r"\n *", " ", with_)
    return f'[[stage]]\nname = "{name}"\nuses = "exec"\n{lines}with = {table}\n'


def say(text):
    return '{ run = ["echo", "%s"], changes = false }' % text


def touch(file, more=""):
    return """{ run = ["touch", "%s"], undo = ["rm", "-f", "%s"],
            check = ["test", "-e", "%s"]%s }""" % (file, file, file, more)


class WholeCase(stagerun.Case):
    def pipe(self, *stages, head=""):
        self.pipeline(f'name = "whole"\nenvironment = "production"\n{head}' + "".join(stages))

    def go(self, *args, **options):
        return self.run_program("run", "pipeline.toml", "--yes", *args, **options)

    def results(self):
        return {event["stage"]: event["result"] for event in self.events("stage_settled")}

    def undone(self):
        return [event["stage"] for event in self.events("stage_rolled_back")]

    def there(self, *names):
        return [name for name in names if (self.workspace / name).exists()]


class SecretTest(WholeCase):
    HEAD = '[secrets]\nKEY = { env = "APP_KEY" }\n'

    def test_a_secret_reaches_the_program_and_nobody_else(self):
        self.pipe(stage("use", """{ run = ["sh", "-c", 'test ${#TOKEN} -eq %d && echo "is $TOKEN"'],
                        env = { TOKEN = "${{ secrets.KEY }}" }, changes = false }"""
                        % len(CANARY), secrets=["KEY"]), head=self.HEAD)
        done = self.go(env={"APP_KEY": CANARY})
        self.assertEqual(0, done.status, done)
        self.assertIn("is ***", done.stderr)
        self.assertNotIn(CANARY, done.stdout + done.stderr)
        for file in (self.workspace / ".stagerun").rglob("*"):
            if file.is_file():
                self.assertNotIn(CANARY.encode(), file.read_bytes(), file)

    def test_programs_do_not_inherit_where_a_secret_comes_from(self):
        self.pipe(stage("look", '{ run = ["sh", "-c", "test -z \\"$APP_KEY\\""], changes = false, '
                        'env = { T = "${{ secrets.KEY }}" } }', secrets=["KEY"]), head=self.HEAD)
        self.assertEqual(0, (done := self.go(env={"APP_KEY": CANARY})).status, done)

    def test_a_secret_that_cannot_be_had_stops_it_where_it_stands(self):
        self.pipe(stage("use", '{ run = ["true"], env = { T = "${{ secrets.KEY }}" }, '
                        "changes = false }", secrets=["KEY"]), head=self.HEAD)
        done = self.go()
        self.assertEqual(2, done.status, done)
        self.assertIn("the variable APP_KEY is not set", done.stderr)
        self.assertIn("pipeline.toml:4:1", done.stderr)

    def test_files_and_programs_give_secrets_too(self):
        self.write("key", CANARY + "\n")
        head = '[secrets]\nA = { file = "key" }\nB = { command = ["cat", "key"] }\n'
        self.pipe(stage("use", """{ run = ["sh", "-c", 'test "$A" = "$B" && test "$A" = %s'],
                        env = { A = "${{ secrets.A }}", B = "${{ secrets.B }}" },
                        changes = false }""" % CANARY, secrets=["A", "B"]), head=head)
        self.assertEqual(0, (done := self.go()).status, done)

    def test_a_secret_is_read_again_for_a_rollback(self):
        self.pipe(stage("use", """{ run = ["true"], undo = ["sh", "-c", 'test "$T" = %s'],
                        env = { T = "${{ secrets.KEY }}" } }""" % CANARY, secrets=["KEY"]),
                  head=self.HEAD)
        self.assertEqual(0, self.go(env={"APP_KEY": CANARY}).status)
        self.assertEqual(2, self.run_program("rollback").status)
        done = self.run_program("rollback", env={"APP_KEY": CANARY})
        self.assertEqual(0, done.status, done)


class FlowTest(WholeCase):
    def test_a_stage_whose_condition_does_not_hold_is_skipped(self):
        self.pipe(stage("a", say("a"), **{"if": "environment == 'staging'"}),
                  stage("b", say("b"), **{"if": "inputs.n > 1"}),
                  head="[inputs.n]\ntype = 'integer'\ndefault = 2\n")
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertEqual({"a": "skipped", "b": "ok"}, self.results())

    def test_what_fails_is_tried_again_after_a_pause(self):
        self.write("third.sh", "#!/bin/sh\necho x >> tries\n[ $(wc -l < tries) -ge 3 ]\n", True)
        self.pipe(stage("a", '{ run = ["./third.sh"], changes = false }') .replace(
            "with", 'retry = { attempts = 3, backoff = "50ms" }\nwith', 1))
        done = self.go()
        self.assertEqual(0, done.status, done)
        started = [e for e in self.events("verb_started") if e["verb"] == "apply"]
        self.assertEqual([1, 2, 3], [event["attempt"] for event in started])

    def test_a_write_that_may_have_happened_is_not_repeated(self):
        self.pipe(stage("a", '{ run = ["sh", "-c", "echo x >> tries; false"], undo = ["true"] }')
                  .replace("with", "retry = { attempts = 3, backoff = '1ms' }\nwith", 1))
        self.assertEqual(6, (done := self.go()).status, done)
        self.assertEqual("x\n", (self.workspace / "tries").read_text("utf-8"))

    def test_stages_that_need_nothing_of_each_other_run_side_by_side(self):
        # Each waits for the other: one after the other they would wait for ever.
        meet = """{ run = ["sh", "-c", "touch %s; while [ ! -e %s ]; do sleep 0.01; done"],
                  changes = false }"""
        self.pipe(stage("a", meet % ("a", "b"), needs=[], timeout="20s"),
                  stage("b", meet % ("b", "a"), needs=[], timeout="20s"),
                  stage("c", say("both"), needs=["a", "b"]))
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertEqual("c", self.events("stage_settled")[-1]["stage"])

    def test_jobs_1_runs_them_one_after_the_other(self):
        self.pipe(*(stage(name, say(name), needs=[]) for name in "abc"))
        self.assertEqual(0, self.go("--jobs", "1").status)
        verbs = [(e["stage"], e["event"]) for e in self.journal() if "verb" in e["event"]]
        for name in "abc":
            places = [i for i, (stage_name, _) in enumerate(verbs) if stage_name == name]
            self.assertEqual(list(range(places[0], places[-1] + 1)), places)

    def test_where_one_of_two_fails_the_other_is_stopped_and_both_go_back(self):
        slow = '{ run = ["sh", "-c", "touch slow; sleep 60"], undo = ["rm", "-f", "slow"] }'
        bad = """{ run = ["sh", "-c", "while [ ! -e slow ]; do sleep 0.01; done; false"],
                 undo = ["true"] }"""
        self.pipe(stage("slow", slow, needs=[]), stage("bad", bad, needs=[]))
        done = self.go()
        self.assertEqual(6, done.status, done)
        self.assertEqual({"slow": "cancelled", "bad": "failed"}, self.results())
        self.assertEqual([], self.there("slow"))

    def test_what_is_always_undone_is_undone_when_the_run_went_well(self):
        self.pipe(stage("closed", touch("sign"), rollback="always"), stage("work", touch("done")))
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertEqual((["closed"], ["done"]), (self.undone(), self.there("sign", "done")))

    def test_and_when_it_stopped_where_it_was(self):
        self.pipe(stage("closed", touch("sign"), rollback="always"), stage("work", touch("done")),
                  stage("bad", '{ run = ["false"], changes = false }', on_failure="stop"))
        done = self.go()
        self.assertEqual(1, done.status, done)
        self.assertEqual((["closed"], ["done"]), (self.undone(), self.there("sign", "done")))

    def test_one_stage_alone_is_taken_back(self):
        self.pipe(*(stage(name, touch(name)) for name in "abc"))
        self.assertEqual(0, self.go().status)
        self.assertEqual(0, (done := self.run_program("rollback", "--only", "b")).status, done)
        self.assertEqual(["a", "c"], self.there("a", "b", "c"))

    def test_what_came_after_a_stage_is_taken_back(self):
        self.pipe(*(stage(name, touch(name)) for name in "abc"))
        self.assertEqual(0, self.go().status)
        self.assertEqual(0, (done := self.run_program("rollback", "--to", "a")).status, done)
        self.assertEqual(["a"], self.there("a", "b", "c"))
        self.assertEqual(["c", "b"], self.undone())

    def test_a_rollback_to_a_stage_that_is_not_there_does_nothing(self):
        self.pipe(stage("a", touch("a")))
        self.assertEqual(0, self.go().status)
        done = self.run_program("rollback", "--to", "x")
        self.assertEqual(2, done.status, done)
        self.assertEqual(["a"], self.there("a"))

    def test_each_durability_tells_the_same_story(self):
        self.pipe(stage("a", touch("a")), stage("b", touch("b")))
        told = []
        for durability in ("effect", "stage", "run"):
            self.assertEqual(0, self.go("--durability", durability).status)
            told.append([event["event"] for event in self.journal()])
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])


class SurroundingsTest(WholeCase):
    def test_a_later_pipeline_takes_what_an_earlier_run_left(self):
        self.pipe(stage("make", """{ run = ["sh", "-c", 'echo file=dump-7 > "$STAGERUN_OUTPUT"'],
                        outputs = { file = "string" }, changes = false }"""))
        self.assertEqual(0, self.go().status)
        self.pipe(stage("use", say("take ${{ runs.last.stages.make.outputs.file }}")))
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertIn("take dump-7", done.stderr)

    def test_an_environment_has_its_own_defaults(self):
        self.pipe(stage("a", say("to ${{ inputs.host }} in ${{ environment }}")),
                  head='[inputs.host]\ndefault = "prod"\n'
                       '[environments.staging]\ninputs = { host = "stage" }\n')
        done = self.go("--environment", "staging")
        self.assertEqual(0, done.status, done)
        self.assertIn("to stage in staging", done.stderr)

    def test_inputs_come_from_a_file(self):
        self.write("inputs.json", '{"n": 7, "name": "x"}')
        self.pipe(stage("a", say("${{ inputs.name }} ${{ inputs.n }}")),
                  head="[inputs.n]\ntype = 'integer'\n[inputs.name]\n")
        done = self.go("--inputs", "inputs.json", "-i", "name=y")
        self.assertEqual(0, done.status, done)
        self.assertIn("y 7", done.stderr)
        self.write("inputs.json", "[]")
        done = self.go("--inputs", "inputs.json")
        self.assertEqual(2, done.status, done)
        self.assertIn("it holds no JSON object", done.stderr)

    def test_inputs_come_from_a_toml_file(self):
        self.write("inputs.toml", 'n = 7\nname = "x"\nsure = true\n')
        self.pipe(stage("a", say("${{ inputs.name }} ${{ inputs.n }} ${{ inputs.sure }}")),
                  head="[inputs.n]\ntype = 'integer'\n[inputs.name]\n"
                       "[inputs.sure]\ntype = 'boolean'\n")
        done = self.run_program("run", "pipeline.toml", "--yes", "--inputs", "inputs.toml",
                                "-i", "name=y", env={"STAGERUN_INPUT_n": "8"})
        self.assertEqual(0, done.status, done)
        self.assertIn("y 7 true", done.stderr)
        inputs = self.events("run_started")[0]["inputs"]
        self.assertEqual({"n": 7, "name": "y", "sure": True}, inputs)

    def test_a_file_of_inputs_that_is_not_there_is_told(self):
        self.pipe(stage("a", say("x")))
        done = self.go("--inputs", "nowhere.toml")
        self.assertEqual(2, done.status, done)
        self.assertIn("--inputs nowhere.toml: ", done.stderr)

    def test_the_run_knows_its_own_name(self):
        self.pipe(stage("a", say("this is ${{ run.id }}")))
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertIn("this is " + self.runs()[-1], done.stderr)

"""exec: the shell, the input and the environment of the programs that it runs."""

import json

from tests.support import stagerun


def stage(name, extra=""):
    return f'[[stage]]\nname = "{name}"\nuses = "exec"\nacknowledge_irreversible = true\n{extra}\n'


def command(**keys):
    lines = ["[stage.with]"]
    lines += [f"{key} = {toml(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


FAILS = stage("fails", command(run=["false"]))


class Case(stagerun.Case):
    def run_stages(self, *stages, **options):
        self.pipeline('name = "x"\n' + "".join(stages))
        return self.run_program("run", "pipeline.toml", "--yes", **options)

    def run_one(self, env=None, **keys):
        return self.run_stages(stage("s", command(**keys)), env=env)

    def assert_refused(self, text, **keys):
        done = self.run_one(**keys)
        self.assertEqual(2, done.status, done)
        self.assertIn(text, done.stderr)
        self.assertEqual([], self.runs())


class ShellTest(Case):
    def test_a_line_is_run_by_a_shell(self):
        done = self.run_one(shell=True, run="printf '%s' \"a b\" | tr a c > out\necho 2 >> out")
        self.assertEqual(0, done.status, done)
        self.assertEqual("c b2\n", self.read("out"))

    def test_every_program_may_be_a_line(self):
        self.write("state", "old")
        flip = stage("flip", command(
            shell=True, record="cat state", run="echo new > state", check="grep -q new state",
            undo='cat "$STAGERUN_BASELINE" > state'))
        done = self.run_stages(flip, FAILS)
        self.assertEqual(7, done.status, done)
        self.assertEqual("old", self.read("state"))
        accesses = {event["id"]: event["access"]
                    for event in self.events("effect_intended", stage="flip")}
        self.assertEqual({"record": "read", "run": "write", "check": "read", "undo": "write"},
                         accesses)

    def test_lines_and_arrays_may_stand_side_by_side(self):
        done = self.run_stages(stage("s", command(shell=True, run="touch a && touch b",
                                                  undo=["rm", "-f", "a", "b"])), FAILS)
        self.assertEqual(7, done.status, done)
        self.assertFalse(self.exists("a") or self.exists("b"))

    def test_a_line_that_only_reads_needs_no_baseline(self):
        done = self.run_one(shell=True, changes=False, run="test -n \"$STAGERUN_KEY\" | cat")
        self.assertEqual(0, done.status, done)
        (intent,) = self.events("effect_intended")
        self.assertEqual("read", intent["access"])

    def test_nobody_gets_a_shell_by_accident(self):
        self.assert_refused("no shell is allowed", run="touch a")
        self.assert_refused("no shell is allowed", run=["true"], undo="rm a")
        self.assert_refused("needs no shell", run=["true"], shell=True)
        self.assert_refused("there is no program to run", run=" ", shell=True)

    def test_a_line_fails_as_a_program_does(self):
        done = self.run_one(shell=True, run="echo so it is >&2; exit 7")
        self.assertEqual(7, done.status, done)
        self.assertIn("exited with 7", done.stderr)
        self.assertIn("so it is", done.stderr)

    def test_a_line_in_an_argument_is_no_line(self):
        done = self.run_one(run=["echo", "$(touch a)", "; touch b"])
        self.assertEqual(0, done.status, done)
        self.assertFalse(self.exists("a") or self.exists("b"))


class InputTest(Case):
    def test_run_gets_its_input_and_the_others_none(self):
        text = "line 1\nläst 'line' \"$HOME\"\n"
        done = self.run_one(shell=True, stdin=text, record="cat", run="cat > in",
                            check="test -z \"$(cat)\"", undo="true")
        self.assertEqual(0, done.status, done)
        self.assertEqual(text, self.read("in"))

    def test_without_one_it_is_empty(self):
        done = self.run_one(shell=True, run="cat > in")
        self.assertEqual(0, done.status, done)
        self.assertEqual("", self.read("in"))

    def test_a_program_that_does_not_read_it_is_none_the_worse(self):
        done = self.run_one(run=["true"], stdin="x" * 500_000)
        self.assertEqual(0, done.status, done)

    def test_a_service_has_no_input(self):
        self.assert_refused("has no standard input", run=["sleep", "9"], leaves_running=True,
                            stdin="x")


class InheritTest(Case):
    def variables(self):
        return dict(line.split("=", 1) for line in self.read("env").splitlines() if "=" in line)

    def test_only_what_is_named_is_passed_on(self):
        done = self.run_one(env={"WANTED": "1", "OTHER": "2"}, shell=True, run="env > env",
                            inherit=["WANTED", "PATH", "MISSING"])
        self.assertEqual(0, done.status, done)
        variables = self.variables()
        self.assertEqual("1", variables["WANTED"])
        self.assertIn("STAGERUN_KEY", variables)
        for name in ("OTHER", "MISSING", "HOME"):
            self.assertNotIn(name, variables)

    def test_nothing_at_all_may_be_passed_on(self):
        done = self.run_one(env={"OTHER": "2"}, run=["/usr/bin/env"], inherit=[])
        self.assertEqual(0, done.status, done)
        self.assertNotIn("OTHER=", done.stdout + done.stderr)
        self.assertIn("STAGERUN_KEY=", done.stdout + done.stderr)

    def test_by_default_all_is(self):
        done = self.run_one(env={"OTHER": "2"}, shell=True, run="env > env")
        self.assertEqual(0, done.status, done)
        self.assertEqual("2", self.variables()["OTHER"])

    def test_what_contradicts_itself_is_told(self):
        self.pipeline('name = "x"\n' + stage("s", command(
            run=["true"], inherit=["A", "B-C"], env={"A": "1"})))
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(2, done.status, done)
        self.assertIn("`env` sets A to something else", done.stderr)
        self.assertIn("`B-C` cannot be the name of a variable", done.stderr)

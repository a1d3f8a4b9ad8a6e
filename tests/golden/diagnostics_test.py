"""Every problem that a pipeline can have before it runs, to the letter.

A folder of tests/golden/diagnostics for each, named after its code with `_` for the dot:

    pipeline.toml   the pipeline
    expected.txt    what is then printed
    command         where it is not `validate`
    arguments       where the command line matters
    environment     variables, NAME=VALUE in each line
    setup           a shell script that runs in the workspace before; status 77: not possible here

The codes stand in the sources and come back with `--format json`, so that none can be without a
case.
"""

import json
import os
import pathlib
import re
import subprocess
import unittest

from tests.support import stagerun

ROOT = pathlib.Path(__file__).parents[2]
CASES = pathlib.Path(__file__).parent / "diagnostics"

# Where a Diagnostic is made its first member, or the first argument, is its code.
CODE = re.compile(r'"([a-z]+\.[a-z_]+)"')
NO_CODES = {"pipeline.toml", "safe.directory"}
# The broker's codes are of effects (docs/effects.md): a plugin hears them. A rehearsal plays them.
NO_DIAGNOSTICS = {"broker", "rehearsal"}
# What a worker says of a plugin that it does not load: all of it comes out as `plugin.unusable`.
ABOUT_LOADING = {"load.abi", "load.elf", "load.module", "load.open", "load.sandbox", "load.symbol"}
# The host asks no plugin for a stage that the plugin has not offered; no verb of a run is made to
# fail, only of a rehearsal (rehearse_test.py).
NEVER_SEEN = {"plugin.stage", "rehearsal.failed"}
# A plugin that is at fault as a whole: told in words alone, without a place in the pipeline.
WITHOUT_A_PLACE = {"stage.timed_out", "worker.died"}
NOT_POSSIBLE_HERE = 77
# What is wrong with a plugin, in words: all of it comes out as `plugin.broken`.
ABOUT_PLUGINS = ("manifest_problems.cc", "schema_problems.cc")

STAGE = '\n[[stage]]\nname = "a"\nuses = "exec"\nwith = { run = ["true"], undo = ["true"] }\n'

# Too large to keep: what stands in the pipeline of a case that has none.
GENERATED = {
    "toml_depth": lambda: 'name = "x"\nx = ' + "[" * 70 + "]" * 70 + STAGE,
    "toml_depth_of_keys": lambda: 'name = "x"\n' + ".".join("a" * 70) + " = 1\n" + STAGE,
    "expression_long": lambda: condition("'" + "a" * (4 << 10) + "' == ''"),
    "expression_nodes": lambda: condition("!" * 300 + "true"),
    "input_given_long": lambda: 'name = "x"\n[inputs.v]\npattern = "a*"\n' + STAGE,
}
LONG_ARGUMENTS = {"input_given_long": ["-i", "v=" + "a" * (17 << 10)]}


def condition(expression):
    return 'name = "x"' + STAGE + f'if = "{expression}"\n'


def sources():
    for file in sorted((ROOT / "core").glob("*/*.cc")):
        if file.parent.name not in NO_DIAGNOSTICS:
            yield file


def codes_in_sources():
    codes = set()
    for file in sources():
        codes.update(CODE.findall(file.read_text(encoding="utf-8")))
    return codes - NO_CODES - ABOUT_LOADING - NEVER_SEEN


def lines_of(file):
    return file.read_text("utf-8").splitlines() if file.exists() else []


def code_of(case, codes):
    """The code that the case is named after; a longer name says which form of it."""
    fitting = [code for code in codes if case.name.startswith(code.replace(".", "_"))]
    return max(fitting, key=len, default=None)


def is_of_another_file(case):
    """What is wrong stands in a file of inputs, not in the pipeline."""
    return any(case.glob("inputs.*"))


class DiagnosticsTest(stagerun.Case):
    def cases(self):
        cases = sorted(path for path in CASES.iterdir() if path.is_dir())
        self.assertTrue(cases)
        return cases

    def set_up(self, case):
        """The workspace of a case, alone: nothing of it is left from the one before."""
        self.doCleanups()
        self.setUp()
        # Nothing of the developer's own settings, and no repository around the workspace.
        variables = {
            "HOME": str(self.workspace / "home"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.workspace.parent),
        }
        for who in ("AUTHOR", "COMMITTER"):
            variables |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.com"}
        variables |= dict(line.split("=", 1) for line in lines_of(case / "environment"))
        file = case / "pipeline.toml"
        self.pipeline(file.read_text("utf-8") if file.exists() else GENERATED[case.name]())
        for given in case.glob("inputs.*"):
            self.write(given.name, given.read_text("utf-8"))
        if (case / "setup").exists():
            command = ["sh", "-e", str(case / "setup")]
            status = subprocess.run(
                command, cwd=self.workspace, env=os.environ | variables, check=False).returncode
            if status == NOT_POSSIBLE_HERE:
                raise unittest.SkipTest("only root can do this")
            self.assertEqual(0, status, "its setup")
        return variables

    def look(self, case, *more):
        variables = self.set_up(case)
        command = lines_of(case / "command") or ["validate"]
        arguments = " ".join(lines_of(case / "arguments")).split()
        arguments += LONG_ARGUMENTS.get(case.name, [])
        return self.run_program(*command, "pipeline.toml", *arguments, *more, env=variables)

    def printed(self, case):
        done = self.look(case)
        text = done.stdout + done.stderr
        for name in ("STAGERUN_TEST_PLUGIN_DIR", "STAGERUN_PLUGIN_DIR"):
            text = text.replace(os.environ[name], name)
        text = text.replace(str(self.workspace), "WORKSPACE")
        return f"status {done.status}\n\n{text}"

    def codes_of(self, case):
        """Those that come back; the case's own alone where it cannot be tried, or has no place."""
        own = code_of(case, codes_in_sources())
        try:
            done = self.look(case, "--format", "json")
        except unittest.SkipTest:
            return {own}
        found = [each["code"] for each in json.loads(done.stdout or "{}").get("problems", [])]
        if own in WITHOUT_A_PLACE:
            self.assertEqual([], found)
            self.assertEqual(10, done.status)
            return {own}
        self.assertIn(own, found)
        return set(found)

    def test_every_problem_is_told_to_the_letter(self):
        for case in self.cases():
            with self.subTest(case.name):
                expected = (case / "expected.txt").read_text(encoding="utf-8")
                self.assertEqual(expected, self.printed(case))

    def test_no_problem_is_without_a_case(self):
        codes = codes_in_sources()
        self.assertGreater(len(codes), 80, "the codes are not found in the sources")
        seen = set()
        for case in self.cases():
            with self.subTest(case.name):
                seen.update(self.codes_of(case))
        self.assertEqual(set(), codes - seen, "these have no case")
        self.assertEqual(set(), seen - codes, "these are not found in the sources")

    def test_no_problem_is_made_without_a_code(self):
        # A code that is put together at run time, or of another form, would be missed above.
        made = re.compile(r"(?:diagnostics_?\.push_back\(\s*\{|\bcomplain\()\s*([^,]*),")
        handed_on = {"code", "std::move(code)", "const char* code", "std::move(problem.code)",
                     "failure.code", "outcome.failure.code"}
        count = 0
        for file in sources():
            if file.name in ABOUT_PLUGINS:
                continue
            for found in made.finditer(file.read_text(encoding="utf-8")):
                with self.subTest(f"{file.name}: {found[0]}"):
                    self.assertTrue(CODE.fullmatch(found[1]) or found[1] in handed_on)
                    count += 1
        self.assertGreater(count, 80)

    def test_what_is_good_has_no_problems(self):
        self.pipeline('name = "x"\n' + STAGE)
        done = self.run_program("validate", "pipeline.toml", "--format", "json")
        self.assertEqual(0, done.status, done)
        expected = {"file": "pipeline.toml", "count": 0, "problems": []}
        self.assertEqual(expected, json.loads(done.stdout))

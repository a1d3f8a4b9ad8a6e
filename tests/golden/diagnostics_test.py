"""Every problem that can be found in a pipeline, to the letter.

A folder of tests/golden/diagnostics for each, named after its code with `_` for the dot: the
pipeline, `arguments` where the command line matters, and what is then printed. The codes stand in
the sources and come back with `--format json`, so that none can be without a case.
"""

import json
import os
import pathlib
import re

from tests.support import stagerun

ROOT = pathlib.Path(__file__).parents[2]
CASES = pathlib.Path(__file__).parent / "diagnostics"
SOURCES = ("core/config", "core/plan", "core/cli/load.cc")

# Where a Diagnostic is made its first member, or the first argument, is its code.
CODE = re.compile(r'"([a-z]+\.[a-z_]+)"')
NO_CODES = {"pipeline.toml"}
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
    for place in SOURCES:
        path = ROOT / place
        yield from sorted(path.glob("*.cc")) if path.is_dir() else [path]


def codes_in_sources():
    codes = set()
    for file in sources():
        codes.update(CODE.findall(file.read_text(encoding="utf-8")))
    return codes - NO_CODES


def code_of(case, codes):
    """The code that the case is named after; a longer name says which form of it."""
    fitting = [code for code in codes if case.name.startswith(code.replace(".", "_"))]
    return max(fitting, key=len, default=None)


class DiagnosticsTest(stagerun.Case):
    def cases(self):
        cases = sorted(path for path in CASES.iterdir() if path.is_dir())
        self.assertTrue(cases)
        return cases

    def validate(self, case, *more):
        file = case / "pipeline.toml"
        text = file.read_text("utf-8") if file.exists() else GENERATED[case.name]()
        self.pipeline(text)
        for given in case.glob("inputs.*"):
            self.write(given.name, given.read_text("utf-8"))
        listed = case / "arguments"
        arguments = listed.read_text("utf-8").split() if listed.exists() else []
        arguments += LONG_ARGUMENTS.get(case.name, [])
        return self.run_program("validate", "pipeline.toml", *arguments, *more)

    def printed(self, case):
        done = self.validate(case)
        text = done.stdout + done.stderr
        for name in ("STAGERUN_TEST_PLUGIN_DIR", "STAGERUN_PLUGIN_DIR"):
            text = text.replace(os.environ[name], name)
        return f"status {done.status}\n\n{text}"

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
                done = self.validate(case, "--format", "json")
                found = [each["code"] for each in json.loads(done.stdout)["problems"]]
                self.assertIn(code_of(case, codes), found)
                seen.update(found)
        self.assertEqual(set(), codes - seen, "these have no case")
        self.assertEqual(set(), seen - codes, "these are not found in the sources")

    def test_no_problem_is_made_without_a_code(self):
        # A code that is put together at run time, or of another form, would be missed above.
        made = re.compile(r"(?:diagnostics_?\.push_back\(\s*\{|\bcomplain\()\s*([^,]*),")
        handed_on = {"code", "std::move(code)", "const char* code", "std::move(problem.code)"}
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

"""What an editor makes of `stagerun schema`: taplo's check, its problems and its completions."""

import pathlib

from tests.golden import diagnostics_test, schema_test
from tests.support import taplo

ROOT = pathlib.Path(__file__).parents[2]
HEAD = '#:schema ./stagerun.schema.json\nname = "x"\n'
STAGE = '[[stage]]\nname = "a"\nuses = "exec"\n'


class EditorCase(schema_test.SchemaCase):
    def setUp(self):
        super().setUp()
        done = self.run_program("schema")
        self.assertIn(done.status, (0, 10), done)
        self.schema_file = self.write("stagerun.schema.json", done.stdout)


class CheckTest(EditorCase):
    def copy(self, files):
        """{name: its copy}; beside it lies the schema that its first line may name."""
        return {
            name: self.write(f"{name}.toml", file.read_text("utf-8"))
            for name, file in files.items()
        }

    def wrong(self, copies):
        found = taplo.check(copies.values(), self.schema_file)
        return {name for name, file in copies.items() if str(file) in found}

    def test_every_pipeline_of_the_project_is_good(self):
        files = {
            str(file.relative_to(ROOT / "pipelines")).replace("/", "-"): file
            for file in ROOT.glob("pipelines/**/*.toml")
        }
        self.assertGreaterEqual(len(files), 4)
        self.assertEqual({}, taplo.check(self.copy(files).values(), self.schema_file))

    def test_it_sees_every_problem_that_a_schema_can_see_and_no_other(self):
        codes = diagnostics_test.codes_in_sources()
        seen, unseen = {}, {}
        for case in diagnostics_test.CASES.iterdir():
            if diagnostics_test.is_of_another_file(case):
                continue
            file = case / "pipeline.toml"
            code = diagnostics_test.code_of(case, codes)
            if file.exists() and not code.startswith("toml."):
                (seen if code in schema_test.STRUCTURAL else unseen)[case.name] = file
        self.assertGreater(len(seen), 45)
        self.assertEqual(seen.keys(), self.wrong(self.copy(seen)))
        self.assertEqual(set(), self.wrong(self.copy(unseen)))

    def test_the_first_line_of_a_file_is_enough(self):
        file = self.pipeline(HEAD + STAGE + 'timeout = "soon"\n[stage.with]\nrun = ["true"]\n')
        self.assertEqual([6], [line for line, _ in taplo.check([file])[str(file)]])
        self.assertEqual({}, taplo.check([self.pipeline(HEAD + STAGE + "with.run = 'true'\n")]))


class ProblemsTest(EditorCase):
    def test_each_stands_at_its_line(self):
        lines = [
            "#:schema ./stagerun.schema.json",
            'name = "x"',
            "[defaults]",
            'on_failure = "give up"',  # 3
            "[[stage]]",
            'name = "one"',
            'uses = "exec"',
            'with = { run = "true", shell = "${{ inputs.shell }}", changes = "maybe" }',  # 7
            "[[stage]]",
            'name = "two"',
            'uses = "http.check"',
            "[stage.with]",  # 11: its `url` is missing
            "method = 3",  # 12
            "[[stage]]",
            'name = "three"',
            'uses = "http.chek"',  # 15
        ]
        with taplo.Editor(self.workspace) as editor:
            editor.open(self.workspace / "pipeline.toml", "\n".join(lines) + "\n")
            found = editor.problems()
        self.assertEqual([3, 7, 11, 12, 15], sorted({line for line, _ in found}), found)
        said = dict(found)
        self.assertIn('"give up"', said[3])
        self.assertIn('"maybe"', said[7])
        self.assertIn('"url" is a required property', said[11])
        self.assertIn('3 is not of type "string"', said[12])
        self.assertIn('"http.chek"', said[15])


class CompletionTest(EditorCase):
    def offered(self, text):
        """{label: what is said of it} at the | of the text."""
        at = text.index("|")
        line = text.count("\n", 0, at)
        column = at - (text.rfind("\n", 0, at) + 1)
        with taplo.Editor(self.workspace) as editor:
            editor.open(self.workspace / "pipeline.toml", text.replace("|", "", 1))
            found = editor.complete(line, column)
        said = {}
        for item in found:
            words = item.get("documentation", {}).get("value", "")
            said[item["label"]] = said.get(item["label"], "") + words
        return said

    def test_the_keys_of_the_file(self):
        offered = self.offered(HEAD + "|\n")
        self.assertIn("what differs in an environment", offered["environments"])
        self.assertIn("defaults.timeout", offered)
        self.assertNotIn("name", offered)  # it stands there already

    def test_the_keys_of_a_stage(self):
        offered = self.offered(HEAD + STAGE + "|\n")
        self.assertIn("what its failure does", offered["on_failure"])
        self.assertNotIn("uses", offered)

    def test_what_there_is_to_use(self):
        offered = self.offered(HEAD + '[[stage]]\nname = "a"\nuses = "|"\n')
        self.assertIn("'exec'", {label.replace('"', "'") for label in offered})
        self.assertIn('"http.check"', offered)
        self.assertNotEqual("", offered['"http.check"'])

    def test_the_choices_of_a_key(self):
        offered = self.offered(HEAD + STAGE + "on_failure = |\n")
        self.assertLessEqual({'"rollback"', '"stop"', '"continue"'}, offered.keys())

    def test_the_keys_of_a_plugin(self):
        for place in ("with = { | }", "with = { run = 'true', | }", "[stage.with]\ns|"):
            with self.subTest(place):
                offered = self.offered(HEAD + STAGE + place + "\n")
                self.assertIn("exec", offered["shell"])
                # taplo takes no notice of `uses`: it offers all keys, so they say whose they are.
                self.assertIn("http.check", offered["contains"])

    def test_the_choices_of_a_plugins_key(self):
        offered = self.offered(
            HEAD + '[[stage]]\nname = "a"\nuses = "alembic"\nwith = { downgrade = | }\n'
        )
        self.assertLessEqual({'"auto"', '"never"'}, offered.keys())

    def test_what_a_key_is_for_is_shown(self):
        with taplo.Editor(self.workspace) as editor:
            text = HEAD + STAGE + 'timeout = "1m"\n'
            editor.open(self.workspace / "pipeline.toml", text)
            self.assertIn("how long each of its verbs", editor.hover(5, 2))

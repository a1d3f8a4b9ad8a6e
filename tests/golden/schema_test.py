"""`stagerun schema`, held against a validator that is not ours, and against stagerun itself."""

import copy
import json
import pathlib
import re
import unittest
import unittest.mock

from tests.golden import diagnostics_test
from tests.support import schema as schemas
from tests.support import sources, stagerun

ROOT = pathlib.Path(__file__).parents[2]

# What a schema can see: a key, a type, a form, one value beside those next to it.
STRUCTURAL = {
    "duration.form",
    "duration.zero",
    "env.name",
    "env.twice",
    "environment.name",
    "environment.table",
    "environment.with",
    "environment.without_twice",
    "input.name",
    "input.no_choices",
    "input.pattern_type",
    "input.table",
    "input.type",
    "input.unused_default",
    "integer.range",
    "key.choice",
    "key.missing",
    "key.type",
    "key.unknown",
    "pipeline.label",
    "pipeline.no_stage",
    "plugin.broken",
    "plugin.unusable",
    "rehearse.body",
    "rehearse.command",
    "rehearse.kind",
    "rehearse.path",
    "rehearse.program",
    "rehearse.twice",
    "secret.command",
    "secret.file",
    "secret.grant_twice",
    "secret.name",
    "secret.source",
    "secret.table",
    "secret.variable",
    "stage.name",
    "stage.need_twice",
    "stage.uses",
    "state.store",
    "with.choice",
    "with.constant",
    "with.forms",
    "with.items",
    "with.key_name",
    "with.keys",
    "with.length",
    "with.missing",
    "with.no_form",
    "with.not_allowed",
    "with.number",
    "with.pattern",
    "with.ruled_out",
    "with.text_type",
    "with.twice",
    "with.type",
    "with.unknown_key",
}

# What it cannot see, and why. Such a file must be good by the schema.
WHY_NOT = {
    "a name that stands elsewhere in the file": """
        env.secret env.unlisted env.unused environment.input environment.no_stage environment.stage
        environment.with_left_out rehearse.secret rehearse.stage
        secret.grant_undeclared secret.never_granted secret.not_granted
        secret.undeclared secret.unused_grant stage.circle stage.need stage.twice""",
    "another value of the file": "input.value_choice input.value_pattern retry.backoff",
    "a sum, or a text that is a language of its own": """
        duration.limit input.pattern
        expression.arguments expression.character expression.close expression.comma
        expression.empty expression.function expression.in_if expression.long expression.nodes
        expression.open expression.operator expression.quote expression.secret_alone
        expression.secret_in_if expression.unclosed expression.value expression.worth
        reference.form reference.input reference.itself reference.left_out reference.no_value
        reference.order reference.output reference.root reference.skipped reference.stage
        rehearse.header rehearse.made_up rehearse.origin rehearse.request
        type.argument type.boolean type.condition type.list type.never_in type.pattern type.unlike
        with.expression_type""",
    "the command line and the surroundings": """
        choice.left_out choice.output choice.stage
        environment.unknown git.no_repository git.owner git.unreadable
        input.given_choice input.given_long input.given_pattern
        input.given_type input.given_unknown input.missing secret.empty secret.missing""",
    "what a plugin does": """
        note.too_large output.json output.schema output.too_large plugin.result plugin.silent
        secret.leaked stage.timed_out worker.died""",
    "the plugin's manifest": """
        stage.always stage.decisive stage.irreversible stage.output_type""",
    "the file before it is one": "toml.depth toml.finite toml.syntax",
}
UNSEEN = {code: why for why, codes in WHY_NOT.items() for code in codes.split()}

EXPRESSION = "${{ inputs.x }}"


class SchemaCase(stagerun.Case):
    def schema(self, *options):
        """The schema; broken plugins of the tests are left out of it."""
        done = self.run_program("schema", *options)
        self.assertIn(done.status, (0, 10), done)
        return json.loads(done.stdout)

    def assert_good(self, schema, named):
        """`named`: documents by what they are called."""
        found = schemas.problems(schema, list(named.values()))
        wrong = {name: says for name, says in zip(named, found) if says}
        self.assertEqual({}, wrong)

    def assert_refused(self, schema, named):
        found = schemas.problems(schema, list(named.values()))
        self.assertEqual([], [name for name, says in zip(named, found) if not says])


# -- Against what stagerun says -------------------------------------------------------------------


class AgreementTest(SchemaCase):
    def test_every_pipeline_of_the_project_is_good(self):
        named = {
            str(file.relative_to(ROOT)): schemas.read_toml(file.read_text("utf-8"))
            for file in sorted(ROOT.glob("pipelines/**/*.toml"))
        }
        self.assertGreaterEqual(len(named), 3)
        self.assert_good(self.schema(), named)

    def test_every_problem_that_a_schema_can_see_is_seen_and_no_other(self):
        codes = diagnostics_test.codes_in_sources()
        self.assertEqual(set(), STRUCTURAL & UNSEEN.keys())
        self.assertEqual(codes, STRUCTURAL | UNSEEN.keys(), "say of each code whether it is seen")
        seen, unseen = {}, {}
        for case in sorted(path for path in diagnostics_test.CASES.iterdir() if path.is_dir()):
            if diagnostics_test.is_of_another_file(case):
                continue
            file = case / "pipeline.toml"
            code = diagnostics_test.code_of(case, codes)
            if not file.exists() or code.startswith("toml."):
                continue
            place = seen if code in STRUCTURAL else unseen
            place[case.name] = schemas.read_toml(file.read_text("utf-8"))
        self.assertGreater(len(seen), 45)
        self.assertGreater(len(unseen), 55)
        schema = self.schema()
        self.assert_refused(schema, seen)
        self.assert_good(schema, unseen)

    def assert_taken(self, module, least):
        good = pipelines_of_tests(f"tests.golden.{module}")
        self.assertGreaterEqual(len(good), least)
        self.assert_good(self.schema(), good)

    def test_what_stagerun_takes_of_the_tests_of_env_the_schema_takes(self):
        self.assert_taken("env_test", 20)

    def test_what_stagerun_takes_of_the_tests_of_exec_the_schema_takes(self):
        self.assert_taken("exec_test", 10)

    def test_what_stagerun_takes_of_the_tests_of_http_the_schema_takes(self):
        self.assert_taken("http_test", 10)

    def test_what_stagerun_takes_of_the_tests_of_runs_the_schema_takes(self):
        self.assert_taken("run_test", 20)

    def test_what_stagerun_takes_of_the_docs_the_schema_takes(self):
        good = {}
        for name, text in pipelines_of_docs():
            self.pipeline(text)
            if self.run_program("validate", "pipeline.toml").status == 0:
                good[name] = schemas.read_toml(text)
        self.assertGreaterEqual(len(good), 3)
        self.assert_good(self.schema(), good)

    def test_a_stage_that_environments_complete_may_be_incomplete_without_them(self):
        stage = {"name": "a", "uses": "http.check"}
        part = {"name": "x", "stage": [stage]}
        whole = {**part, "environments": {"e": {"with": {"a": {"url": "http://localhost"}}}}}
        wrong = {**whole, "stage": [{**stage, "with": {"ulr": "http://localhost"}}]}
        schema = self.schema()
        self.assert_good(schema, {"completed": whole})
        self.assert_refused(schema, {"never completed": part, "wrong all the same": wrong})

    def test_a_plugin_that_is_not_there_is_refused_by_name(self):
        schema = self.schema()
        names = schema["definitions"]["stage"]["properties"]["uses"]["enum"]
        self.assertEqual(sorted(names), names)
        self.assertIn("exec", names)  # one stage, of the plugin's own name
        self.assertIn("http.check", names)
        self.assertNotIn("http", names)
        document = {"name": "x", "stage": [{"name": "a", "uses": "vault.read"}]}
        (found,) = schemas.problems(schema, [document])
        self.assertEqual([["stage", 0, "uses"]], [each["path"] for each in found])


class OutputTest(SchemaCase):
    def test_it_is_the_same_each_time_and_sorted(self):
        first, second = self.run_program("schema"), self.run_program("schema")
        self.assertEqual(first.stdout, second.stdout)
        document = json.loads(first.stdout)
        sorted_text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        self.assertEqual(sorted_text, first.stdout)
        self.assertEqual("http://json-schema.org/draft-07/schema#", document["$schema"])

    def test_a_broken_plugin_is_told_and_left_out(self):
        done = self.run_program("schema")
        self.assertEqual(10, done.status)
        self.assertIn("the plugin's `broken_schema` is broken: ", done.stderr)
        self.assertIn("no_symbol", done.stderr)
        self.assertNotIn("broken_schema", done.stdout)

    def test_every_key_of_the_file_has_a_description(self):
        def without(schema, place):
            for name, key in schema.get("properties", {}).items():
                if not key.get("description"):
                    yield f"{place}.{name}"
                open_keys = key.get("patternProperties", {})
                yield from without({"properties": open_keys}, f"{place}.{name}")
                for inner in (key, key.get("items", {}), key.get("additionalProperties")):
                    if isinstance(inner, dict) and inner is not schema:
                        yield from without(inner, f"{place}.{name}")

        schema = self.schema()
        self.assertEqual([], list(without(schema, "")))
        self.assertEqual([], list(without(schema["definitions"]["stage"], "stage")))

    def test_another_format_is_refused(self):
        self.assertEqual(2, self.run_program("schema", "--format", "yaml").status)


# -- What is written elsewhere -----------------------------------------------------------------


def pipelines_of_tests(module):
    """Every pipeline that a test there makes and stagerun finds good, by the test's name.

    Each test goes as far as the first time that it runs the program, which validates instead.
    """
    good = {}
    run_program = stagerun.Case.run_program

    def validate(case, *args, **options):
        file = case.workspace / "pipeline.toml"
        known = [arg for arg in args[1:] if arg not in ("--yes", "-y", "-q", "-v")]
        options = {"env": options.get("env")}
        if file.exists() and args[0] in ("validate", "plan", "run"):
            if run_program(case, "validate", *known, **options).status == 0:
                good[case.id()] = schemas.read_toml(file.read_text("utf-8"))
        raise unittest.SkipTest("its pipeline is all that is wanted")

    def start(case, *args, **options):
        validate(case, *args, env=options.get("env"))

    with (
        unittest.mock.patch.object(stagerun.Case, "run_program", validate),
        unittest.mock.patch.object(stagerun.Case, "start", start),
    ):
        unittest.defaultTestLoader.loadTestsFromName(module).run(unittest.TestResult())
    return good


def pipelines_of_docs():
    """(where, text) of what is a pipeline, or becomes one with a name."""
    for file in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))):
        text = file.read_text("utf-8")
        for found in re.finditer(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            where = f"{file.name}:{text.count(chr(10), 0, found.start())}"
            for head in ("", 'name = "x"\n'):
                document = schemas.read_toml(head + found[1])
                if document and {"name", "stage"} <= document.keys():
                    yield where, head + found[1]
                    break


# -- Expressions ----------------------------------------------------------------------------------


def sample(schema):
    """A value that fits; text that must have a form is an expression, which fits any."""
    if schema is True or schema == {}:
        return "text"
    for keyword in ("const",):
        if keyword in schema:
            return schema[keyword]
    if "enum" in schema:
        return schema["enum"][0]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema and "type" not in schema:
            return sample(schema[keyword][0])
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        value = {key: sample(schema["properties"][key]) for key in schema.get("required", [])}
        while len(value) < schema.get("minProperties", 0):
            value[f"k{len(value)}"] = sample(schema.get("additionalProperties", True))
        return value
    if kind == "array":
        return [sample(schema.get("items", True)) for _ in range(schema.get("minItems", 0))]
    bound = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    plain = {"boolean": True, "integer": bound, "number": bound}
    if kind in plain:
        return plain[kind]
    return EXPRESSION if "pattern" in schema else "text" * (1 + schema.get("minLength", 0) // 4)


def takes_text(schema):
    kinds = schema.get("type", "string")
    return "string" in ([kinds] if isinstance(kinds, str) else kinds)


def places(schema):
    """(schema of the place, what puts a value there) for each place below one that fits."""
    if not isinstance(schema, dict):
        return
    base = sample(schema)
    for key, inner in schema.get("properties", {}).items():
        if isinstance(base, dict):
            yield from below(inner, lambda value, key=key: {**copy.deepcopy(base), key: value})
    if isinstance(schema.get("additionalProperties"), dict):
        inner = schema["additionalProperties"]
        yield from below(inner, lambda value: {**sample({**schema, "type": "object"}), "k": value})
    if isinstance(schema.get("items"), dict):
        yield from below(schema["items"], lambda value: [value])
    for keyword in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(keyword, []):
            yield from places(inner)


def below(inner, put):
    yield inner, put
    for schema, put_inner in places(inner):
        yield schema, lambda value, put_inner=put_inner: put(put_inner(value))


class ExpressionTest(SchemaCase):
    def stages(self):
        for name in sources.plugins():
            done = self.run_program("plugin", "show", name, "--format", "json")
            self.assertEqual(0, done.status, done)
            yield from json.loads(done.stdout)["stages"]

    def documents(self, stage, value_of):
        """Documents with a value at each place of `with`, by number; none where it is None."""
        documents = {}
        for number, (inner, put) in enumerate(places(stage["schema"])):
            value = value_of(inner) if isinstance(inner, dict) else None
            if value is not None:
                each = {"name": "a", "uses": stage["uses"], "with": put(value)}
                documents[f"{stage['uses']} {number}: {each['with']}"] = {
                    "name": "x",
                    "stage": [each],
                }
        return documents

    def test_an_expression_is_good_in_every_place_of_a_plugins_configuration(self):
        schema = self.schema()
        whole, within = {}, {}
        for stage in self.stages():
            whole |= self.documents(stage, lambda inner: EXPRESSION)
            within |= self.documents(
                stage, lambda inner: f"a {EXPRESSION}" if takes_text(inner) else None
            )
        self.assertGreater(len(whole), 250)
        self.assertGreater(len(within), 100)
        self.assert_good(schema, whole | within)

    def test_where_no_text_fits_a_text_that_is_no_expression_is_refused(self):
        schema = self.schema()
        wrong = {}
        for stage in self.stages():
            for text in ("text", f"a {EXPRESSION}", "$ {{ x }}", "{{ x }}"):
                wrong |= self.documents(
                    stage,
                    lambda inner, text=text: None
                    if takes_text(inner) or "anyOf" in inner
                    else text,
                )
        self.assertGreater(len(wrong), 100)
        self.assert_refused(schema, wrong)

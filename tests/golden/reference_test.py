"""Nothing is left out: not of pipelines/reference.toml, not of the pages that tell of keys."""

import copy
import json
import pathlib
import re

from tests.support import schema as schemas
from tests.support import sources, stagerun

ROOT = pathlib.Path(__file__).parents[2]
REFERENCE = ROOT / "pipelines" / "reference.toml"
PAGE = ROOT / "docs" / "pipeline-reference.md"


def resolved(schema, root):
    if "$ref" not in schema:
        return schema
    return root["definitions"][schema["$ref"].removeprefix("#/definitions/")]


def keys_of(schema, root, place=()):
    """The paths of all keys that a schema has, with * for a name or a number."""
    schema = resolved(schema, root)
    for name, key in schema.get("properties", {}).items():
        yield (*place, name)
        yield from keys_of(key, root, (*place, name))
    for key in schema.get("patternProperties", {}).values():
        yield from keys_of(key, root, (*place, "*"))
    for keyword, kind in (("items", "array"), ("additionalProperties", "object")):
        inner = schema.get(keyword)
        if isinstance(inner, dict) and schema.get("type") == kind:
            yield from keys_of(inner, root, (*place, "*"))


def keys_in(value, place=()):
    """The same of a document: each key by its name, and by *."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for step in (name, "*"):
                yield (*place, step)
                yield from keys_in(inner, (*place, step))
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner, (*place, "*"))


def missing(schema, document):
    there = set(keys_in(document))
    return [".".join(path) for path in keys_of(schema, schema) if path not in there]


class ReferenceFileTest(stagerun.Case):
    def schema(self):
        return json.loads(self.run_program("schema").stdout)

    def test_it_has_every_key_that_there_is(self):
        schema = self.schema()
        document = schemas.read_toml(REFERENCE.read_text("utf-8"))
        keys = [".".join(path) for path in keys_of(schema, schema)]
        for key in (
            "stage.*.retry.max_backoff",
            "inputs.*.choices",
            "environments.*.without",
            "rehearse.*.exit",
        ):
            self.assertIn(key, keys)
        self.assertEqual([], missing(schema, document), f"add these keys to {REFERENCE}")

    def test_a_key_that_is_new_is_missed(self):
        document = schemas.read_toml(REFERENCE.read_text("utf-8"))
        schema = self.schema()
        before = copy.deepcopy(schema)
        schema["properties"]["lock"] = {
            "type": "object",
            "properties": {"wait": {"type": "string"}},
        }
        schema["definitions"]["stage"]["properties"]["tag"] = {"type": "string"}
        self.assertEqual([], missing(before, document))
        self.assertEqual({"lock", "lock.wait", "stage.*.tag"}, set(missing(schema, document)))

    def test_every_key_of_it_has_a_comment(self):
        is_in_with = False
        count = 0
        for number, line in enumerate(REFERENCE.read_text("utf-8").splitlines(), 1):
            if line.startswith("["):
                is_in_with = line.startswith("[stage.with]")
            key = re.match(r"[A-Za-z_]+ *=", line)
            if key and not is_in_with:
                count += 1
                self.assertRegex(line, r"\s# \S", f"line {number} says nothing of its key")
        self.assertGreater(count, 45)

    def test_it_is_good_in_each_of_its_environments(self):
        for environment in ("production", "staging"):
            done = self.run_program("validate", str(REFERENCE), "--environment", environment)
            self.assertEqual(0, done.status, done)

    def test_its_first_line_names_the_schema_for_editors(self):
        first = REFERENCE.read_text("utf-8").splitlines()[0]
        self.assertEqual("#:schema ./stagerun.schema.json", first)


class PagesTest(stagerun.Case):
    def test_the_page_of_all_keys_is_what_the_program_prints(self):
        done = self.run_program("schema", "--format", "markdown")
        self.assertEqual(0, done.status, done)
        self.assertEqual(
            PAGE.read_text("utf-8") if PAGE.exists() else "",
            done.stdout,
            "make it again: build/dev/bin/stagerun schema --format markdown "
            "> docs/pipeline-reference.md",
        )

    def test_every_key_of_a_plugins_configuration_stands_on_its_page(self):
        names = sources.plugins()
        self.assertIn("http", names)
        unsaid = []
        count = 0
        for name in names:
            page = (ROOT / "docs" / "plugins" / f"{name}.md").read_text("utf-8")
            shown = self.run_program("plugin", "show", name, "--format", "json")
            for stage in json.loads(shown.stdout)["stages"]:
                for key in sorted(set(configured(stage["schema"]))):
                    count += 1
                    if not is_said(key, page):
                        unsaid.append(f"{stage['uses']}: {key}")
        self.assertGreater(count, 120)
        self.assertEqual([], unsaid, "write of these keys in docs/plugins")


def configured(schema):
    """The names of all keys that a plugin's schema knows, however deep."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from configured(inner)
        for keyword in ("items", "additionalProperties", "not"):
            yield from configured(schema.get(keyword))
        for keyword in ("anyOf", "oneOf", "allOf"):
            for inner in schema.get(keyword, []):
                yield from configured(inner)


def is_said(key, page):
    """In code: `key`, `key = ...`, `a.key`, or at the head of a line of an example."""
    word = rf"(?<![\w-]){re.escape(key)}(?![\w-])"
    spans = re.findall(r"`[^`\n]+`", page)
    blocks = re.findall(r"^```.*?^```", page, re.DOTALL | re.MULTILINE)
    return any(re.search(word, code) for code in (*spans, *blocks))

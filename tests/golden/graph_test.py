"""stagerun graph: what it draws, to the letter, and whether those who draw it take it."""

import html
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import time
import unittest
import xml.etree.ElementTree as ET

from tests.support import stagerun

ROOT = pathlib.Path(__file__).parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
MERMAID = CACHE / "stagerun" / "npm" / "mermaid"

UNDONE = 'with = { run = ["true"], undo = ["true"] }'


def stage(name, *lines, does=UNDONE):
    return "\n".join(["[[stage]]", f'name = "{name}"', 'uses = "exec"', *lines, does, ""])


SHOP = 'name = "shop"\n[inputs.migrate]\ntype = "boolean"\ndefault = true\n' + "".join(
    [
        stage("backup"),
        stage("migrate", 'if = "inputs.migrate"'),
        stage("assets", 'needs = ["backup"]', 'on_failure = "continue"',
              "retry = { attempts = 3 }"),
        stage("check", "needs = []", does='with = { run = ["true"], changes = false }'),
        # `backup` is implied by the two others, and is not drawn again.
        stage("deploy", 'needs = ["backup", "migrate", "assets", "check"]', 'rollback = "manual"'),
        stage("announce", "acknowledge_irreversible = true", does='with = { run = ["true"] }'),
    ]
)

SHOP_AS_TEXT = """\
shop: 6 stages in 4 layers of up to 2

  1  backup    exec
  1  check     exec  reads only
  2  migrate   exec  after backup; if inputs.migrate
  2  assets    exec  after backup; on_failure = continue; 3 attempts
  3  deploy    exec  after migrate, assets, check; rollback = manual
  4  announce  exec  irreversible

a stage begins once the layer above it is done, or what stands behind `after`
point of no return: announce
"""

SHOP_AS_MERMAID = """\
flowchart TD
  s0["backup<br/>exec"]
  s1["migrate<br/>exec<br/>if inputs.migrate"]
  s2["assets<br/>exec<br/>on_failure #61; continue<br/>3 attempts"]
  s3(["check<br/>exec<br/>reads only"])
  s4["deploy<br/>exec<br/>rollback #61; manual"]
  s5["announce<br/>exec<br/>irreversible"]
  s0 --> s1
  s0 --> s2
  s1 --> s4
  s2 --> s4
  s3 --> s4
  s4 --> s5
  classDef conditional stroke-dasharray:4 4
  classDef irreversible stroke:#c00,stroke-width:3px
  classDef notchosen opacity:0.4
  class s1 conditional
  class s5 irreversible
"""

SHOP_AS_DOT = """\
digraph "shop" {
  node [shape=box];
  s0 [label="backup\\nexec", style="solid"];
  s1 [label="migrate\\nexec\\nif inputs.migrate", style="solid,dashed"];
  s2 [label="assets\\nexec\\non_failure = continue\\n3 attempts", style="solid"];
  s3 [label="check\\nexec\\nreads only", style="rounded"];
  s4 [label="deploy\\nexec\\nrollback = manual", style="solid"];
  s5 [label="announce\\nexec\\nirreversible", style="solid", color=red, penwidth=2];
  s0 -> s1;
  s0 -> s2;
  s1 -> s4;
  s2 -> s4;
  s3 -> s4;
  s4 -> s5;
  {rank=same; s0; s3;}
  {rank=same; s1; s2;}
}
"""

# Whatever means something to TOML's neighbours: Mermaid, Markdown, HTML, graphviz.
HOSTILE = "inputs.x == '\"]`#{}<img src=x>&amp;%%{init: 1}%%\\\\N é | end --> style: a#35; ;'"


class Drawing(stagerun.Case):
    def graph(self, form, *args):
        done = self.run_program("graph", "pipeline.toml", "--format", form, *args)
        self.assertEqual((0, ""), (done.status, done.stderr), done)
        return done.stdout

    def hostile(self):
        self.pipeline(
            'name = "a\\"]\\\\ \\u202e& b"\n[inputs.x]\ndefault = ""\n'
            + stage("end")
            + stage("subgraph", f'if = """{HOSTILE}"""')
        )


class GraphTest(Drawing):
    def test_a_picture_is_the_same_to_the_letter(self):
        self.pipeline(SHOP)
        self.assertEqual(SHOP_AS_TEXT, self.graph("text"))
        self.assertEqual(SHOP_AS_MERMAID, self.graph("mermaid"))
        self.assertEqual(SHOP_AS_DOT, self.graph("dot"))
        self.assertEqual(SHOP_AS_TEXT, self.run_program("graph", "pipeline.toml").stdout)

    def test_what_is_not_chosen_is_marked(self):
        self.pipeline(SHOP)
        text = self.graph("text", "--from", "deploy")
        self.assertIn("  1  check     exec  not chosen; reads only\n", text)
        self.assertIn("  3  deploy    exec  after migrate, assets, check; rollback", text)
        self.assertIn("  class s0 notchosen\n", self.graph("mermaid", "--from", "deploy"))

    def test_a_chain_says_nothing_about_who_comes_after_whom(self):
        self.pipeline('name = "x"\n' + stage("a") + stage("b"))
        expected = (
            "x: 2 stages in 2 layers\n\n  1  a  exec\n  2  b  exec\n\n"
            "a stage begins once the layer above it is done\nevery stage that writes can go back\n"
        )
        self.assertEqual(expected, self.graph("text"))

    def test_a_wrong_pipeline_is_told_and_not_drawn(self):
        self.pipeline('name = "x"\n' + stage("a", 'needs = ["b"]') + stage("b", 'needs = ["a"]'))
        done = self.run_program("graph", "pipeline.toml")
        self.assertEqual((2, ""), (done.status, done.stdout), done)
        self.assertIn("in a circle: a -> b -> a", done.stderr)

    def test_text_moves_no_cursor(self):
        self.hostile()
        self.write("pipeline.toml", self.read("pipeline.toml").replace("é", "\\\\u001b[31m"))
        for form in ("text", "dot", "mermaid"):
            text = self.graph(form)
            self.assertEqual([], re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", text))


class MermaidTest(Drawing):
    """What Mermaid itself makes of it. Nothing is drawn: its parser needs no browser."""

    def parse(self, text):
        self.assertTrue(
            (MERMAID / "node_modules").exists(), f"no Mermaid in {MERMAID}: run ci/bootstrap"
        )
        done = subprocess.run(
            ["node", str(ROOT / "tests/support/mermaid/parse.mjs"), str(MERMAID)],
            input=text, capture_output=True, encoding="utf-8", timeout=60, check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr[-2000:])
        return json.loads(done.stdout)

    def test_its_parser_refuses_what_is_wrong(self):
        with self.assertRaises(AssertionError):
            self.parse('flowchart TD\n  s0["open\n')

    def test_it_understands_what_was_meant(self):
        self.pipeline(SHOP)
        found = self.parse(self.graph("mermaid", "--only", "announce"))
        self.assertEqual("flowchart-v2", found["type"])
        edges = [["s0", "s1"], ["s0", "s2"], ["s1", "s4"], ["s2", "s4"], ["s3", "s4"], ["s4", "s5"]]
        self.assertEqual(edges, found["edges"])
        nodes = {html.unescape(label).split("<br>")[0]: classes
                 for _, label, _, classes in found["nodes"]}
        self.assertEqual(["irreversible"], nodes["announce"])
        self.assertEqual(["conditional", "notchosen"], nodes["migrate"])

    def test_labels_are_text_whatever_they_hold(self):
        self.hostile()
        found = self.parse(self.graph("mermaid"))
        self.assertEqual([["s0", "s1"]], found["edges"])
        (_, first, _, _), (_, second, _, _) = found["nodes"]
        self.assertEqual("end<br>exec", first)
        name, uses, condition = second.split("<br>")
        self.assertEqual(("subgraph", "exec"), (name, uses))
        written = HOSTILE.replace("\\\\", "\\")
        shown = html.unescape(condition)
        self.assertEqual("if " + written, shown)
        # Until it is drawn there is no sign in it that HTML could take for its own.
        self.assertNotRegex(condition, r"[<>\"'`]")

    def test_what_github_does_not_draw_is_said(self):
        self.pipeline('name = "x"\n' + "".join(stage(f"s{i}") for i in range(502)))
        done = self.run_program("graph", "pipeline.toml", "--format", "mermaid")
        self.assertEqual(0, done.status)
        self.assertIn("at most 500 arrows", done.stderr)


class DotTest(Drawing):
    """What graphviz makes of it."""

    def draw(self, text):
        self.assertTrue(shutil.which("dot"), "no graphviz: run ci/bootstrap")
        done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, encoding="utf-8",
                              timeout=60, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        svg = ET.fromstring(done.stdout)
        groups = [g for g in svg.iter("{http://www.w3.org/2000/svg}g")]
        texts = [[t.text for t in g.iter("{http://www.w3.org/2000/svg}text")]
                 for g in groups if g.get("class") == "node"]
        titles = [g[0].text for g in groups if g.get("class") == "edge"]
        return texts, titles

    def test_it_draws_every_stage_and_every_arrow(self):
        self.pipeline(SHOP)
        texts, arrows = self.draw(self.graph("dot"))
        self.assertEqual({"backup", "migrate", "assets", "check", "deploy", "announce"},
                         {lines[0] for lines in texts})
        self.assertEqual(6, len(texts))
        self.assertEqual({"s0->s1", "s0->s2", "s1->s4", "s2->s4", "s3->s4", "s4->s5"}, set(arrows))

    def test_labels_are_text_whatever_they_hold(self):
        self.hostile()
        texts, arrows = self.draw(self.graph("dot"))
        self.assertEqual(["s0->s1"], arrows)
        shown = texts[1][2].replace("\u00a0", " ")
        written = HOSTILE.replace("\\\\", "\\")
        self.assertEqual("if " + written, shown)


class LargeGraphTest(Drawing):
    def timed(self, form, seconds):
        began = time.monotonic()
        text = self.graph(form)
        self.assertLess(time.monotonic() - began, seconds)
        return text

    def test_a_chain_of_ten_thousand_stages(self):
        self.pipeline('name = "x"\n' + "".join(stage(f"s{i}") for i in range(10_000)))
        text = self.timed("text", 20)
        self.assertTrue(text.startswith("x: 10000 stages in 10000 layers\n"), text[:80])
        self.assertIn("\n  10000  s9999  exec\n", text)
        self.assertEqual(9_999, self.timed("dot", 20).count(" -> "))

    def test_ten_thousand_stages_side_by_side(self):
        wide = "".join(stage(f"s{i}", 'needs = ["first"]') for i in range(9_998))
        last = stage("last", "needs = [" + ", ".join(f'"s{i}"' for i in range(9_998)) + "]")
        self.pipeline('name = "x"\n' + stage("first", "needs = []") + wide + last)
        text = self.timed("text", 20)
        self.assertTrue(text.startswith("x: 10000 stages in 3 layers of up to 9998\n"), text[:80])
        self.assertIn("\n  3  last   exec\n", text)

    def test_arrows_that_others_imply_are_left_out_and_no_others(self):
        choose = random.Random(7)
        count = 300
        needs = {i: sorted(choose.sample(range(i), min(i, choose.randint(0, 5))))
                 for i in range(count)}
        self.pipeline('name = "x"\n' + "".join(
            stage(f"s{i}", "needs = [" + ", ".join(f'"s{n}"' for n in needs[i]) + "]")
            for i in range(count)))
        drawn = {i: set() for i in range(count)}
        for begin, end in re.findall(r"s(\d+) -> s(\d+);", self.graph("dot")):
            drawn[int(end)].add(int(begin))

        def reached(edges):
            found = {}
            for i in range(count):
                found[i] = set(edges[i]).union(*(found[n] for n in edges[i]))
            return found

        before, after = reached(needs), reached(drawn)
        self.assertEqual(before, after)
        for i in range(count):
            self.assertLessEqual(drawn[i], set(needs[i]))
            for need in drawn[i]:
                others = set().union(*(before[n] for n in needs[i] if n != need))
                self.assertNotIn(need, others)
        self.assertLess(sum(map(len, drawn.values())), sum(map(len, needs.values())))


if __name__ == "__main__":
    unittest.main()

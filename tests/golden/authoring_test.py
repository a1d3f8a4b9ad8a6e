"""The example of docs/plugin-authoring.md does what the page says."""

import re

from tests.golden.http_test import Server
from tests.support import sources, stagerun

PAGE = sources.ROOT / "docs" / "plugin-authoring.md"
EXAMPLE = sources.ROOT / "sdk" / "example" / "acme_flag.cc"

FLAG = """
name = "flag"
[[stage]]
name = "flag"
uses = "acme.flag"
with = {{ url = "{url}/flags/new-checkout", value = "on" }}
[[stage]]
name = "last"
uses = "exec"
with = {{ run = ["{last}"], changes = false }}
"""


class PageTest(stagerun.Case):
    def test_every_piece_of_code_is_of_the_example(self):
        pieces = re.findall(r"```cpp\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        self.assertGreaterEqual(len(pieces), 4)
        whole = EXAMPLE.read_text("utf-8")
        self.assertEqual([], [piece for piece in pieces if piece not in whole])


class FlagTest(stagerun.Case):
    def setUp(self):
        super().setUp()
        self.flag = "off"
        self.server = Server(self)
        self.server.routes["GET /flags/new-checkout"] = lambda asked: (200, {}, self.flag)
        self.server.routes["PUT /flags/new-checkout"] = self.put

    def put(self, asked):
        self.flag = asked.body
        return (204, {}, "")

    def go(self, last):
        self.pipeline(FLAG.format(url=self.server.url, last=last))
        return self.run_program("run", "pipeline.toml", "--yes")

    def writes(self):
        return [asked.body for asked in self.server.requests if asked.method == "PUT"]

    def test_it_sets_the_flag_and_says_what_was_there(self):
        done = self.go("true")
        self.assertEqual(0, done.status, done)
        self.assertEqual("on", self.flag)
        self.assertEqual({"before": "off"}, self.events("verb_ended", verb="apply")[0]["outputs"])

    def test_what_follows_fails_and_the_flag_is_as_before(self):
        done = self.go("false")
        self.assertEqual(6, done.status, done)
        self.assertEqual("off", self.flag)
        self.assertEqual(["on", "off"], self.writes())

    def test_a_flag_that_is_set_already_is_left_alone_forward_and_back(self):
        self.flag = "on"
        done = self.go("false")
        self.assertEqual(3, done.status, done)
        self.assertEqual([], self.writes())

    def test_what_somebody_else_has_set_is_theirs(self):
        self.assertEqual(0, self.go("true").status)
        self.flag = "beta"
        done = self.run_program("rollback")
        self.assertEqual(8, done.status, done)
        self.assertIn("somebody has set the flag to beta", done.stderr)
        self.assertEqual("beta", self.flag)

    def test_the_plan_only_reads(self):
        self.pipeline(FLAG.format(url=self.server.url, last="true"))
        done = self.run_program("plan", "pipeline.toml")
        self.assertEqual(0, done.status, done)
        self.assertIn("/flags/new-checkout", done.stdout)
        self.assertEqual([], self.writes())

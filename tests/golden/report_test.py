"""stagerun report: a run as people and programs are told of it afterwards."""

import html
import json
import os
import pathlib
import re
import signal
import time
import xml.etree.ElementTree as ET

from tests.golden.run_test import pipeline, stage, touch
from tests.support import stagerun

ROOT = pathlib.Path(__file__).parents[2]
CANARY = "kanari-5f1e-geheim-0c77"

FAILS = stage("c", ["sh", "-c", "echo went wrong >&2; exit 3"], 'undo = ["true"]')


# -- What JUnit is ---------------------------------------------------------------------------------

# Element: attributes it must have, attributes it may have, children. What Jenkins' schema
# (junit-10.xsd) and GitLab's parser take.
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, set(),
                   ["testsuite"]),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}, set(),
                  ["properties", "testcase"]),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": ({"classname", "name", "time"}, set(), ["failure", "error", "skipped",
                                                        "system-out"]),
    "failure": ({"type", "message"}, set(), []),
    "error": ({"type", "message"}, set(), []),
    "skipped": ({"message"}, set(), []),
    "system-out": (set(), set(), []),
}


def junit_problems(text):
    """What keeps a text from being JUnit, and its cases by name."""
    root = ET.fromstring(text)  # raises where it is no XML 1.0
    problems = []

    def check(element):
        must, may, children = JUNIT[element.tag]
        given = set(element.attrib)
        if not must <= given or not given <= must | may:
            problems.append(f"{element.tag} has {sorted(given)}")
        order = [children.index(child.tag) if child.tag in children else -1 for child in element]
        if -1 in order or order != sorted(order):
            problems.append(f"{element.tag} holds {[child.tag for child in element]}")
        for child in element:
            check(child)

    if root.tag != "testsuites":
        problems.append(f"it begins with {root.tag}")
    check(root)
    cases = root.findall("testsuite/testcase")
    for of in [root, *root.findall("testsuite")]:
        for attribute, tag in [("failures", "failure"), ("errors", "error"),
                               ("skipped", "skipped")]:
            count = sum(len(case.findall(tag)) for case in cases)
            if int(of.get(attribute)) != count:
                problems.append(f"{attribute} says {of.get(attribute)}, not {count}")
        if int(of.get("tests")) != len(cases):
            problems.append("tests miscounts")
        if not re.fullmatch(r"\d+\.\d{3}", of.get("time")):
            problems.append("time is no number of seconds")
    for suite in root.findall("testsuite"):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp")):
            problems.append("timestamp is no xs:dateTime")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    if len(set(names)) != len(names):
        problems.append("two cases have one name: GitLab ignores the second")
    return problems, {case.get("name"): case for case in cases}


def is_green(text):
    _, cases = junit_problems(text)
    return all(case.find("failure") is None and case.find("error") is None
               for case in cases.values())


# -- A journal made by hand ------------------------------------------------------------------------


def started(**members):
    event = {
        "event": "run_started", "run": "r", "version": "0.1.0", "pipeline_path": "pipeline.toml",
        "pipeline_text": "", "workspace": "/w", "boot": "b", "environment": "",
        "handle_key": "0123456789abcdef", "at_once": 1, "inputs": {}, "surroundings": {},
        "plugins": [],
    }
    return event | members


def journal_of(events):
    records, crc = [stagerun.JOURNAL_HEADER], stagerun.FIRST_CRC
    for number, event in enumerate(events, 1):
        text = json.dumps({"at_ms": 1_700_000_000_000 + number * 10} | event).encode()
        rest = b"%d %d %s" % (len(text), number, text)
        crc = b"%08x" % stagerun.crc32c(crc + b" " + rest)
        records.append(crc + b" " + rest + b"\n")
    return b"".join(records)


class ReportCase(stagerun.Case):
    def made_run(self, events, name="2026-01-01T00-00-00Z-0001"):
        folder = self.workspace / ".stagerun" / "runs" / name
        folder.mkdir(parents=True)
        (folder / "children.lock").touch()
        (folder / "journal").write_bytes(journal_of(events))

    def go(self, *stages, **options):
        self.pipeline(pipeline(*stages))
        return self.run_program("run", "pipeline.toml", "--yes", **options)

    def report(self, form="text", *args):
        done = self.run_program("report", *args, "--format", form)
        self.assertEqual((0, ""), (done.status, done.stderr), done)
        return done.stdout

    def value(self, *args):
        return json.loads(self.report("json", *args))

    def junit(self):
        problems, cases = junit_problems(self.report("junit"))
        self.assertEqual([], problems)
        return cases

    def told(self, *args):
        """The text, with what differs from run to run taken out."""
        text = stagerun.normalise(self.report("text", *args))
        text = text.replace(self.runs()[-1], "RUN")
        text = re.sub(r"(who +)\S+@\S+,", r"\1SOMEBODY,", text)
        return re.sub(r"(?<=\S) +", " ", re.sub(r"^ +", "  ", text, flags=re.MULTILINE))


HEAD = """\
  run RUN
  pipeline pipeline.toml
  when TIME to TIME, DURATION
  who SOMEBODY, `stagerun run` at TIME
"""

UNDONE = (
    "test: failed, and everything that was written was undone (status 6)\n" + HEAD + """\

why
  c failed in apply: `sh -c 'echo went wrong >&2; exit 3'` exited with 3
  it printed: went wrong
  code exec.exit

changed
  a touch a (process/1): exited with 0
  b touch b (process/1): exited with 0
  c sh -c 'echo went wrong >&2; exit 3' (process/1): exited with 3

undone
  c undone in DURATION
  b undone in DURATION
  a undone in DURATION

verified
  a ok
  b ok

timeline
  +DURATION a ok in DURATION
  +DURATION b ok in DURATION
  +DURATION c failed in DURATION
  +DURATION going back: stage `c` failed: `sh -c 'echo went wrong >&2; exit 3'` exited with 3
  +DURATION c going back: undone in DURATION
  +DURATION b going back: undone in DURATION
  +DURATION a going back: undone in DURATION
  +DURATION failed, and everything that was written was undone

never began
  d
"""
)

PERSON = (
    "test: failed, and something that was written could not be undone: a person is needed"
    " (status 7)\n" + HEAD + """\

why
  c failed in apply: `sh -c 'echo went wrong >&2; exit 3'` exited with 3
  it printed: went wrong
  code exec.exit

changed
  a touch a (process/1): exited with 0
  b touch b (process/1): exited with 0
  kept touch kept (process/1): exited with 0
  c sh -c 'echo went wrong >&2; exit 3' (process/1): exited with 3

undone
  c undone in DURATION

still stands
  kept the pipeline says rollback = "manual"
  touch kept (process/1): exited with 0
  b its undo failed: `false` exited with 1
  touch b (process/1): exited with 0
  a it is irreversible: undo it by hand, or make up for it
  touch a (process/1): exited with 0

to do
  kept if it is not to stand: `stagerun rollback RUN`
  b mend what keeps its undo from working, then `stagerun rollback RUN`; or undo it by hand
  a undo it by hand, or make up for it
  `stagerun resume RUN` tries again what is left, `stagerun rollback RUN` undoes it
"""
)


class TextTest(ReportCase):
    def test_a_run_that_went_back_is_told_to_the_letter(self):
        self.go(touch("a"), touch("b"), FAILS, touch("d"))
        self.assertEqual(UNDONE, self.told())

    def test_what_stands_and_what_a_person_has_to_do(self):
        self.go(stage("a", ["touch", "a"], acknowledge_irreversible=True),
                stage("b", ["touch", "b"], 'undo = ["false"]'),
                touch("kept", rollback="manual"), FAILS)
        self.assertEqual(PERSON, self.told()[: len(PERSON)])

    def test_a_run_that_succeeded(self):
        builds = stage("build", ["sh", "-c", 'echo "image=app:7" >> "$STAGERUN_OUTPUT"'],
                       'undo = ["true"]\ncheck = ["true"]\noutputs = { image = "string" }')
        self.go(builds)
        text = self.told()
        self.assertTrue(text.startswith("test: succeeded (status 0)\n" + HEAD), text)
        self.assertIn("\noutputs\n  build image = \"app:7\"\n", text)
        self.assertIn("\nverified\n  build ok\n", text)
        for title in ("why", "still stands", "to do"):
            self.assertNotIn(f"\n{title}\n", text)

    def test_a_run_that_was_killed_says_so_and_how_to_go_on(self):
        self.pipeline(pipeline(touch("a"), stage("b", ["sh", "-c", "touch begun; sleep 60"],
                                                 'undo = ["rm", "begun"]')))
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("begun"))
        host.kill()
        host.wait()
        text = self.told()
        self.assertTrue(text.startswith("test: unfinished: it was killed, or is still at work\n"))
        self.assertIn("`stagerun resume RUN` goes on, `stagerun rollback RUN` undoes it", text)
        self.assertIn("in doubt: nobody saw how it ended", text)
        self.assertIn("  +DURATION b was applied, and did not end\n", text)
        self.assertIsNone(self.value()["status"])
        self.assertIn("(run)", self.junit())
        self.run_program("resume")
        self.assertIn("  b it may or may not have happened: stagerun was killed", self.told())
        self.assertEqual(9, self.value()["status"])
        self.run_program("rollback")
        text = self.told()
        self.assertIn("`stagerun resume` at TIME\n  who SOMEBODY, `stagerun rollback` at", text)
        self.assertIn("  going back was asked for by `stagerun rollback`\n", text)
        self.assertFalse(is_green(self.report("junit")))

    def test_a_run_that_was_cancelled(self):
        self.pipeline(pipeline(stage("a", ["sh", "-c", "touch begun; sleep 60"],
                                     'undo = ["rm", "begun"]')))
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("begun"))
        host.send_signal(signal.SIGTERM)
        self.assertEqual(143, stagerun.finish(host).status)
        self.assertIn("  cancelled by signal 15 (SIGTERM)\n", self.told())
        self.assertEqual((143, 15), (self.value()["status"], self.value()["cancelled_by"]))

    def test_attempts_that_failed_are_noticed(self):
        flaky = stage("a", ["sh", "-c", "test -e again || { touch again; exit 1; }"],
                      'undo = ["true"]\nidempotent = true')
        retry = 'retry = { attempts = 3, backoff = "1ms" }'
        flaky = flaky.replace("[stage.with]", retry + "\n[stage.with]")
        self.assertEqual(0, self.go(flaky).status)
        text = self.told()
        self.assertIn("\nnoticed\n  a: attempt 1 of apply ended as failed: `sh -c", text)
        self.assertIn("  +DURATION a ok, 2 attempts of apply in DURATION\n", text)

    def test_stages_that_were_not_chosen_are_told_as_one(self):
        self.pipeline(pipeline(touch("a"), touch("b"), touch("c")))
        self.run_program("run", "pipeline.toml", "--yes", "--only", "c")
        text = self.told()
        self.assertIn("\n  chosen --only c\n", text)
        self.assertIn("2 stages were not chosen\n", text)
        self.assertEqual({"from": None, "only": ["c"]}, self.value()["choice"])
        chosen = {each["stage"]: each["chosen"] for each in self.value()["stages"]}
        self.assertEqual({"a": False, "b": False, "c": True}, chosen)

    def test_long_texts_and_lists_are_cut(self):
        events = [started(), {"event": "verb_started", "stage": "a", "verb": "apply", "attempt": 1}]
        for number in range(30):
            events.append({"event": "effect_intended", "stage": "a", "verb": "apply", "attempt": 1,
                           "id": str(number), "key": "k", "kind": "http/1", "access": "write",
                           "purpose": "x" * 2_000 if number == 0 else f"effect {number}",
                           "request": {}})
        self.made_run(events)
        text = self.report()
        self.assertLess(max(map(len, text.splitlines())), 600)
        self.assertIn("and 10 more\n", text)
        self.assertNotIn("effect 25", text)


class ValueTest(ReportCase):
    def test_the_status_is_the_one_that_the_run_returned(self):
        fails = stage("b", ["false"], 'undo = ["true"]')
        refuses = stage("b", ["false"], "changes = false")
        for stages, expected in [
            ([touch("a")], "succeeded"),
            ([touch("a"), fails], "status 6"),
            ([refuses], "status 3"),
            ([touch("a", rollback="never"), fails], "status 1"),
            ([stage("a", ["true"], acknowledge_irreversible=True), fails], "status 7"),
            ([stage("a", ["true"], 'undo = ["sh", "-c", "exit 8"]'), fails], "status 8"),
        ]:
            done = self.go(*stages)
            value = self.value()
            self.assertEqual((done.status, expected), (value["status"], value["standing"]))
            text = self.report()
            self.assertIn(f" (status {done.status})\n", text)
            self.assertEqual(done.status == 0, is_green(self.report("junit")))

    def test_a_stage_with_its_attempts_effects_and_way_back(self):
        self.go(touch("a"), FAILS)
        value = self.value()
        self.assertEqual(1, value["report"])
        self.assertEqual("exec", value["stages"][0]["uses"])
        a, c = value["stages"]
        self.assertEqual(("undone", "ok", 1), (a["standing"], a["result"], a["writes"]))
        self.assertEqual("undone", a["rollback"]["result"])
        apply = next(each for each in a["attempts"] if each["verb"] == "apply")
        effect = next(each for each in apply["effects"] if each["access"] == "write")
        self.assertEqual(("process/1", "touch a", "ended"),
                         (effect["kind"], effect["purpose"], effect["state"]))
        self.assertEqual(0, effect["outcome"]["status"])
        self.assertGreaterEqual(apply["duration_ms"], effect["duration_ms"])
        first = value["first_failure"]
        self.assertEqual(("c", "failed", "apply", 1, "exec.exit"),
                         (first["stage"], first["result"], first["verb"], first["attempt"],
                          first["failure"]["code"]))
        self.assertEqual("failed", c["result"])
        self.assertRegex(value["hosts"][0]["by"], r"^\S+@\S+$")

    def test_what_stands_names_stage_and_effects(self):
        self.go(stage("a", ["touch", "a"], acknowledge_irreversible=True), FAILS)
        (rest,) = self.value()["stands"]
        self.assertEqual(("a", True), (rest["stage"], rest["needs_person"]))
        self.assertEqual("undo it by hand, or make up for it", rest["to_do"])
        self.assertEqual(["touch a"], [effect["purpose"] for effect in rest["effects"]])

    def test_who_is_at_work_on_a_runner_is_who_caused_it(self):
        self.go(touch("a"), env={"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "rita"})
        self.assertTrue(self.value()["hosts"][0]["by"].startswith("rita@"))

    def test_every_member_stands_in_the_documents(self):
        page = (ROOT / "docs/report-json.md").read_text("utf-8")
        documented = set(re.findall(r"`([a-z_]+)`", page))
        free = {"inputs", "outputs", "outcome"}  # their members are whoever's

        def names(value):
            if isinstance(value, dict):
                for name, member in value.items():
                    yield name
                    if name not in free:
                        yield from names(member)
            elif isinstance(value, list):
                for item in value:
                    yield from names(item)

        serves = stage("s", ["sleep", "30"], "leaves_running = true", rollback="manual")
        self.go(serves, touch("a"), FAILS)
        found = set(names(self.value()))
        self.run_program("rollback", "--only", "s")
        found |= set(names(self.value()))
        self.assertGreater(len(found), 60)
        self.assertEqual(set(), found - documented)

    def test_outcomes_come_without_what_the_world_sent(self):
        outcome = {"event": "response", "status": 200, "headers": {"x": ["y"]}, "body": "z" * 999}
        settled = {"event": "effect_settled", "stage": "a", "verb": "apply", "attempt": 1,
                   "id": "1", "outcome": outcome}
        self.made_run([
            started(), {"event": "verb_started", "stage": "a", "verb": "apply", "attempt": 1},
            {"event": "effect_intended", "stage": "a", "verb": "apply", "attempt": 1, "id": "1",
             "key": "k", "kind": "http/1", "access": "read", "purpose": "p", "request": {}},
            settled])
        effect = self.value()["stages"][0]["attempts"][0]["effects"][0]
        self.assertEqual({"event": "response", "status": 200}, effect["outcome"])


class JunitTest(ReportCase):
    def test_a_case_a_stage(self):
        self.go(touch("a"), stage("b", ["touch", "b"], 'undo = ["false"]'),
                touch("s", **{"if": "environment == 'x'"}), FAILS, touch("d"))
        cases = self.junit()
        self.assertEqual(["a", "b", "s", "c", "d", "(run)"], list(cases))
        self.assertEqual("it was undone", cases["a"].find("skipped").get("message"))
        self.assertEqual("rollback.failed", cases["b"].find("error").get("type"))
        self.assertEqual("its condition does not hold", cases["s"].find("skipped").get("message"))
        self.assertIn("exited with 3", cases["c"].find("failure").get("message"))
        self.assertIn("it printed: went wrong", cases["c"].find("failure").text)
        self.assertEqual("not begun", cases["d"].find("skipped").get("message"))
        self.assertIn("still stands: b: its undo failed", cases["(run)"].find("failure").text)
        self.assertEqual({"test"}, {case.get("classname") for case in cases.values()})

    def test_a_run_that_succeeded_is_green(self):
        self.go(touch("a"), touch("b"))
        self.assertEqual(["a", "b"], list(self.junit()))
        self.assertTrue(is_green(self.report("junit")))

    def test_a_run_that_was_rolled_back_is_never_green(self):
        self.go(touch("a"))
        self.assertEqual(0, self.run_program("rollback").status)
        cases = self.junit()
        self.assertIsNotNone(cases["a"].find("skipped"))
        self.assertIn("rolled back", cases["(run)"].find("failure").get("message"))

    def test_what_xml_forbids_is_made_visible(self):
        wild = "".join(map(chr, range(0x20))) + "\x7f\ufffe\uffff <&>\"' ]]> é \U0001f600"
        failure = {"code": "x", "text": wild, "hint": wild}
        self.made_run([
            started(), {"event": "verb_started", "stage": "a", "verb": "apply", "attempt": 1},
            {"event": "verb_ended", "stage": "a", "verb": "apply", "attempt": 1, "status": "failed",
             "failure": failure, "result": "", "outputs": {}},
            {"event": "stage_settled", "stage": "a", "result": "failed", "reason": wild},
            {"event": "run_ended", "status": 3}])
        found = self.junit()["a"].find("failure")
        for text in (found.get("message"), found.text):
            self.assertIn("\\x00\\x01", text)
            self.assertIn("\\x1b", text)
            self.assertIn("\ufffd\ufffd <&>\"' ]]> é \U0001f600", text)
            self.assertIn("\t\n", text)
        self.assertNotRegex(self.report("junit"), "[\x00-\x09\x0b-\x1f\x7f\ufffe\uffff]")
        self.assertNotRegex(self.report("text"), "[\x00-\x08\x0b-\x1f\x7f]")


class AnyRunTest(ReportCase):
    def test_reports_hold_no_secrets(self):
        tells = stage("tells", ["sh", "-c", "echo $TOKEN; echo $TOKEN >&2; exit 3"],
                      'undo = ["sh", "-c", "echo $TOKEN; exit 1"]\n'
                      'env = { TOKEN = "${{ secrets.KEY }}" }', secrets=["KEY"])
        done = self.go('[secrets]\nKEY = { env = "APP_KEY" }\n', tells, env={"APP_KEY": CANARY})
        self.assertEqual(7, done.status, done)
        for form in ("text", "json", "junit"):
            text = self.report(form)
            self.assertNotIn(CANARY, text)
            self.assertNotIn(CANARY, html.unescape(text))
            self.assertIn("***", text)  # it was there to be masked

    def test_a_damaged_journal_is_refused_as_by_show(self):
        self.go(touch("a"))
        path = self.journal_path()
        path.write_bytes(path.read_bytes().replace(b"verb_started", b"verb_storted", 1))
        for command in (["show"], ["report"], ["report", "--format", "junit"]):
            done = self.run_program(*command)
            self.assertEqual((9, ""), (done.status, done.stdout), done)
            self.assertIn("damaged", done.stderr)

    def test_a_run_that_never_began(self):
        self.made_run([])
        name = self.runs()[-1]
        self.assertEqual(f"never began; nothing was done\n  run         {name}\n", self.report())
        self.assertEqual(("never began", None), (self.value()["standing"], self.value()["status"]))
        self.assertEqual(["(run)"], list(self.junit()))

    def test_a_journal_from_before_runs_said_who_began_them(self):
        self.made_run([started(), {"event": "run_resumed", "command": "resume", "boot": "b"},
                       {"event": "run_ended", "status": 0}])
        self.assertIn("  who         ?, `stagerun run` at ", self.report())
        self.assertEqual([None, None], [host["by"] for host in self.value()["hosts"]])

    def test_any_order_of_events_can_be_told(self):
        # A journal that checks out may still have been written by a stagerun that we do not know.
        of = {"stage": "a", "verb": "apply", "attempt": 1}
        events = [
            {"event": "run_ended", "status": 6},
            {"event": "stage_rolled_back", "stage": "b", "result": "failed", "reason": "r"},
            {"event": "effect_settled", **of, "id": "9", "outcome": {}},
            {"event": "verb_ended", **of, "status": "ok", "failure": None, "result": "",
             "outputs": None},
            {"event": "rollback_started", "reason": "x", "manual": False, "to": "", "only": ""},
            {"event": "stage_settled", "stage": "a", "result": "in_doubt", "reason": ""},
            {"event": "cancel_requested", "signal": 2},
        ]
        for shift in range(len(events)):
            self.made_run(events[shift:] + events[:shift], f"2026-01-01T00-00-00Z-000{shift}")
            for form in ("text", "json", "junit"):
                self.report(form, f"2026-01-01T00-00-00Z-000{shift}")

    def test_the_report_is_written_to_a_file_whole(self):
        self.go(touch("a"))
        self.write("reports/old.xml", "x")
        for form, path in [("junit", "reports/old.xml"), ("json", "new.json")]:
            done = self.run_program("report", "--format", form, "-o", path)
            self.assertEqual((0, "", ""), (done.status, done.stdout, done.stderr), done)
            self.assertEqual(self.report(form), self.read(path))
        umask = os.umask(0)
        os.umask(umask)
        self.assertEqual(0o666 & ~umask, (self.workspace / "new.json").stat().st_mode & 0o777)
        self.assertEqual(["old.xml"], os.listdir(self.workspace / "reports"))

    def test_a_report_goes_over_nothing_but_plain_files(self):
        self.go(touch("a"))
        self.write("folder/x", "")
        (self.workspace / "link").symlink_to("folder/x")
        for path, status in [("folder", 2), ("link", 2), ("nowhere/x", 75)]:
            done = self.run_program("report", "--output", path)
            self.assertEqual(status, done.status, done)
            self.assertIn(path.split("/")[0], done.stderr)
        self.assertEqual("", self.read("folder/x"))

    def test_ten_thousand_stages_are_reported_within_what_gitlab_takes(self):
        names = [f"stage-{number}" for number in range(10_000)]
        text = "<" * 400  # longer as XML
        events = [started(pipeline_text=pipeline(*(touch(name) for name in names)))]
        for name in names[:3_000]:
            of = {"stage": name, "verb": "apply", "attempt": 1}
            events += [
                {"event": "verb_started", **of},
                {"event": "verb_ended", **of, "status": "failed", "result": "", "outputs": {},
                 "failure": {"code": "c", "text": text, "hint": text}},
                {"event": "stage_settled", "stage": name, "result": "failed", "reason": text},
            ]
        self.made_run(events + [{"event": "run_ended", "status": 1}])
        for form in ("text", "json", "junit"):
            began = time.monotonic()
            size = len(self.report(form))
            self.assertLess(time.monotonic() - began, 30)
            if form == "junit":
                self.assertLess(13_000_000, size)  # so that it had to leave things out
                self.assertLess(size, 30_000_000)
        self.assertEqual(10_001, len(self.junit()))

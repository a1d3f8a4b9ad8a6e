"""The harness itself, without the program: a harness that lies makes every test a lie."""

import os
import pathlib
import signal
import sys
import tempfile
import unittest
from unittest import mock

from tests.support import count_tests, list_tests, stagerun

# Stands in for the program: reaches three points, and says how it was called.
FAKE_PROGRAM = """#!{python}
import socket, sys
print(" ".join(sys.argv[1:]))
if "--kill-points" in sys.argv:
    points = socket.socket(fileno=int(sys.argv[sys.argv.index("--kill-points") + 1]))
    for name in ("started", "intended", "settled"):
        points.sendall(name.encode() + b"\\n")
        if points.recv(1) == b"":
            sys.exit(99)
print("x" * 200_000, file=sys.stderr)
sys.exit(7)
"""


def record(sequence, text, crc_before):
    rest = b"%d %d %s" % (len(text), sequence, text)
    crc = b"%08x" % stagerun.crc32c(crc_before + b" " + rest)
    return crc, crc + b" " + rest + b"\n"


def journal_of(*texts):
    data, crc = stagerun.JOURNAL_HEADER, stagerun.FIRST_CRC
    for sequence, text in enumerate(texts, start=1):
        crc, line = record(sequence, text, crc)
        data += line
    return data


class JournalTest(unittest.TestCase):
    data = journal_of(b'{"event":"run_started"}', b'{"event":"run_ended","status":0}')

    def names(self, data):
        return [event["event"] for event in stagerun.parse_journal(data)]

    def test_crc_is_that_of_rfc_3720(self):
        self.assertEqual(0x8A9136AA, stagerun.crc32c(bytes(32)))
        self.assertEqual(0xE3069283, stagerun.crc32c(b"123456789"))

    def test_events_come_in_their_order(self):
        self.assertEqual(["run_started", "run_ended"], self.names(self.data))

    def test_zeros_after_the_last_record_are_its_room_to_grow(self):
        self.assertEqual(["run_started", "run_ended"], self.names(self.data + bytes(4096)))

    def test_a_torn_last_record_is_left_out(self):
        torn = len(self.data) - 5
        self.assertEqual(["run_started"], self.names(self.data[:torn]))
        self.assertEqual(["run_started"], self.names(self.data[:torn] + bytes(100)))

    def test_a_changed_byte_raises(self):
        for old, new in ((b"run_ended", b"run_endec"), (b" 2 {", b" 3 {")):
            with self.assertRaises(stagerun.JournalError):
                self.names(self.data.replace(old, new))

    def test_a_record_left_out_raises(self):
        lines = journal_of(b'{"event":"a"}', b'{"event":"b"}', b'{"event":"c"}').splitlines(True)
        with self.assertRaises(stagerun.JournalError):
            self.names(b"".join(lines[:2] + lines[3:]))

    def test_another_file_raises(self):
        with self.assertRaises(stagerun.JournalError):
            self.names(b"stagerun journal 2\n")


class CaseTest(stagerun.Case):
    def setUp(self):
        super().setUp()
        program = self.write("fake", FAKE_PROGRAM.format(python=sys.executable), executable=True)
        patch = mock.patch.dict(
            os.environ, STAGERUN_PROGRAM=str(program), STAGERUN_PLUGIN_DIR="/plugins"
        )
        patch.start()
        self.addCleanup(patch.stop)
        os.environ.pop("STAGERUN_TEST_PLUGIN_DIR", None)

    def test_the_program_runs_in_the_workspace_with_the_plugins(self):
        done = self.run("plan", "pipeline.toml")
        self.assertEqual(7, done.status)
        self.assertEqual("plan pipeline.toml --plugins /plugins\n", done.stdout)

    def test_files_are_written_with_their_folders(self):
        self.write("a/b.txt", "text")
        self.assertEqual("text", self.read("a/b.txt"))
        self.assertTrue(self.exists("a"))
        self.assertFalse(self.exists("c"))

    def test_a_workspace_is_gone_after_its_test(self):
        class Inner(stagerun.Case):
            def runTest(self):
                seen.append(self.workspace)

        seen = []
        unittest.TestCase.run(Inner())
        self.assertFalse(seen[0].exists())

    def test_every_kill_point_is_counted_by_name(self):
        points = stagerun.KillPoints(self)
        self.assertEqual(3, points.count("run"))
        self.assertEqual(["started", "intended", "settled"], points.names)
        self.assertEqual(7, points.completed.status)
        self.assertEqual(200_001, len(points.completed.stderr))

    def test_the_host_dies_at_the_point_asked_for(self):
        points = stagerun.KillPoints(self)
        self.assertTrue(points.kill_at(2, "run"))
        self.assertEqual(["started", "intended"], points.names)
        self.assertEqual(-signal.SIGKILL, points.completed.status)

    def test_a_point_that_is_never_reached_kills_nothing(self):
        points = stagerun.KillPoints(self)
        self.assertFalse(points.kill_at(4, "run"))
        self.assertEqual(7, points.completed.status)

    def test_a_program_that_is_started_can_be_waited_for(self):
        done = stagerun.finish(self.start("show"))
        self.assertEqual(7, done.status)
        self.assertTrue(done.stdout.startswith("show "))

    def test_output_is_normalised(self):
        text = f"{self.workspace}/x at 2026-09-30T10:15:00Z took 1.2 s, 17 ms (pid 42)"
        self.assertEqual(
            "WORKSPACE/x at TIME took DURATION, DURATION (pid PID)",
            stagerun.normalise(text, self.workspace),
        )


class CountTestsTest(unittest.TestCase):
    results = """<testsuite>
      <testcase name="good" status="run"/>
      <testcase name="bad" status="fail"><failure message=""/><system-out>1 != 2</system-out>
        </testcase>
      <testcase name="late" status="fail"><failure message="Timeout"/></testcase>
      <testcase name="gone" status="notrun"><skipped message="Unable to find it"/></testcase>
      <testcase name="no" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
      <testcase name="off" status="disabled"/>
    </testsuite>"""

    def test_what_could_not_be_started_has_failed(self):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(self.results)
            file.flush()
            counted = count_tests.count(pathlib.Path(file.name))
        self.assertEqual((1, [("bad", "1 != 2"), ("late", ""), ("gone", "")], 2), counted)

    def test_a_gate_counts_by_its_last_line_and_without_one_it_has_failed(self):
        for text, counted in (("x\n8 passed, 1 failed\n", (8, 1)), ("8 passed", (0, 1)),
                              ("", (0, 1)), ("9 passed, 0 failed\nkilled\n", (0, 1))):
            with self.subTest(text), tempfile.NamedTemporaryFile("w", suffix=".log") as file:
                file.write(text)
                file.flush()
                passed, failed, _ = count_tests.count(pathlib.Path(file.name))
                self.assertEqual(counted, (passed, len(failed)))


class ListTestsTest(unittest.TestCase):
    def test_methods_of_classes_are_listed_and_nothing_is_run(self):
        source = (
            "raise SystemExit('run')\n"
            "class ATest:\n    def test_x(self): pass\n    def helper(self): pass\n"
            "def test_alone(): pass\n"
        )
        here = pathlib.Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            self.addCleanup(os.chdir, here)
            file = pathlib.Path("tests/a/b_test.py")
            file.parent.mkdir(parents=True)
            file.write_text(source, encoding="utf-8")
            self.assertEqual(["tests.a.b_test.ATest.test_x"], list_tests.tests_of(file))
            os.chdir(here)


if __name__ == "__main__":
    unittest.main()

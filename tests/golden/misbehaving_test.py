"""Every way in which a plugin can misbehave, one test each, as a user sees it: a good stage writes,
then comes the bad one; the run fails with words that say why, and the good stage is undone.

What is tried, and by which test:

| a plugin that                          | test                                             |
| -------------------------------------- | ------------------------------------------------ |
| reads through a bad pointer            | DyingTest.test_segv                              |
| aborts                                 | DyingTest.test_abort                             |
| calls exit(0), exit(1)                 | DyingTest.test_exit_0, test_exit_1               |
| throws out of a verb                   | DyingTest.test_an_exception_through_noexcept     |
| loops without end                      | LimitTest.test_an_endless_loop                   |
| ignores that it was cancelled          | LimitTest.test_a_cancel_while_it_spins, _sleeps  |
| takes memory without end               | LimitTest.test_memory_*                          |
| writes to stdout, logs without end     | LimitTest.test_output_without_end, test_log_*    |
| writes garbage to the control socket   | SocketTest.test_garbage, test_an_unknown_message |
| closes the control socket              | SocketTest.test_a_closed_socket                  |
| leaves a thread, a folder, a variable  | LitterTest                                       |
| was built for another ABI              | LoadTest.test_another_abi, test_another_major    |
| has larger, smaller structs            | LoadTest.test_larger_structs, test_smaller_*     |
| has no entry point                     | LoadTest.test_a_missing_symbol                   |
| is cut short, for another machine, no  | LoadTest.test_a_truncated_library,               |
|   library at all                       |   test_another_machine, test_no_library          |
| is replaced before, during a run       | ReplacedTest                                     |
| can be written by others               | TrustTest                                        |
| opens sockets, starts programs         | SandboxTest.test_connect, test_exec              |
| reads, writes what is not its own      | SandboxTest, the rest                            |

In validate, plan, verify and rollback: tests/faults/worker_test.py. Without Landlock:
NoLandlockTest.
"""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from tests.support import stagerun

GOOD = """
name = "misbehaving"
[[stage]]
name = "good"
uses = "exec"
with = { run = ["touch", "world"], undo = ["rm", "-f", "world"] }
"""

LAST_FAILS = """
[[stage]]
name = "last"
uses = "exec"
with = { run = ["false"], undo = ["true"] }
"""


def crash(how, timeout="1m", write_first=True):
    return GOOD + f"""
[[stage]]
name = "bad"
uses = "crash"
timeout = "{timeout}"
[stage.with]
how = "{how}"
write_first = {str(write_first).lower()}
write = ["touch", "half"]
undo = ["rm", "-f", "half"]
"""


def stage(name, uses, needs=None, acknowledge=False, **with_keys):
    keys = ", ".join(f"{key} = {json.dumps(value)}" for key, value in with_keys.items())
    return f"""
[[stage]]
name = "{name}"
uses = "{uses}"
{"acknowledge_irreversible = true" if acknowledge else ""}
with = {{ {keys} }}
"""


class Case(stagerun.Case):
    def run_it(self, text, *more):
        self.pipeline(text)
        return self.run_program("run", "pipeline.toml", "--yes", *more)

    def shown(self):
        """What `show` says of each stage."""
        done = self.run_program("show", "--format", "json")
        self.assertEqual(0, done.status, done)
        return {stage["stage"]: stage for stage in json.loads(done.stdout)["stages"]}

    def assert_failed_and_undone(self, done, *words, how="died", status=6, result="failed"):
        """By exit status and message, by the journal, by `show`, and by what is left of it."""
        self.assertEqual(status, done.status, done)
        (ended,) = self.events("verb_ended", stage="bad", verb="apply")
        self.assertEqual(how, ended["status"])
        (settled,) = self.events("stage_settled", stage="bad")
        self.assertEqual(result, settled["result"])
        for word in words:
            self.assertIn(word, ended["failure"]["text"])
            if result != "cancelled":  # then the signal is what a person is told
                self.assertIn(word, done.stderr)
        (undone,) = self.events("stage_rolled_back", stage="good")
        self.assertEqual("undone", undone["result"])
        self.assertEqual(status, self.events("run_ended")[0]["status"])
        shown = self.shown()
        self.assertEqual("undone", shown["good"]["rolled_back"])
        self.assertEqual(result, shown["bad"]["result"])
        self.assertFalse(self.exists("world"))
        self.assertFalse(self.exists("half"))

    def assert_refused(self, done, *words):
        """Before anything starts: no run, nothing written."""
        self.assertEqual(10, done.status, done)
        self.assertEqual([], self.runs())
        self.assertFalse(self.exists("world"))
        for word in words:
            self.assertIn(word, done.stderr)

    def own_plugin(self, name, folder="plugins", change=lambda data: data):
        """A copy in a folder of the workspace, which is searched first."""
        file = self.workspace / folder / f"{name}.so"
        file.parent.mkdir(exist_ok=True)
        for source in ("STAGERUN_TEST_PLUGIN_DIR", "STAGERUN_PLUGIN_DIR"):
            original = pathlib.Path(os.environ[source]) / file.name
            if original.exists():
                file.write_bytes(change(original.read_bytes()))
                file.chmod(0o755)
                return file
        raise AssertionError(f"no plugin {name}")


class DyingTest(Case):
    def dies(self, how, *words):
        done = self.run_it(crash(how))
        self.assert_failed_and_undone(done, "plugin crash, verb apply: its worker", *words)

    def test_segv(self):
        self.dies("segv", "was killed by signal 11 (Segmentation fault)")

    def test_abort(self):
        self.dies("abort", "was killed by signal 6 (Aborted)")

    def test_exit_0(self):
        self.dies("exit0", "ended by itself with status 0")

    def test_exit_1(self):
        self.dies("exit1", "ended by itself with status 1")

    def test_an_exception_through_noexcept(self):
        self.dies("throw", "was killed by signal 6", "std::out_of_range")

    def test_no_core_is_left(self):
        self.dies("segv")
        self.assertEqual([], list(self.workspace.glob("**/core*")))


class LimitTest(Case):
    def test_an_endless_loop(self):
        done = self.run_it(crash("loop", timeout="300ms"))
        self.assert_failed_and_undone(
            done, "it was not done within 300 ms", how="timed_out", result="timed_out")

    def cancel(self, how):
        self.pipeline(crash(how))
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(self.goes_on_without_end, what="the bad stage")
        began = time.monotonic()
        host.send_signal(signal.SIGINT)
        done = stagerun.finish(host)
        self.assertGreater(time.monotonic() - began, 1.9, "killed before its grace was over")
        self.assert_failed_and_undone(
            done, "did not stop within 2 s of being told to", status=130, result="cancelled")

    def goes_on_without_end(self):
        """The plugin has said so; only then does it no longer hear that it is cancelled."""
        logs = (self.workspace / ".stagerun").glob("runs/*/log/bad*")
        return any("it goes on without end" in file.read_text("utf-8") for file in logs)

    def test_a_cancel_while_it_spins(self):
        self.cancel("loop")

    def test_a_cancel_while_it_sleeps(self):
        self.cancel("ignore_cancel")

    @unittest.skipIf(stagerun.has_sanitizer(), "sanitizers map terabytes: there is no limit then")
    def test_memory_past_its_limit(self):
        done = self.run_it(crash("memory"))
        self.assert_failed_and_undone(
            done, "it asked for more memory than a plugin may use", how="failed")

    @unittest.skipIf(stagerun.has_sanitizer(), "sanitizers map terabytes: there is no limit then")
    def test_memory_past_its_limit_without_the_wrapper(self):
        done = self.run_it(crash("memory_noexcept"))
        self.assert_failed_and_undone(
            done, "of the 1024 MiB of memory that a plugin may use", "std::bad_alloc")

    @unittest.skipIf(stagerun.has_sanitizer(), "sanitizers map terabytes: there is no limit then")
    def test_memory_past_its_limit_in_c(self):
        done = self.run_it(crash("memory_c"))
        self.assert_failed_and_undone(done, "was killed by signal 11")

    def test_output_without_end(self):
        done = self.run_it(crash("endless_output", timeout="1s"))
        self.assert_failed_and_undone(
            done, "it was not done within 1.0 s", how="timed_out", result="timed_out")

    def test_log_without_end(self):
        done = self.run_it(crash("endless_log", timeout="3s"), "-q")
        self.assert_failed_and_undone(
            done, "it was not done within 3.0 s", how="timed_out", result="timed_out")
        (log,) = self.workspace.glob(".stagerun/runs/*/log/bad.log")
        self.assertLess(1 << 20, log.stat().st_size)
        self.assertGreater(65 << 20, log.stat().st_size)


class SocketTest(Case):
    def test_garbage(self):
        done = self.run_it(crash("garbage"))
        self.assert_failed_and_undone(done, "its worker sent garbage on the control socket")

    def test_an_unknown_message(self):
        done = self.run_it(crash("unknown_message"))
        self.assert_failed_and_undone(done, "its worker sent a message that is none of a worker's")

    def test_a_closed_socket(self):
        done = self.run_it(crash("close_socket"))
        self.assert_failed_and_undone(done, "its worker closed its control socket")


class LitterTest(Case):
    """What one verb leaves behind, the next does not find: it runs in a worker of its own."""

    def outputs(self, what):
        first = stage("first", "litter", what=what)
        second = stage("second", "litter", what="nothing")
        third = stage("third", "litter", what="nothing")
        done = self.run_it(GOOD + first + second + third + LAST_FAILS)
        self.assertEqual(6, done.status, done)
        self.assertFalse(self.exists("world"))
        names = ("first", "second", "third")
        return [self.events("verb_ended", stage=name, verb="apply")[0]["outputs"] for name in names]

    def assert_retired_after(self, what):
        first, second, third = self.outputs(what)
        self.assertNotEqual(first["pid"], second["pid"])
        self.assertEqual(second["pid"], third["pid"], "a worker that left nothing is kept warm")
        self.assertEqual({"directory": "/", "variable": "not there", "pid": second["pid"]}, second)

    def test_a_thread(self):
        self.assert_retired_after("thread")

    def test_a_changed_working_directory(self):
        self.assert_retired_after("directory")

    def test_a_changed_environment(self):
        self.assert_retired_after("environment")

    def test_an_open_descriptor(self):
        self.assert_retired_after("descriptor")

    def test_nothing_left_behind_keeps_the_worker(self):
        first, second, third = self.outputs("nothing")
        self.assertEqual({first["pid"]}, {second["pid"], third["pid"]})


class LoadTest(Case):
    """What cannot be loaded is refused before the good stage begins."""

    def refused(self, plugin, *words):
        done = self.run_it(GOOD + stage("bad", plugin), "--plugins", "plugins")
        self.assert_refused(done, plugin, *words)

    def test_another_abi(self):
        self.refused("wrong_abi", "was built for plugin ABI 2; this stagerun speaks 1")

    def test_another_major(self):
        self.refused("wrong_major", "the plugin needs ABI 2.0; this stagerun speaks 1.0")

    def test_smaller_structs_than_any_release_had(self):
        self.refused("small_struct", "a stage smaller than ABI 1.0 has it")

    def test_larger_structs_work(self):
        done = self.run_it(GOOD + stage("bad", "large_struct", acknowledge=True))
        self.assertEqual(0, done.status, done)
        self.assertEqual("ok", self.events("stage_settled", stage="bad")[0]["result"])

    def test_a_missing_symbol(self):
        self.refused("no_symbol", "has no function stagerun_module_v1")

    def test_a_truncated_library(self):
        self.own_plugin("counter", change=lambda data: data[: len(data) // 2])
        self.refused("counter", "counter.so is cut short: build or copy it again")

    def test_another_machine(self):
        mips = b"\x08\x00"  # e_machine
        self.own_plugin("counter", change=lambda data: data[:18] + mips + data[20:])
        self.refused("counter", "counter.so was built for another kind of machine")

    def test_no_library(self):
        self.own_plugin("counter", change=lambda data: b"#!/bin/sh\n" * 1000)
        self.refused("counter", "counter.so is not a library")

    def test_an_empty_file(self):
        self.own_plugin("counter", change=lambda data: b"")
        self.refused("counter", "counter.so is too short to be a library")


class ReplacedTest(Case):
    """A run goes by the plugins that were planned with, and by no others."""

    def setUp(self):
        super().setUp()
        self.file = self.own_plugin("snoop")
        # The same code with another digest: what stands behind the last section is nobody's.
        self.own_plugin("snoop", folder="other", change=lambda data: data + b"x")

    def test_between_plan_and_run(self):
        self.pipeline(GOOD + stage("bad", "snoop", attempts=[]))
        asked, answers = pty.openpty()
        self.addCleanup(os.close, asked)
        host = subprocess.Popen(
            stagerun._command(["run", "pipeline.toml", "--plugins", "plugins"]),
            cwd=self.workspace, stdin=answers, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8")
        self.addCleanup(stagerun._end, host)
        os.close(answers)
        seen = ""
        while "[y/N]" not in seen:
            character = host.stderr.read(1)
            self.assertTrue(character, seen)
            seen += character
        os.replace(self.workspace / "other" / "snoop.so", self.file)
        os.write(asked, b"y\n")
        self.assert_failed_and_undone(
            stagerun.finish(host), "snoop.so was replaced meanwhile: put back the plugin")

    def test_between_two_stages(self):
        swap = stage("swap", "exec", run=["mv", "other/snoop.so", "plugins/snoop.so"],
                     undo=["rm", "-f", "plugins/snoop.so"])
        done = self.run_it(GOOD + swap + stage("bad", "snoop", attempts=[]),
                           "--plugins", "plugins")
        self.assert_failed_and_undone(
            done, "could not be started", "snoop.so was replaced meanwhile: put back the plugin")

    def test_a_worker_that_has_the_planned_one_goes_on_with_it(self):
        first = stage("first", "snoop", attempts=[])
        swap = stage("swap", "exec", run=["mv", "other/snoop.so", "plugins/snoop.so"],
                     undo=["rm", "-f", "plugins/snoop.so"])
        done = self.run_it(GOOD + first + swap + stage("bad", "snoop", attempts=[]),
                           "--plugins", "plugins")
        self.assertEqual(0, done.status, done)


class TrustTest(Case):
    """A plugin runs with the user's rights, so nobody else may be able to write it."""

    def refused(self, mended, *words):
        done = self.run_it(GOOD + stage("bad", "snoop", attempts=[]), "--plugins", "plugins")
        self.assert_refused(done, "plugin snoop", *words)
        self.assertIn(f"`chmod go-w {mended}`", done.stderr)
        subprocess.run(["chmod", "go-w", mended], check=True)
        done = self.run_it(GOOD + stage("bad", "snoop", attempts=[]), "--plugins", "plugins")
        self.assertEqual(0, done.status, "mended as it was told: " + str(done))

    def test_a_file_that_everybody_can_write(self):
        file = self.own_plugin("snoop")
        file.chmod(0o757)
        self.refused(file, "snoop.so can be written by other users")

    def test_a_file_that_its_group_can_write(self):
        file = self.own_plugin("snoop")
        file.chmod(0o775)
        self.refused(file, "snoop.so can be written by other users")

    def test_a_folder_that_everybody_can_write(self):
        folder = self.own_plugin("snoop").parent
        folder.chmod(0o777)
        self.refused(folder, "plugins can be written by other users")

    def test_a_folder_further_up(self):
        self.own_plugin("snoop")
        self.workspace.chmod(0o777)
        self.refused(self.workspace)

    def test_a_folder_behind_a_link(self):
        elsewhere = self.own_plugin("snoop", folder="elsewhere").parent
        (self.workspace / "plugins").symlink_to("elsewhere")
        elsewhere.chmod(0o777)
        self.refused(self.workspace / "plugins")

    def test_a_sticky_folder_will_do(self):
        self.own_plugin("snoop").parent.chmod(0o1777)
        done = self.run_it(GOOD + stage("bad", "snoop", attempts=[]), "--plugins", "plugins")
        self.assertEqual(0, done.status, done)

    @unittest.skipIf(os.geteuid() != 0, "only root can give files away")
    def test_a_file_of_another_user(self):
        file = self.own_plugin("snoop")
        os.chown(file, 1, 1)
        done = self.run_it(GOOD + stage("bad", "snoop", attempts=[]), "--plugins", "plugins")
        self.assert_refused(done, "snoop.so belongs to another user (1)", f"`chown 0 {file}`")


class SnoopCase(Case):
    def attempt(self, *attempts, run="run"):
        """What came of each attempt: "ok", or the name of the error."""
        done = self.run_it(GOOD + stage("bad", "snoop", attempts=list(attempts)))
        self.assertEqual(0, done.status, done)
        self.stderr = done.stderr
        (ended,) = self.events("verb_ended", stage="bad", verb="apply")
        return dict(line.split(": ") for line in ended["outputs"]["found"].splitlines())

    def file(self, path, text="text"):
        return str(self.write(path, text))


class SandboxTest(SnoopCase):
    def refused(self, attempt):
        done = self.run_it(GOOD + stage("bad", "snoop", attempts=[attempt], must=True))
        self.assert_failed_and_undone(done, f"{attempt} was refused: EPERM", how="failed")

    def test_connect(self):
        self.refused("connect")

    def test_exec(self):
        self.refused("execute /bin/true")

    def assert_all(self, outcome, attempts):
        self.assertEqual(dict.fromkeys(attempts, outcome), self.attempt(*attempts))

    def test_what_it_works_on_can_be_read(self):
        self.assert_all("ok", [
            f"read {self.file('deep/data')}",
            f"list {self.workspace}",
            f"list {self.workspace / 'deep'}",
            "read /usr/bin/env",
            "read /etc/passwd",
            "read /proc/self/status",
            "read /dev/urandom",
            "list /usr/lib",
        ])

    def test_what_others_keep_cannot_be_read(self):
        secret = self.file("../stagerun-test-elsewhere", "secret")
        self.addCleanup(os.unlink, secret)
        (self.workspace / "link").symlink_to(secret)
        self.assert_all("EACCES", [
            f"read {secret}",
            f"read {self.workspace / 'link'}",
            f"list {pathlib.Path.home()}",
            "read /etc/shadow",
            "list /etc",
            "list /root",
            "list /home",
            "list /tmp",
            "list /",
            f"read /proc/{os.getpid()}/status",
        ])

    def test_no_journal_can_be_read(self):
        self.run_it(GOOD)
        (earlier,) = self.runs()
        runs = self.workspace / ".stagerun" / "runs"
        journal = runs / earlier / "journal"
        attempts = [f"{what} {place}" for what in ("read", "write", "truncate", "remove")
                    for place in (journal, "../../journal")] + ["write ../../log/x"]
        self.assert_all("EACCES", attempts)
        self.assertTrue(stagerun.parse_journal(self.journal_path(earlier).read_bytes()))

    def test_nothing_can_be_written_but_scratch(self):
        data = self.file("data")
        self.assert_all("EACCES", [
            f"{what} {place}" for what in ("write", "mkdir", "symlink")
            for place in (self.workspace / "new", "/tmp/stagerun-new", "/usr/new")
        ] + [f"{what} {data}" for what in ("write", "truncate", "open_truncated", "remove")])
        self.assertEqual("text", self.read("data"))
        self.assertFalse(self.exists("new"))

    def test_a_file_cannot_be_moved_or_linked_out_of_its_folder(self):
        data = self.file("data")
        found = self.attempt(f"rename {data}", f"link {data}")
        self.assertNotIn("ok", found.values())
        self.assertFalse(self.exists("data2"))

    def test_scratch_is_its_own(self):
        attempts = ["write a", "read a", "truncate a", "rename a", "mkdir b", "list b", "link a2",
                    "remove a2", "symlink c", "list ."]
        self.assert_all("ok", attempts)

    def test_a_link_in_scratch_leads_nowhere(self):
        self.assertEqual("EACCES", self.attempt("symlink c", "read c")["read c"])

    def test_modes_owners_times_and_attributes_stay(self):
        data = self.file("data")
        before = os.stat(data)
        self.assert_all("EPERM", [
            f"{what} {data}" for what in ("chmod", "fchmod", "chown", "utime", "setxattr", "flock")
        ])
        self.assertEqual(before.st_mode, os.stat(data).st_mode)
        self.assertEqual(before.st_ctime_ns, os.stat(data).st_ctime_ns)

    def test_the_host_cannot_be_signalled_nor_limited(self):
        self.assert_all("EPERM", ["own_signals", "prlimit"])

    def test_what_an_earlier_stage_made_can_be_read(self):
        made = self.workspace / "made"
        again = ["sh", "-c", "echo again > next && mv next made"]
        done = self.run_it(
            stage("first", "snoop", attempts=[f"read {made}"]).join(['name = "x"\n', ""])
            + stage("make", "exec", run=["sh", "-c", "echo made > made"], undo=["rm", "made"])
            + stage("second", "snoop", attempts=[f"read {made}"])
            + stage("again", "exec", run=again, undo=["true"])
            + stage("third", "snoop", attempts=[f"read {made}"]))
        self.assertEqual(0, done.status, done)
        found = [self.events("verb_ended", stage=name, verb="apply")[0]["outputs"]["found"]
                 for name in ("first", "second", "third")]
        self.assertEqual([f"read {made}: ENOENT\n", f"read {made}: ok\n", f"read {made}: ok\n"],
                         found)

    def test_runs_that_are_kept_elsewhere_leave_the_workspace_whole(self):
        state = self.workspace.parent / (self.workspace.name + "-state")
        self.addCleanup(shutil.rmtree, state, ignore_errors=True)
        data = self.file("data")
        self.pipeline(GOOD + stage("bad", "snoop", must=True, attempts=[f"read {data}"]))
        done = self.run_program("run", "pipeline.toml", "--yes", "--state", f"dir:{state}")
        self.assertEqual(0, done.status, done)


class NoLandlockTest(SnoopCase):
    """A kernel without it, played by a filter that answers the question for it with ENOSYS."""

    NOTE = "not enforced: this kernel has no Landlock"

    def run_without(self, *args):
        launcher = pathlib.Path(stagerun.__file__).with_name("without_landlock.py")
        done = subprocess.run(
            [sys.executable, "-B", launcher, *stagerun._command(args)], cwd=self.workspace,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, encoding="utf-8",
            check=False)
        return stagerun.Completed(done.returncode, done.stdout, done.stderr)

    def test_plan_and_run_say_so_once_and_go_on(self):
        elsewhere = self.file("../stagerun-test-elsewhere", "text")
        self.addCleanup(os.unlink, elsewhere)
        self.pipeline(GOOD + stage("bad", "snoop", attempts=[f"read {elsewhere}", "connect"]))
        for command in (["plan", "pipeline.toml"], ["run", "pipeline.toml", "--yes"]):
            done = self.run_without(*command)
            self.assertEqual(0, done.status, done)
            self.assertEqual(1, done.stderr.count(self.NOTE), done)
        (ended,) = self.events("verb_ended", stage="bad", verb="apply")
        self.assertEqual(f"read {elsewhere}: ok\nconnect: EPERM\n", ended["outputs"]["found"])

    def test_with_it_nothing_is_said(self):
        self.attempt()
        self.assertNotIn("not enforced", self.stderr)


class TableTest(unittest.TestCase):
    """The table above names tests that are there."""

    def test_every_test_of_the_table_exists(self):
        named = re.findall(r"(\w+Test)\.(test_\w+)", __doc__)
        self.assertEqual(15, len(named))
        for case, test in named:
            found = [name for name in dir(globals()[case]) if name.startswith(test.rstrip("_"))]
            self.assertTrue(found, f"{case}.{test}")

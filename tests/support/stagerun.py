"""Black-box tests: a workspace for each test, the program run in it, its journal read.

    class RunTest(stagerun.Case):
        def test_a_stage_runs(self):
            self.pipeline('name = "x"\n...')
            done = self.run_program("run", "pipeline.toml", "--yes")
            self.assertEqual(0, done.status, done)

Where the program and its plugins are is told by the environment (tests/CMakeLists.txt sets it).
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from subprocess import PIPE

JOURNAL_HEADER = b"stagerun journal 1\n"
FIRST_CRC = b"00000000"

# Anything that a developer's own environment could change about a run.
FORGOTTEN_VARIABLES = ("STAGERUN_PLUGIN_PATH", "NO_COLOR", "CI", "GITHUB_ACTIONS", "GITLAB_CI")


# -- The journal ----------------------------------------------------------------------------------


class JournalError(Exception):
    """What is on disk cannot be what was written."""


def _crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC32C = _crc32c_table()


def crc32c(data):
    """CRC-32C, written a second time so that the program's own is not its only witness."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def parse_journal(data):
    """The events in a journal's bytes. A torn last record is left out, damage before it raises."""
    if not data.rstrip(b"\0"):
        return []  # killed before its first byte
    if not data.startswith(JOURNAL_HEADER):
        raise JournalError(f"not a journal: it begins {data[:40]!r}")
    events = []
    crc = FIRST_CRC
    at = len(JOURNAL_HEADER)
    while at < len(data) and data[at] != 0:
        end = data.find(b"\n", at)
        if end < 0 or b"\0" in data[at:end]:
            break  # torn: the host died, or the machine did, while it was written
        event, crc = _parse_record(data[at:end], crc, len(events) + 1)
        events.append(event)
        at = end + 1
    return events


def _parse_record(line, crc_before, sequence):
    crc, _, rest = line.partition(b" ")
    length, number, text = rest.split(b" ", 2)
    if int(number) != sequence:
        raise JournalError(f"record {sequence} says that it is {int(number)}")
    if int(length) != len(text):
        raise JournalError(f"record {sequence} has {len(text)} bytes and says {int(length)}")
    if crc != b"%08x" % crc32c(crc_before + b" " + rest):
        raise JournalError(f"record {sequence} is damaged")
    return json.loads(text), crc


# -- The program ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Completed:
    """How a run of the program ended."""

    status: int
    stdout: str
    stderr: str

    def __str__(self):
        return f"status {self.status}\n-- stdout\n{self.stdout}\n-- stderr\n{self.stderr}"


def _required(name):
    value = os.environ.get(name)
    if not value:
        raise AssertionError(f"{name} is not set; run through ctest or ci/test")
    return value


def _command(args, kill_points=None):
    """The program's argv; common options stand after the subcommand."""
    command = [_required("STAGERUN_PROGRAM"), *args]
    for name in ("STAGERUN_PLUGIN_DIR", "STAGERUN_TEST_PLUGIN_DIR"):
        if os.environ.get(name):
            command += ["--plugins", os.environ[name]]
    if kill_points is not None:
        command += ["--kill-points", str(kill_points)]
    return command


def _environment(extra):
    environment = {k: v for k, v in os.environ.items() if k not in FORGOTTEN_VARIABLES}
    environment.update(extra or {})
    return environment


def has_sanitizer():
    """Whether the worker was built with one: they map terabytes, so memory has no limit then."""
    worker = pathlib.Path(os.environ["STAGERUN_WORKER"]).read_bytes()
    return b"__asan_init" in worker or b"__tsan_init" in worker


class Case(unittest.TestCase):
    """A test with a workspace of its own, `self.workspace`, which is gone after it."""

    maxDiff = None

    def setUp(self):
        self.workspace = pathlib.Path(tempfile.mkdtemp(prefix="stagerun-test-"))
        self.addCleanup(shutil.rmtree, self.workspace, ignore_errors=True)

    # -- Arranging

    def write(self, path, text, executable=False):
        """Writes a file of the workspace, with its folders; gives back where it is."""
        file = self.workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if executable:
            file.chmod(0o755)
        return file

    def pipeline(self, text, path="pipeline.toml"):
        return self.write(path, text)

    def read(self, path):
        return (self.workspace / path).read_text(encoding="utf-8")

    def exists(self, path):
        return os.path.lexists(self.workspace / path)

    # -- Acting

    def run_program(self, *args, env=None, stdin=None, timeout=60):
        """Runs the program in the workspace to its end. `stdin` is text; without it, none."""
        done = subprocess.run(
            _command(args),
            cwd=self.workspace,
            env=_environment(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        return Completed(done.returncode, done.stdout, done.stderr)

    def run(self, *args, **options):
        """unittest's own run(result); called with words, the program: self.run("plan", FILE)."""
        if args and isinstance(args[0], str):
            return self.run_program(*args, **options)
        return super().run(*args, **options)

    def start(self, *args, env=None, kill_points=None, stdout=PIPE, stderr=PIPE):
        """Starts the program and comes back at once; it is killed when the test is over."""
        process = subprocess.Popen(
            _command(args, kill_points),
            cwd=self.workspace,
            env=_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            encoding="utf-8",
            errors="surrogateescape",
            pass_fds=() if kill_points is None else (kill_points,),
        )
        self.addCleanup(_end, process)
        return process

    # -- Looking

    def runs(self):
        """The runs' names, oldest first: by when they were made, since names only tell seconds."""
        folder = self.workspace / ".stagerun" / "runs"
        made = sorted(folder.glob("*/children.lock"), key=lambda file: file.stat().st_mtime_ns)
        return [file.parent.name for file in made]

    def journal_path(self, run=None):
        return self.workspace / ".stagerun" / "runs" / (run or self.runs()[-1]) / "journal"

    def journal(self, run=None):
        """The events of a run, by default the last one's, as dicts."""
        return parse_journal(self.journal_path(run).read_bytes())

    def events(self, name, run=None, **members):
        """Those of one name that have these members."""
        return [
            event
            for event in self.journal(run)
            if event["event"] == name and members.items() <= event.items()
        ]

    def wait_until(self, holds, timeout=30, what="the condition"):
        """Asks `holds()` until it is true."""
        deadline = time.monotonic() + timeout
        while not holds():
            if time.monotonic() > deadline:
                self.fail(f"waited {timeout} s for {what}")
            time.sleep(0.01)


def _end(process):
    if process.poll() is None:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=10)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def is_running(pid):
    """True while the process runs; one that has ended and waits for its parent does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def finish(process, timeout=60):
    """Waits for a started program to end."""
    stdout, stderr = process.communicate(timeout=timeout)
    return Completed(process.returncode, stdout, stderr)


# -- Kill points ----------------------------------------------------------------------------------


class KillPoints:
    """Runs the program through its kill points, and kills it at one of them.

        points = KillPoints(case).count("run", "pipeline.toml", "--yes")
        KillPoints(case).kill_at(3, "run", "pipeline.toml", "--yes")

    Points count from 1. Only the host is killed, as by a crash of its own; its children live on.
    """

    def __init__(self, case, timeout=60):
        self._case = case
        self._timeout = timeout
        self.names = []  # of the points reached, in their order
        self.completed = None  # how the program ended

    def count(self, *args, env=None):
        """Lets every point pass. How many there were; `names` says which."""
        self._drive(args, env, lambda number: False)
        return len(self.names)

    def kill_at(self, number, *args, env=None):
        """Kills the host at that point. False where it ended before it came there."""
        self._drive(args, env, lambda reached: reached == number)
        return self.completed.status == -signal.SIGKILL and len(self.names) == number

    def _drive(self, args, env, is_deadly):
        self.names = []
        ours, theirs = socket.socketpair()
        # Files, not pipes: a full pipe would stop the program, and a child that outlives it would
        # keep one open.
        with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with theirs:
                process = self._case.start(
                    *args, env=env, kill_points=theirs.fileno(), stdout=out, stderr=err
                )
            self._answer(ours, process, is_deadly)
            process.wait(timeout=self._timeout)
            texts = [_text_of(file) for file in (out, err)]
        self.completed = Completed(process.returncode, *texts)

    def _answer(self, ours, process, is_deadly):
        deadline = time.monotonic() + self._timeout
        for name in _lines(ours, process, deadline):
            self.names.append(name)
            if is_deadly(len(self.names)):
                process.kill()
                return
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                ours.sendall(b"g")


def _lines(ours, process, deadline):
    """The lines that arrive until the other end closes or the process is dead.

    The death is watched too: a child that outlives the program may hold a copy of the other end.
    """
    pidfd = os.pidfd_open(process.pid)
    try:
        text = b""
        while True:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([ours, pidfd], [], [], max(left, 0))
            if not readable:
                raise TimeoutError("the program neither reaches a kill point nor ends")
            if ours not in readable:
                return
            chunk = ours.recv(4096)
            if not chunk:
                return
            text += chunk
            while b"\n" in text:
                line, _, text = text.partition(b"\n")
                yield line.decode("utf-8")
    finally:
        os.close(pidfd)


def _text_of(file):
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")


# Under sanitizers everything takes several times as long: there a walk takes a sample, the same one
# each time, of what it walks through in full where there is none.
SAMPLE = 8


def points_to_try(count):
    """The numbers of the kill points, 1 to `count`, or under sanitizers of a sample of them."""
    if not has_sanitizer():
        return list(range(1, count + 1))
    return sorted({*range(1, count + 1, SAMPLE), count})


# -- Output ---------------------------------------------------------------------------------------


def normalise(text, workspace=None):
    """Output with what differs from run to run taken out: paths, run names, times, pids."""
    if workspace is not None:
        text = text.replace(str(workspace), "WORKSPACE")
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"\b\d+ ms\b|\b\d+\.\d s\b|\b\d+ min \d+ s\b", "DURATION", text)
    return re.sub(r"\bpid \d+", "pid PID", text)

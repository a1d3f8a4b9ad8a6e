"""A plugin that tries to change the world in plan and in verify, each way by itself: it is told no,
and the world is as it was. The same ways work where they are allowed: those that ask the host in
apply, those around the host without the sandbox. So none is refused because it was misspelt.

The plugin is tests/fixtures/plugins/sneak.cc; what it does without asking stands in sneak_ways.cc.
"""

import ctypes
import dataclasses
import hashlib
import http.server
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from tests.support import stagerun

LIBC = ctypes.CDLL(None, use_errno=True)
IOPRIO_GET = {"x86_64": 252, "aarch64": 31}[platform.machine()]
LISTED = ["sh", "listed.sh"]  # the manifest's `reads` begins so
CHECK = "test -e data"  # what `with` holds at the place that `reads` names
DIGEST = hashlib.sha256(b"data\n").hexdigest()


@dataclasses.dataclass
class Way:
    """One way. `changes` is the part of the world that shows it where it is let through."""

    name: str
    config: dict
    told: str  # what the plugin is to hear
    changes: str = "tree"
    nowhere: bool = False  # it is refused in apply, too
    root_only: bool = False
    lacking: str = ""  # errors of systems that do not have it: there is nothing to compare with


def asking(name, kind, request, changes="tree", told="effect.write_in_{verb}", how="effect",
           **more):
    text = request if isinstance(request, str) else json.dumps({"purpose": "sneak", **request})
    return Way(name, {"how": how, "kind": kind, "request": text}, told, changes, **more)


def malformed(name, kind, request, told="effect.request"):
    """Of a form that the host takes in no verb: there is nothing to compare with."""
    return asking(name, kind, request, told=told, nowhere=True)


def process(name, told="effect.write_in_{verb}", **request):
    return asking(name, "process/1", request, told=told)


def web(name, method, **request):
    return asking(name, "http/1", {"method": method, "url": "URL", **request}, changes="server")


def file(name, **request):
    return asking(name, "file/1", request)


ASKING = [
    process("a program that is not among the reads", argv=["touch", "new"]),
    process("a shell's line that begins like a read", shell="sh listed.sh; touch new"),
    process("a shell of its own around a read", argv=["sh", "-c", "sh listed.sh; touch new"]),
    process("a line that begins like the check", shell=CHECK + "; touch new"),
    process("words that begin before the read does", argv=["env", *LISTED, "new"]),
    process("half of a read's words", argv=["sh", "./listed.sh", "new"]),
    process("a service", argv=["touch", "new"], leaves_running=True),
    process("a read as a service", argv=[*LISTED, "new"], leaves_running=True),
    asking("a checkpoint first", "process/1", {"argv": ["touch", "new"]}, how="checkpoint"),
    asking("the host's own socket", "process/1", {"argv": ["touch", "new"]}, how="wire",
           told="not heard"),
    malformed("a program beside a question", "process/1", {"alive": "s", "argv": ["touch", "new"]}),
    malformed("a line beside a read", "process/1", {"argv": LISTED, "shell": "touch new"}),
    malformed("an effect that is not in the manifest", "secret/1", {"op": "open", "env": "HOME"},
              told="effect.kind"),
    malformed("an effect that there is not", "process/2", {"argv": ["touch", "new"]},
              told="effect.kind"),
    web("POST", "POST", body="x"),
    web("PUT", "PUT", body="x"),
    web("PATCH", "PATCH", body="x"),
    web("DELETE", "DELETE"),
    web("OPTIONS", "OPTIONS"),
    web("POST that says that it only checks", "POST", probe=True),
    malformed("a header with a request in it", "http/1",
              {"url": "URL", "headers": {"X": "1\r\n\r\nPOST / HTTP/1.1"}}),
    malformed("post in lower case", "http/1", {"method": "post", "url": "URL"}),
    malformed("GET with a body", "http/1", {"url": "URL", "body": "x"}),
    file("file/1 write", write="new", text="x", if_digest="absent"),
    file("file/1 write over a file", write="data", text="x", if_digest=DIGEST),
    file("file/1 remove", remove="data", if_digest=DIGEST),
    file("file/1 rename", rename="data", to="new", if_digest=DIGEST),
    malformed("file/1 write beside a look", "file/1",
              {"look": "data", "write": "new", "text": "x", "if_digest": "absent"}),
    malformed("file/1 keep in the workspace", "file/1", {"keep": "data", "as": "../../../../new"}),
]


STOP = asking("stop", "process/1", {"stop": "service"})
READS = [
    process("a listed program", argv=LISTED),
    process("the check", shell=CHECK),
    asking("GET", "http/1", {"url": "URL"}),
    asking("look", "file/1", {"look": "data"}),
]


def around(how, told, changes="tree", at="new", to="", name=None, **more):
    return Way(name or how, {"how": how, "at": at, "to": to}, told, changes, **more)


def metadata(how):
    return around(how, "EPERM", at="data", lacking="ENOSYS ENOTTY EOPNOTSUPP")


AROUND = [
    around("create", "EACCES"),
    around("append", "EACCES", at="data"),
    around("open_truncated", "EACCES", at="data"),
    around("read_truncated", "EACCES", at="data"),
    around("truncate", "EACCES", at="data"),
    around("mkdir", "EACCES"),
    around("rmdir", "EACCES", at="empty"),
    around("unlink", "EACCES", at="data"),
    around("rename", "EACCES", at="data", to="new"),
    around("link", "EACCES", at="data", to="new"),
    around("symlink", "EACCES"),
    around("mkfifo", "EACCES"),
    around("make_socket", "EACCES"),
    around("chmod", "EPERM", at="data"),
    around("utimensat", "EPERM", at="data"),
    metadata("setxattr"),
    metadata("setxattrat"),
    metadata("set_flags"),
    metadata("set_extended_flags"),
    metadata("file_setattr"),
    around("connect", "EPERM", changes="server"),
    around("fork", "EPERM"),
    around("clone", "EPERM"),
    around("execve", "EPERM"),
    around("kill_parent", "EPERM", changes="parent"),
    around("parent_memory", "EACCES", changes="", root_only=True),
    around("parent_descriptor", "EACCES", changes="stderr"),
    around("stop", "EPERM", changes="victim"),
    around("stop_thread", "EPERM", changes="victim"),
    around("stop_by_descriptor", "EPERM", changes="victim"),
    around("renice", "EPERM", changes="victim"),
    around("make_idle", "EPERM", changes="victim"),
    around("make_idle_by_attributes", "EPERM", changes="victim"),
    around("calm", "EPERM", changes="victim"),
    around("shm_open", "EACCES", changes="shared", at="/SHARED"),
    around("shmget", "EPERM", changes="shared"),
    around("semget", "EPERM", changes="shared"),
    around("msgget", "EPERM", changes="shared"),
    around("mq_open", "EPERM", changes="shared", at="/SHARED", lacking="ENOSYS"),
    around("io_uring_setup", "EPERM", changes="", lacking="ENOSYS EPERM"),
    around("create", "EACCES", changes="outside", at="HOME/new", name="create in HOME"),
    around("create", "EACCES", changes="outside", at="TMP", name="create in /tmp"),
    around("create", "EACCES", changes="runs", at="RUNS/new", name="create among the runs"),
    around("append", "EACCES", changes="runs", at="RUNS/journal", name="append to a journal"),
    around("rename", "EACCES", changes="runs", at="RUNS/journal", to="RUNS/new",
           name="rename a journal"),
]


# -- The world ------------------------------------------------------------------------------------


def portrait(path):
    """All that is to be known of what is there: content, metadata, extended attributes."""
    info = os.lstat(path)
    content = ""
    if path.is_symlink():
        content = os.readlink(path)
    elif path.is_file():
        content = path.read_bytes()
    return (content, info.st_mode, info.st_uid, info.st_nlink, info.st_size, info.st_mtime_ns,
            info.st_ctime_ns, {name: os.getxattr(path, name, follow_symlinks=False)
                               for name in os.listxattr(path, follow_symlinks=False)})


def portraits(folder, but=()):
    return {str(path): portrait(path) for path in [folder, *sorted(folder.rglob("*"))]
            if not any(path.is_relative_to(other) for other in but)}


class Server:
    """Remembers what it was asked."""

    def __init__(self):
        self.requests = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle(self):
                requests.append("a connection")
                super().handle()

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def answer(self):
                requests.append(self.command)
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01],
                                        daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class World(stagerun.Case):
    """A workspace, a victim, a server and places outside: each way begins with new ones."""

    def arrange(self):
        self.workspace = pathlib.Path(tempfile.mkdtemp(prefix="stagerun-test-"))
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="stagerun-test-home-"))
        self.marker = pathlib.Path(tempfile.gettempdir()) / (self.workspace.name + "-marker")
        self.state = self.workspace / ".stagerun"
        self.runs_folder = self.state / "runs" / "earlier"
        self.write(".stagerun/runs/earlier/journal", "of an earlier run\n")
        self.write("data", "data\n")
        self.write("listed.sh", '[ -z "$1" ] || touch "$1"\n')
        self.write("pipeline.toml", "")
        (self.workspace / "empty").mkdir()
        self.victim = subprocess.Popen(["sleep", "1000"])
        self.server = Server()

    def leave(self):
        self.victim.kill()
        self.victim.wait()
        self.server.close()
        self.remove_shared()
        shutil.rmtree(self.workspace, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        self.marker.unlink(missing_ok=True)

    def shared_name(self):
        return "/" + self.workspace.name

    def shared(self):
        """What has a key or a name, and outlives its maker: which of it is there."""
        port = self.server.port
        queue = LIBC.mq_open(self.shared_name().encode(), os.O_RDONLY)
        if queue >= 0:
            os.close(queue)
        return {"memory": LIBC.shmget(port, 0, 0) >= 0, "semaphore": LIBC.semget(port, 0, 0) >= 0,
                "messages": LIBC.msgget(port, 0) >= 0, "queue": queue >= 0,
                "file": os.path.exists("/dev/shm" + self.shared_name())}

    def remove_shared(self):
        port = self.server.port
        LIBC.shmctl(LIBC.shmget(port, 0, 0), 0, None)  # 0: IPC_RMID
        LIBC.semctl(LIBC.semget(port, 0, 0), 0, 0)
        LIBC.msgctl(LIBC.msgget(port, 0), 0, None)
        LIBC.mq_unlink(self.shared_name().encode())
        LIBC.shm_unlink(self.shared_name().encode())

    def victim_now(self):
        pid = self.victim.pid
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()
        return {"stopped": stat[2] == "T", "gone": stat[2] in "ZX", "nice": stat[18],
                "processors": os.sched_getaffinity(pid), "policy": os.sched_getscheduler(pid),
                "io": LIBC.syscall(IOPRIO_GET, 1, pid)}

    def world(self):
        earlier = portraits(self.runs_folder)
        return {"tree": portraits(self.workspace, but=[self.state]), "runs": earlier,
                "outside": [portraits(self.home), self.marker.exists()],
                "victim": self.victim_now(), "server": list(self.server.requests),
                "shared": self.shared()}

    # -- Acting

    def put_in(self, text):
        places = {"URL": f"http://127.0.0.1:{self.server.port}/", "HOME": str(self.home),
                  "TMP": str(self.marker), "RUNS": str(self.runs_folder),
                  "SHARED": self.workspace.name}
        for place, real in places.items():
            text = text.replace(place, real)
        return text

    def config(self, way, verb):
        config = {key: self.put_in(value) for key, value in way.config.items()}
        for key in ("at", "to"):
            if config.get(key):
                config[key] = str(self.workspace / config[key])
        config.setdefault("at", str(self.workspace / "new"))
        return {**config, "in": verb, "check": CHECK, "pid": self.victim.pid,
                "port": self.server.port}

    def write_pipeline(self, config):
        keys = "\n".join(f"{key} = {json.dumps(value)}" for key, value in config.items())
        self.pipeline(f'name = "x"\n[[stage]]\nname = "s"\nuses = "sneak"\n[stage.with]\n{keys}\n')

    def plan(self, config):
        self.write_pipeline(config)
        before = self.world()
        done = self.run_program("plan", "pipeline.toml", "--format", "json",
                                env={"HOME": str(self.home)})
        self.assertEqual(0, done.status, done)
        (change,) = json.loads(done.stdout)["stages"][0]["changes"]
        return before, done, change["what"].removeprefix("found ")

    def run_it(self, config):
        self.write_pipeline(config)
        before = self.world()
        done = self.run_program("run", "pipeline.toml", "--yes", env={"HOME": str(self.home)})
        self.assertEqual(0, done.status, done)
        (ended,) = self.events("verb_ended", run=self.last_run(), verb=config["in"])
        return before, done, ended["outputs"]["found"]

    def last_run(self):
        (run,) = [run for run in self.runs() if run != "earlier"]
        return run

    def alone(self, config):
        """Without host and sandbox. Its parent is a shell, which says how it went."""
        program = pathlib.Path(os.environ["STAGERUN_TEST_PLUGIN_DIR"]) / "sneak_alone"
        words = [str(config[key]) for key in ("how", "at", "to", "pid", "port")]
        return subprocess.run(["sh", "-c", '"$0" "$@"; exit $?', program, *words],
                              cwd=self.workspace, stdin=subprocess.DEVNULL, capture_output=True,
                              encoding="utf-8", timeout=60, check=False)

    def each(self, ways, look):
        for way in ways:
            with self.subTest(way.name):
                self.arrange()
                try:
                    look(way)
                finally:
                    self.leave()


class RefusedTest(World):
    """Told no, and nothing is changed."""

    def in_plan(self, way):
        before, done, found = self.plan(self.config(way, "plan"))
        self.assertEqual((way.told.format(verb="plan"), before), (found, self.world()))
        self.assertNotIn("sneak\n", done.stderr)

    def in_verify(self, way):
        before, done, found = self.run_it(self.config(way, "verify"))
        self.assertEqual((way.told.format(verb="verify"), before), (found, self.world()))
        self.assertNotIn("sneak\n", done.stderr)

    def test_what_the_host_is_asked_for_in_plan(self):
        self.each(ASKING, self.in_plan)

    def test_what_the_host_is_asked_for_in_verify(self):
        self.each(ASKING, self.in_verify)

    def test_what_is_done_around_the_host_in_plan(self):
        self.each(AROUND, self.in_plan)

    def test_what_is_done_around_the_host_in_verify(self):
        self.each(AROUND, self.in_verify)


class WorkingTest(World):
    """The same ways where they are allowed."""

    def assert_changed(self, way, before):
        if way.changes in before:
            self.wait_until(lambda: self.world()[way.changes] != before[way.changes],
                            what=way.changes)

    def in_apply(self, way):
        before, _, found = self.run_it(self.config(way, "apply"))
        self.assertEqual("let through", found)
        self.assert_changed(way, before)

    def refused_in_apply(self, way):
        before, _, found = self.run_it(self.config(way, "apply"))
        self.assertEqual((way.told, before), (found, self.world()))

    def read_in_plan(self, way):
        self.assertEqual("let through", self.plan(self.config(way, "plan"))[2])

    def without_sandbox(self, way):
        if way.root_only and os.geteuid() != 0:
            return
        before = self.world()
        done = self.alone(self.config(way, "apply"))
        if way.changes == "parent":
            self.assertEqual(-signal.SIGKILL, done.returncode, done)
            return
        if done.stdout.strip() in way.lacking.split():
            return
        said = "" if way.config["how"] == "execve" else "ok\n"
        self.assertEqual(said, done.stdout, done)
        self.assertEqual("sneak\n" if way.changes == "stderr" else "", done.stderr)
        self.assert_changed(way, before)

    def test_what_the_host_is_asked_for_works_in_apply(self):
        self.each([way for way in ASKING if not way.nowhere], self.in_apply)

    def test_what_has_no_form_is_refused_in_apply_too(self):
        self.each([way for way in ASKING if way.nowhere], self.refused_in_apply)

    def test_reads_are_let_through_in_plan(self):
        self.each(READS, self.read_in_plan)

    def test_what_is_done_around_the_host_works_without_the_sandbox(self):
        self.each(AROUND, self.without_sandbox)


class ServiceTest(World):
    """A service that runs can only be stopped where writes are allowed."""

    def service_after(self, verb):
        self.arrange()
        self.addCleanup(self.leave)
        config = {**self.config(STOP, verb), "before": json.dumps(
            {"argv": ["sleep", "1000"], "leaves_running": True, "id": "service", "purpose": "it"})}
        found = self.run_it(config)[2]
        (started,) = self.events("process_started", run=self.last_run(), leaves_running=True)
        lives = stagerun.is_running(started["pid"])
        if lives:
            os.kill(started["pid"], signal.SIGKILL)
        return found, lives

    def test_it_is_not_stopped_in_verify(self):
        self.assertEqual(("effect.write_in_verify", True), self.service_after("verify"))

    def test_it_is_stopped_in_apply(self):
        self.assertEqual(("let through", False), self.service_after("apply"))

    def test_a_stop_is_refused_in_plan(self):
        self.arrange()
        self.addCleanup(self.leave)
        before, _, found = self.plan(self.config(STOP, "plan"))
        self.assertEqual(("effect.write_in_plan", before), (found, self.world()))


class TableTest(unittest.TestCase):
    def test_there_are_more_than_twenty_ways_each_with_a_name_of_its_own(self):
        names = [way.name for way in ASKING + AROUND]
        self.assertGreater(len(names), 60)
        self.assertEqual(len(names), len(set(names)))

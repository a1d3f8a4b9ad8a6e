"""taplo, which most editors know TOML by: its check, and its language server.

    errors = taplo.check(files, schema)
    with taplo.Editor(folder) as editor:
        editor.open(file, text)
        labels = [item["label"] for item in editor.complete(line, column)]

ci/bootstrap puts it into a cache folder. Nothing here asks the network for anything.
"""

import json
import os
import pathlib
import queue
import re
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).parent / "taplo"
TIMEOUT = 60


def modules():
    """Where its packages are."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    tools = pathlib.Path(cache) / "stagerun" / "npm"
    pinned = (HERE / "package-lock.json").read_bytes()
    installed = tools / "installed-lock.json"
    if not installed.exists() or installed.read_bytes() != pinned:
        raise AssertionError(f"taplo is not in {tools}, or is another one: run ci/bootstrap")
    return tools / "node_modules"


def check(files, schema=None):
    """{file: [(line, message), ...]} of the files that `taplo check` finds wrong, by name.

    Without `schema` it goes by each file's first line.
    """
    command = ["node", str(modules() / "@taplo" / "cli" / "dist" / "cli.js")]
    command += ["check", "--no-auto-config", "--colors", "never"]
    if schema is not None:
        command += ["--schema", pathlib.Path(schema).as_uri()]
    done = subprocess.run(
        [*command, *map(str, files)],
        capture_output=True,
        timeout=TIMEOUT,
        encoding="utf-8",
        check=False,
    )
    if f"found files total={len(files)} " not in done.stderr:
        raise AssertionError(f"taplo did not look at {len(files)} files:\n{done.stderr}")
    wrong = {}
    found = re.compile(r"^error: (.*?)\n +┌─ (.*?):(\d+):\d+$", re.MULTILINE | re.DOTALL)
    for message, file, line in found.findall(done.stderr):
        wrong.setdefault(file, []).append((int(line), message))
    failed = set(re.findall(r'invalid file error=.* path="(.*?)"', done.stderr))
    if failed != wrong.keys() or (done.returncode == 0) == bool(failed):
        raise AssertionError(f"taplo ended with {done.returncode}:\n{done.stderr}")
    return wrong


class Silence(AssertionError):
    """The server said nothing in time."""


class Editor:
    """An editor with a folder open, as far as the language server can tell."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)

    def __enter__(self):
        self._start()
        return self

    def __exit__(self, *_):
        self._stop()

    def _start(self):
        self._process = subprocess.Popen(
            ["node", str(HERE / "server.js"), str(modules())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._messages = queue.Queue()
        self._log = []
        self._number = 0
        self._uri = None
        self._schemas = set()
        self._problems = {}
        self._readers = [
            threading.Thread(target=read, args=(self._process, into), daemon=True)
            for read, into in ((self._read, self._messages), (self._read_log, self._log))
        ]
        for reader in self._readers:
            reader.start()
        root = self._folder.as_uri()
        folders = [{"uri": root, "name": "pipelines"}]
        self.capabilities = self._ask(
            "initialize",
            {"processId": None, "rootUri": root, "capabilities": {}, "workspaceFolders": folders},
        )["capabilities"]
        self._tell("initialized", {})

    def _stop(self):
        self._process.kill()
        self._process.wait(timeout=10)
        for reader in self._readers:
            reader.join(timeout=10)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            stream.close()

    def open(self, file, text):
        """Opens a file and waits until the server knows which schema it goes by. Now and then one
        that has just started never finds out; then another is started, as editors do."""
        for patience in (5, 10, TIMEOUT):
            self._uri = pathlib.Path(file).as_uri()
            document = {"uri": self._uri, "languageId": "toml", "version": 1, "text": text}
            self._tell("textDocument/didOpen", {"textDocument": document})
            try:
                return self._wait(lambda: self._uri in self._schemas, timeout=patience)
            except Silence:
                self._stop()
                self._start()
        raise AssertionError("three servers found no schema")

    def complete(self, line, column):
        """What is offered there; lines and columns count from 0."""
        place = {
            "textDocument": {"uri": self._uri},
            "position": {"line": line, "character": column},
        }
        return self._ask("textDocument/completion", place) or []

    def hover(self, line, column):
        place = {
            "textDocument": {"uri": self._uri},
            "position": {"line": line, "character": column},
        }
        shown = self._ask("textDocument/hover", place)
        return shown["contents"]["value"] if shown else ""

    def problems(self):
        """The problems shown, once there are any: (line from 0, message)."""
        self._wait(lambda: self._problems.get(self._uri))
        return sorted(
            (each["range"]["start"]["line"], each["message"]) for each in self._problems[self._uri]
        )

    # -- The wire

    def _send(self, message):
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def _tell(self, method, params):
        self._send({"method": method, "params": params})

    def _ask(self, method, params):
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        answers = []
        self._wait(lambda: answers, lambda message: self._is_answer(message, number, answers))
        if "error" in answers[0]:
            raise AssertionError(f"{method}: {answers[0]['error']}")
        return answers[0]["result"]

    @staticmethod
    def _is_answer(message, number, answers):
        if message.get("id") == number and "method" not in message:
            answers.append(message)

    def _wait(self, holds, look=lambda message: None, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while not holds():
            try:
                message = self._messages.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                raise Silence(f"taplo does not answer:\n{''.join(self._log)}") from None
            if message is None:
                raise AssertionError(f"taplo ended:\n{''.join(self._log)}")
            self._note(message)
            look(message)

    def _note(self, message):
        method, params = message.get("method"), message.get("params")
        if method == "textDocument/publishDiagnostics":
            self._problems[params["uri"]] = params["diagnostics"]
        elif method == "taplo/didChangeSchemaAssociation" and params.get("schemaUri"):
            self._schemas.add(params["documentUri"])
        elif method == "workspace/configuration":
            self._send({"id": message["id"], "result": [{} for _ in params["items"]]})

    @staticmethod
    def _read(process, messages):
        for line in process.stdout:
            messages.put(json.loads(line))
        messages.put(None)

    @staticmethod
    def _read_log(process, log):
        log.extend(process.stderr)

"""http.check and http.request against a real server: what they see, what they send, and what a
crash or a failure later in the run leaves behind."""

import collections
import contextlib
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from tests.support import stagerun


class Server:
    """A server on a free port of the loopback. `routes`: "METHOD /path" to what answers it, a
    function of the request that returns (status, headers, body). Records what was asked."""

    def __init__(self, case, port=0, tls=None):
        self.routes = {}
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode("utf-8")
                path, _, query = self.path.partition("?")
                asked = Asked(self.command, path, query, dict(self.headers), body)
                outer.requests.append(asked)
                route = outer.routes.get(f"{asked.method} {path}")
                status, headers, text = route(asked) if route else (404, {}, "nothing here")
                if status is None:  # the connection is cut without an answer
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                data = text.encode("utf-8") if isinstance(text, str) else text
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that was killed

        self._server = Quiet(("127.0.0.1", port), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        case.addCleanup(self.stop)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, route, body="", status=200, headers=None):
        """Answers always the same; an object is sent as JSON."""
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        self.routes[route] = lambda asked: (status, headers or {}, text)

    def asked(self, method, path=None):
        return [
            asked
            for asked in self.requests
            if asked.method == method and path in (None, asked.path)
        ]


Asked = collections.namedtuple("Asked", "method path query headers body")


def in_turn(*answers):
    """Each answer once, the last one for ever."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


def toml(value):
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        members = ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return f"{{ {members} }}"
    if isinstance(value, list):
        return f"[{', '.join(toml(item) for item in value)}]"
    return json.dumps(value)


def stage(name, uses, options=None, **with_keys):
    lines = [f'[[stage]]\nname = "{name}"\nuses = "{uses}"']
    lines += [f"{key} = {toml(value)}" for key, value in (options or {}).items()]
    lines.append("[stage.with]")
    lines += [f"{key} = {toml(value)}" for key, value in with_keys.items()]
    return "\n".join(lines) + "\n"


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Case(stagerun.Case):
    def setUp(self):
        super().setUp()
        self.server = Server(self)

    def run_stages(self, *stages, **options):
        self.pipeline('name = "x"\n' + "".join(stages))
        return self.run_program("run", "pipeline.toml", "--yes", **options)

    def assert_status(self, status, done):
        self.assertEqual(status, done.status, done)


class CheckTest(Case):
    def check(self, path="/", options=None, **with_keys):
        return self.run_stages(
            stage("c", "http.check", options, url=self.server.url + path, **with_keys)
        )

    def assert_right(self, **with_keys):
        self.assert_status(0, self.check(**with_keys))

    def assert_wrong(self, *texts, **with_keys):
        done = self.check(**with_keys)
        self.assert_status(3, done)
        for text in texts:
            self.assertIn(text, done.stdout + done.stderr)

    def test_statuses_are_numbers_classes_ranges_or_lists_of_them(self):
        self.server.on("GET /", status=204)
        for right in (204, "204", "2xx", "200-299", [500, "2xx"], ["100-204"]):
            self.assert_right(status=right)
        for wrong in (200, "3xx", "205-299", [404, "5xx"]):
            self.assert_wrong("it answered 204", status=wrong)
        self.assert_wrong("it answered 204")

    def test_a_status_that_must_not_be_leaves_all_others(self):
        self.server.on("POST /hook", status=400)
        hook = {"path": "/hook", "method": "POST", "json": {"type": "ping"}}
        self.assert_right(not_status=404, **hook)
        self.assert_right(status=[400, 405], not_status=404, **hook)
        self.assert_wrong("it answered 400", not_status="4xx", **hook)
        self.assert_wrong("it answered 404", path="/gone", not_status=404)

    def test_a_post_that_only_checks_is_no_write(self):
        self.server.on("POST /hook", status=405)
        self.assert_right(path="/hook", method="POST", body="no signature", status=[400, 405])
        (asked,) = self.server.requests
        self.assertEqual("no signature", asked.body)
        (intent,) = self.events("effect_intended")
        self.assertEqual("read", intent["access"])

    def test_headers_are_sent_and_looked_at(self):
        self.server.on("GET /", headers={"X-Mode": "live", "X-Age": "40"})
        self.assert_right(headers={"Accept": "text/plain"}, expect_headers={"x-mode": "live"})
        self.assertEqual("text/plain", self.server.requests[0].headers["Accept"])
        self.assert_right(expect_headers={"X-Mode": {"matches": "^li"}, "X-Age": {"at_most": 60}})
        self.assert_right(expect_headers={"X-Age": 40, "X-None": {"exists": False}})
        self.assert_wrong('x-mode is "live", not "test"', expect_headers={"x-mode": "test"})
        self.assert_wrong("X-None is not there", expect_headers={"X-None": "a"})
        self.assert_wrong("more than 30", expect_headers={"X-Age": {"at_most": 30}})

    def test_json_is_compared_by_value_and_type(self):
        self.server.on("GET /", {"a": {"b": [1, "x", None]}, "n": 2.5, "t": True, "s": "5",
                                 "o": {"p": 1, "q": 2}, "k/~": "odd"})
        right = {"/a/b/0": 1, "/a/b/1": "x", "/t": True, "/n": 2.50, "/k~1~0": "odd",
                 "/o": {"equals": {"q": 2, "p": 1.0}}, "/a/b": {"length": 3},
                 "/s": {"matches": "^[0-9]$"}, "/z": {"exists": False}, "/a": {"exists": True}}
        self.assert_right(expect_json=right)
        self.assert_right(expect_json={"/n": {"at_least": 2.5, "at_most": 3}})
        for place, wanted, fault in (
            ("/s", 5, '/s is "5", not 5'),
            ("/a/b/0", "1", '/a/b/0 is 1, not "1"'),
            ("/a/b/9", 1, "/a/b/9 is not there"),
            ("/a/b", {"length": 2}, "/a/b has the length 3, not 2"),
            ("/n", {"at_least": 3}, "/n is 2.5, less than 3"),
            ("/s", {"at_most": 9}, "which is no number"),
            ("/t", {"exists": False}, "/t is there"),
            ("/s", {"matches": "x"}, "which `x` does not match"),
            ("/o", {"equals": {"p": 1}}, "/o is"),
        ):
            with self.subTest(place=place, wanted=wanted):
                self.assert_wrong(fault, expect_json={place: wanted})

    def test_what_is_no_json_is_said_to_be_none(self):
        self.server.on("GET /", "<html>")
        self.assert_wrong("its answer is not JSON", "<html>", expect_json={"/a": 1})

    def test_text_is_contained_or_matches(self):
        self.server.on("GET /", "all is well\nbuild 1.4.2")
        self.assert_right(contains="is well", body_regex="build [0-9.]+$")
        self.assert_wrong("does not contain `ill`", "its body begins: all is well", contains="ill")
        self.assert_wrong("does not match `^build", body_regex="^build")

    def test_a_hostile_body_is_neither_searched_for_ever_nor_printed(self):
        self.server.on("GET /", "a" * 1_000_000 + "\x1b[2Jb")
        before = time.monotonic()
        self.assert_wrong("in its first 64 KiB", body_regex="(a+)+b")
        self.assertLess(time.monotonic() - before, 30)
        self.server.on("GET /", "\x1b[2J\x00\x07red" + "x" * 500)
        done = self.check(contains="green")
        self.assertIn("?[2J??red" + "x" * 150, done.stdout + done.stderr)
        self.assertNotIn("x" * 200, done.stdout + done.stderr)
        self.assertNotIn("\x1b[2J", done.stdout + done.stderr)

    def test_slow_answers_are_wrong_where_latency_counts(self):
        def slow(_):
            time.sleep(0.3)
            return 200, {}, ""

        self.server.routes["GET /"] = slow
        self.assert_right(max_latency="5s")
        self.assert_wrong("and 100 ms are the most", max_latency="100ms")

    def test_the_new_version_is_proven_by_json_or_header(self):
        self.server.on("GET /", {"version": "1.4"}, headers={"X-Version": "1.4"})
        self.assert_right(version={"json": "/version", "equals": "1.4"})
        self.assertEqual("1.4", self.outputs()["version"])
        self.assert_right(version={"header": "x-version", "matches": "^1[.]"})
        self.assert_wrong('its version is "1.4", not "1.5"',
                          version={"json": "/version", "equals": "1.5"})
        self.assert_wrong("its version is not there", version={"header": "X-No", "equals": "1"})

    def outputs(self):
        (applied,) = self.events("verb_ended", verb="apply")
        return applied["outputs"]

    def test_one_right_answer_during_a_rolling_deploy_is_not_enough(self):
        old, new = (200, {}, '{"v": 1}'), (200, {}, '{"v": 2}')
        self.server.routes["GET /"] = in_turn(old, new, new, old, new, new, new, old)
        self.assert_right(expect_json={"/v": 2}, successes=3, within="20s", every="10ms")
        self.assertEqual(7, self.outputs()["attempts"])
        self.assertEqual(7, len(self.server.requests))

    def test_too_few_in_a_row_are_told_with_what_went_wrong_before(self):
        bad, good = (503, {}, ""), (200, {}, "")
        self.server.routes["GET /"] = in_turn(*[bad, good] * 2000)
        self.assert_wrong("of them wrong", successes=2,
                          within="500ms", every="20ms")
        self.server.routes["GET /"] = in_turn(good, bad)
        self.assert_wrong("it answered 503 (the last of 2 tries, 1 of them wrong)", successes=2,
                          every="1ms")

    def test_a_service_that_comes_up_later_is_waited_for(self):
        port = free_port()
        late = []
        timer = threading.Timer(0.7, lambda: late.append(Server(self, port=port)))
        timer.start()
        self.addCleanup(timer.join)
        done = self.run_stages(
            stage("c", "http.check", url=f"http://127.0.0.1:{port}/", status=404, within="30s",
                  every="100ms")
        )
        self.assert_status(0, done)
        self.assertGreater(self.outputs()["attempts"], 1)

    def test_a_service_that_never_comes_up_is_told_as_such(self):
        done = self.run_stages(
            stage("c", "http.check", url=f"http://127.0.0.1:{free_port()}/", within="300ms",
                  every="50ms")
        )
        self.assert_status(3, done)
        self.assertRegex(done.stdout + done.stderr, r"the last of \d+ tries, \d+ of them wrong")

    def test_redirects_are_answers_unless_they_are_followed(self):
        self.server.on("GET /old", status=301, headers={"Location": "/new"})
        self.server.on("GET /new", "here")
        self.assert_wrong("it answered 301", path="/old")
        self.assert_right(path="/old", status=301, expect_headers={"location": "/new"})
        self.assert_right(path="/old", redirects=1, contains="here")

    def test_outputs_are_taken_from_the_answer_with_their_types(self):
        self.server.on("GET /", {"build": {"id": 7, "tag": "v7"}, "ok": True})
        check = stage("c", "http.check", url=self.server.url + "/", outputs={
            "id": {"json": "/build/id", "type": "integer"}, "tag": {"json": "/build/tag"}})
        show = stage("s", "exec", run=["echo", "${{ stages.c.outputs.id }} "
                                       "${{ stages.c.outputs.tag }}"], changes=False)
        done = self.run_stages(check, show)
        self.assert_status(0, done)
        self.assertIn("7 v7", done.stdout + done.stderr)
        self.assert_wrong("declared as string, and /build/id is a number",
                          outputs={"a": {"json": "/build/id"}})
        self.assert_wrong("has no /x for the output", outputs={"a": {"json": "/x"}})

    def test_an_output_that_is_not_declared_is_unknown_before_the_run(self):
        check = stage("c", "http.check", url=self.server.url, outputs={"id": {"json": "/i"}})
        done = self.run_stages(check, stage("s", "exec", run=["${{ stages.c.outputs.di }}"],
                                            changes=False))
        self.assert_status(2, done)
        self.assertIn("id", done.stderr)
        self.assertEqual([], self.server.requests)

    def test_everything_wrong_is_told_at_once_before_anything_is_asked(self):
        done = self.check(method="get", status="20x", not_status=[99], expect_json={"a": 1},
                          expect_headers={"X": {"like": 1}}, body_regex="(", max_latency="fast",
                          version={"equals": "1"}, within="soon", json=1, tls_days_left=3)
        self.assert_status(2, done)
        for text in ("`get` is no method", "`\"20x\"` is no status", "`[99]` is no status",
                     "`a` is no JSON pointer", "it cannot be compared with that",
                     "`fast` is not a duration", "where the version stands is not clear",
                     "`soon` is not a duration", "over http:// there is no certificate"):
            self.assertIn(text, done.stderr)
        self.assertEqual([], self.server.requests)

    def test_plan_says_what_it_would_look_at_and_asks_nothing(self):
        self.pipeline('name = "x"\n' + stage(
            "c", "http.check", url=self.server.url + "/health", status="2xx", successes=3,
            within="1m"))
        done = self.run_program("plan", "pipeline.toml")
        self.assert_status(0, done)
        self.assertEqual([], self.server.requests)


class TlsTest(stagerun.Case):
    def setUp(self):
        super().setUp()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=self.workspace, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.workspace / "cert.pem", self.workspace / "key.pem")
        self.server = Server(self, tls=context)
        self.server.on("GET /", "secure")

    def check(self, **with_keys):
        self.pipeline('name = "x"\n' + stage("c", "http.check", url=self.server.url + "/",
                                             **with_keys))
        return self.run_program("run", "pipeline.toml", "--yes")

    def test_a_certificate_that_nobody_vouches_for_is_wrong(self):
        self.assertEqual(3, self.check().status)
        done = self.check(ca_file="cert.pem")
        self.assertEqual(0, done.status, done)

    def test_the_days_that_a_certificate_is_still_valid_are_counted(self):
        done = self.check(ca_file="cert.pem", tls_days_left=20)
        self.assertEqual(0, done.status, done)
        done = self.check(ca_file="cert.pem", tls_days_left=60)
        self.assertEqual(3, done.status, done)
        self.assertRegex(done.stdout + done.stderr, r"valid for (29|30) more days, and 60 are")


class Flags:
    """A service with feature flags behind a login, as a server's routes."""

    def __init__(self, server):
        self.enabled = False
        self.tokens = 0
        self.before_answer = lambda: None  # called when a flag was flipped, before that is said
        server.routes["POST /login"] = self.login
        server.routes["GET /flags/new ui"] = server.routes["GET /flags/new%20ui"] = self.get
        server.routes["PUT /flags/new%20ui"] = self.put

    def login(self, asked):
        if urllib.parse.parse_qs(asked.body) != {"user": ["ops & co"], "role": ["admin"]}:
            return 401, {}, ""
        self.tokens += 1
        return 200, {}, json.dumps({"auth": {"access_token": f"token-{self.tokens}-secret"}})

    def get(self, _):
        return 200, {"ETag": f'"{self.enabled}"'}, json.dumps({"enabled": self.enabled})

    def put(self, asked):
        if not asked.headers.get("Authorization", "").startswith("Bearer token-"):
            return 401, {}, ""
        if asked.headers.get("If-Match", f'"{self.enabled}"') != f'"{self.enabled}"':
            return 412, {}, ""
        self.enabled = json.loads(asked.body)["enabled"]
        self.before_answer()
        return 200, {}, "{}"


FAILS = stage("fails", "exec", {"acknowledge_irreversible": True}, run=["false"])


class FlagTest(Case):
    """Login, look at the flag, flip it; and back where a later stage fails."""

    def setUp(self):
        super().setUp()
        self.flags = Flags(self.server)
        self.url = self.server.url + "/flags/new%20ui"

    def login(self):
        return {"name": "login", "method": "POST", "url": self.server.url + "/login",
                "form": {"user": "ops & co", "role": "admin"}, "probe": True,
                "capture": {"token": "/auth/access_token"}}

    def put(self, enabled, **members):
        return {"name": "flip", "method": "PUT", "url": self.url, "json": {"enabled": enabled},
                "headers": {"Authorization": "Bearer $(token)"}, **members}

    def flag(self, **changed):
        chains = {
            "record": [{"url": self.url, "take": {"was": "/enabled", "etag": "header:ETag"}}],
            "run": [self.login(), self.put(True, take={"answer": ""})],
            "check": [{"url": self.url, "expect": {"json": {"/enabled": True}}}],
            "undo": [self.login(), self.put("$(was)")],
        }
        return stage("flag", "http.request", **{**chains, **changed})

    def kill_when_flipped(self, *stages):
        """The host dies between the server's doing it and its saying so."""
        self.pipeline('name = "x"\n' + "".join(stages))
        host = self.start("run", "pipeline.toml", "--yes")

        def kill():
            host.kill()
            host.wait()

        self.flags.before_answer = kill
        self.wait_until(lambda: host.poll() is not None)
        self.flags.before_answer = lambda: None

    def test_a_flag_is_flipped_behind_a_login(self):
        done = self.run_stages(self.flag())
        self.assert_status(0, done)
        self.assertTrue(self.flags.enabled)
        (put,) = self.server.asked("PUT")
        self.assertEqual("Bearer token-1-secret", put.headers["Authorization"])
        self.assertEqual("application/json", put.headers["Content-Type"])

    def test_a_later_failure_puts_the_flag_back_to_what_it_was(self):
        for was in (False, True):
            with self.subTest(was=was):
                self.flags.enabled = was
                self.assert_status(7, self.run_stages(self.flag(), FAILS))
                self.assertEqual(was, self.flags.enabled)

    def test_no_secret_body_or_header_is_left_anywhere(self):
        self.run_stages(self.flag(), FAILS)
        for file in self.workspace.rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                self.assertNotIn(b"token-1-secret", data, file)
                self.assertNotIn(b"token-2-secret", data, file)

    def test_the_flag_is_changed_only_after_it_was_recorded(self):
        self.run_stages(self.flag())
        kinds = [event["event"] for event in self.journal()
                 if event["event"] == "checkpoint_saved" or event.get("access") == "write"]
        self.assertEqual(["checkpoint_saved", "effect_intended", "checkpoint_saved"], kinds)

    def test_a_check_that_does_not_hold_takes_it_back(self):
        wrong = [{"url": self.url, "expect": {"json": {"/enabled": "maybe"}}}]
        done = self.run_stages(self.flag(check=wrong))
        self.assert_status(6, done)
        self.assertIn('/enabled is true, not "maybe"', done.stderr)
        self.assertFalse(self.flags.enabled)

    def test_a_check_may_have_time(self):
        self.server.routes["GET /slow"] = in_turn(*[(200, {}, "0")] * 3, (200, {}, "1"))
        slow = [{"url": self.server.url + "/slow", "within": "10s", "every": "10ms",
                 "expect": {"json": {"": 1}}}]
        self.assert_status(0, self.run_stages(self.flag(check=slow)))
        self.assertEqual(4, len(self.server.asked("GET", "/slow")))

    def test_a_check_may_log_in(self):
        check = [self.login(), {"url": self.url, "expect": {"json": {"/enabled": True}}}]
        self.assert_status(0, self.run_stages(self.flag(check=check)))
        self.assertEqual(2, self.flags.tokens)

    def test_killed_after_the_write_resume_asks_and_does_nothing_twice(self):
        self.kill_when_flipped(self.flag())
        done = self.run_program("resume")
        self.assert_status(0, done)
        self.assertEqual(1, len(self.server.asked("PUT")))
        self.assertTrue(self.flags.enabled)

    def test_killed_after_the_write_a_check_behind_a_login_settles_it(self):
        check = [self.login(), {"url": self.url, "expect": {"json": {"/enabled": True}}}]
        self.kill_when_flipped(self.flag(check=check))
        self.assert_status(0, self.run_program("resume"))
        self.assertEqual(1, len(self.server.asked("PUT")))

    def test_killed_and_not_done_after_all_it_is_sent_again(self):
        self.kill_when_flipped(self.flag())
        self.flags.enabled = False
        self.assert_status(0, self.run_program("resume"))
        self.assertEqual(2, len(self.server.asked("PUT")))
        self.assertTrue(self.flags.enabled)

    def test_killed_without_a_check_a_person_must_look(self):
        without = self.flag().replace("check = ", "# check = ")
        self.kill_when_flipped(without)
        self.assert_status(9, self.run_program("resume"))
        self.assertEqual(1, len(self.server.asked("PUT")))
        self.assert_status(0, self.run_program("rollback"))
        self.assertFalse(self.flags.enabled)

    def test_killed_where_the_server_knows_the_key_it_is_sent_again_with_the_same(self):
        without = self.flag(idempotency_header="Idempotency-Key").replace("check = ", "# check = ")
        self.kill_when_flipped(without)
        self.assert_status(0, self.run_program("resume"))
        first, second = (put.headers["Idempotency-Key"] for put in self.server.asked("PUT"))
        self.assertEqual(first, second)
        self.assertIn("/flag/run.flip", first)

    def test_a_lost_answer_is_settled_by_the_check(self):
        put = self.server.routes["PUT /flags/new%20ui"]

        def cut(asked):
            put(asked)
            return None, {}, ""

        self.server.routes["PUT /flags/new%20ui"] = in_turn_calls(cut, put)
        self.assert_status(0, self.run_stages(self.flag()))
        self.assertEqual(1, len(self.server.asked("PUT")))

    def test_a_guard_leaves_alone_what_somebody_else_has_changed(self):
        undo = [{"url": self.url, "guard": True, "expect": {"json": {"/enabled": True}}},
                self.login(), self.put("$(was)")]
        self.server.routes["POST /sabotage"] = lambda _: self.sabotage()
        sabotage = stage("other", "http.request", changes=False, run=[
            {"method": "POST", "url": self.server.url + "/sabotage", "probe": True}])
        done = self.run_stages(self.flag(undo=undo), sabotage)
        self.assert_status(8, done)
        self.assertEqual("by hand", self.flags.enabled)

    def sabotage(self):
        self.flags.enabled = "by hand"
        return 400, {}, ""

    def test_a_precondition_that_fails_is_a_conflict(self):
        headers = {"Authorization": "Bearer $(token)", "If-Match": '"stale"'}
        done = self.run_stages(self.flag(run=[self.login(), self.put(True, headers=headers)]))
        self.assert_status(8, done)
        self.assertFalse(self.flags.enabled)


def in_turn_calls(*routes):
    left = list(routes)
    return lambda asked: (left.pop(0) if len(left) > 1 else left[0])(asked)


class RequestTest(Case):
    def request(self, options=None, **with_keys):
        return stage("r", "http.request", options, **with_keys)

    def go(self, *stages, **with_keys):
        return self.run_stages(
            self.request({"acknowledge_irreversible": True}, **with_keys), *stages)

    def to(self, method, path, **members):
        return {"method": method, "url": self.server.url + path, **members}

    def test_values_travel_from_answer_to_request_with_their_types(self):
        self.server.on("POST /things", {"id": 7, "tags": ["a"], "name": "x/y?z"}, status=201,
                       headers={"Location": "/things/7"})
        self.server.on("PUT /things/x%2Fy%3Fz/7")
        done = self.go(run=[
            self.to("POST", "/things", take={"id": "/id", "all": "", "tags": "/tags",
                                             "name": "/name", "where": "header:Location"}),
            self.to("PUT", "/things/$(name)/$(id)", json={
                "id": "$(id)", "text": "no. $(id)", "tags": ["$(tags)", 1], "$(id)": "$$(id)",
                "where": "$(where)", "price": "$5 ($(id))"}),
        ])
        self.assert_status(0, done)
        (put,) = self.server.asked("PUT")
        self.assertEqual({"id": 7, "text": "no. 7", "tags": [["a"], 1], "$(id)": "$(id)",
                          "where": "/things/7", "price": "$5 (7)"}, json.loads(put.body))

    def test_outputs_are_what_was_taken(self):
        self.server.on("POST /things", {"id": 7})
        show = stage("s", "exec", run=["echo", "id=${{ stages.r.outputs.id }}"], changes=False)
        done = self.go(show, run=[self.to("POST", "/things", take={"id": "/id"})],
                       outputs={"id": "integer"})
        self.assert_status(0, done)
        self.assertIn("id=7", done.stdout + done.stderr)

    def test_without_an_undo_it_must_be_acknowledged(self):
        self.server.on("POST /n")
        done = self.run_stages(self.request(run=[self.to("POST", "/n")]))
        self.assert_status(2, done)
        self.assertIn("could not be undone", done.stderr)
        self.assertEqual([], self.server.requests)

    def test_what_only_asks_needs_no_undo_and_no_baseline(self):
        self.server.on("POST /query", {"n": 1})
        done = self.run_stages(self.request(
            changes=False, run=[self.to("POST", "/query", json={}, probe=True, take={"n": "/n"}),
                                self.to("GET", "/$(n)", expect={"status": 404})]))
        self.assert_status(0, done)
        self.assertEqual([], self.events("effect_intended", access="write"))

    def test_a_server_that_says_no_fails_without_an_undo(self):
        self.server.on("POST /n", status=403)
        self.server.on("DELETE /n")
        done = self.run_stages(self.request(run=[self.to("POST", "/n")],
                                            undo=[self.to("DELETE", "/n")]))
        self.assert_status(6, done)
        self.assertIn("it answered 403", done.stderr)
        self.assertEqual([], self.server.asked("DELETE"))

    def statuses(self):
        return [event["status"] for event in self.events("verb_ended", verb="apply")]

    def test_what_may_have_happened_and_what_cannot_have_are_told_apart(self):
        for status, ending in ((400, "failed"), (500, "unknown"), (502, "unknown"),
                               (503, "retry"), (429, "retry"), (412, "conflict")):
            with self.subTest(status):
                self.server.on("POST /n", status=status)
                self.go(run=[self.to("POST", "/n")])
                self.assertEqual([ending], self.statuses())
        self.run_stages(self.request({"acknowledge_irreversible": True}, run=[
            {"method": "POST", "url": f"http://127.0.0.1:{free_port()}/"}]))
        self.assertEqual(["retry"], self.statuses())

    def test_a_timeout_of_a_write_may_have_happened(self):
        def slow(_):
            time.sleep(1)
            return 200, {}, ""

        self.server.routes["POST /n"] = slow
        self.go(run=[self.to("POST", "/n", timeout="200ms")])
        self.assertEqual(["unknown"], self.statuses())

    def test_what_was_made_before_a_failure_is_taken_back_and_the_rest_left_out(self):
        self.server.on("POST /a", {"id": 1})
        self.server.on("POST /b", {"id": 2}, status=422)
        self.server.on("DELETE /a/1", status=204)
        done = self.run_stages(self.request(
            run=[self.to("POST", "/a", take={"a": "/id"}),
                 self.to("POST", "/b", take={"b": "/id"})],
            undo=[self.to("DELETE", "/b/$(b)"), self.to("DELETE", "/a/$(a)")]))
        self.assert_status(6, done)
        self.assertEqual(["/a/1"], [asked.path for asked in self.server.asked("DELETE")])

    def test_what_may_have_been_made_and_cannot_be_named_needs_a_person(self):
        self.server.on("POST /a", {"id": 1})
        self.server.routes["POST /b"] = lambda _: (None, {}, "")
        self.server.on("DELETE /a/1", status=204)
        done = self.run_stages(self.request(
            run=[self.to("POST", "/a", take={"a": "/id"}),
                 self.to("POST", "/b", take={"b": "/id"})],
            undo=[self.to("DELETE", "/b/$(b)"), self.to("DELETE", "/a/$(a)")]))
        self.assert_status(9, done)
        self.assertIn("what $(b) stands for is lost", done.stderr)
        self.assertEqual(["/a/1"], [asked.path for asked in self.server.asked("DELETE")])

    def test_killed_between_two_writes_only_the_second_is_sent_by_resume(self):
        hosts = []

        def second(_):
            if hosts:
                host = hosts.pop()
                host.kill()
                host.wait()
            return 200, {}, "{}"

        self.server.on("POST /a", {"id": 1})
        self.server.routes["GET /wait"] = second
        self.server.on("POST /b/1")
        self.pipeline('name = "x"\n' + self.request({"acknowledge_irreversible": True}, run=[
            self.to("POST", "/a", take={"a": "/id"}), self.to("GET", "/wait"),
            self.to("POST", "/b/$(a)")]))
        host = self.start("run", "pipeline.toml", "--yes")
        hosts.append(host)
        self.wait_until(lambda: host.poll() is not None)
        self.assert_status(0, self.run_program("resume"))
        self.assertEqual(1, len(self.server.asked("POST", "/a")))
        self.assertEqual(1, len(self.server.asked("POST", "/b/1")))

    def test_a_rollback_that_was_killed_takes_back_the_rest(self):
        self.server.on("POST /a")
        self.server.on("DELETE /2")
        self.server.routes["DELETE /1"] = in_turn((500, {}, ""), (200, {}, ""))
        self.assert_status(7, self.run_stages(self.request(
            run=[self.to("POST", "/a")],
            undo=[self.to("DELETE", "/2"), self.to("DELETE", "/1")]), FAILS))
        self.assert_status(7, self.run_program("rollback"))  # FAILS stands
        self.assertEqual(1, len(self.server.asked("DELETE", "/2")))
        self.assertEqual(2, len(self.server.asked("DELETE", "/1")))

    def test_a_host_that_no_request_names_is_not_reached_by_a_redirect(self):
        other = Server(self)
        other.on("POST /n")
        self.server.on("POST /n", status=307, headers={"Location": other.url + "/n"})
        self.go(run=[self.to("POST", "/n", redirects=3)])
        self.assertEqual([], other.requests)

    def test_everything_wrong_is_told_at_once_before_anything_is_asked(self):
        done = self.go(
            record=[self.to("DELETE", "/")],
            check=[self.to("POST", "/")],
            run=[self.to("GET", "/", json={"a": 1}, name="one"),
                 self.to("PUT", "/$(nobody)", name="one", guard=True, within="1s",
                         expect={"json": {"x": 1}}),
                 {"method": "PUT", "url": "http://$(host)/"},
                 self.to("PUT", "/", take={"a": "id"}, body="", form={})],
            outputs={"z": "string"})
        self.assert_status(2, done)
        for text in ("`record` only asks", "`check` only asks", "GET sends no body",
                     "two requests of this chain have this name", "gives $(nobody)",
                     "a guard asks, in `undo`", "is not sent again and again",
                     "`x` is no JSON pointer", "is not the address of a web page",
                     "`id` is no JSON pointer", "a request has one body",
                     "takes `z`"):
            self.assertIn(text, done.stderr)
        self.assertEqual([], self.server.requests)

    def test_a_secret_of_an_answer_stands_in_no_path(self):
        done = self.go(run=[self.to("POST", "/", capture={"t": "/t"}),
                            self.to("PUT", "/$(t)?token=$(t)")])
        self.assert_status(2, done)
        self.assertIn("the secret $(t) cannot be a part of the path", done.stderr)

    def test_plan_names_each_change_and_asks_nothing(self):
        self.pipeline('name = "x"\n' + self.request({"acknowledge_irreversible": True}, run=[
            self.to("GET", "/a"), self.to("PUT", "/b?q=1")]))
        done = self.run_program("plan", "pipeline.toml")
        self.assert_status(0, done)
        self.assertIn(f"PUT {self.server.url}/b", done.stdout)
        self.assertEqual([], self.server.requests)

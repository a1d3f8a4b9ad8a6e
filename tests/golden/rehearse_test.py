"""Rehearsal: the pipeline runs for real in a copy of its workspace, and is then made to fail there,
one thing in each run. Nothing outside of the copy changes, and what does not go back is named."""

import json
import shutil
import socket
import subprocess

from tests.support import sources, stagerun

EXAMPLE = sources.ROOT / "pipelines" / "example"

REAL = '[rehearse]\nreal = ["sh"]\n'

# A file that is made and removed, and one that is replaced and put back.
GOOD = 'name = "good"\n' + REAL + """
[[stage]]
name = "build"
uses = "exec"
[stage.with]
shell = true
run   = "mkdir -p out && echo built > out/app"
check = "test -s out/app"
undo  = "rm -rf out"

[[stage]]
name = "switch"
uses = "exec"
[stage.with]
shell  = true
record = "cat current"
run    = "echo 2 > current.new && mv current.new current"
check  = "grep -qx 2 current"
undo   = 'rm -f current.new && cp "$STAGERUN_BASELINE" current.new && mv current.new current'
"""


class RehearseCase(stagerun.Case):
    def setUp(self):
        super().setUp()
        self.write("current", "1\n")

    def rehearse(self, *args, pipeline=None, **options):
        if pipeline is not None:
            self.pipeline(pipeline)
        return self.run_program("rehearse", "pipeline.toml", *args, timeout=300, **options)

    def matrix(self, *args, pipeline=None, status=0):
        done = self.rehearse("--format", "json", *args, pipeline=pipeline)
        self.assertEqual(status, done.status, done)
        return json.loads(done.stdout)

    def scenario(self, matrix, fault):
        found = [one for one in matrix["scenarios"] if one["fault"] == fault]
        self.assertEqual(1, len(found), [one["fault"] for one in matrix["scenarios"]])
        return found[0]

    def only_problem(self, matrix):
        """The one sentence about what does not hold in the first scenario that is broken."""
        broken = [one for one in matrix["scenarios"] if one["outcome"] == "broken"]
        self.assertTrue(broken, matrix)
        return broken[0]["invariants"][0]


class GoodTest(RehearseCase):
    def test_without_faults_it_goes_live_and_back_in_a_copy(self):
        matrix = self.matrix(pipeline=GOOD)
        self.assertEqual(["good", "good:rollback"], [one["fault"] for one in matrix["scenarios"]])
        self.assertEqual(["went live", "went back"],
                         [one["outcome"] for one in matrix["scenarios"]])
        self.assertEqual("1\n", self.read("current"))
        self.assertFalse(self.exists("out"))
        self.assertFalse(self.exists(".stagerun"))

    def test_the_worlds_changes_are_told_with_who_made_them(self):
        changes = self.matrix(pipeline=GOOD)["changes"]
        told = {(one["what"], one["how"], one["stage"]) for one in changes}
        self.assertIn(("file out/app", "appeared", "build"), told)
        self.assertIn(("file current", "changed", "switch"), told)

    def test_every_failure_and_every_crash_goes_live_or_back(self):
        matrix = self.matrix("--faults", "all", pipeline=GOOD)
        self.assertEqual({"good", "stages", "effects", "crashes"},
                         {one["set"] for one in matrix["scenarios"]})
        # An undo that cannot be done is somebody's to do, and nothing else is.
        incomplete = [one for one in matrix["scenarios"] if one["outcome"] == "incomplete"]
        self.assertTrue(incomplete)
        for one in incomplete:
            self.assertTrue(one["fault"].startswith("back:effect:"), one)
            self.assertIn("was not undone", one["by_hand"][0])
        self.assertEqual(0, matrix["broken"])

        self.assert_counted(matrix)

    def assert_counted(self, matrix):
        by_set = [one["fault"].split(":")[0] for one in matrix["scenarios"]]
        # apply: run (4 faults as a write); verify: check (3 as a read); switch records too.
        self.assertEqual(2 * 7 + 3, by_set.count("effect"))
        self.assertEqual(2, by_set.count("stage"))
        self.assertEqual(2 * 4, len([one for one in matrix["scenarios"]
                                     if one["fault"].startswith("back:effect:")]))
        crashes = by_set.count("crash")
        self.assertEqual(0, crashes % 2)  # each with resume and with rollback
        self.assertEqual(len(matrix["scenarios"]), sum(matrix["counts"].values()))

    def test_each_stage_fails_once_it_has_done_its_work(self):
        matrix = self.matrix("--faults", "stages", pipeline=GOOD)
        for stage in ("build", "switch"):
            self.assertEqual(6, self.scenario(matrix, f"stage:{stage}")["status"])

    def test_a_tool_that_hangs_is_given_up_without_waiting(self):
        hanging = GOOD.replace('run   = "mkdir', 'run   = ":; mkdir')
        matrix = self.matrix("--fault", "effect:build/apply/run:hang", pipeline=hanging)
        found = self.scenario(matrix, "effect:build/apply/run:hang")
        self.assertEqual(("went back", 6), (found["outcome"], found["status"]))

    def test_the_same_seed_gives_the_same_matrix(self):
        self.pipeline(GOOD)
        first = self.rehearse("--faults", "effects", "--seed", "7")
        self.assertEqual(first.stdout, self.rehearse("--faults", "effects", "--seed", "7").stdout)

    def test_one_scenario_can_be_had_again(self):
        matrix = self.matrix("--fault", "stage:switch", pipeline=GOOD)
        self.assertEqual(["good", "good:rollback", "stage:switch"],
                         [one["fault"] for one in matrix["scenarios"]])

    def test_it_is_had_again_by_the_command_that_the_matrix_gives(self):
        self.pipeline(GOOD + "\n[inputs.to]\ndefault = 'a'\n", "with inputs.toml")
        done = self.run_program("rehearse", "with inputs.toml", "-i", "to=b c", "--real", "test",
                                "--seed", "3", "--format", "json")
        self.assertEqual("stagerun rehearse 'with inputs.toml' -i 'to=b c' --real test --seed 3 "
                         "--fault good", json.loads(done.stdout)["scenarios"][0]["replay"])

    def test_a_scenario_that_is_none_is_refused(self):
        done = self.rehearse("--fault", "stage:swich", pipeline=GOOD)
        self.assertEqual(2, done.status, done)
        self.assertIn("no scenario `stage:swich`", done.stderr)

    def test_without_room_for_a_copy_it_says_so_and_touches_nothing(self):
        before = sorted(self.workspace.iterdir())
        done = self.rehearse(pipeline=GOOD, env={"TMPDIR": "/proc"})
        self.assertEqual(75, done.status, done)
        self.assertIn("cannot create /proc/stagerun-", done.stderr)
        self.assertEqual([self.workspace / "pipeline.toml"],
                         [path for path in self.workspace.iterdir() if path not in before])

    def test_a_pipeline_that_is_wrong_is_not_rehearsed(self):
        done = self.rehearse(pipeline='name = "x"\n[[stage]]\nname = "a"\nuses = "exce"\n')
        self.assertEqual(10, done.status, done)


class BadPipelineTest(RehearseCase):
    """What a go-live would have found out on the day."""

    def test_an_undo_that_forgets_one_thing(self):
        bad = GOOD.replace('undo  = "rm -rf out"', 'undo  = "rm -f out/app"')
        matrix = self.matrix(pipeline=bad, status=1)
        self.assertIn("this is left: folder out appeared (stage `build`)",
                      self.only_problem(matrix))

    def test_a_baseline_that_is_empty(self):
        bad = GOOD.replace('record = "cat current"', 'record = "true"')
        matrix = self.matrix(pipeline=bad, status=1)
        self.assertIn("file current changed (stage `switch`)", self.only_problem(matrix))

    def test_an_undo_that_cannot_be_repeated(self):
        bad = GOOD.replace('undo  = "rm -rf out"', 'undo  = "rm out/app && rmdir out"')
        matrix = self.matrix("--faults", "all", pipeline=bad, status=0)
        incomplete = [one for one in matrix["scenarios"] if one["outcome"] == "incomplete"]
        self.assertTrue(incomplete)
        self.assertIn("stage `build` was not undone", incomplete[0]["by_hand"][0])

    def test_a_check_that_cannot_fail(self):
        bad = GOOD.replace('check = "test -s out/app"', 'check = "true"')
        matrix = self.matrix("--faults", "crashes", pipeline=bad, status=1)
        self.assertIn("the world is not the new one", self.only_problem(matrix))

    def test_work_that_is_done_twice(self):
        bad = GOOD.replace("echo built > out/app", "echo built >> out/app").replace(
            'check = "test -s out/app"', 'check = "false"')
        matrix = self.matrix("--faults", "crashes", pipeline=bad, status=1)
        self.assertTrue(self.only_problem(matrix))

    def test_a_run_that_fails_by_itself(self):
        bad = GOOD.replace("echo built", "false && echo built")
        matrix = self.matrix("--faults", "all", pipeline=bad, status=1)
        self.assertEqual(1, len(matrix["scenarios"]))
        self.assertEqual(["with nothing that goes wrong it ends with 6"],
                         matrix["scenarios"][0]["invariants"])
        self.assertIn("[build] undone", matrix["scenarios"][0]["said"])

    def test_a_process_that_nobody_ends(self):
        bad = GOOD.replace("echo built > out/app",
                           "echo built > out/app; setsid sleep 1000 > /dev/null 2>&1 & sleep 0.3")
        matrix = self.matrix("--faults", "stages", pipeline=bad, status=1)
        self.assertIn("a process is left: sleep 1000", self.only_problem(matrix))

    def test_a_secret_that_a_tool_writes_among_the_runs(self):
        bad = self.with_secret("echo built > out/app; echo $KEY > .stagerun/debug")
        matrix = self.matrix(pipeline=bad, status=1)
        self.assertEqual("a secret's value was written: KEY in .stagerun/debug",
                         self.only_problem(matrix))

    def test_a_secret_that_is_printed_is_masked_and_so_is_not_written(self):
        matrix = self.matrix(pipeline=self.with_secret("echo built > out/app; echo $KEY"))
        self.assertEqual(0, matrix["broken"])

    def with_secret(self, command):
        return GOOD.replace(REAL, REAL + """
secrets = { KEY = "sk_live_made_up_1234567890" }
[secrets]
KEY = { env = "NO_SUCH_VARIABLE" }
""").replace("echo built > out/app", command).replace(
            'uses = "exec"', 'uses = "exec"\nsecrets = ["KEY"]', 1).replace(
            "[stage.with]", '[stage.with]\nenv = { KEY = "${{ secrets.KEY }}" }', 1)


# Looks, and has nothing to undo.
SMALL = """
name = "small"
[rehearse]
real = ["test"]
[[stage]]
name = "look"
uses = "exec"
with = { run = ["test", "-e", "current"], changes = false }
"""


class RequireTest(RehearseCase):
    """run --require-rehearsal: if the plan changes, rehearse again."""

    def run_rehearsed(self):
        return self.run_program("run", "pipeline.toml", "--yes", "--require-rehearsal")

    def test_what_was_rehearsed_with_all_faults_may_run(self):
        self.pipeline(SMALL)
        self.assertEqual(0, self.rehearse("--faults", "all").status)
        self.assertEqual(0, self.run_rehearsed().status)

    def test_what_was_not_rehearsed_or_only_in_part_is_refused(self):
        self.pipeline(SMALL)
        for faults in ("none", "stages"):
            self.assertEqual(0, self.rehearse("--faults", faults).status)
            done = self.run_rehearsed()
            self.assertEqual(2, done.status, done)
            self.assertIn("pipeline.toml, as it is now, was not rehearsed", done.stderr)
            self.assertEqual([], self.runs())

    def test_what_was_changed_since_is_refused(self):
        self.pipeline(SMALL)
        self.assertEqual(0, self.rehearse("--faults", "all").status)
        self.pipeline(SMALL.replace("small", "smaller"))
        self.assertEqual(2, self.run_rehearsed().status)

    def test_what_is_unrehearsed_counts_only_where_it_is_accepted(self):
        unknown = 'name = "x"\n%s[[stage]]\nname = "tell"\nuses = "exec"\n' \
                  'with = { run = ["true"], changes = false }\n'
        self.pipeline(unknown % "")
        self.assertEqual(0, self.rehearse("--faults", "all").status)
        self.assertEqual(2, self.run_rehearsed().status)
        self.pipeline(unknown % '[rehearse]\nunrehearsed = ["tell"]\n')
        self.assertEqual(0, self.rehearse("--faults", "all").status)
        self.assertEqual(0, self.run_rehearsed().status)


class UnrehearsedTest(RehearseCase):
    def test_a_command_that_nobody_knows_is_not_run_and_is_told(self):
        matrix = self.matrix(pipeline=GOOD.replace(REAL, ""))
        self.assertEqual([], matrix["changes"])
        self.assertIn("stage `build`: `mkdir -p out && echo built > out/app` is not run",
                      " ".join(matrix["unrehearsed"]))

    def test_a_command_that_is_scripted_is_what_the_script_says(self):
        pipeline = """
name = "scripted"
[rehearse]
"npm run build" = { exit = 3, prints = "no space left\\n" }
[[stage]]
name = "build"
uses = "exec"
with = { run = ["npm", "run", "build"], undo = ["true"] }
"""
        matrix = self.matrix(pipeline=pipeline, status=1)
        self.assertIn("exited with 3", "\n".join(matrix["scenarios"][0]["said"]))

    def test_a_command_that_is_scripted_makes_its_files_and_takes_its_time(self):
        pipeline = """
name = "scripted"
[rehearse]
"npm run build" = { writes = ["dist/index.html"], takes = "40s" }
"bin/clean"     = { takes = "5s" }
[[stage]]
name = "build"
uses = "exec"
with = { run = ["npm", "run", "build"], undo = ["bin/clean"] }
"""
        matrix = self.matrix(pipeline=pipeline, status=1)
        self.assertIn({"what": "file dist/index.html", "how": "appeared", "stage": "build"},
                      matrix["changes"])
        self.assertEqual([{"stage": "build", "apply_ms": 40_000, "rollback_ms": 5_000}],
                         matrix["estimates"])
        # A clean-up that is only said to clean up.
        self.assertIn("this is left: ", self.only_problem(matrix))

    def test_a_request_that_is_scripted_is_answered(self):
        pipeline = """
name = "scripted"
[rehearse]
"GET https://api.example/health" = { json = { version = "2" } }
[[stage]]
name = "healthy"
uses = "http.check"
with = { url = "https://api.example/health", expect_json = { "/version" = "2" } }
"""
        matrix = self.matrix("--faults", "effects", pipeline=pipeline)
        self.assertEqual([], matrix["unrehearsed"])
        refused = self.scenario(matrix, "effect:healthy/apply/1:refused")
        self.assertEqual("nothing changed", refused["outcome"])

    def test_waiting_takes_no_time(self):
        pipeline = """
name = "bake"
[rehearse]
"GET https://api.example/health" = { status = 503 }
[[stage]]
name    = "bake"
uses    = "http.check"
timeout = "2h"
with = { url = "https://api.example/health", within = "1h", every = "1m" }
"""
        matrix = self.matrix(pipeline=pipeline, status=1)
        self.assertIn("it ends with 3", self.only_problem(matrix))


class ExampleTest(RehearseCase):
    """The shipped example, with real processes, a real database, a real server."""

    def setUp(self):
        super().setUp()
        unwanted = shutil.ignore_patterns("world", ".stagerun")
        shutil.copytree(EXAMPLE, self.workspace, dirs_exist_ok=True, ignore=unwanted)
        subprocess.run([self.workspace / "reset"], check=True)
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]

    def test_whatever_effect_fails_it_goes_live_or_back(self):
        before = (self.workspace / "world/app.db").read_bytes()
        matrix = self.matrix("--faults", "effects", "-i", f"port={self.port}",
                             "--real", f"http://127.0.0.1:{self.port}")
        self.assertEqual([], matrix["unrehearsed"])
        self.assertEqual(0, matrix["broken"])
        self.assertEqual(0, matrix["counts"]["incomplete"])
        self.assertGreater(matrix["counts"]["went back"], 20)
        changed = {one["what"]: one["stage"] for one in matrix["changes"]}
        self.assertEqual("migrate", changed["database world/app.db"])
        self.assertEqual("release", changed["link world/current"])
        self.assertEqual(before, (self.workspace / "world/app.db").read_bytes())

"""What run, resume and rollback do and return, as a user sees it."""

import json

from tests.support import stagerun


def pipeline(*stages):
    return 'name = "test"\n' + "".join(stages)


def stage(name, run, extra="", **keys):
    """An exec stage; `extra` are further members of `with`, `keys` of the stage."""
    lines = [f'[[stage]]\nname = "{name}"\nuses = "exec"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    lines.append(f"[stage.with]\nrun = {json.dumps(run)}\n{extra}\n")
    return "\n".join(lines)


def touch(name, **keys):
    return stage(name, ["touch", name], f'undo = ["rm", "-f", "{name}"]', **keys)


FAILS = stage("fails", ["sh", "-c", "echo went wrong >&2; exit 3"], acknowledge_irreversible=True)
REFUSES = stage("refuses", ["false"], "changes = false")


class ExitStatusTest(stagerun.Case):
    def run_it(self, *stages):
        self.pipeline(pipeline(*stages))
        return self.run_program("run", "pipeline.toml", "--yes")

    def test_0_where_every_stage_went_well(self):
        done = self.run_it(touch("a"), touch("b"))
        self.assertEqual(0, done.status, done)
        self.assertTrue(self.exists("a") and self.exists("b"))
        self.assertEqual(0, self.events("run_ended")[0]["status"])

    def test_1_where_policy_lets_writes_stand(self):
        done = self.run_it(touch("a"), stage("b", ["false"], 'undo = ["true"]', on_failure="stop"))
        self.assertEqual(1, done.status, done)
        self.assertTrue(self.exists("a"))
        self.assertEqual([], self.events("rollback_started"))

    def test_1_where_a_manual_rollback_was_wanted(self):
        done = self.run_it(touch("a", rollback="manual"), stage("b", ["false"], 'undo = ["true"]'))
        self.assertEqual(1, done.status, done)
        self.assertTrue(self.exists("a"))
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertFalse(self.exists("a"))

    def test_1_where_a_failed_stage_was_passed_over(self):
        passed_over = stage("b", ["false"], 'undo = ["true"]', on_failure="continue")
        done = self.run_it(touch("a"), passed_over, touch("c"))
        self.assertEqual(1, done.status, done)
        self.assertTrue(self.exists("a") and self.exists("c"))

    def test_3_where_a_check_was_passed_over_and_nothing_was_written(self):
        done = self.run_it(stage("b", ["false"], "changes = false", on_failure="continue"))
        self.assertEqual(3, done.status, done)

    def test_2_where_the_pipeline_is_wrong(self):
        done = self.run_it('[[stage]]\nname = "a"\nuses = "exec"\nwith = { rum = ["true"] }\n')
        self.assertEqual(2, done.status, done)
        self.assertEqual([], self.runs())
        self.assertIn("rum", done.stderr)

    def test_2_where_the_command_line_is_wrong(self):
        self.assertEqual(2, self.run_program("run").status)
        self.assertEqual(2, self.run_program("walk").status)

    def test_3_where_nothing_was_written(self):
        done = self.run_it(REFUSES, touch("a"))
        self.assertEqual(3, done.status, done)
        self.assertFalse(self.exists("a"))
        self.assertEqual([], self.events("effect_intended", access="write"))

    def test_6_where_everything_was_undone_newest_first(self):
        done = self.run_it(touch("a"), touch("b"), stage("c", ["false"], 'undo = ["true"]'))
        self.assertEqual(6, done.status, done)
        self.assertFalse(self.exists("a") or self.exists("b"))
        order = [event["stage"] for event in self.events("stage_rolled_back")]
        self.assertEqual(["c", "b", "a"], order)

    def test_7_where_an_undo_failed(self):
        done = self.run_it(stage("a", ["touch", "a"], 'undo = ["false"]'), touch("b"),
                           stage("c", ["false"], 'undo = ["true"]'))
        self.assertEqual(7, done.status, done)
        self.assertTrue(self.exists("a"))
        self.assertFalse(self.exists("b"))

    def test_7_where_an_irreversible_write_stands(self):
        done = self.run_it(touch("a"), FAILS)
        self.assertEqual(7, done.status, done)
        self.assertFalse(self.exists("a"))
        self.assertIn("fails", done.stderr)

    def test_7_is_taken_up_again_by_rollback(self):
        self.write("undo.sh", "test -e mended && rm a\n")
        self.run_it(stage("a", ["touch", "a"], 'undo = ["sh", "undo.sh"]'),
                    stage("b", ["false"], 'undo = ["true"]'))
        self.write("mended", "")
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertFalse(self.exists("a"))

    def test_8_where_somebody_else_changed_it(self):
        done = self.run_it(stage("a", ["touch", "a"], 'undo = ["sh", "-c", "exit 8"]'),
                           stage("b", ["false"], 'undo = ["true"]'))
        self.assertEqual(8, done.status, done)
        self.assertTrue(self.exists("a"))

    def test_9_where_an_interrupted_write_cannot_be_verified(self):
        slow = stage("a", ["sh", "-c", "touch begun; sleep 60"], 'undo = ["rm", "begun"]')
        self.pipeline(pipeline(slow, touch("b")))
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("begun"))
        host.kill()
        host.wait()
        done = self.run_program("resume")
        self.assertEqual(9, done.status, done)
        self.assertFalse(self.exists("b"))
        self.assertTrue(self.exists("begun"))
        self.assertIn("rollback", self.run_program("show").stdout)
        self.assertEqual(0, self.run_program("rollback").status)
        self.assertFalse(self.exists("begun"))

    def test_9_where_the_journal_is_damaged(self):
        self.run_it(touch("a"))
        journal = self.journal_path()
        data = bytearray(journal.read_bytes())
        data[200] ^= 1
        journal.write_bytes(data)
        for command in ("resume", "rollback"):
            done = self.run_program(command)
            self.assertEqual(9, done.status, done)
            self.assertIn("damaged at byte", done.stderr)
        self.assertTrue(self.exists("a"))

    def test_75_where_another_run_is_at_work_here(self):
        slow = stage("a", ["sh", "-c", "touch begun; sleep 60"], 'undo = ["true"]')
        self.pipeline(pipeline(slow))
        self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("begun"))
        for command in (("run", "pipeline.toml", "--yes"), ("resume",), ("rollback",)):
            done = self.run_program(*command)
            self.assertEqual(75, done.status, done)
            self.assertIn(self.runs()[0], done.stderr)


class RollbackTest(stagerun.Case):
    def test_a_succeeded_run_can_be_undone_later(self):
        self.pipeline(pipeline(touch("a"), touch("b")))
        self.assertEqual(0, self.run_program("run", "pipeline.toml", "--yes").status)
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertFalse(self.exists("a") or self.exists("b"))
        self.assertIn("rolled back", self.run_program("runs").stdout)

    def test_a_second_rollback_does_nothing(self):
        self.pipeline(pipeline(touch("a")))
        self.run_program("run", "pipeline.toml", "--yes")
        self.run_program("rollback")
        before = self.journal()
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertIn("nothing to undo", done.stderr)
        self.assertEqual(before, self.journal())

    def test_undo_gets_what_record_said_before_the_change(self):
        self.write("version", "one\n")
        self.pipeline(pipeline(stage(
            "a", ["sh", "-c", "echo two > version"],
            'record = ["cat", "version"]\n'
            'undo = ["sh", "-c", "cat $STAGERUN_BASELINE > version"]')))
        self.assertEqual(0, self.run_program("run", "pipeline.toml", "--yes").status)
        self.assertEqual("two\n", self.read("version"))
        self.assertEqual(0, self.run_program("rollback").status)
        self.assertEqual("one\n", self.read("version"))

    def test_never_stands_even_when_a_person_asks(self):
        self.pipeline(pipeline(touch("a", rollback="never")))
        self.run_program("run", "pipeline.toml", "--yes")
        done = self.run_program("rollback")
        self.assertEqual(1, done.status, done)
        self.assertTrue(self.exists("a"))

    def test_a_service_is_stopped(self):
        self.pipeline(pipeline(stage("serve", ["sh", "-c", "echo $$ > pid; exec sleep 600"],
                                     "leaves_running = true")))
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(0, done.status, done)
        self.wait_until(lambda: self.exists("pid") and self.read("pid"))
        pid = int(self.read("pid"))
        self.assertTrue(stagerun.is_running(pid))
        self.assertEqual(0, self.run_program("rollback").status)
        self.assertFalse(stagerun.is_running(pid))


class ResumeTest(stagerun.Case):
    def test_a_finished_run_keeps_its_status(self):
        self.pipeline(pipeline(touch("a"), stage("b", ["false"], 'undo = ["true"]')))
        self.run_program("run", "pipeline.toml", "--yes")
        done = self.run_program("resume")
        self.assertEqual(6, done.status, done)
        self.assertIn("is over", done.stderr)

    def test_the_journaled_pipeline_counts_not_the_edited_file(self):
        self.pipeline(pipeline(stage("a", ["sh", "-c", "touch begun; sleep 60"],
                                     'check = ["false"]\nundo = ["true"]\nidempotent = true'),
                               touch("b")))
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("begun"))
        host.kill()
        host.wait()
        self.pipeline("this is no pipeline at all")
        host = self.start("resume")
        self.wait_until(lambda: len(self.events("verb_started", stage="a", verb="apply")) == 2)
        host.kill()

    def test_there_is_nothing_to_resume_in_an_empty_folder(self):
        done = self.run_program("resume")
        self.assertEqual(2, done.status, done)


class ContextTest(stagerun.Case):
    def test_an_output_reaches_a_later_stage_with_its_type(self):
        self.pipeline(pipeline(
            stage("a", ["sh", "-c", "echo id=42 >> $STAGERUN_OUTPUT"],
                  'outputs = { id = "integer" }\nundo = ["true"]'),
            stage("b", ["sh", "-c", "echo got ${{ stages.a.outputs.id }} > got"],
                  'undo = ["rm", "-f", "got"]')))
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(0, done.status, done)
        self.assertEqual("got 42\n", self.read("got"))
        (applied,) = self.events("verb_ended", stage="a", verb="apply")
        self.assertEqual({"id": 42}, applied["outputs"])

    def test_a_missing_output_fails_the_stage(self):
        declared = 'outputs = { id = "integer" }\nundo = ["true"]'
        self.pipeline(pipeline(stage("a", ["true"], declared)))
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(6, done.status, done)
        self.assertIn("id", done.stderr)

    def test_inputs_come_from_the_command_line_and_the_environment(self):
        self.pipeline('name = "x"\n[inputs.a]\n[inputs.b]\ndefault = "three"\n' + stage(
            "s", ["sh", "-c", "echo ${{ inputs.a }} ${{ inputs.b }} > got"], 'undo = ["true"]'))
        run = ("run", "pipeline.toml", "--yes")
        self.run_program(*run, "-i", "a=one")
        self.assertEqual("one three\n", self.read("got"))
        self.run_program(*run, env={"STAGERUN_INPUT_a": "two"})
        self.assertEqual("two three\n", self.read("got"))


class BaselineTest(stagerun.Case):
    def test_every_write_intent_is_on_disk_before_its_process_starts(self):
        self.pipeline(pipeline(touch("a"), touch("b")))
        self.run_program("run", "pipeline.toml", "--yes")
        seen = set()
        for event in self.journal():
            if event["event"] == "effect_intended":
                seen.add(event["key"])
            if event["event"] == "process_started":
                self.assertIn(event["key"], seen)

    def test_a_checkpoint_comes_before_the_first_write(self):
        self.pipeline(pipeline(touch("a")))
        self.run_program("run", "pipeline.toml", "--yes")
        names = [event["event"] for event in self.journal() if event.get("stage") == "a"]
        self.assertLess(names.index("checkpoint_saved"), names.index("effect_intended"))


class HistoryTest(stagerun.Case):
    def test_runs_and_show_tell_what_happened(self):
        self.pipeline(pipeline(touch("a"), stage("b", ["false"], 'undo = ["true"]')))
        self.run_program("run", "pipeline.toml", "--yes")
        (row,) = json.loads(self.run_program("runs", "--format", "json").stdout)
        self.assertEqual(6, row["status"])
        shown = json.loads(self.run_program("show", "--format", "json").stdout)
        self.assertEqual(["ok", "failed"], [s["result"] for s in shown["stages"]])
        self.assertEqual(["undone", "undone"], [s["rolled_back"] for s in shown["stages"]])

    def test_jsonl_prints_the_journals_events_and_nothing_else(self):
        self.pipeline(pipeline(touch("a")))
        done = self.run_program("run", "pipeline.toml", "--yes", "--format", "jsonl")
        printed = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(self.journal(), printed)

    def test_a_stages_log_is_kept(self):
        self.pipeline(pipeline(stage("a", ["echo", "hello"], 'undo = ["true"]')))
        self.run_program("run", "pipeline.toml", "--yes")
        log = self.workspace / ".stagerun" / "runs" / self.runs()[0] / "log" / "a.log"
        self.assertIn("hello", log.read_text())

    def test_nothing_of_a_run_is_readable_by_others(self):
        self.pipeline(pipeline(touch("a")))
        self.run_program("run", "pipeline.toml", "--yes")
        for path in (self.workspace / ".stagerun").rglob("*"):
            self.assertEqual(0, path.stat().st_mode & 0o077, path)

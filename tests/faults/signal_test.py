"""SIGINT and SIGTERM: once to stop and go back, twice to stop at once and leave it to resume."""

import signal

from tests.support import stagerun

PIPELINE = """
name = "slow"
[[stage]]
name = "good"
uses = "exec"
with = { run = ["touch", "world"], undo = ["rm", "-f", "world"] }
[[stage]]
name = "slow"
uses = "exec"
[stage.with]
run = ["sh", "-c", "%s touch begun; while :; do sleep 0.05; done"]
undo = ["rm", "-f", "begun"]
"""


class SignalTest(stagerun.Case):
    def start_slow(self, trap=""):
        self.pipeline(PIPELINE % trap)
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("begun"), what="the slow stage")
        return host

    def test_the_first_signal_stops_the_stage_and_goes_back(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(number):
                host = self.start_slow()
                host.send_signal(number)
                done = stagerun.finish(host)
                self.assertEqual(status, done.status, done)
                self.assertFalse(self.exists("world"))
                self.assertFalse(self.exists("begun"))
                (settled,) = self.events("stage_settled", stage="slow")
                self.assertEqual("cancelled", settled["result"])
                self.assertEqual(status, self.events("run_ended")[0]["status"])

    def test_the_second_signal_stops_at_once_and_resume_goes_back(self):
        host = self.start_slow(trap="trap '' TERM;")
        host.send_signal(signal.SIGTERM)
        self.wait_until(lambda: self.events("cancel_requested"), what="the first signal")
        host.send_signal(signal.SIGTERM)
        done = stagerun.finish(host)
        self.assertEqual(143, done.status, done)
        self.assertIn("stagerun resume", done.stderr)
        self.assertEqual([], self.events("run_ended"))
        self.assertTrue(self.exists("world"))
        done = self.run_program("resume")
        self.assertEqual(143, done.status, done)
        self.assertFalse(self.exists("world"))
        self.assertFalse(self.exists("begun"))

    def test_a_signal_during_rollback_does_not_stop_it(self):
        self.pipeline("""
name = "back"
[[stage]]
name = "good"
uses = "exec"
with = { run = ["touch", "world"], undo = ["sh", "-c", "touch undoing; sleep 0.3; rm -f world"] }
[[stage]]
name = "bad"
uses = "exec"
acknowledge_irreversible = true
with = { run = ["false"] }
""")
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("undoing"), what="the rollback")
        host.send_signal(signal.SIGINT)
        done = stagerun.finish(host)
        self.assertFalse(self.exists("world"))
        self.assertEqual("undone", self.events("stage_rolled_back", stage="good")[0]["result"])

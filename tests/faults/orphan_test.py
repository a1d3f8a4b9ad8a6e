"""A killed host leaves processes behind. None of them acts once resume has begun to."""

import os
import signal

from tests.support import stagerun

# The orphan acts as soon as it sees that resume has begun: `check` is what resume runs first.
ORPHAN = """#!/bin/sh
%s
if [ -e first ]; then echo done > world; exit 0; fi
echo $$ > first
while :; do
  if [ -e resumed ]; then echo "orphan $$ acted" >> acted; exit 0; fi
done
"""

PIPELINE = """
name = "orphan"
[[stage]]
name = "slow"
uses = "exec"
timeout = "1m"
[stage.with]
run = ["./orphan.sh"]
check = ["sh", "-c", "touch resumed; test -e world"]
undo = ["sh", "-c", "touch resumed; rm -f world"]
"""


class OrphanTest(stagerun.Case):
    def leave_an_orphan(self, trap=""):
        self.write("orphan.sh", ORPHAN % trap, executable=True)
        self.pipeline(PIPELINE)
        host = self.start("run", "pipeline.toml", "--yes")
        self.wait_until(lambda: self.exists("first") and self.read("first"), what="the process")
        host.kill()
        host.wait()
        orphan = int(self.read("first"))
        self.assertTrue(stagerun.is_running(orphan))
        return orphan

    def assert_gone(self, orphan):
        self.assertFalse(stagerun.is_running(orphan))
        self.assertTrue(self.exists("resumed"))
        self.assertFalse(self.exists("acted"))

    def test_an_orphan_is_gone_before_resume_does_anything(self):
        orphan = self.leave_an_orphan()
        done = self.run_program("resume")
        self.assertEqual(0, done.status, done)
        self.assert_gone(orphan)
        self.assertEqual("done\n", self.read("world"))

    def test_an_orphan_is_gone_before_rollback_does_anything(self):
        orphan = self.leave_an_orphan()
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assert_gone(orphan)

    def test_an_orphan_that_ignores_term_is_killed(self):
        orphan = self.leave_an_orphan(trap="trap '' TERM INT HUP")
        done = self.run_program("resume")
        self.assertEqual(0, done.status, done)
        self.assert_gone(orphan)

    def test_a_new_run_beside_an_orphan_is_refused(self):
        orphan = self.leave_an_orphan()
        done = self.run_program("run", "pipeline.toml", "--yes")
        self.assertEqual(75, done.status, done)
        self.assertIn(self.runs()[0], done.stderr)
        os.kill(orphan, signal.SIGKILL)

"""What the program is made of: a start that waits for nothing it may not need."""

import os
import pathlib
import subprocess

from tests.support import stagerun


class StartTest(stagerun.Case):
    def setUp(self):
        super().setUp()
        self.program = pathlib.Path(os.environ["STAGERUN_PROGRAM"])
        parts = self.program.parent.parent / "lib/stagerun"
        self.http = parts / "stagerun-http.so"
        self.git = parts / "stagerun-git.so"

    def needed(self, file):
        done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=True)
        return done.stdout

    def shown(self, file):
        command = ["nm", "-D", "--defined-only", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [line.split()[-1] for line in done.stdout.splitlines()]

    def test_the_program_does_not_load_libcurl_before_it_is_needed(self):
        self.assertNotIn("libcurl", self.needed(self.program))
        self.assertIn("libcurl", self.needed(self.http))

    def test_the_program_does_not_load_libgit2_before_it_is_needed(self):
        self.assertNotIn("libgit2", self.needed(self.program))
        self.assertIn("libgit2", self.needed(self.git))

    def test_the_modules_show_their_doors_and_nothing_else(self):
        self.assertEqual(["stagerun_open_http_transport"], self.shown(self.http))
        self.assertEqual(["stagerun_open_git"], self.shown(self.git))

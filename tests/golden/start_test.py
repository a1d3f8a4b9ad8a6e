"""What the program is made of: a start that waits for nothing it may not need."""

import os
import pathlib
import subprocess

from tests.support import stagerun


class StartTest(stagerun.Case):
    def setUp(self):
        super().setUp()
        self.program = pathlib.Path(os.environ["STAGERUN_PROGRAM"])
        self.http = self.program.parent.parent / "lib/stagerun/stagerun-http.so"

    def needed(self, file):
        done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=True)
        return done.stdout

    def test_the_program_does_not_load_libcurl_before_it_is_needed(self):
        self.assertNotIn("libcurl", self.needed(self.program))
        self.assertIn("libcurl", self.needed(self.http))

    def test_the_http_module_shows_its_door_and_nothing_else(self):
        command = ["nm", "-D", "--defined-only", str(self.http)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        names = [line.split()[-1] for line in done.stdout.splitlines()]
        self.assertEqual(["stagerun_open_http_transport"], names)

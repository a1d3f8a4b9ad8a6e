"""ci/tidy can fail, and forgets nothing that it should know: on a small house of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from tests.support import sources

GOOD = '#include "core/header.h"\nint twice(int number) { return two() * number; }\n'
BAD = GOOD + "int half(int number) { if (number > 0); return number / 2; }\n"
FOUND = "bugprone-suspicious-semicolon"
HEADER = "inline int two() { return 2; }\n"


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.house = pathlib.Path(tempfile.mkdtemp(prefix="stagerun-tidy-"))
        self.addCleanup(shutil.rmtree, self.house)
        (self.house / "core").mkdir()
        shutil.copy(sources.ROOT / ".clang-tidy", self.house)
        self.commands = self.house / "compile_commands.json"
        file = str(self.house / "core" / "room.cc")
        self.commands.write_text(json.dumps([{
            "directory": str(self.house), "file": file,
            "command": f"ccache clang++-14 -I{self.house} -o room.o -c {file}"}]), "utf-8")
        self.write("header.h", HEADER)

    def write(self, name, text):
        (self.house / "core" / name).write_text(text, "utf-8")

    def look(self):
        """Its status and what it said."""
        done = subprocess.run(
            [sources.ROOT / "ci" / "tidy", "--root", self.house, "--commands", self.commands],
            env={**os.environ, "XDG_CACHE_HOME": str(self.house / "cache")},
            capture_output=True, encoding="utf-8", check=False)
        return done.returncode, done.stdout + done.stderr

    def looks_at(self, files, found=()):
        status, said = self.look()
        self.assertEqual(1 if found else 0, status, said)
        self.assertIn(f"looked at {files} files, {1 - files} are as they were", said)
        self.assertTrue(said.endswith(f"{0 if found else 1} passed, {1 if found else 0} failed\n"))
        for text in found:
            self.assertIn(text, said)

    def test_a_mistake_is_found_each_time_until_it_is_gone(self):
        self.write("room.cc", BAD)
        self.looks_at(1, [FOUND, "room.cc:3"])
        self.looks_at(1, [FOUND])
        self.write("room.cc", GOOD)
        self.looks_at(1)
        self.looks_at(0)

    def test_a_mistake_in_a_header_is_found_where_it_is_included(self):
        self.write("room.cc", GOOD)
        self.looks_at(1)
        self.write("header.h", HEADER + BAD.splitlines()[-1].replace("int half", "inline int half"))
        self.looks_at(1, [FOUND, "header.h:2"])
        self.write("header.h", HEADER)
        self.looks_at(0)

    def test_another_question_is_asked_of_everything_again(self):
        self.write("room.cc", GOOD)
        self.looks_at(1)
        asked = self.house / ".clang-tidy"
        asked.write_text(asked.read_text("utf-8") + "# and more\n", "utf-8")
        self.looks_at(1)

    def test_what_does_not_compile_is_a_failure(self):
        self.write("room.cc", "int broken(\n")
        self.looks_at(1, ["room.cc:1"])

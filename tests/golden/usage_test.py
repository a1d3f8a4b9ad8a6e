"""A command line that cannot be understood: what is wrong with it, what was meant, where to read
on. It ends with 2, and nothing was looked at."""

import os
import subprocess
import textwrap

from tests.support import stagerun

COMMANDS = ("validate, plan, run, rehearse, resume, rollback, runs, show, schema, graph, report, "
            "plugin")


class UsageTest(stagerun.Case):
    def assert_refused(self, arguments, expected):
        # Directly: run_program gives each command the folders of the plugins too.
        done = subprocess.run([os.environ["STAGERUN_PROGRAM"], *arguments], cwd=self.workspace,
                              capture_output=True, encoding="utf-8", timeout=60, check=False)
        self.assertEqual(2, done.returncode, done)
        self.assertEqual("", done.stdout)
        self.assertEqual(textwrap.dedent(expected).lstrip("\n"), done.stderr)

    def test_without_a_command_the_commands_are_listed(self):
        for arguments, name, commands in (([], "stagerun", COMMANDS),
                                          (["plugin"], "stagerun plugin", "list, show, new")):
            with self.subTest(name):
                self.assert_refused(arguments, f"""
                    stagerun: a command is missing
                      one of: {commands}
                      `{name} --help` says how it is used
                    """)

    def test_an_unknown_command_is_named_with_the_one_that_was_meant(self):
        self.assert_refused(["runn", "x"], """
            stagerun: `stagerun` has no command `runn`
              did you mean `run`?
              `stagerun --help` says how it is used
            """)
        self.assert_refused(["plugin", "lst"], """
            stagerun: `stagerun plugin` has no command `lst`
              did you mean `list`?
              `stagerun plugin --help` says how it is used
            """)

    def test_a_command_like_no_other_is_named_with_all_there_are(self):
        self.assert_refused(["frobnicate"], f"""
            stagerun: `stagerun` has no command `frobnicate`
              one of: {COMMANDS}
              `stagerun --help` says how it is used
            """)

    def test_an_unknown_option_is_named_with_the_one_that_was_meant(self):
        self.assert_refused(["--versoin"], """
            stagerun: `stagerun` has no option `--versoin`
              did you mean `--version`?
              `stagerun --help` says how it is used
            """)
        self.assert_refused(["run", "x", "--durabilty", "run"], """
            stagerun: `stagerun run` has no option `--durabilty`
              did you mean `--durability`?
              `stagerun run --help` says how it is used
            """)

    def test_an_option_like_no_other_is_named(self):
        self.assert_refused(["run", "x", "--frobnicate"], """
            stagerun: `stagerun run` has no option `--frobnicate`
              `stagerun run --help` says how it is used
            """)

    def test_a_hidden_option_is_never_what_was_meant(self):
        self.assert_refused(["run", "x", "--kill-point", "3"], """
            stagerun: `stagerun run` has no option `--kill-point`
              `stagerun run --help` says how it is used
            """)

    def test_a_word_too_many_is_named(self):
        self.assert_refused(["validate", "a", "b", "c"], """
            stagerun: `stagerun validate` does not know what to do with `b`
              `stagerun validate --help` says how it is used
            """)

    def test_a_word_too_few_is_named(self):
        self.assert_refused(["run"], """
            stagerun: PIPELINE is required
              `stagerun run --help` says how it is used
            """)

    def test_what_a_terminal_would_obey_is_not_printed(self):
        self.assert_refused(["\x1b[2J"], f"""
            stagerun: `stagerun` has no command `\\x1b[2J`
              one of: {COMMANDS}
              `stagerun --help` says how it is used
            """)

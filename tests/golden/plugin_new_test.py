"""`plugin new`: which names it takes, what it writes and where, what it says. That what it writes
builds and works is for tests/unit/sdk/plugin_new.sh to show."""

import os
import pathlib
import re
import resource
import stat
import subprocess

from tests.support import sources, stagerun

FILES = [
    ".github/workflows/ci.yml",
    ".gitignore",
    "CMakeLists.txt",
    "README.md",
    "acme.cc",
    "tests/behaviour.cmake",
    "tests/data/live.txt",
    "tests/data/pipeline.toml",
    "tests/data/secret.toml",
]
ALLOWED = ("  write MODULE.STAGE, or NAME where they are called alike; each of a-z, 0-9, _ and -, "
           "a letter or digit first, at most 64 characters\n")


class NewCase(stagerun.Case):
    def new(self, *words, umask=0o022, **options):
        # Directly: run_program gives each command the folders of the plugins too.
        done = subprocess.run([os.environ["STAGERUN_PROGRAM"], "plugin", "new", *words],
                              cwd=self.workspace, capture_output=True, encoding="utf-8",
                              umask=umask, timeout=60, check=False, **options)
        return stagerun.Completed(done.returncode, done.stdout, done.stderr)

    def files(self, folder="."):
        top = self.workspace / folder
        return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())

    def assert_refused(self, done, expected, status=2):
        self.assertEqual((status, "", expected), (done.status, done.stdout, done.stderr))


class ProjectTest(NewCase):
    def test_it_writes_a_project_and_says_what_is_next(self):
        done = self.new("acme.flag")
        prefix = pathlib.Path(os.environ["STAGERUN_PROGRAM"]).resolve().parents[1]
        expected = (
            "9 files are in acme; next:\n"
            f"  cmake -S acme -B acme/build -DCMAKE_PREFIX_PATH={prefix}\n"
            "  cmake --build acme/build && ctest --test-dir acme/build --output-on-failure\n"
            "acme/README.md says how to go on\n"
        )
        self.assertEqual((0, expected, ""), (done.status, done.stdout, done.stderr))
        self.assertEqual(FILES, self.files("acme"))

    def test_files_are_0644_and_folders_0755_also_where_the_umask_would_let_a_group_write(self):
        self.assertEqual(0, self.new("acme.flag", umask=0o002).status)
        for path in [self.workspace / "acme", *(self.workspace / "acme").rglob("*")]:
            wanted = 0o755 if path.is_dir() else 0o644
            self.assertEqual(wanted, stat.S_IMODE(path.stat().st_mode), path)

    def test_a_umask_that_lets_nobody_else_read_is_kept(self):
        self.assertEqual(0, self.new("acme.flag", umask=0o077).status)
        self.assertEqual(0o600, stat.S_IMODE((self.workspace / "acme/acme.cc").stat().st_mode))

    def test_the_template_is_written_as_it_is_but_for_the_names(self):
        folder = sources.ROOT / "sdk" / "template"
        self.assertEqual(0, self.new("sample.file").status)
        paths = [path for path in sources.paths("") if path.startswith("sdk/template/")]
        names = [path.removeprefix("sdk/template/") for path in paths]
        self.assertEqual(names, self.files("sample"))
        for name in names:
            self.assertEqual((folder / name).read_bytes(),
                             (self.workspace / "sample" / name).read_bytes(), name)

    def test_the_new_names_stand_wherever_the_templates_stood(self):
        self.assertEqual(0, self.new("acme.flag").status)
        for name in self.files("acme"):
            self.assertNotIn("sample", name + self.read(f"acme/{name}"))
        self.assertIn('.name = "acme.flag"', self.read("acme/acme.cc"))
        self.assertIn("stagerun_add_plugin(acme acme.cc)", self.read("acme/CMakeLists.txt"))
        self.assertIn('uses = "acme.flag"', self.read("acme/tests/data/pipeline.toml"))

    def test_ci_does_what_the_readme_says(self):
        self.assertEqual(0, self.new("acme.flag").status)
        block = re.search(r"```sh\n(.*?)```", self.read("acme/README.md"), re.DOTALL)[1]
        commands = block.splitlines()
        self.assertEqual(3, len(commands))
        workflow = self.read("acme/.github/workflows/ci.yml").splitlines()
        self.assertEqual([f"        run: {command}" for command in commands],
                         [line for line in workflow if re.match(r" +run: [a-z]", line)])


class FolderTest(NewCase):
    def test_into_names_the_folder(self):
        for folder in ("here", "a/b/c", "end/", "with space"):
            with self.subTest(folder):
                done = self.new("acme.flag", "--into", folder)
                self.assertEqual(0, done.status, done)
                self.assertEqual(FILES, self.files(folder))
        self.assertIn("-S 'with space' -B 'with space/build' ", done.stdout)
        self.assertIn("\nwith space/README.md says", done.stdout)

    def test_a_folder_that_is_there_and_empty_will_do(self):
        (self.workspace / "acme").mkdir()
        self.assertEqual(0, self.new("acme.flag").status)

    def test_it_may_be_the_one_that_you_stand_in(self):
        done = self.new("acme.flag", "--into", ".")
        self.assertIn("  cmake -S . -B ./build ", done.stdout)
        self.assertEqual(FILES, self.files())

    def test_a_folder_with_anything_in_it_is_left_as_it_is(self):
        self.write("acme/.hidden", "mine")
        self.assert_refused(self.new("acme.flag"),
                            "stagerun: acme is not empty, and nothing in it is overwritten\n"
                            "  choose another folder with --into\n")
        self.assertEqual([".hidden"], self.files("acme"))

    def test_a_file_in_the_place_of_the_folder_is_left_as_it_is(self):
        self.write("acme", "mine")
        for words in ((), ("--into", "acme/below")):
            done = self.new("acme.flag", *words)
            self.assertEqual(2, done.status, done)
            self.assertIn("stagerun: cannot make the folder acme", done.stderr)
            self.assertIn("Not a directory\n  choose another one with --into\n", done.stderr)
        self.assertEqual("mine", self.read("acme"))

    def test_a_link_that_leads_nowhere_is_left_as_it_is(self):
        (self.workspace / "acme").symlink_to("elsewhere")
        done = self.new("acme.flag")
        self.assertEqual(2, done.status, done)
        self.assertFalse(self.exists("elsewhere"))

    def test_a_folder_that_cannot_be_written_is_named(self):
        done = self.new("acme.flag", "--into", "/proc/acme")
        self.assertEqual(2, done.status, done)
        self.assertIn("stagerun: cannot make the folder /proc/acme: ", done.stderr)

    def test_an_empty_name_for_the_folder_is_refused(self):
        done = self.new("acme.flag", "--into", "")
        self.assertEqual(2, done.status, done)
        self.assertIn("a folder's name is missing", done.stderr)
        self.assertEqual([], self.files())

    def test_where_the_disk_is_full_it_says_what_it_has_written(self):
        most = (sources.ROOT / "sdk/template/README.md").stat().st_size - 100

        def nearly_full():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        # Python ignores the signal that would else end the program.
        done = self.new("acme.flag", restore_signals=False, preexec_fn=nearly_full)
        self.assert_refused(done, "stagerun: acme/README.md: cannot write: File too large\n"
                                  "  written in acme: CMakeLists.txt\n", status=75)
        self.assertEqual(["CMakeLists.txt"], self.files("acme"))


class NameTest(NewCase):
    def test_names_as_the_abi_defines_them_are_taken(self):
        longest = "a" * 63 + "0." + "a" * 63 + "1"
        for name in ("acme.flag", "acme", "a", "9", "a-b_c.d-e_f", "9-a.0_", longest):
            with self.subTest(name):
                done = self.new(name, "--into", f"of {name}")
                self.assertEqual(0, done.status, done)
                module = name.partition(".")[0]
                self.assertIn(f'.name = "{name}"', self.read(f"of {name}/{module}.cc"))

    def test_a_stage_that_is_called_as_its_module_is_used_by_that_name_alone(self):
        self.assertEqual(0, self.new("acme.acme").status)
        self.assertIn('.name = "acme"', self.read("acme/acme.cc"))
        self.assertIn('uses = "acme"', self.read("acme/tests/data/pipeline.toml"))

    def test_a_bad_name_is_told_with_what_is_wrong_and_what_is_allowed(self):
        for name, why in (
            ("", "a part of it is empty"),
            ("acme.", "a part of it is empty"),
            (".flag", "a part of it is empty"),
            ("a.b.c", "`.` may not stand in it"),
            ("Acme.flag", "`A` may not stand in it"),
            ("acme/flag", "`/` may not stand in it"),
            ("../acme", "a part of it is empty"),
            ("acmé", "`é` may not stand in it"),
            ("acme flag", "` ` may not stand in it"),
            ("a\x1b[2J", "`\\x1b` may not stand in it"),
            ("_acme", "`_` may not come first"),
            ("acme.-x", "`-` may not come first"),
            ("a" * 65, f"`{'a' * 65}` has 65 characters"),
        ):
            with self.subTest(name):
                shown = name.replace("\x1b", "\\x1b")
                self.assert_refused(
                    self.new(name),
                    f"stagerun: `{shown}` cannot be a plugin's name: {why}\n{ALLOWED}")
        self.assertEqual([], self.files())

    def test_a_name_that_cmake_keeps_for_itself_is_refused(self):
        for name in ("test", "test.flag", "install"):
            module = name.partition(".")[0]
            self.assert_refused(
                self.new(name),
                f"stagerun: `{module}` cannot be a plugin's name: CMake has a target of that name\n"
                "  choose another name\n")

    def test_the_name_of_a_plugin_that_is_there_already_is_refused(self):
        self.write("plugins/mine.so", "")
        environment = dict(os.environ, STAGERUN_PLUGIN_PATH=str(self.workspace / "plugins"))
        self.assert_refused(
            self.new("mine.flag", env=environment),
            "stagerun: `mine` cannot be a plugin's name: there is one already: "
            f"{self.workspace}/plugins/mine.so\n  choose another name\n")
        exec_so = pathlib.Path(os.environ["STAGERUN_PLUGIN_DIR"]).resolve() / "exec.so"
        done = self.new("exec.more")
        self.assertEqual(2, done.status, done)
        self.assertIn(f"there is one already: {exec_so}\n", done.stderr)

    def test_a_name_is_needed(self):
        self.assert_refused(self.new(), "stagerun: NAME is required\n"
                                        "  `stagerun plugin new --help` says how it is used\n")

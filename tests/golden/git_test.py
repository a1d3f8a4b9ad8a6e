"""`git.*` in expressions: what a run sees of the repository around it, and what it never needs."""

import os
import pathlib
import re
import shutil
import subprocess

from tests.support import stagerun

WHO = {f"GIT_{who}_{what}": "ada@example.com" for who in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")}
ALL = ("${{ git.sha }}, ${{ default(git.branch, 'no branch') }}, "
       "${{ default(git.tag, 'no tag') }}, ${{ git.dirty }}")


def stage(name, text, more=""):
    return f"""
[[stage]]
name = "{name}"
uses = "exec"
{more}
with = {{ run = ["echo", "{text}"], changes = false }}
"""


class GitCase(stagerun.Case):
    def setUp(self):
        super().setUp()
        self.env = WHO | {
            "HOME": str(self.workspace / "home"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.workspace.parent),
        }

    def git(self, *args):
        command = ["git", *args]
        done = subprocess.run(command, cwd=self.workspace, env=os.environ | self.env,
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def pipe(self, *stages, head=""):
        self.pipeline(f'name = "x"\n{head}' + "".join(stages))

    def commit(self):
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a commit", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def go(self, *args, command="run"):
        args = args if command == "validate" or command == "plan" else ("--yes", *args)
        return self.run_program(command, "pipeline.toml", *args, env=self.env)


class GitTest(GitCase):
    def test_a_run_knows_what_is_checked_out(self):
        self.pipe(stage("say", ALL))
        sha = self.commit()
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertIn(f"{sha}, main, no tag, false", done.stderr)
        self.git("tag", "v1")
        self.git("checkout", "-q", "--detach")
        self.write("new", "new")
        self.assertIn(f"{sha}, no branch, v1, true", self.go().stderr)
        (started,) = self.events("run_started")
        self.assertEqual({"sha": sha, "tag": "v1", "dirty": True}, started["surroundings"]["git"])

    def test_a_condition_may_ask_for_what_is_not_there(self):
        self.pipe(stage("tagged", "release ${{ git.tag }}", 'if = "git.tag != null"'),
                  stage("main", "on main", "if = \"git.branch == 'main' && !git.dirty\""))
        self.commit()
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertNotIn("release", done.stderr)
        self.assertIn("on main", done.stderr)
        self.git("tag", "v7")
        self.assertIn("release v7", self.go().stderr)

    def test_a_resumed_run_keeps_what_it_began_with(self):
        wait = """{ run = ["sh", "-c", "test -e go || kill -9 $PPID"], changes = false }"""
        self.pipe(f'\n[[stage]]\nname = "wait"\nuses = "exec"\nwith = {wait}\n', stage("say", ALL))
        first = self.commit()
        self.git("tag", "v1")
        self.assertEqual(-9, self.go().status)
        self.write("go", "")
        self.assertNotEqual(first, self.commit())
        self.git("checkout", "-q", "-b", "other")
        self.git("tag", "v2")
        self.write("new", "new")
        done = self.run_program("resume", env=self.env)
        self.assertEqual(0, done.status, done)
        self.assertIn(f"{first}, main, v1, false", done.stderr)
        # Not even a repository is needed any more.
        shutil.rmtree(self.workspace / ".git")
        self.assertEqual(0, self.run_program("resume", env=self.env).status)

    def test_runs_that_are_kept_in_the_repository_do_not_make_it_dirty(self):
        self.pipe(stage("say", ALL))
        self.commit()
        for state in ([], ["--state", "dir:ops/runs"]):
            for _ in range(2):
                done = self.go(*state)
                self.assertEqual(0, done.status, done)
                self.assertIn("no tag, false", done.stderr)

    def test_nothing_starts_outside_of_a_repository(self):
        self.pipe('\n[[stage]]\nname = "write"\nuses = "exec"\n'
                  'with = { run = ["touch", "world"], undo = ["rm", "world"] }\n',
                  stage("say", "${{ git.sha }}"))
        for command in ("validate", "plan", "run"):
            done = self.go(command=command)
            self.assertEqual(2, done.status, done)
            self.assertIn("the pipeline's folder is in no git repository", done.stderr)
        self.assertEqual([], self.runs())
        self.assertFalse(self.exists("world"))

    def test_nothing_starts_without_a_value_that_a_stage_needs(self):
        self.pipe('\n[[stage]]\nname = "write"\nuses = "exec"\n'
                  'with = { run = ["touch", "world"], undo = ["rm", "world"] }\n',
                  stage("say", "${{ git.tag }}"))
        self.commit()
        # The file is good: in the run that it is made for there will be a tag.
        self.assertEqual(0, self.go(command="validate").status)
        for command in ("plan", "run"):
            done = self.go(command=command)
            self.assertEqual(2, done.status, done)
            self.assertIn("`git.tag` has no value", done.stderr)
        self.assertEqual([], self.runs())
        self.assertFalse(self.exists("world"))
        self.git("tag", "v1")
        self.assertEqual(0, self.go().status)

    def test_a_stage_that_is_not_chosen_needs_no_value(self):
        self.pipe(stage("a", "here"), stage("b", "${{ git.tag }}"))
        self.commit()
        self.assertEqual(2, self.go().status)
        done = self.go("--only", "a")
        self.assertEqual(0, done.status, done)

    def test_a_branch_is_no_more_than_text(self):
        name = "$(touch${IFS}world);`touch${IFS}world`"
        self.pipe(stage("say", "<${{ git.branch }}>"))
        self.commit()
        self.git("checkout", "-q", "-b", name)
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertIn(f"<{name}>", done.stderr)
        self.assertFalse(self.exists("world"))


class ModuleTest(GitCase):
    """libgit2 comes in when somebody asks, and not before."""

    def loaded(self):
        traced = self.env | {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(self.workspace / "loaded")}
        done = self.run_program("plan", "pipeline.toml", env=traced)
        self.assertEqual(0, done.status, done)
        text = "".join(file.read_text() for file in self.workspace.glob("loaded.*"))
        self.assertIn("libc.so", text)
        return set(re.findall(r"(?:stagerun-[a-z]+|lib(?:git2|curl))\.so", text))

    def test_a_pipeline_without_git_does_not_load_it(self):
        self.pipe(stage("say", "nothing"))
        self.assertEqual(set(), self.loaded())

    def test_a_pipeline_with_git_loads_it_alone(self):
        self.pipe(stage("say", "${{ git.sha }}"))
        self.commit()
        self.assertEqual({"stagerun-git.so", "libgit2.so"}, self.loaded())

    def test_an_installation_without_it_says_so(self):
        program = pathlib.Path(os.environ["STAGERUN_PROGRAM"])
        copy = self.workspace / "copy/bin"
        copy.mkdir(parents=True)
        for name in ("stagerun", "stagerun-worker"):
            shutil.copy(program.parent / name, copy)
        self.pipe(stage("say", "${{ git.sha }}"))
        self.commit()
        command = [copy / "stagerun", "plan", "pipeline.toml", "--plugins",
                   os.environ["STAGERUN_PLUGIN_DIR"]]
        done = subprocess.run(command, cwd=self.workspace, env=os.environ | self.env,
                              capture_output=True, text=True, check=False)
        self.assertEqual(75, done.returncode, done.stderr)
        self.assertIn("git cannot be asked: ", done.stderr)
        self.assertIn("install stagerun as a whole again", done.stderr)

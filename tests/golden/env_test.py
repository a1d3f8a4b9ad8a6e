"""env: checks that show no value, and settings that are set in place and put back."""

import json

from tests.support import stagerun

CANARIES = ("canary-live-7f3a9c", "canary-staging-51d0", "canary-other-8e22")


def stage(name, uses, settings):
    inline = " ".join(settings.split())  # an inline table has one line
    return f'[[stage]]\nname = "{name}"\nuses = "{uses}"\nwith = {inline}\n'


def failing(name="fails"):
    """A stage that fails only when it runs, so that the run goes back."""
    return stage(name, "exec", '{ run = ["test", "-e", "nowhere"], changes = false }')


class EnvCase(stagerun.Case):
    def pipe(self, *stages):
        self.pipeline('name = "x"\n' + "".join(stages))

    def go(self, *args, **options):
        return self.run_program("run", "pipeline.toml", "--yes", *args, **options)

    def assert_no_canary(self, *texts):
        """In no output and in no file that is kept of a run, but for the scratch folders."""
        for text in texts:
            for canary in CANARIES:
                self.assertNotIn(canary, str(text))
        folder = self.workspace / ".stagerun"
        for file in folder.rglob("*") if folder.exists() else ():
            if not file.is_file() or "scratch" in file.relative_to(folder).parts:
                continue
            data = file.read_bytes()
            for canary in CANARIES:
                self.assertNotIn(canary.encode(), data, file)


PRODUCTION = f"""APP_ENV=production
ADMIN_API_KEY={CANARIES[0]}-0123456789abcdef0123
WHATSAPP_DRY_RUN=false
STRIPE_SECRET_KEY="sk_live_{CANARIES[0]}"
DATABASE_URL=postgres://app:{CANARIES[0]}@db.prod.example:5432/bot
ACTION_TOKEN_BASE_URL=https://book.example.org
DEMO_MODE=false
WHATSAPP_PHONE_NUMBER_ID=15550100
"""
STAGING = f"""STRIPE_SECRET_KEY=sk_test_{CANARIES[1]}
DATABASE_URL=postgres://app:{CANARIES[1]}@db.staging.example:5432/bot
"""
RULES = """{ dotenv = ".env.production", present = ["WHATSAPP_PHONE_NUMBER_ID"], variables = {
  APP_ENV = { equals = "production" }, ADMIN_API_KEY = { min_len = 32, not_placeholder = true },
  WHATSAPP_DRY_RUN = { equals = "false" }, STRIPE_SECRET_KEY = { prefix = "sk_live_" },
  DATABASE_URL = { url_host = "db.prod.example", must_differ_from = { dotenv = ".env.staging" } },
  ACTION_TOKEN_BASE_URL = { url_scheme = "https", not_placeholder = true },
  DEMO_MODE = { one_of = ["false", "0"] }, PILOT_MODE_ENABLED = { absent = true } } }"""


class CheckTest(EnvCase):
    def setUp(self):
        super().setUp()
        self.write(".env.staging", STAGING)

    def test_a_production_file_that_is_right_passes(self):
        self.write(".env.production", PRODUCTION)
        self.pipe(stage("settings", "env.check", RULES))
        done = self.go()
        self.assertEqual(0, done.status, done)
        (ended,) = self.events("verb_ended", verb="apply")
        self.assertEqual({"checks": 9}, ended["outputs"])
        self.assert_no_canary(done)

    def test_everything_that_is_wrong_is_told_before_the_run(self):
        self.write(".env.production", f"""APP_ENV=staging
ADMIN_API_KEY={CANARIES[0]}
STRIPE_SECRET_KEY=sk_test_{CANARIES[2]}
DATABASE_URL=postgres://app:{CANARIES[1]}@db.staging.example:5432/bot
ACTION_TOKEN_BASE_URL=http://your-domain.com
DEMO_MODE=true
PILOT_MODE_ENABLED=
WHATSAPP_PHONE_NUMBER_ID=
""")
        self.pipe(stage("settings", "env.check", RULES))
        for command in (("plan", "pipeline.toml"), ("run", "pipeline.toml", "--yes")):
            done = self.run_program(*command)
            self.assertEqual(2, done.status, done)
            for line in (
                "9 of 9 checks failed",
                "APP_ENV in .env.production: it is not `production`",
                "ADMIN_API_KEY in .env.production: it is shorter than 32 bytes",
                "WHATSAPP_DRY_RUN in .env.production: it is not set",
                "STRIPE_SECRET_KEY in .env.production: it does not begin with `sk_live_`",
                "DATABASE_URL in .env.production: its host is not `db.prod.example`; "
                "it is the same as DATABASE_URL in .env.staging, and must differ",
                "ACTION_TOKEN_BASE_URL in .env.production: its scheme is not `https`; "
                "it looks like a placeholder, not like a value",
                "DEMO_MODE in .env.production: it is not any of `false`, `0`",
                "PILOT_MODE_ENABLED in .env.production: it is set, and must not be",
                "WHATSAPP_PHONE_NUMBER_ID in .env.production: it is empty",
            ):
                self.assertIn(line, done.stderr)
            self.assert_no_canary(done)
        self.assertEqual([], self.runs())

    def test_in_the_run_it_ends_with_3_where_nothing_was_written(self):
        self.write(".env.production", PRODUCTION.replace("=false", "=true"))
        rules = RULES.replace("dotenv =", "early = false, dotenv =", 1)
        self.pipe(stage("settings", "env.check", rules))
        done = self.go()
        self.assertEqual(3, done.status, done)
        self.assertIn("2 of 9 checks failed: WHATSAPP_DRY_RUN, DEMO_MODE", done.stderr)
        self.assertIn("WHATSAPP_DRY_RUN in .env.production: it is not `false`", done.stderr)
        self.assert_no_canary(done)

    def test_the_environment_is_looked_at_by_name_only(self):
        self.pipe(stage("settings", "env.check", """{ variables = {
            KEY = { min_len = 8, must_differ_from = { env = "OLD_KEY" } },
            COPY = { same_as = { env = "KEY" } } } }"""))
        good = {"KEY": CANARIES[0], "COPY": CANARIES[0], "OLD_KEY": CANARIES[1]}
        done = self.go(env=good)
        self.assertEqual(0, done.status, done)
        self.assert_no_canary(done)
        done = self.go(env=good | {"COPY": CANARIES[2], "OLD_KEY": CANARIES[0]})
        self.assertEqual(2, done.status, done)
        self.assertIn("COPY: it is not the same as the variable KEY", done.stderr)
        self.assertIn("KEY: it is the same as the variable OLD_KEY, and must differ", done.stderr)
        self.assert_no_canary(done)

    def test_what_was_checked_is_still_inherited_and_masked(self):
        self.pipe(stage("settings", "env.check", '{ variables = { KEY = { min_len = 8 } } }'),
                  stage("use", "exec", """{ run = ["sh", "-c", 'test "$KEY" = %s && echo "$KEY"'],
                                            changes = false }""" % CANARIES[0]))
        done = self.go(env={"KEY": CANARIES[0]})
        self.assertEqual(0, done.status, done)
        self.assertIn("[use] | ***", done.stderr + done.stdout)

    def test_tools_are_asked_for_their_version(self):
        self.write("tool", "#!/bin/sh\necho tool v1.13.2\n", executable=True)
        tools = '{ tools = [{ run = ["./tool", "--version"], version = "%s" }] }'
        self.pipe(stage("tools", "env.check", tools % "~>1.9"))
        self.assertEqual(0, self.go().status)
        self.pipe(stage("tools", "env.check", tools % ">=2"))
        done = self.go()
        self.assertEqual(2, done.status, done)
        self.assertIn("the tool ./tool: its version is 1.13.2, not >=2", done.stderr)

    def test_a_missing_file_and_a_missing_tool_are_told(self):
        self.pipe(stage("all", "env.check",
                        '{ dotenv = ".env.nowhere", present = ["A"], '
                        'tools = [{ run = ["./no"] }] }'))
        done = self.go()
        self.assertEqual(2, done.status, done)
        self.assertIn("2 of 2 checks failed: A, ./no", done.stderr)

    def test_a_mistyped_rule_is_shown_with_its_place(self):
        self.pipe(stage("settings", "env.check", '{ variables = { A = { min_lenn = 3 } } }'))
        done = self.run_program("validate", "pipeline.toml")
        self.assertEqual(2, done.status, done)
        self.assertIn("unknown key `min_lenn`", done.stderr)
        self.assertIn("min_len", done.stderr)
        self.assertIn("pipeline.toml:5", done.stderr)

    def test_what_is_plainly_allowed_is_not_masked_afterwards(self):
        self.write(".env.production", PRODUCTION)
        self.pipe(stage("settings", "env.check", RULES),
                  stage("say", "exec",
                        '{ run = ["echo", "production is false"], changes = false }'))
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertIn("production is false", done.stderr + done.stdout)


DOTENV = f"""# settings of the bot
APP_ENV=production
WHATSAPP_DRY_RUN="true"  # no real messages
SECRET='{CANARIES[2]}'
OLD=1
"""


class SetTest(EnvCase):
    SETTINGS = """{ file = "config/.env", values = { WHATSAPP_DRY_RUN = "false", NEW = "a b" },
                    unset = ["OLD"] }"""
    AFTER = DOTENV.replace('"true"', '"false"').replace("OLD=1\n", "NEW='a b'\n")

    def setUp(self):
        super().setUp()
        self.write("config/.env", DOTENV).chmod(0o640)
        self.pipe(stage("switch", "env.set", self.SETTINGS))

    def assert_back(self, done, status=0):
        self.assertEqual(status, done.status, done)
        self.assertEqual(DOTENV, self.read("config/.env"))
        self.assertEqual(0o640, (self.workspace / "config/.env").stat().st_mode & 0o777)
        self.assert_no_canary(done)

    def test_only_what_was_asked_for_changes(self):
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertEqual(self.AFTER, self.read("config/.env"))
        self.assertEqual(0o640, (self.workspace / "config/.env").stat().st_mode & 0o777)
        self.assertEqual({"changed": 3}, self.events("verb_ended", verb="apply")[0]["outputs"])
        self.assert_no_canary(done)

    def test_plan_says_which_keys_change_and_never_an_old_value(self):
        done = self.run_program("plan", "pipeline.toml")
        self.assertEqual(0, done.status, done)
        for text in ("set WHATSAPP_DRY_RUN in config/.env to `false`", "add NEW in config/.env",
                     "remove OLD in config/.env"):
            self.assertIn(text, done.stdout)
        self.assertEqual(DOTENV, self.read("config/.env"))
        self.assert_no_canary(done)

    def test_a_second_run_finds_nothing_to_do(self):
        self.assertEqual(0, self.go().status)
        done = self.go()
        self.assertEqual(0, done.status, done)
        self.assertEqual("unchanged", self.events("stage_settled")[0]["result"])
        self.assertEqual([], self.events("effect_intended", access="write"))

    def test_rollback_puts_every_byte_back_and_may_be_repeated(self):
        self.assertEqual(0, self.go().status)
        self.assert_back(self.run_program("rollback"))

    def test_a_later_failure_puts_it_back(self):
        self.pipe(stage("switch", "env.set", self.SETTINGS), failing())
        self.assert_back(self.go(), status=6)

    def test_others_edits_elsewhere_survive_the_way_back(self):
        self.assertEqual(0, self.go().status)
        now = self.read("config/.env").replace("APP_ENV=production", "APP_ENV=canary-green")
        self.write("config/.env", now + "THEIRS=1\n")
        done = self.run_program("rollback")
        self.assertEqual(0, done.status, done)
        self.assertEqual(DOTENV.replace("production", "canary-green").replace("OLD=1\n", "")
                         + "THEIRS=1\nOLD=1\n", self.read("config/.env"))
        self.assert_no_canary(done)

    def test_a_key_that_somebody_else_changed_is_a_conflict_and_left_alone(self):
        self.assertEqual(0, self.go().status)
        theirs = self.read("config/.env").replace('"false"', '"maybe"')
        self.write("config/.env", theirs)
        done = self.run_program("rollback")
        self.assertEqual(8, done.status, done)
        self.assertIn("WHATSAPP_DRY_RUN", done.stderr)
        self.assertEqual(theirs, self.read("config/.env"))
        self.assert_no_canary(done)

    def test_a_file_that_is_gone_is_a_conflict(self):
        self.assertEqual(0, self.go().status)
        (self.workspace / "config/.env").unlink()
        self.assertEqual(8, self.run_program("rollback").status)

    def test_without_the_kept_copy_it_says_so(self):
        self.assertEqual(0, self.go().status)
        (kept,) = (self.workspace / ".stagerun").rglob("before")
        kept.unlink()
        done = self.run_program("rollback")
        self.assertEqual(7, done.status, done)
        self.assertIn("the copy of config/.env is gone", done.stderr)
        self.assertEqual(self.AFTER, self.read("config/.env"))

    def test_a_new_file_is_made_only_where_that_was_asked_for(self):
        self.pipe(stage("switch", "env.set", '{ file = "new.env", values = { A = 1 } }'))
        done = self.go()
        self.assertEqual(3, done.status, done)
        self.assertIn("there is no file new.env", done.stderr)
        self.pipe(stage("switch", "env.set",
                        '{ file = "new.env", values = { A = 1 }, create = true }'))
        self.assertEqual(0, self.go().status)
        self.assertEqual("A=1\n", self.read("new.env"))
        self.assertEqual(0o600, (self.workspace / "new.env").stat().st_mode & 0o777)
        self.assertEqual(0, self.run_program("rollback").status)
        self.assertFalse(self.exists("new.env"))

    def test_a_file_of_a_form_that_is_a_risk_is_refused_in_the_plan(self):
        self.write("config/.env", "WHATSAPP_DRY_RUN=1\nWHATSAPP_DRY_RUN=2\n")
        done = self.run_program("plan", "pipeline.toml")
        self.assertEqual(2, done.status, done)
        self.assertIn("stands there twice, in line 1 and in line 2", done.stderr)

    def test_a_link_that_leads_out_of_the_workspace_is_refused(self):
        outside = self.workspace.with_name(self.workspace.name + "-outside")
        outside.write_text("A=1\n", encoding="utf-8")
        self.addCleanup(outside.unlink)
        (self.workspace / "out.env").symlink_to(outside)
        self.pipe(stage("switch", "env.set", '{ file = "out.env", values = { A = 2 } }'))
        self.assertNotEqual(0, self.go().status)
        self.assertEqual("A=1\n", outside.read_text(encoding="utf-8"))

    def test_each_format_is_edited_in_place_and_put_back(self):
        files = {
            "app.json": ('{\n  "debug": true,\n  "db": {"host": "a",\n "port": 1}\n}\n',
                         '{\n  "debug": false,\n  "db": {"host": "b",\n "port": 1}\n}\n'),
            "app.yaml": ("# head\ndebug: true  # why\ndb:\n  host: 'a'\n  list: [1,\n    2]\n",
                         "# head\ndebug: false  # why\ndb:\n  host: 'b'\n  list: [1,\n    2]\n"),
            "app.toml": ("# head\ndebug = true # why\n[db]\nhost = 'a'\nlist = [1,\n 2]\n",
                         "# head\ndebug = false # why\n[db]\nhost = 'b'\nlist = [1,\n 2]\n"),
        }
        for file, (before, after) in files.items():
            with self.subTest(file):
                self.write(file, before)
                values = '{ debug = false, "db.host" = "b" }'
                self.pipe(stage("s", "env.set", f'{{ file = "{file}", values = {values} }}'))
                done = self.go()
                self.assertEqual(0, done.status, done)
                self.assertEqual(after, self.read(file))
                done = self.run_program("rollback")
                self.assertEqual(0, done.status, done)
                self.assertEqual(before, self.read(file))

    def test_the_journal_names_keys_and_lines_and_holds_no_content(self):
        self.assertEqual(0, self.go().status)
        (saved,) = self.events("checkpoint_saved")
        self.assertNotIn("production", json.dumps(self.journal()))
        self.assertIn("WHATSAPP_DRY_RUN", json.dumps(self.journal()))
        self.assertTrue(saved)
        (write,) = self.events("effect_intended", access="write")
        self.assertEqual("write config/.env", write["purpose"])


SECRETS = '[secrets]\nKEY = { env = "THE_KEY" }\n'


class SecretTest(EnvCase):
    """With secrets of the pipeline, whose values stand in nothing but the file that is written."""

    def with_secret(self, name, uses, settings):
        return SECRETS + stage(name, uses, settings).replace("uses =", 'secrets = ["KEY"]\nuses =')

    def test_a_secret_is_held_against_rules_and_other_places(self):
        self.write(".env", f"KEY={CANARIES[0]}\n")
        self.pipe(self.with_secret("settings", "env.check", """{ dotenv = ".env",
            variables = { KEY = { same_as = "${{ secrets.KEY }}" } },
            secrets = [{ name = "the key", value = "${{ secrets.KEY }}", prefix = "canary-live-",
                         min_len = 8 }] }"""))
        done = self.go(env={"THE_KEY": CANARIES[0]})
        self.assertEqual(0, done.status, done)
        self.assert_no_canary(done)
        done = self.go(env={"THE_KEY": CANARIES[2]})
        self.assertEqual(2, done.status, done)
        self.assertIn("KEY in .env: it is not the same as the secret", done.stderr)
        self.assertIn("the secret the key: it does not begin with `canary-live-`", done.stderr)
        self.assert_no_canary(done)

    def test_a_secret_is_set_in_each_format_and_put_back(self):
        files = {
            "a.env": (f"# bot\nKEY=old\nOTHER={CANARIES[1]}\n",
                      f"# bot\nKEY={CANARIES[0]}\nOTHER={CANARIES[1]}\n"),
            "a.json": ('{"KEY": "old"}\n', f'{{"KEY": "{CANARIES[0]}"}}\n'),
            "a.yaml": ("KEY: old # why\n", f'KEY: "{CANARIES[0]}" # why\n'),
            "a.toml": ("KEY = 'old'\n", f"KEY = '{CANARIES[0]}'\n"),
        }
        for file, (before, after) in files.items():
            with self.subTest(file):
                self.write(file, before)
                self.pipe(self.with_secret("set", "env.set", f"""{{ file = "{file}",
                    values = {{ KEY = "${{{{ secrets.KEY }}}}" }} }}"""))
                secret = {"THE_KEY": CANARIES[0]}
                done = self.go(env=secret)
                self.assertEqual(0, done.status, done)
                self.assertEqual(after, self.read(file))
                self.assert_no_canary(done)
                again = self.go(env=secret)
                self.assertEqual("unchanged", self.events("stage_settled")[0]["result"], again)
                first = self.runs()[-2]
                done = self.run_program("rollback", first, env=secret)
                self.assertEqual(0, done.status, done)
                self.assertEqual(before, self.read(file))
                self.assert_no_canary(done)

    def test_a_secret_that_quotes_cannot_hold_is_refused_in_the_plan(self):
        self.write("a.env", "KEY=old\n")
        self.pipe(self.with_secret("set", "env.set", """{ file = "a.env",
            values = { KEY = "${{ secrets.KEY }}" } }"""))
        done = self.run_program("plan", "pipeline.toml", env={"THE_KEY": f"{CANARIES[0]}\n'\""})
        self.assertEqual(2, done.status, done)
        self.assertIn("cannot be written there safely", done.stderr)
        self.assert_no_canary(done)
        self.assertEqual("KEY=old\n", self.read("a.env"))

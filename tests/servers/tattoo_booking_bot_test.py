"""The fixture of pipelines/tattoo-booking-bot alone: plain alembic, the bot, its answers."""

import contextlib
import hashlib
import hmac
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from tests.support import alembic, postgres, sources

FIXTURE = sources.ROOT / "pipelines" / "tattoo-booking-bot"
FIRST, LAST = "4f1c2a9d7b10", "b92d6e40c8a1"


class Settings:
    """The made-up values of .env.production.example."""

    ADMIN = "made-up-admin-key-0123456789-0123456789"
    APP_SECRET = "made-up-whatsapp-app-secret"
    VERIFY = "made-up-whatsapp-verify-token"
    STRIPE = "whsec_made_up_stripe_webhook_secret"


class BotCase(postgres.Case):
    def setUp(self):
        super().setUp()
        self.folder = self.workspace / "bot"
        ignored = shutil.ignore_patterns(".stagerun", "world", ".env.production")
        shutil.copytree(FIXTURE, self.folder, ignore=ignored)
        self.environment = {"PATH": os.environ["PATH"], "DATABASE_URL": self.url()}
        self.run_tool("./reset")

    def run_tool(self, *command):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True,
                              encoding="utf-8", check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def alembic(self, *args):
        return self.run_tool(*alembic.COMMAND, *args)

    def serve(self, **more):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        process = subprocess.Popen(
            ["./serve", "--env-file", ".env.production", "--port", str(self.port)],
            cwd=self.folder, env={"PATH": os.environ["PATH"], **more},
            stdout=subprocess.DEVNULL, stderr=(self.workspace / "log").open("ab"))

        def stop():
            process.terminate()
            self.assertEqual(0, process.wait(timeout=20))

        self.addCleanup(stop)
        self.wait_until(lambda: process.poll() is not None or self.is_up(), what="the application")
        return process

    def is_up(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def call(self, method, path, body=None, **headers):
        """(status, content); content is JSON where it is."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body,
                                         method=method, headers=names)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode("utf-8")
        with contextlib.suppress(ValueError):
            return status, json.loads(text)
        return status, text

    def whatsapp(self, message_id, sender="447700900123", secret=Settings.APP_SECRET):
        message = {"id": message_id, "from": sender, "type": "text", "text": {"body": "hello"}}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [
            {"changes": [{"field": "messages", "value": {"messages": [message]}}]}]}).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.call("POST", "/webhooks/whatsapp", body, X_Hub_Signature_256=signature)

    def stripe(self, session, at=None, kind="checkout.session.completed", secret=Settings.STRIPE):
        body = json.dumps({"type": kind, "data": {"object": session}}).encode()
        at = str(int(time.time() if at is None else at))
        signature = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        return self.call("POST", "/webhooks/stripe", body,
                         Stripe_Signature=f"t={at},v1={signature}")

    def events(self, query="limit=50"):
        status, content = self.call("GET", f"/admin/events?{query}",
                                    X_Admin_API_Key=Settings.ADMIN)
        self.assertEqual(200, status, content)
        return [event["event_type"] for event in content["events"]]


class MigrationTest(BotCase):
    def test_reset_makes_the_day_before_the_launch(self):
        self.assertEqual(FIRST, self.sql("SELECT version_num FROM alembic_version"))
        self.assertEqual("2", self.sql("SELECT count(*) FROM leads"))
        before = self.state()
        self.alembic("upgrade", "head")
        self.sql("INSERT INTO leads (wa_from) VALUES ('1')")
        self.run_tool("./reset")
        self.assertEqual(before, self.state())

    def state(self):
        """The database without the times at which rows were written."""
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00", "TIME", self.content())

    def test_every_revision_goes_there_and_back_without_a_trace(self):
        before = self.content()
        self.alembic("upgrade", "head")
        self.assertEqual(LAST, self.sql("SELECT version_num FROM alembic_version"))
        self.alembic("downgrade", FIRST)
        self.assertEqual(before, self.content())
        self.alembic("downgrade", "base")
        self.assertEqual("alembic_version",
                         self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))

    def test_the_constraints_and_indexes_of_the_runbook_are_there(self):
        self.alembic("upgrade", "head")
        unique = self.sql("SELECT conname FROM pg_constraint WHERE contype = 'u' AND "
                          "connamespace = 'public'::regnamespace ORDER BY 1")
        self.assertEqual(["uq_payments_checkout_session_id", "uq_payments_payment_intent_id",
                          "uq_processed_messages_message_id"], unique.split())
        indexes = self.sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'").split()
        for name in ("ix_leads_wa_from", "ix_processed_messages_lead_id", "ix_payments_lead_id"):
            self.assertIn(name, indexes)
        keys = self.sql("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
        self.assertEqual("3", keys)


class BeforeMigrationTest(BotCase):
    def test_an_old_schema_is_told_by_health_and_refused_by_the_webhooks(self):
        self.serve()
        status, health = self.call("GET", "/health")
        self.assertEqual((200, FIRST), (status, health["schema_version"]))
        self.assertEqual(503, self.whatsapp("wamid.1")[0])
        self.assertEqual(503, self.stripe({"id": "cs_1"})[0])

    def test_it_does_not_start_without_what_it_needs(self):
        text = (self.folder / ".env.production").read_text("utf-8")
        text = text.replace(f"ADMIN_API_KEY={Settings.ADMIN}", "ADMIN_API_KEY=short")
        text = text.replace(f"STRIPE_WEBHOOK_SECRET={Settings.STRIPE}", "")
        (self.folder / ".env.production").write_text(text, "utf-8")
        done = subprocess.run(["./serve", "--env-file", ".env.production", "--port", "1"],
                              cwd=self.folder, env={"PATH": os.environ["PATH"]},
                              capture_output=True, encoding="utf-8", check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("STRIPE_WEBHOOK_SECRET is not set", done.stderr)
        self.assertIn("ADMIN_API_KEY has fewer than 32 characters", done.stderr)


class EndpointTest(BotCase):
    def setUp(self):
        super().setUp()
        self.alembic("upgrade", "head")

    def test_health_says_what_runs(self):
        self.serve()
        version = (FIXTURE / "app/VERSION").read_text("utf-8").strip()
        self.assertEqual((200, {"status": "ok", "version": version, "schema_version": LAST,
                                "environment": "production", "dry_run": True,
                                "panic_mode": False}), self.call("GET", "/health"))

    def test_health_fails_where_the_database_is_gone(self):
        self.serve(DATABASE_URL=self.url("nowhere"))
        self.assertEqual(503, self.call("GET", "/health")[0])

    def test_whatsapp_is_answered_its_challenge_only_for_the_token(self):
        self.serve()
        path = "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=abc&hub.verify_token="
        self.assertEqual((200, "abc"), self.call("GET", path + Settings.VERIFY))
        self.assertEqual(403, self.call("GET", path + "wrong")[0])
        self.assertEqual(403, self.call("GET", "/webhooks/whatsapp")[0])

    def test_a_message_becomes_a_lead_once(self):
        self.serve()
        self.assertEqual((200, {"taken": 1, "duplicates": 0}), self.whatsapp("wamid.1"))
        self.assertEqual((200, {"taken": 0, "duplicates": 1}), self.whatsapp("wamid.1"))
        self.assertEqual((200, {"taken": 1, "duplicates": 0}), self.whatsapp("wamid.2"))
        self.assertEqual("1", self.sql("SELECT count(*) FROM leads WHERE wa_from = '447700900123'"))
        self.assertEqual("2", self.sql("SELECT count(*) FROM processed_messages"))

    def test_the_same_message_many_times_at_once_is_taken_once(self):
        self.serve()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.whatsapp("wamid.9")))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([200] * 8, [status for status, _ in answers])
        self.assertEqual(1, sum(content["taken"] for _, content in answers))
        self.assertEqual("1", self.sql("SELECT count(*) FROM processed_messages"))
        self.assertEqual("1", self.sql("SELECT count(*) FROM leads WHERE wa_from = '447700900123'"))

    def test_a_message_with_another_signature_is_refused(self):
        self.serve()
        self.assertEqual(401, self.whatsapp("wamid.1", secret="another")[0])
        self.assertEqual(401, self.call("POST", "/webhooks/whatsapp", b"{}")[0])
        self.assertEqual("0", self.sql("SELECT count(*) FROM processed_messages"))

    def test_a_payment_is_taken_once_and_marks_its_lead(self):
        self.serve()
        self.whatsapp("wamid.1")
        lead = self.sql("SELECT id FROM leads WHERE wa_from = '447700900123'")
        session = {"id": "cs_1", "payment_intent": "pi_1", "amount_total": 5000,
                   "client_reference_id": lead}
        self.assertEqual((200, {"received": True, "duplicate": False}), self.stripe(session))
        self.assertEqual((200, {"received": True, "duplicate": True}), self.stripe(session))
        self.assertEqual("DEPOSIT_PAID", self.sql(f"SELECT status FROM leads WHERE id = {lead}"))
        self.assertEqual("5000", self.sql("SELECT amount_pence FROM payments"))

    def test_stripe_is_held_to_signature_time_and_method(self):
        self.serve()
        self.assertEqual(400, self.stripe({"id": "cs_1"}, secret="another")[0])
        self.assertEqual(400, self.stripe({"id": "cs_1"}, at=time.time() - 3600)[0])
        self.assertEqual(400, self.call("POST", "/webhooks/stripe", b"{}")[0])
        self.assertEqual(405, self.call("GET", "/webhooks/stripe")[0])
        self.assertEqual("invoice.paid", self.stripe({}, kind="invoice.paid")[1]["ignored"])
        self.assertEqual("0", self.sql("SELECT count(*) FROM payments"))

    def test_admin_needs_the_key(self):
        self.serve()
        self.assertEqual(401, self.call("GET", "/admin/events")[0])
        self.assertEqual(401, self.call("GET", "/admin/debug/lead/1", X_Admin_API_Key="no")[0])
        self.whatsapp("wamid.1")
        self.assertEqual(["whatsapp.dry_run", "lead.created"], self.events())
        self.assertEqual(["lead.created"], self.events("event_type=lead.created"))
        self.assertEqual([], self.events("level=ERROR"))
        lead = self.sql("SELECT id FROM leads WHERE wa_from = '447700900123'")
        status, found = self.call("GET", f"/admin/debug/lead/{lead}",
                                  X_Admin_API_Key=Settings.ADMIN)
        self.assertEqual((200, "wamid.1"), (status, found["messages"][0]["message_id"]))
        self.assertEqual(404, self.call("GET", "/admin/debug/lead/999",
                                        X_Admin_API_Key=Settings.ADMIN)[0])
        self.assertEqual(404, self.call("GET", "/nowhere")[0])

    def test_panic_mode_takes_messages_and_answers_none(self):
        self.serve(WHATSAPP_DRY_RUN="false", FEATURE_PANIC_MODE_ENABLED="true")
        self.whatsapp("wamid.1")
        self.assertEqual(["whatsapp.paused", "lead.created"], self.events())

    def test_without_dry_run_messages_are_sent_and_failures_are_noted(self):
        sent = []

        class Graph(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sent.append((self.path, self.headers["Authorization"], json.loads(body)["to"]))
                self.send_response(200 if len(sent) == 1 else 500)
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Graph) as graph:
            threading.Thread(target=graph.serve_forever, daemon=True).start()
            self.serve(WHATSAPP_DRY_RUN="false",
                       WHATSAPP_API_URL=f"http://127.0.0.1:{graph.server_port}")
            self.whatsapp("wamid.1")
            self.whatsapp("wamid.2")
            graph.shutdown()
        self.assertEqual([("/100000000000001/messages", "Bearer made-up-whatsapp-access-token",
                           "447700900123")] * 2, sent)
        self.assertEqual(["whatsapp.send_failure", "lead.message", "whatsapp.sent",
                          "lead.created"], self.events())
        self.assertEqual(["whatsapp.send_failure"], self.events("level=ERROR"))

"""The database: leads, processed messages, payments, system events."""

import contextlib
import json

import psycopg2
import psycopg2.extras


class Store:
    """One connection for each request; whoever asks twice at once is told apart by constraints."""

    def __init__(self, url):
        # SQLAlchemy names the driver in the scheme, libpq does not know of that.
        scheme, separator, rest = url.partition("://")
        self._dsn = scheme.partition("+")[0] + separator + rest

    @contextlib.contextmanager
    def transaction(self):
        """A cursor whose work is committed at the end, or not at all."""
        connection = psycopg2.connect(self._dsn, connect_timeout=5,
                                      application_name="tattoo-booking-bot")
        try:
            with connection, connection.cursor(
                    cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                yield cursor
        finally:
            connection.close()

    def schema_version(self):
        with self.transaction() as cursor:
            cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL AS present")
            if not cursor.fetchone()["present"]:
                return None
            cursor.execute("SELECT version_num FROM alembic_version ORDER BY 1")
            return ",".join(row["version_num"] for row in cursor.fetchall()) or None

    def take_message(self, message_id, wa_from, text, correlation_id):
        """The lead of a message, or None where the message was taken before."""
        with self.transaction() as cursor:
            cursor.execute("SELECT id FROM leads WHERE wa_from = %s FOR UPDATE", (wa_from,))
            lead = cursor.fetchone()
            is_new = lead is None
            if is_new:
                cursor.execute("INSERT INTO leads (wa_from, status) VALUES (%s, 'NEW') "
                               "ON CONFLICT (wa_from) DO UPDATE SET wa_from = EXCLUDED.wa_from "
                               "RETURNING id", (wa_from,))
                lead = cursor.fetchone()
            cursor.execute("INSERT INTO processed_messages (message_id, lead_id, body) "
                           "VALUES (%s, %s, %s) ON CONFLICT (message_id) DO NOTHING RETURNING id",
                           (message_id, lead["id"], text))
            if cursor.fetchone() is None:
                return None
            add_event(cursor, "INFO", "lead.created" if is_new else "lead.message",
                      correlation_id, lead["id"], {"message_id": message_id})
            return lead["id"]

    def take_payment(self, session, correlation_id):
        """False where this checkout, or its payment, was taken before."""
        reference = str(session.get("client_reference_id") or "")
        lead_id = int(reference) if reference.isdigit() else None
        with self.transaction() as cursor:
            cursor.execute("INSERT INTO payments (lead_id, checkout_session_id, payment_intent_id, "
                           "amount_pence, currency, status) VALUES (%s, %s, %s, %s, %s, 'PAID') "
                           "ON CONFLICT DO NOTHING RETURNING id",
                           (lead_id, session["id"], session.get("payment_intent"),
                            session.get("amount_total", 0), session.get("currency", "gbp")))
            if cursor.fetchone() is None:
                return False
            cursor.execute("UPDATE leads SET status = 'DEPOSIT_PAID' WHERE id = %s", (lead_id,))
            add_event(cursor, "INFO", "payment.confirmed", correlation_id, lead_id,
                      {"checkout_session_id": session["id"]})
            return True

    def log(self, level, event_type, correlation_id, lead_id=None, **details):
        with self.transaction() as cursor:
            add_event(cursor, level, event_type, correlation_id, lead_id, details)

    def events(self, limit, event_type=None, level=None):
        with self.transaction() as cursor:
            cursor.execute("SELECT id, level, event_type, lead_id, correlation_id, details, "
                           "created_at FROM system_events WHERE (%s IS NULL OR event_type = %s) "
                           "AND (%s IS NULL OR level = %s) ORDER BY id DESC LIMIT %s",
                           (event_type, event_type, level, level, limit))
            return cursor.fetchall()

    def lead(self, lead_id):
        """All that is known of a lead, or None."""
        with self.transaction() as cursor:
            cursor.execute("SELECT * FROM leads WHERE id = %s", (lead_id,))
            lead = cursor.fetchone()
            if lead is None:
                return None
            for name, table in (("messages", "processed_messages"), ("payments", "payments"),
                                ("events", "system_events")):
                cursor.execute(f"SELECT * FROM {table} WHERE lead_id = %s ORDER BY id", (lead_id,))
                lead[name] = cursor.fetchall()
            return lead


def add_event(cursor, level, event_type, correlation_id, lead_id, details):
    cursor.execute("INSERT INTO system_events (level, event_type, lead_id, correlation_id, details)"
                   " VALUES (%s, %s, %s, %s, %s)",
                   (level, event_type, lead_id, correlation_id, json.dumps(details)))

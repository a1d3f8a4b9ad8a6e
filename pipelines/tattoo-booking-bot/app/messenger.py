"""Answers to clients: sent to WhatsApp, or only noted, as the settings say."""

import json
import urllib.error
import urllib.request

GREETING = "Thanks for your message! Where on the body should the tattoo go?"


class Messenger:
    def __init__(self, settings, store):
        self._settings = settings
        self._store = store

    def greet(self, lead_id, wa_from, correlation_id):
        if self._settings.panic_mode:
            return self._note("WARNING", "whatsapp.paused", correlation_id, lead_id)
        if self._settings.dry_run:
            return self._note("INFO", "whatsapp.dry_run", correlation_id, lead_id, text=GREETING)
        try:
            self._send(wa_from, GREETING)
        except (urllib.error.URLError, OSError) as error:
            return self._note("ERROR", "whatsapp.send_failure", correlation_id, lead_id,
                              error=str(error))
        return self._note("INFO", "whatsapp.sent", correlation_id, lead_id, text=GREETING)

    def _note(self, level, event_type, correlation_id, lead_id, **details):
        self._store.log(level, event_type, correlation_id, lead_id, **details)

    def _send(self, to, text):
        """To WHATSAPP_API_URL; where there is none, the note is all that happens."""
        base = self._settings.get("WHATSAPP_API_URL")
        if not base:
            return
        body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}}
        request = urllib.request.Request(
            f"{base}/{self._settings.get('WHATSAPP_PHONE_NUMBER_ID')}/messages",
            data=json.dumps(body).encode("utf-8"), method="POST",
            headers={"Content-Type": "application/json",
                     "Authorization": f"Bearer {self._settings.get('WHATSAPP_ACCESS_TOKEN')}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read(65536)

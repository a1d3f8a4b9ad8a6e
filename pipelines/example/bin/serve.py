#!/usr/bin/env python3
"""The app. Answers /health on 127.0.0.1 from world/; writes nothing."""

import argparse
import contextlib
import json
import pathlib
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The release is the one that was current when it started; the data are those of the moment.
RELEASE = json.loads(pathlib.Path("world/current/release.json").read_text(encoding="utf-8"))


def health():
    """(status, document)"""
    with contextlib.closing(sqlite3.connect("file:world/app.db?mode=ro", uri=True)) as db:
        schema = db.execute("PRAGMA user_version").fetchone()[0]
        bookings = db.execute("SELECT count(*) FROM bookings").fetchone()[0]
    document = {"version": RELEASE["version"], "bookings": bookings}
    if schema != RELEASE["schema"]:
        return 503, document | {"problem": f"needs schema {RELEASE['schema']}, found {schema}"}
    return 200, document


class Handler(BaseHTTPRequestHandler):
    """Knows one path."""

    def do_GET(self):
        status, document = health() if self.path == "/health" else (404, {"problem": "not here"})
        body = (json.dumps(document) + "\n").encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()

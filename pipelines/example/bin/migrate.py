#!/usr/bin/env python3
"""migrate.py up|check|record|undo: world/app.db from schema 1 to 2, and back.

The schema's version is looked at and changed in one transaction, so whoever else migrates at the
same moment comes wholly before or wholly after.
"""

import contextlib
import os
import pathlib
import sqlite3
import sys

OLD, NEW = 1, 2
NOT_DONE, UNKNOWN, CONFLICT = 1, 2, 8


def statements(name):
    text = pathlib.Path("schema", name).read_text(encoding="utf-8")
    return [statement for statement in text.split(";") if statement.strip()]


def version_of(db):
    return db.execute("PRAGMA user_version").fetchone()[0]


def change(db, script, version):
    for statement in statements(script):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {int(version)}")


@contextlib.contextmanager
def transaction():
    """Everything inside, or nothing of it."""
    with contextlib.closing(sqlite3.connect("world/app.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def up():
    with transaction() as db:
        found = version_of(db)
        if found == NEW:
            return 0
        if found != OLD:
            print(f"the schema is {found}; this goes from {OLD} to {NEW}", file=sys.stderr)
            return 1
        change(db, "2_up.sql", NEW)
    print(f"schema {OLD} is now {NEW}")
    return 0


def check():
    with transaction() as db:
        return {NEW: 0, OLD: NOT_DONE}.get(version_of(db), UNKNOWN)


def record():
    with transaction() as db:
        print(version_of(db))
    return 0


def undo():
    before = int(pathlib.Path(os.environ["STAGERUN_BASELINE"]).read_text(encoding="utf-8"))
    with transaction() as db:
        found = version_of(db)
        if found == before:
            return 0
        if (found, before) != (NEW, OLD):
            print(f"the schema is {found}: somebody else has changed it", file=sys.stderr)
            return CONFLICT
        paid = db.execute("SELECT count(*) FROM bookings WHERE deposit_cents <> 0").fetchone()[0]
        if paid:
            print(f"{paid} deposits were paid since: schema {OLD} has no place", file=sys.stderr)
            return CONFLICT
        change(db, "2_down.sql", OLD)
    print(f"schema {NEW} is {OLD} again")
    return 0


if __name__ == "__main__":
    sys.exit({"up": up, "check": check, "record": record, "undo": undo}[sys.argv[1]]())

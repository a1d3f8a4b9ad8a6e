#!/usr/bin/env python3
"""May the go-live start? Looks at everything, changes nothing."""

import argparse
import pathlib
import shutil
import socket
import sqlite3
import sys

WORLD = pathlib.Path("world")


def problems(version, port):
    """Everything that stands in the way, as sentences."""
    for tool in ("sqlite3", "python3"):
        if shutil.which(tool) is None:
            yield f"{tool} is not installed"
    if not pathlib.Path("releases", version, "release.json").is_file():
        yield f"there is no release {version} in releases/"
    if not (WORLD / "app.db").is_file():
        yield "there is no world/app.db: run ./reset"
        return
    if schema_version() != 1:
        yield f"the schema is {schema_version()} and not 1: is this live already?"
    if (WORLD / "current").resolve().name == version:
        yield f"release {version} is live already"
    if is_taken(port):
        yield f"something listens on port {port}: choose another with -i port=..."


def schema_version():
    with sqlite3.connect(f"file:{WORLD}/app.db?mode=ro", uri=True) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def is_taken(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    found = list(problems(given.version, given.port))
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

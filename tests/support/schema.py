"""What `stagerun schema` prints, and a judge of it that is not ours: Debian's python3-jsonschema.

Debian's packages belong to Debian's Python, which need not be the one that runs the tests.
"""

import json
import subprocess
import tomllib

DEBIAN_PYTHON = "/usr/bin/python3"

JUDGE = """
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is missing: ci/bootstrap installs it")
given = json.load(sys.stdin)
jsonschema.Draft7Validator.check_schema(given["schema"])
judge = jsonschema.Draft7Validator(given["schema"])
json.dump(
    [
        [{"path": list(e.absolute_path), "message": e.message} for e in judge.iter_errors(document)]
        for document in given["documents"]
    ],
    sys.stdout,
)
"""


def problems(schema, documents):
    """For each document what the schema says against it. The schema itself must be of draft 7."""
    given = json.dumps({"schema": schema, "documents": documents}, default=str)
    done = subprocess.run(
        [DEBIAN_PYTHON, "-I", "-c", JUDGE],
        input=given,
        capture_output=True,
        timeout=100,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"the schema could not be tried:\n{done.stderr}")
    return json.loads(done.stdout)


def read_toml(text):
    """The document that a schema sees of a file; None where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None

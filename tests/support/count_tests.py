"""Adds up what ctest wrote with --output-junit: what failed and what it said, then the sum as
"N passed, N failed".

    python3 tests/support/count_tests.py build/dev/junit.xml build/tidy/gate.log

Of a .log the last line counts, which says "N passed, N failed" itself.

Ends with 1 where anything failed, or nothing ran at all. A file that is not there is one failure:
what should have written it did not come that far.
"""

import pathlib
import re
import sys
from xml.etree import ElementTree


# The end of what a failed test said: whoever sees only the end of a build's log should see why.
LINES_SHOWN = 60


def count(file):
    """(number of the passed, [(name of a failed one, what it said)], number of the skipped)"""
    if file.suffix == ".log":
        return count_of_log(file)
    passed, failed, skipped = 0, [], 0
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        if case.get("status") == "run":
            passed += 1
        elif case.get("status") == "disabled" or was_skipped(case):
            skipped += 1
        else:
            failed.append((case.get("name"), case.findtext("system-out") or ""))
    return passed, failed, skipped


def count_of_log(file):
    lines = file.read_text("utf-8", errors="replace").splitlines() or [""]
    said = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1])
    if not said:
        return 0, [("it broke off", "\n".join(lines))], 0
    return int(said[1]), [(f"see {file}", "")] * int(said[2]), 0


def was_skipped(case):
    """By its own decision; ctest also says "skipped" of what could not be started."""
    note = case.find("skipped")
    return note is not None and note.get("message", "").startswith("SKIP_")


def main(files):
    all_passed = all_failed = 0
    for file in map(pathlib.Path, files):
        name = file.parent.name
        if not file.is_file():
            print(f"{name}: no results")
            all_failed += 1
            continue
        passed, failed, skipped = count(file)
        for test, words in dict(failed).items():
            print("\n".join(words.splitlines()[-LINES_SHOWN:]))
            print(f"{name}: FAILED {test}")
        print(f"{name}: {passed} passed, {len(failed)} failed, {skipped} skipped")
        all_passed += passed
        all_failed += len(failed)
    print(f"{all_passed} passed, {all_failed} failed")
    return 1 if all_failed or not all_passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

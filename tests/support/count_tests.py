"""Adds up what ctest wrote with --output-junit: what failed, then "N passed, N failed".

    python3 tests/support/count_tests.py build/dev/junit.xml build/asan/junit.xml

Ends with 1 where anything failed, or nothing ran at all. A file that is not there is one failure:
what should have written it did not come that far.
"""

import pathlib
import sys
from xml.etree import ElementTree


def count(file):
    """(names of the passed, names of the failed, names of the skipped)"""
    passed, failed, skipped = [], [], []
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        if case.get("status") == "run":
            passed.append(case.get("name"))
        elif case.get("status") == "disabled" or was_skipped(case):
            skipped.append(case.get("name"))
        else:
            failed.append(case.get("name"))
    return passed, failed, skipped


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
        for test in failed:
            print(f"{name}: FAILED {test}")
        print(f"{name}: {len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
        all_passed += len(passed)
        all_failed += len(failed)
    print(f"{all_passed} passed, {all_failed} failed")
    return 1 if all_failed or not all_passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Lists the test methods of Python test files, a line each: MODULE.CLASS.METHOD.

    python3 tests/support/list_tests.py tests/golden/run_test.py ...

Reads the files, never runs them: CMake calls it while it configures.
"""

import ast
import pathlib
import sys


def tests_of(path):
    """The tests of one file, named as `python3 -m unittest` takes them from the source root."""
    module = ".".join(pathlib.PurePath(path).with_suffix("").parts)
    tree = ast.parse(pathlib.Path(path).read_text(encoding="utf-8"), filename=str(path))
    return [
        f"{module}.{node.name}.{item.name}"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test")
    ]


def main(paths):
    for path in paths:
        for name in tests_of(path):
            print(name)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The project's own files, and C++ text taken apart, for the checks in tests/tidy."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP = (".cc", ".h", ".c", ".hpp")


def paths(*suffixes):
    """Every file of the project with such a suffix, by its path from the root; new ones too."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode("utf-8").split("\0")
    else:  # an unpacked archive
        names = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if path.relative_to(ROOT).parts[0] not in ("build", ".git", ".cache")
        ]
    return sorted({n for n in names if n.endswith(suffixes) and (ROOT / n).is_file()})


def read(*suffixes, under=""):
    """Their texts by path."""
    return {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in paths(*suffixes)
        if name.startswith(under)
    }


def plugins():
    """Names of the plugins that come with it: `shared` is a part of several."""
    folders = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
    return [name for name in folders if name != "shared"]


_NOT_CODE = re.compile(
    r"""
      //[^\n]*
    | /\*.*?\*/
    | R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"
    | "(?:\\.|[^"\\\n])*"
    | (?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'
    """,
    re.VERBOSE | re.DOTALL,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments_and_literals(text):
    """C++ with both blanked out; every line and column stays where it was."""
    return _NOT_CODE.sub(lambda match: _blank(match.group()), text)


def without_literals(text):
    """C++ with literals blanked out and comments kept."""

    def keep_comment(match):
        return match.group() if match.group().startswith("/") else _blank(match.group())

    return _NOT_CODE.sub(keep_comment, text)


def matches(pattern, text):
    """(line number, what matched) for every match."""
    return [(text.count("\n", 0, m.start()) + 1, m.group()) for m in re.finditer(pattern, text)]

"""Who may include whom, by the table in docs/architecture.md; and one door per library."""

import dataclasses
import re
import unittest

from tests.support import sources

# Headers of the C library and of Linux. Those of C++ are told by having no suffix.
SYSTEM_HEADER = re.compile(
    r"(sys|linux|net|netinet|arpa|asm)/[a-z_0-9]+\.h|"
    r"(aio|assert|ctype|dirent|dlfcn|elf|errno|fcntl|float|fnmatch|getopt|glob|grp|inttypes|limits|"
    r"link|locale|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|spawn|stdarg|"
    r"stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syscall|syslog|termios|time|"
    r"unistd|wchar)\.h"
)
C_STANDARD_HEADER = re.compile(
    r"(assert|ctype|errno|float|inttypes|limits|locale|math|setjmp|signal|stdarg|stdatomic|stdbool|"
    r"stddef|stdint|stdio|stdlib|string|time|wchar)\.h"
)
CPP_STANDARD_HEADER = re.compile(r"[a-z_0-9]+")


@dataclasses.dataclass(frozen=True)
class Door:
    """A library, and how many files may include it."""

    header: str  # a pattern
    room: str  # where they stand
    least: int
    most: int


DOORS = (
    Door(r"toml\+\+/.*", "core/config", 1, 1),
    Door(r"boost/dll[/.].*", "core/worker", 1, 1),
    Door(r"boost/crc\.hpp", "core/base", 1, 1),
    Door(r"seccomp\.h", "core/worker", 1, 1),
    Door(r"curl/.*", "core/broker", 1, 1),
    Door(r"git2(/.*)?\.h", "core/guard", 1, 1),
    Door(r"sqlite3\.h", "core/rehearsal", 1, 1),
    Door(r"valijson/.*", "core/plan", 0, 1),
    Door(r"spdlog/.*", "core/base", 0, 1),
    Door(r"nlohmann/.*", "core", 1, 2),
    Door(r"openssl/.*", "core/base", 0, 1),
    Door(r"CLI/.*", "core/cli", 0, 1),
    Door(r"fmt/.*", "core", 0, 10_000),  # text is everybody's business
)

# A plugin is a program of its own, with doors of its own.
PLUGIN_DOORS = (Door(r"openssl/.*", "plugins/shared", 1, 1),)


def includes_of(text):
    """(line number, form, header) of each; form is `<` or `"`."""
    lines = text.splitlines()
    include = re.compile(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")
    found = ((number, include.match(line)) for number, line in enumerate(lines, 1))
    return [(number, match[1], match[2]) for number, match in found if match]


def parse_table(markdown):
    """{room: set of what it may include} from the rows whose first cell is a `core/...` room."""
    table = {}
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        room = re.fullmatch(r"`core/([a-z_]+)`", cells[0])
        if room and len(cells) == 3:
            allowed = re.split(r"[;,]\s*", cells[2])
            table[room[1]] = {word.removeprefix("and ").strip() for word in allowed}
    return table


def room_problems(path, text, table):
    """Where a file of core/ goes past what its room may include."""
    room = path.split("/")[1]
    if room not in table:
        return [f"{path}: core/{room} has no row in the table"]
    allowed = table[room]
    problems = []
    for number, form, header in includes_of(text):
        at = f"{path}:{number}: "
        inner = re.match(r"core/([a-z_]+)/", header)
        if inner:
            known = {room} | (set(table) if "all of core" in allowed else allowed)
            if inner[1] not in known:
                problems.append(f"{at}core/{room} may not include core/{inner[1]}")
        elif header.startswith("stagerun/"):
            if "sdk" not in allowed:
                problems.append(f"{at}core/{room} may not include the sdk")
        elif form == '"':
            problems.append(f"{at}{header}: quoted includes start at the root (core/...)")
        elif not is_known_outside(header):
            problems.append(f"{at}<{header}>: a library without a door in this test")
    return problems


def is_known_outside(header):
    return (
        any(re.fullmatch(door.header, header) for door in DOORS)
        or CPP_STANDARD_HEADER.fullmatch(header) is not None
        or SYSTEM_HEADER.fullmatch(header) is not None
    )


def door_problems(files, doors=DOORS):
    """Where a library is included in too few or too many files, or in the wrong room."""
    problems = []
    for door in doors:
        users = [
            path
            for path, text in files.items()
            if any(re.fullmatch(door.header, header) for _, _, header in includes_of(text))
        ]
        if not door.least <= len(users) <= door.most:
            problems.append(
                f"{door.header}: {door.least} to {door.most} files may include it, "
                f"and these do: {', '.join(users) or 'none'}"
            )
        problems += [
            f"{path}: {door.header} is included in {door.room} only"
            for path in users
            if not path.startswith(door.room + "/")
        ]
    return problems


def sdk_problems(path, text):
    """The sdk builds on nothing but the standard libraries of C and C++."""
    return [
        f"{path}:{number}: {header}: the sdk includes only C and C++ standard headers and itself"
        for number, _, header in includes_of(text)
        if not (
            header.startswith("stagerun/")
            or CPP_STANDARD_HEADER.fullmatch(header)
            or C_STANDARD_HEADER.fullmatch(header)
        )
    ]


def plugin_problems(path, text):
    """A plugin knows the sdk, its own folder, what plugins share and the standard libraries:
    effects do the rest."""
    own = "/".join(path.split("/")[:2]) + "/"
    doors = [door for door in PLUGIN_DOORS if path.startswith(door.room + "/")]
    return [
        f"{path}:{number}: {header}: plugins include only the sdk, their own folder and std"
        for number, form, header in includes_of(text)
        if not (
            header.startswith(("stagerun/", own, "plugins/shared/"))
            or any(re.fullmatch(door.header, header) for door in doors)
            or (form == '"' and "/" not in header)
            or CPP_STANDARD_HEADER.fullmatch(header)
            or C_STANDARD_HEADER.fullmatch(header)
        )
    ]


def all_problems(check, files, *more):
    return [problem for path, text in files.items() for problem in check(path, text, *more)]


SAMPLE_TABLE = """
| room | holds | may include |
| --- | --- | --- |
| `core/base` | ground | std |
| `core/plan` | plans | base, model |
| `core/worker` | the other process | base, sdk |
| `core/cli` | commands | all of core |
| `sdk/` | the header | C std; C++ std |
"""


class LayersTest(unittest.TestCase):
    def setUp(self):
        self.core = sources.read(*sources.CPP, under="core/")

    def expect_none(self, problems):
        if problems:
            self.fail("\n" + "\n".join(problems))

    def table(self):
        file = sources.ROOT / "docs" / "architecture.md"
        table = parse_table(file.read_text(encoding="utf-8"))
        self.assertTrue(table, "docs/architecture.md has no table of rooms")
        return table

    def test_every_room_includes_only_what_its_row_allows(self):
        self.assertTrue(self.core)
        self.expect_none(all_problems(room_problems, self.core, self.table()))

    def test_every_row_of_the_table_names_rooms_that_have_rows(self):
        table = self.table()
        known = set(table) | {"std", "sdk", "all of core", "its own library"}
        for room, allowed in table.items():
            self.assertLessEqual(allowed, known, f"core/{room}")

    def test_every_library_has_its_one_door(self):
        plugins = sources.read(*sources.CPP, under="plugins/")
        host = self.core | sources.read(*sources.CPP, under="sdk/")
        self.expect_none(door_problems(host))
        self.expect_none(door_problems(plugins, PLUGIN_DOORS))

    def test_the_sdk_stands_on_the_standard_libraries_alone(self):
        files = sources.read(*sources.CPP, under="sdk/include/")
        self.assertTrue(files)
        self.expect_none(all_problems(sdk_problems, files))

    def test_plugins_know_the_sdk_and_themselves_alone(self):
        files = sources.read(*sources.CPP, under="plugins/")
        self.expect_none(all_problems(plugin_problems, files))


class BadSamplesTest(unittest.TestCase):
    """Each check finds what it is there to find."""

    table = parse_table(SAMPLE_TABLE)

    def room(self, path, include):
        return room_problems(path, f"#include {include}\n", self.table)

    def test_the_table_is_read(self):
        self.assertEqual({"base": {"std"}, "plan": {"base", "model"}, "worker": {"base", "sdk"},
                          "cli": {"all of core"}}, self.table)

    def test_a_room_that_reaches_up_is_found(self):
        self.assertEqual(["core/base/x.h:1: core/base may not include core/plan"],
                         self.room("core/base/x.h", '"core/plan/plan.h"'))
        self.assertTrue(self.room("core/plan/x.cc", "<stagerun/stagerun.h>"))
        self.assertTrue(self.room("core/plan/x.cc", '"plan.h"'))
        self.assertTrue(self.room("core/plan/x.cc", "<boost/asio.hpp>"))
        self.assertTrue(self.room("core/nowhere/x.cc", "<string>"))

    def test_a_room_that_keeps_to_its_row_is_left_alone(self):
        for path, include in (
            ("core/plan/x.cc", '"core/base/json.h"'),
            ("core/plan/x.cc", '"core/plan/other.h"'),
            ("core/worker/x.cc", "<stagerun/stagerun.h>"),
            ("core/cli/x.cc", '"core/worker/x.h"'),
            ("core/base/x.cc", "<sys/socket.h>"),
            ("core/base/x.cc", "<cstdint>"),
        ):
            self.assertEqual([], self.room(path, include), f"{path} {include}")

    def good_doors(self):
        return {
            "core/config/document.cc": "#include <toml++/toml.h>\n",
            "core/worker/library.cc": "#include <boost/dll/shared_library.hpp>\n",
            "core/worker/sandbox.cc": "#include <seccomp.h>\n",
            "core/base/digest.cc": "#include <boost/crc.hpp>\n",
            "core/base/json.cc": "#include <nlohmann/json.hpp>\n",
            "core/broker/http.cc": "#include <curl/curl.h>\n",
            "core/guard/libgit2.cc": "#include <git2.h>\n",
            "core/rehearsal/sqlite_dump.cc": "#include <sqlite3.h>\n",
        }

    def test_doors_that_are_as_they_should_be_are_left_alone(self):
        self.assertEqual([], door_problems(self.good_doors()))

    def test_a_second_door_is_found(self):
        second = self.good_doors() | {"core/config/also.cc": "#  include <toml++/toml.hpp>\n"}
        self.assertEqual(1, len(door_problems(second)))

    def test_a_door_in_the_wrong_room_is_found(self):
        wrong = self.good_doors() | {"core/run/x.cc": "#include <CLI/CLI.hpp>\n"}
        self.assertEqual(1, len(door_problems(wrong)))

    def test_a_door_that_nobody_uses_is_found(self):
        files = self.good_doors()
        del files["core/broker/http.cc"]
        self.assertEqual(1, len(door_problems(files)))

    def test_an_sdk_or_plugin_that_reaches_outside_is_found(self):
        for include in ("<unistd.h>", "<nlohmann/json.hpp>", '"core/base/json.h"'):
            text = f"#include {include}\n"
            self.assertTrue(sdk_problems("sdk/include/stagerun/x.hpp", text), include)
            self.assertTrue(plugin_problems("plugins/exec/exec.cc", text), include)
        for include in ("plugins/http/y.h", "../http/y.h"):
            self.assertTrue(plugin_problems("plugins/exec/x.cc", f'#include "{include}"'))
        self.assertTrue(plugin_problems("plugins/exec/x.cc", "#include <openssl/evp.h>"))
        self.assertTrue(plugin_problems("plugins/shared/x.cc", '#include "plugins/exec/y.h"'))

    def test_an_sdk_or_plugin_that_keeps_to_itself_is_left_alone(self):
        for include in ("<stdint.h>", "<string>", '"stagerun/stagerun.h"'):
            text = f"#include {include}\n"
            self.assertEqual([], sdk_problems("sdk/include/stagerun/x.hpp", text))
            self.assertEqual([], plugin_problems("plugins/exec/exec.cc", text))
        for include in ("plugins/exec/y.h", "y.h", "plugins/shared/y.h"):
            self.assertEqual([], plugin_problems("plugins/exec/x.cc", f'#include "{include}"'))
        self.assertEqual([], plugin_problems("plugins/shared/x.cc", "#include <openssl/evp.h>"))


if __name__ == "__main__":
    unittest.main()

"""Is the house clean? What a reviewer would say, said by a machine first."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from tests.support import sources

COLUMNS = 100
FUNCTION_LINES = 70
FILE_LINES = 400

# Nothing in core has exceptions but the doors to libraries that throw; each catches its own.
MAY_CATCH = {
    "core/base/pattern.cc": "std::regex throws at a bad pattern, and at one that is too hard",
    "core/cli/arguments.cc": "CLI11 throws what it finds wrong",
    "core/worker/library.cc": "Boost.DLL throws where a library cannot be opened",
}

CODE = (".cc", ".h", ".hpp", ".c", ".py", ".sh", ".cmake", "CMakeLists.txt")
NO_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")


# -- The checks: text in, problems out ------------------------------------------------------------


def long_lines(path, text):
    return [
        f"{path}:{number}: {len(line)} columns; {COLUMNS} are the most"
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > COLUMNS
    ]


def put_off(path, text):
    return [
        f"{path}:{line}: {word}: do it, or open an issue"
        for line, word in sources.matches(NO_LATER, text)
    ]


def exceptions(path, text):
    if path in MAY_CATCH:
        return []
    code = sources.without_comments_and_literals(text)
    return [
        f"{path}:{line}: `{word}`: errors are values (core/base/result.h)"
        for line, word in sources.matches(r"\b(try|throw|catch)\b", code)
    ]


def long_files(path, text):
    count = len(text.splitlines())
    return [f"{path}: {count} lines; {FILE_LINES} ask for a split"] if count > FILE_LINES else []


def file_names(path, _text):
    # A pipeline's folder is named as the pipeline is.
    path = re.sub(r"^pipelines/[a-z0-9-]+/", "pipelines/", path)
    bad = [part for part in path.split("/") if not re.fullmatch(r"[a-z0-9_+]+(\.[a-z]+)*", part)]
    return [f"{path}: names are snake_case"] if bad else []


def wrong_words(path, text):
    """One word per thing: a stage is not a j-o-b and not a t-a-s-k."""
    return [
        f"{path}:{line}: `{word}`: say stage, verb or effect"
        for line, word in sources.matches(r"(?i)\b(jobs?|tasks?)\b", sources.without_literals(text))
    ]


def stray_limits(path, text):
    """A limit anywhere else is one that nobody finds. Sizes of a format are no limits."""
    if path == "core/base/limits.h":
        return []
    code = sources.without_comments_and_literals(text)
    named = r"\bconstexpr\b[^;={}()]*\bk\w*(?:Timeout|Grace|Limit|Max)\w*(?=\s*[={])"
    shared = r"\binline constexpr\b[^;={}()]*\bk\w*Bytes(?=\s*[={])"
    return [
        f"{path}:{line}: {found.split()[-1]}: limits stand in core/base/limits.h, with their reason"
        for line, found in sources.matches(f"{named}|{shared}", code)
    ]


def long_functions(path, text):
    return [
        f"{path}:{first}: a function of {last - first + 1} lines; {FUNCTION_LINES} are the most"
        for first, last in functions(text)
        if last - first + 1 > FUNCTION_LINES
    ]


PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
SCOPE = re.compile(
    r"(inline\s+)?namespace\b|extern\b|(template\s*<.*>\s*)?(class|struct|union|enum)\b", re.DOTALL
)


def functions(text):
    """(first line, last line) of each outermost function: a brace whose head has a parameter list.

    Namespaces, classes and the like are looked into; what a function holds is its own.
    """
    code = sources.without_comments_and_literals(text)
    code = PREPROCESSOR.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), code)
    found, open_braces, head_at = [], [], 0
    for at, character in enumerate(code):
        if character == "{":
            head = code[head_at:at]
            kind = "other" if in_function(open_braces) else kind_of(head)
            first = head_at + len(head) - len(head.lstrip())
            open_braces.append((kind, first))
        elif character == "}" and open_braces:
            kind, first = open_braces.pop()
            if kind == "function":
                found.append((code.count("\n", 0, first) + 1, code.count("\n", 0, at) + 1))
        if character in "{};" and not in_function(open_braces):
            head_at = at + 1
    return found


def in_function(open_braces):
    return any(kind == "function" for kind, _ in open_braces)


def kind_of(head):
    words = re.sub(r"\b(public|private|protected):", "", head).strip()
    if SCOPE.match(words):
        return "function" if re.search(r"\)\s*(const\s*|noexcept\s*)*$", words) else "scope"
    return "function" if ")" in words else "other"


# -- Held against the house -----------------------------------------------------------------------


class StyleTest(unittest.TestCase):
    def setUp(self):
        self.core = sources.read(*sources.CPP, under="core/")
        self.assertTrue(self.core)

    def hold(self, check, files):
        problems = [problem for path, text in files.items() for problem in check(path, text)]
        if problems:
            self.fail("\n" + "\n".join(problems))

    def test_c_and_cpp_are_formatted(self):
        problems = unformatted([sources.ROOT / name for name in sources.paths(*sources.CPP)])
        files = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", problems, re.MULTILINE)))
        if problems:
            self.fail("\n".join(["run clang-format -i on these:", *files]))

    def test_no_line_is_too_long(self):
        self.hold(long_lines, sources.read(*CODE))

    def test_nothing_is_put_off_in_a_comment(self):
        self.hold(put_off, sources.read(*CODE, ".toml", ".md"))

    def test_core_has_no_exceptions_outside_the_doors(self):
        self.hold(exceptions, self.core)

    def test_every_door_that_may_catch_does(self):
        for path in MAY_CATCH:
            code = sources.without_comments_and_literals(self.core.get(path, ""))
            self.assertRegex(code, r"\bcatch\b", f"{path} no longer needs its place in MAY_CATCH")

    def test_no_function_is_too_long(self):
        self.hold(long_functions, sources.read(*sources.CPP))

    def test_no_file_of_core_is_too_long(self):
        self.hold(long_files, self.core)

    def test_file_names_are_snake_case(self):
        self.hold(file_names, sources.read(*sources.CPP, ".py"))

    def test_core_uses_the_words_of_the_house(self):
        self.hold(wrong_words, self.core)

    def test_every_limit_stands_with_the_others(self):
        self.hold(stray_limits, self.core)


def unformatted(files):
    """What clang-format would change, in its own words; by the project's .clang-format."""
    command = ["clang-format", "--dry-run", "-Werror", "-ferror-limit=1"]
    done = subprocess.run(
        [*command, f"--style=file:{sources.ROOT / '.clang-format'}", *map(str, files)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stderr if done.returncode != 0 else ""


# -- Each check finds what it is there to find ----------------------------------------------------


def function_of(lines):
    return "void f(int a,\n       int b) {\n" + "  g({a, b});\n" * (lines - 3) + "}\n"


class BadSamplesTest(unittest.TestCase):
    def test_clang_format_is_there_and_finds_disorder(self):
        self.assertIsNotNone(shutil.which("clang-format"), "install clang-format (ci/bootstrap)")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "x.cc")
            file.write_text("int  main( ){return 0 ;}\n", encoding="utf-8")
            self.assertIn("x.cc:1", unformatted([file]))
            file.write_text("int main() { return 0; }\n", encoding="utf-8")
            self.assertEqual("", unformatted([file]))

    def test_a_long_line_is_found(self):
        self.assertEqual([], long_lines("x", "a" * COLUMNS))
        self.assertEqual(1, len(long_lines("x", "short\n" + "a" * (COLUMNS + 1))))

    def test_what_is_put_off_is_found(self):
        for word in ("TO" "DO", "FIX" "ME", "X" "XX"):
            self.assertEqual(1, len(put_off("x", f"a\n// {word}: later\n")), word)
        self.assertEqual([], put_off("x", "mkdtemp(a-XX" "XX" "XX)"))

    def test_exceptions_are_found_in_code_and_not_in_words(self):
        bad = "void f() {\n  try { g(); } catch (...) { throw; }\n}\n"
        self.assertEqual(3, len(exceptions("core/run/x.cc", bad)))
        self.assertEqual([], exceptions(next(iter(MAY_CATCH)), bad))
        good = '// Never throw.\nauto a = "try";\nauto b = R"(catch)";\nint retry; TRY(x());\n'
        self.assertEqual([], exceptions("core/run/x.cc", good))

    def test_a_long_file_is_found(self):
        self.assertEqual([], long_files("x", "a\n" * FILE_LINES))
        self.assertEqual(1, len(long_files("x", "a\n" * (FILE_LINES + 1))))

    def test_names_that_are_not_snake_case_are_found(self):
        for bad in ("core/run/RunState.cc", "core/run/run-state.cc", "core/Run/x.cc"):
            self.assertEqual(1, len(file_names(bad, "")), bad)
        for good in ("core/run/run_state.cc", "tests/tidy/style_test.py", "a/b.tar.gz"):
            self.assertEqual([], file_names(good, ""), good)

    def test_wrong_words_are_found_in_code_and_comments(self):
        for bad in ("int job = 1;", "// Runs each task.", "class Job {};", "run(tasks);"):
            self.assertEqual(1, len(wrong_words("core/x.cc", bad)), bad)
        for good in ('open("/proc/self/task");', "int multitasking;", "int jobless;"):
            self.assertEqual([], wrong_words("core/x.cc", good), good)

    def test_a_stray_limit_is_found(self):
        for bad in (
            "inline constexpr std::size_t kLineBytes = 64;",
            "constexpr std::int64_t kLoadTimeout{10};",
            "static constexpr int kRetryMax = 3;",
        ):
            self.assertEqual(1, len(stray_limits("core/run/x.h", bad)), bad)
            self.assertEqual([], stray_limits("core/base/limits.h", bad), bad)
        for good in (
            "constexpr std::size_t kHeaderBytes = 16;  // of the format",
            "limits::kLoadTimeout",
            "// inline constexpr int kMax = 1;",
        ):
            self.assertEqual([], stray_limits("core/run/x.cc", good), good)

    def test_a_long_function_is_found(self):
        self.assertEqual([], long_functions("x.cc", function_of(FUNCTION_LINES)))
        found = long_functions("x.cc", "int a;\n\n" + function_of(FUNCTION_LINES + 1))
        self.assertEqual(["x.cc:3: a function of 71 lines; 70 are the most"], found)

    def test_a_long_function_is_found_wherever_it_stands(self):
        long = function_of(FUNCTION_LINES + 1)
        for around in (
            "namespace a::b {{\nnamespace {{\n{}}}\n}}\n",
            "class A final : public B {{\n public:\n{}\n}};\n",
            'extern "C" {{\n{}}}\n',
            "template <typename T>\nstruct S {{\n{}}};\n",
            "#define M(x) {{\n{}",
            'const char* k = "{{";  // }}\n{}',
        ):
            self.assertEqual(1, len(long_functions("x.cc", around.format(long))), around)

    def test_functions_one_after_another_are_counted_each(self):
        text = "namespace a {\n" + function_of(10) + "\n" + function_of(12) + "}\n"
        self.assertEqual([(2, 11), (13, 24)], functions(text))

    def test_long_things_that_are_no_functions_are_left_alone(self):
        members = "  int a = f(1);\n" * 100
        for text in (f"namespace a {{\n{members}}}\n", f"struct S {{\n{members}}};\n",
                     f"enum class E {{\n{'  a,' * 100}}};\n",
                     "constexpr int kTable[] = {\n" + "  1,\n" * 100 + "};\n"):
            self.assertEqual([], long_functions("x.cc", text))


if __name__ == "__main__":
    unittest.main()

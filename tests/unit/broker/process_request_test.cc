#include "core/broker/process_request.h"

#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

using Texts = std::vector<std::string>;
using ProcessRequestTest = BrokerTest;

TEST_F(ProcessRequestTest, StandsInTheWorkspace) {
  ASSERT_TRUE(make_folder(scope.workspace / "sub"));
  run(shell("pwd", R"({"output": "lines"})"));
  run(shell("pwd", R"({"output": "lines", "cwd": "sub/../sub"})"));
  EXPECT_EQ(sink.lines(), (Texts{scope.workspace.string(), (scope.workspace / "sub").string()}));
}

TEST_F(ProcessRequestTest, FolderOutsideTheWorkspaceIsRefused) {
  std::filesystem::create_directory_symlink("/", scope.workspace / "out");
  for (const char* cwd : {"..", "../workspace2", "/", "out", "out/tmp", "x/../../.."}) {
    EXPECT_EQ(refusal(Value(shell("true")).set("cwd", cwd)), "effect.request") << cwd;
  }
}

TEST_F(ProcessRequestTest, EnvironmentIsAddedTo) {
  ASSERT_EQ(::setenv("STAGERUN_TEST", "inherited", 1), 0);
  restart();
  run(shell("echo $STAGERUN_TEST $ADDED", R"({"output": "lines", "env": {"ADDED": "a"}})"));
  run(shell("echo $STAGERUN_TEST", R"({"output": "lines", "env": {"STAGERUN_TEST": "own"}})"));
  EXPECT_EQ(sink.lines(), (Texts{"inherited a", "own"}));
}

TEST_F(ProcessRequestTest, OnlyNamedVariablesAreInheritedWhereSomeAreNamed) {
  ASSERT_EQ(::setenv("STAGERUN_TEST", "inherited", 1), 0);
  ASSERT_EQ(::setenv("STAGERUN_TESTS", "more", 1), 0);
  restart();
  const char* members = R"({"output": "lines", "env": {"A": "a"}, "inherit": ["STAGERUN_TEST"]})";
  run(shell("env | grep -v ^PWD= | sort", members));
  run(shell("echo $STAGERUN_TEST", R"({"output": "lines", "inherit": []})"));
  EXPECT_EQ(sink.lines(), (Texts{"A=a", "STAGERUN_TEST=inherited", ""}));
}

TEST_F(ProcessRequestTest, ShellLineIsTheShells) {
  run(json(R"({"shell": "echo a | tr a b && pwd", "output": "lines", "purpose": "p"})"));
  EXPECT_EQ(sink.lines(), (Texts{"b", scope.workspace.string()}));
}

TEST_F(ProcessRequestTest, MalformedRequestsAreRefused) {
  for (const char* text : {R"({})",
                           R"({"argv": []})",
                           R"({"argv": [""]})",
                           R"({"argv": "sh"})",
                           R"({"argv": [1]})",
                           R"({"argv": ["a\u0000b"]})",
                           R"({"argv": ["x"], "shell": "x"})",
                           R"({"shell": ""})",
                           R"({"shell": ["x"]})",
                           R"({"argv": ["x"], "input": "a", "stdin": true})",
                           R"({"argv": ["x"], "input": 7})",
                           R"({"argv": ["x"], "inherit": "PATH"})",
                           R"({"argv": ["x"], "leaves_running": true, "input": "a"})",
                           R"({"argv": ["x"], "colour": true})",
                           R"({"argv": ["x"], "env": {"A=B": "c"}})",
                           R"({"argv": ["x"], "env": {"": "c"}})",
                           R"({"argv": ["x"], "output": "tty"})",
                           R"({"argv": ["x"], "output": "file"})",
                           R"({"argv": ["x"], "output_file": "f"})",
                           R"({"argv": ["x"], "grace_ms": -1})",
                           R"({"argv": ["x"], "output": "file", "output_file": "../f"})",
                           R"({"argv": ["x"], "output": "file", "output_file": ".."})",
                           R"({"argv": ["x"], "leaves_running": true, "stdin": true})",
                           R"({"stop": "web", "argv": ["x"]})",
                           R"({"stop": "../x"})",
                           R"({"alive": ""})"}) {
    EXPECT_EQ(refusal(json(text).set("purpose", "p")), "effect.request") << text;
  }
}

}  // namespace
}  // namespace stagerun

#include <sys/stat.h>

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

namespace fs = std::filesystem;

class FileTest : public BrokerTest {
 protected:
  Value file(const std::string& request) {
    return run(json(request).set("purpose", "p"), "file/1");
  }
  Value write(const std::string& path, const std::string& text, const std::string& if_digest) {
    Value request = Value::object().set("write", path).set("text", text).set("purpose", "p");
    return run(request.set("if_digest", if_digest), "file/1");
  }
  void put(const fs::path& path, const std::string& text, mode_t mode = 0600) const {
    ASSERT_TRUE(write_file(path, text));
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  std::string text_of(const fs::path& path) const {
    const auto text = read_file(path, 100 << 20);
    return text ? *text : "(none)";
  }
  mode_t mode_of(const fs::path& path) const {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }
  std::size_t entries(const fs::path& folder_path) const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_path), fs::directory_iterator()));
  }
  static std::string code(const Value& event) {
    return event.text_or("code") + (event.boolean_or("may_have_happened", false) ? "?" : "");
  }

  fs::path ws = scope.workspace;
  std::string one = sha256_hex("one");
  std::string two = sha256_hex("two");
};

TEST_F(FileTest, LookTellsDigestSizeAndMode) {
  put(ws / "a", "one", 0640);
  EXPECT_EQ(
      file(R"({"look": "a"})"),
      Value::object().set("event", "done").set("digest", one).set("size", 3).set("mode", "640"));
  EXPECT_EQ(file(R"({"look": "b"})").text_or("digest"), "absent");
  EXPECT_EQ(file(R"({"look": "no/such/folder/b"})").text_or("digest"), "absent");
}

TEST_F(FileTest, LookReadsAndSoMayPlan) {
  put(ws / "a", "one");
  scope.verb = Verb::plan;
  EXPECT_EQ(file(R"({"look": "a"})").text_or("digest"), one);
  EXPECT_EQ(code(file(R"({"keep": "a", "as": "k"})")), "");
  EXPECT_EQ(code(write("a", "two", one)), "effect.write_in_plan");
}

TEST_F(FileTest, KeepCopiesIntoScratch) {
  put(ws / "a", "one", 0644);
  const Value event = file(R"({"keep": "a", "as": "a.before"})");
  EXPECT_EQ(event.text_or("digest"), one);
  EXPECT_EQ(text_of(scope.scratch / "a.before"), "one");
  EXPECT_EQ(mode_of(scope.scratch / "a.before"), 0600u);
  EXPECT_EQ(entries(scope.scratch), 1u);
  EXPECT_EQ(code(file(R"({"keep": "b", "as": "b"})")), "file.missing");
}

TEST_F(FileTest, KeepReplacesALinkAndDoesNotFollowIt) {
  put(ws / "a", "one");
  put(folder / "precious", "precious");
  fs::create_symlink(folder / "precious", scope.scratch / "k");
  EXPECT_EQ(code(file(R"({"keep": "a", "as": "k"})")), "");
  EXPECT_EQ(text_of(folder / "precious"), "precious");
  EXPECT_FALSE(fs::is_symlink(scope.scratch / "k"));
}

TEST_F(FileTest, WriteCreatesForTheOwnerAlone) {
  const Value event = write("a", "one", "absent");
  EXPECT_EQ(event, Value::object()
                       .set("event", "done")
                       .set("digest", one)
                       .set("before", "absent")
                       .set("size", 3)
                       .set("mode", "600"));
  EXPECT_EQ(text_of(ws / "a"), "one");
  EXPECT_EQ(entries(ws), 1u);
}

TEST_F(FileTest, WriteKeepsTheModeUnlessToldOtherwise) {
  put(ws / "a", "one", 0755);
  EXPECT_EQ(write("a", "two", one).text_or("before"), one);
  EXPECT_EQ(text_of(ws / "a"), "two");
  EXPECT_EQ(mode_of(ws / "a"), 0755u);
  file(R"({"write": "a", "text": "one", "mode": "0640", "if_digest": ")" + two + "\"}");
  EXPECT_EQ(mode_of(ws / "a"), 0640u);
}

TEST_F(FileTest, NoWriteHappensWhereTheDigestIsAnother) {
  put(ws / "a", "one");
  const Value changed = write("a", "new", two);
  EXPECT_EQ(code(changed), "file.changed");
  EXPECT_EQ(changed.text_or("digest"), one);
  EXPECT_EQ(code(write("a", "new", "absent")), "file.changed");
  EXPECT_EQ(write("b", "new", one).text_or("digest"), "absent");
  EXPECT_EQ(code(file(R"({"remove": "a", "if_digest": "absent"})")), "file.changed");
  EXPECT_EQ(code(file(R"({"rename": "a", "to": "b", "if_digest": ")" + two + "\"}")),
            "file.changed");
  EXPECT_EQ(text_of(ws / "a"), "one");
  EXPECT_EQ(entries(ws), 1u);
}

TEST_F(FileTest, WriteFromScratchIsACopyOfIt) {
  const std::string large(5 * limits::kCopyBytes + 17, 'x');
  put(scope.scratch / "dump", large);
  const Value event =
      file(R"({"write": "a", "from": "dump", "mode": "644", "if_digest": "absent"})");
  EXPECT_EQ(event.text_or("digest"), sha256_hex(large));
  EXPECT_EQ(event.integer_or("size", 0), static_cast<std::int64_t>(large.size()));
  EXPECT_EQ(text_of(ws / "a"), large);
  EXPECT_EQ(mode_of(ws / "a"), 0644u);
  EXPECT_EQ(text_of(scope.scratch / "dump"), large);
}

TEST_F(FileTest, LargeCopyLetsOthersWork) {
  put(scope.scratch / "dump", std::string(64 * limits::kCopyBytes, 'x'));
  Value request = json(R"({"write": "a", "from": "dump", "if_digest": "absent"})");
  broker->start(scope, sink, 1, "file/1", request.set("purpose", "p"));
  int turns = 0;
  run_until([&] {
    ++turns;
    return sink.lasts == 1;
  });
  EXPECT_EQ(sink.last(1).text_or("event"), "done");
  EXPECT_GT(turns, 64);
}

TEST_F(FileTest, CancelLeavesNothingBehind) {
  put(scope.scratch / "dump", std::string(64 * limits::kCopyBytes, 'x'));
  Value request = json(R"({"write": "a", "from": "dump", "if_digest": "absent"})");
  broker->start(scope, sink, 1, "file/1", request.set("purpose", "p"));
  run_until([&] { return entries(ws) == 1; });
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1), json(R"({"event": "cancelled", "may_have_happened": false})"));
  EXPECT_EQ(entries(ws), 0u);
}

TEST_F(FileTest, WhatScratchPretendsToBeIsNotTaken) {
  put(folder / "precious", "precious");
  const char* request = R"({"write": "a", "from": "dump", "if_digest": "absent"})";
  const auto try_with = [&](auto&& plant) {
    fs::remove(scope.scratch / "dump");
    plant(scope.scratch / "dump");
    EXPECT_EQ(code(file(request)), "file.io");
    EXPECT_EQ(entries(ws), 0u);
  };
  try_with([](const auto&) {});
  try_with([&](const auto& at) { fs::create_symlink(folder / "precious", at); });
  try_with([&](const auto& at) { fs::create_hard_link(folder / "precious", at); });
  try_with([&](const auto& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); });
  try_with([&](const auto& at) { fs::create_directory(at); });
}

TEST_F(FileTest, LeftoverOfACrashIsTakenAwayByTheNextWrite) {
  const std::string leftover = ".stagerun-" + sha256_hex("a").substr(0, 16) + ".tmp";
  put(ws / leftover, "half of it");
  EXPECT_EQ(code(write("a", "one", "absent")), "");
  EXPECT_EQ(entries(ws), 1u);
  put(folder / "precious", "precious");
  fs::create_symlink(folder / "precious", ws / leftover);
  EXPECT_EQ(code(write("a", "two", one)), "");
  EXPECT_EQ(text_of(folder / "precious"), "precious");
  EXPECT_EQ(entries(ws), 1u);
}

TEST_F(FileTest, OfTwoWritesAtOnceOneHappensAndTheOtherIsToldSo) {
  put(scope.scratch / "dump", std::string(16 * limits::kCopyBytes, 'x'));
  Value large = json(R"({"write": "a", "from": "dump", "if_digest": "absent"})");
  broker->start(scope, sink, 99, "file/1", large.set("purpose", "p"));
  run_until([&] { return entries(ws) == 1; });
  EXPECT_EQ(write("a", "two", "absent").text_or("event"), "done");
  run_until([&] { return !sink.last(99).is_null(); });
  const std::string lost = code(sink.last(99));
  EXPECT_TRUE(lost == "file.changed" || lost == "file.io") << lost;
  EXPECT_EQ(text_of(ws / "a"), "two");
  EXPECT_EQ(entries(ws), 1u);
}

TEST_F(FileTest, ChangeDuringTheCopyIsSeen) {
  put(ws / "a", "one");
  put(scope.scratch / "dump", std::string(16 * limits::kCopyBytes, 'x'));
  Value request = json(R"({"write": "a", "from": "dump"})").set("if_digest", one);
  broker->start(scope, sink, 1, "file/1", request.set("purpose", "p"));
  run_until([&] { return entries(ws) == 2; });
  put(ws / "a", "someone else's");
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(code(sink.last(1)), "file.changed");
  EXPECT_EQ(sink.last(1).text_or("digest"), sha256_hex("someone else's"));
  EXPECT_EQ(text_of(ws / "a"), "someone else's");
  EXPECT_EQ(entries(ws), 1u);
}

TEST_F(FileTest, TouchDuringTheCopyChangesNothing) {
  put(ws / "a", "one");
  put(scope.scratch / "dump", std::string(16 * limits::kCopyBytes, 'x'));
  Value request = json(R"({"write": "a", "from": "dump"})").set("if_digest", one);
  broker->start(scope, sink, 1, "file/1", request.set("purpose", "p"));
  run_until([&] { return entries(ws) == 2; });
  put(ws / "a", "one", 0644);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).text_or("event"), "done");
  EXPECT_EQ(mode_of(ws / "a"), 0644u);
}

TEST_F(FileTest, RemoveTakesItAway) {
  put(ws / "a", "one");
  const std::string request = R"({"remove": "a", "if_digest": ")" + one + "\"}";
  const Value event = file(request);
  EXPECT_EQ(event.text_or("digest"), "absent");
  EXPECT_EQ(event.text_or("before"), one);
  EXPECT_FALSE(fs::exists(ws / "a"));
  EXPECT_EQ(code(file(request)), "file.changed");
  EXPECT_EQ(code(file(R"({"remove": "a", "if_digest": "absent"})")), "");
}

TEST_F(FileTest, RenameGoesWhereNothingIs) {
  ASSERT_TRUE(make_folder(ws / "sub"));
  put(ws / "a", "one", 0640);
  put(ws / "taken", "two");
  const auto rename = [&](const char* to) {
    return file(R"({"rename": "a", "if_digest": ")" + one + R"(", "to": ")" + to + "\"}");
  };
  EXPECT_EQ(code(rename("taken")), "file.changed");
  EXPECT_EQ(code(rename("no/b")), "file.missing");
  EXPECT_EQ(code(rename("sub")), "file.changed");
  EXPECT_EQ(text_of(ws / "taken"), "two");
  const Value event = rename("sub/b");
  EXPECT_EQ(event.text_or("digest"), one);
  EXPECT_EQ(event.text_or("mode"), "640");
  EXPECT_EQ(text_of(ws / "sub/b"), "one");
  EXPECT_FALSE(fs::exists(ws / "a"));
}

TEST_F(FileTest, MissingFoldersAreNotMade) {
  EXPECT_EQ(code(write("no/a", "one", "absent")), "file.missing");
  EXPECT_FALSE(fs::exists(ws / "no"));
}

TEST_F(FileTest, NoPathLeadsOutOfTheWorkspace) {
  put(folder / "outside", "one");
  fs::create_directory_symlink("/", ws / "root");
  fs::create_symlink(folder / "outside", ws / "link");
  fs::create_symlink("../outside", ws / "short");
  for (const char* path : {"", ".", "..", "/etc/passwd", "../outside", "root/etc/passwd", "link",
                           "short", "no/../../outside", "a/../.."}) {
    EXPECT_EQ(refusal(Value::object().set("look", path), "file/1"), "effect.request") << path;
    EXPECT_EQ(code(write(path, "two", one)), "effect.request") << path;
  }
  put(ws / "a", "one");
  EXPECT_EQ(code(file(R"({"rename": "a", "to": "../b", "if_digest": ")" + one + "\"}")),
            "effect.request");
  EXPECT_EQ(text_of(folder / "outside"), "one");
}

TEST_F(FileTest, LinksWithinTheWorkspaceAreFollowedAndStay) {
  ASSERT_TRUE(make_folder(ws / "releases"));
  put(ws / "releases/a", "one");
  fs::create_symlink("releases/a", ws / "current");
  fs::create_directory_symlink(ws / "releases", ws / "absolute");
  EXPECT_EQ(write("current", "two", one).text_or("before"), one);
  EXPECT_TRUE(fs::is_symlink(ws / "current"));
  EXPECT_EQ(text_of(ws / "releases/a"), "two");
  EXPECT_EQ(file(R"({"look": "absolute/a"})").text_or("digest"), two);
  fs::create_symlink("nowhere", ws / "dangling");
  EXPECT_EQ(code(write("dangling", "x", "absent")), "file.io");
  EXPECT_FALSE(fs::exists(ws / "nowhere"));
}

TEST_F(FileTest, LinkThatAppearsAfterTheRequestIsNotFollowed) {
  ASSERT_TRUE(make_folder(ws / "sub"));
  ASSERT_TRUE(make_folder(folder / "elsewhere"));
  Value request = json(R"({"write": "sub/a", "text": "x", "if_digest": "absent"})");
  broker->start(scope, sink, 1, "file/1", request.set("purpose", "p"));
  fs::remove(ws / "sub");
  fs::create_directory_symlink(folder / "elsewhere", ws / "sub");
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(code(sink.last(1)), "file.io");
  EXPECT_EQ(entries(folder / "elsewhere"), 0u);
}

TEST_F(FileTest, RunsInTheWorkspaceAreStagerunsOwn) {
  run_folder = ws / ".stagerun/runs/1";
  ASSERT_TRUE(make_folder(run_folder));
  restart();
  put(run_folder / "journal", "one");
  EXPECT_EQ(code(write(".stagerun/runs/1/journal", "two", one)), "effect.request");
  EXPECT_EQ(code(write(".stagerun/runs/new", "two", "absent")), "effect.request");
  EXPECT_EQ(code(write("a", "two", "absent")), "");
}

TEST_F(FileTest, WhatIsNoPlainFileIsLeftAlone) {
  ASSERT_TRUE(make_folder(ws / "sub"));
  ASSERT_EQ(::mkfifo((ws / "pipe").c_str(), 0600), 0);
  for (const char* path : {"sub", "pipe"}) {
    EXPECT_EQ(code(run(Value::object().set("look", path), "file/1")), "file.io") << path;
    EXPECT_EQ(code(write(path, "x", "absent")), "file.io") << path;
  }
}

TEST_F(FileTest, HandlesInTheTextBecomeValuesAndTheJournalKeepsNeither) {
  const std::string token = secrets.add("TOKEN", "hunter22");
  scope.secrets = {"TOKEN"};
  EXPECT_EQ(write(".env", "TOKEN=" + token + "\n", "absent").text_or("event"), "done");
  EXPECT_EQ(text_of(ws / ".env"), "TOKEN=hunter22\n");
  const auto intent = journal.all<EffectIntended>().back();
  EXPECT_EQ(*intent.request.at("/text/sha256"), Value(sha256_hex("TOKEN=" + token + "\n")));
  EXPECT_EQ(code(write(token, "x", "absent")), "effect.secret");
}

TEST_F(FileTest, TextIsJournaledAsItsDigestHoweverShort) {
  for (const std::string& text : {std::string("OTHER=s3cret"), std::string(70'000, 'x')}) {
    write("a" + std::to_string(text.size()), text, "absent");
    const auto intent = journal.all<EffectIntended>().back();
    EXPECT_EQ(
        render_json(*intent.request.find("text")),
        R"({"sha256":")" + sha256_hex(text) + R"(","bytes":)" + std::to_string(text.size()) + "}");
  }
}

TEST_F(FileTest, MalformedRequestsAreRefused) {
  for (const char* text :
       {R"({})", R"({"look": 1})", R"({"look": "a", "keep": "a"})", R"({"keep": "a"})",
        R"({"keep": "a", "as": "../k"})", R"({"keep": "a", "as": "x/k"})",
        R"({"write": "a", "if_digest": "absent"})", R"({"write": "a", "text": "b"})",
        R"({"write": "a", "text": "b", "if_digest": "x"})",
        R"({"write": "a", "text": "b", "from": "c", "if_digest": "absent"})",
        R"({"write": "a", "from": "/etc/passwd", "if_digest": "absent"})",
        R"({"write": "a", "text": "b", "mode": "4755", "if_digest": "absent"})",
        R"({"write": "a", "text": "b", "mode": "rw", "if_digest": "absent"})",
        R"({"write": "a", "text": "b", "mode": 600, "if_digest": "absent"})", R"({"remove": "a"})",
        R"({"remove": "a", "if_digest": "absent", "text": "b"})",
        R"({"rename": "a", "to": "b", "if_digest": "absent"})", R"({"look": "a\u0000b"})",
        R"({"look": "a", "mode": "600"})"}) {
    EXPECT_EQ(refusal(json(text).set("purpose", "p"), "file/1"), "effect.request") << text;
  }
}

}  // namespace
}  // namespace stagerun

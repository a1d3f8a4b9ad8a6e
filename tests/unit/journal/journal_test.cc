// What a crash can leave is read; what it cannot is refused. Never misread.
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/journal/reader.h"
#include "core/journal/record.h"
#include "core/journal/writer.h"
#include "core/model/event_value.h"

namespace stagerun::journal {
namespace {

class FixedClock final : public Clock {
 public:
  std::int64_t now_ms() const override { return 1'000; }
  std::int64_t monotonic_ms() const override { return 0; }
};

std::vector<EventBody> sample_events() {
  return {
      RunStarted{"r1",
                 "0.1",
                 "p.toml",
                 "name = \"p\"\n",
                 "/w",
                 "boot",
                 "staging",
                 "0123456789abcdef",
                 2,
                 Value::object(),
                 Value::object(),
                 Value::array(),
                 "rita@build-7",
                 "a",
                 {"a", "b"}},
      VerbStarted{"a", Verb::apply, 1},
      CheckpointSaved{"a", Bytes{std::string("\0\xff\x01 raw", 7)}},
      EffectIntended{"a", Verb::apply, 1, "run", "r1/a/run", "process/1", "run it", Access::write,
                     Value::object().set("argv", Value::array().push("true"))},
      ProcessStarted{"a", "r1/a/run", 42, 4711, false},
      EffectSettled{"a", Verb::apply, 1, "run", Value::object().set("event", "exited")},
      NoteAdded{"a", Bytes{"a note"}},
      VerbEnded{"a",
                Verb::apply,
                1,
                VerbStatus::failed,
                {"c", "t", "h"},
                Bytes{"receipt"},
                Value::object()},
      StageSettled{"a", StageResult::failed, "why"},
      RollbackStarted{"stage a failed", false, "", ""},
      StageRolledBack{"a", UndoResult::undone, ""},
      CancelRequested{15},
      RunResumed{"resume", "boot2", "bob@laptop"},
      RunEnded{6},
  };
}

std::string journal_bytes(const std::vector<EventBody>& bodies) {
  std::string bytes(kHeader);
  std::string crc(kFirstCrc);
  std::uint64_t sequence = 0;
  for (const EventBody& body : bodies) bytes += encode_record({1'000, body}, ++sequence, crc);
  return bytes;
}

std::vector<std::string> as_json(const std::vector<RunEvent>& events) {
  std::vector<std::string> list;
  for (const RunEvent& event : events) list.push_back(event_to_json(event));
  return list;
}

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/stagerun-journal-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file() const { return folder_ / "journal"; }
  std::unique_ptr<Writer> create() {
    auto writer = Writer::create(file(), clock_, KillPoints());
    EXPECT_TRUE(writer.has_value());
    return *std::move(writer);
  }

  FixedClock clock_;
  std::filesystem::path folder_;
};

TEST_F(JournalTest, EveryEventComesBackAsItWasWritten) {
  auto writer = create();
  for (const EventBody& body : sample_events()) ASSERT_TRUE(writer->append(body));
  ASSERT_TRUE(writer->sync());
  const auto contents = read_journal(file());
  ASSERT_TRUE(contents.has_value());
  std::vector<RunEvent> expected;
  for (const EventBody& body : sample_events()) expected.push_back({1'000, body});
  EXPECT_EQ(as_json(contents->events), as_json(expected));
}

TEST_F(JournalTest, BytesThatAreNoTextComeBackToTheByte) {
  const auto contents = parse_journal(journal_bytes(sample_events()));
  ASSERT_TRUE(contents.has_value());
  const auto& saved = std::get<CheckpointSaved>(contents->events[2].body);
  EXPECT_EQ(saved.state.data, std::string("\0\xff\x01 raw", 7));
}

TEST_F(JournalTest, IsForItsOwnerOnly) {
  auto writer = create();
  struct stat info {};
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(JournalTest, AnAppendedEventIsReadOnlyOnceItWasFlushed) {
  auto writer = create();
  ASSERT_TRUE(writer->append(CancelRequested{2}));
  EXPECT_EQ(read_journal(file())->events.size(), 0u);
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(read_journal(file())->events.size(), 1u);
}

TEST_F(JournalTest, ReservedSpaceIsReadAsTheEndAndGivenBackAtTheClose) {
  {
    auto writer = create();
    ASSERT_TRUE(writer->append(CancelRequested{2}));
    ASSERT_TRUE(writer->sync());
    EXPECT_GE(std::filesystem::file_size(file()), limits::kJournalStep);
    EXPECT_EQ(read_journal(file())->events.size(), 1u);
  }
  EXPECT_EQ(std::filesystem::file_size(file()), read_journal(file())->bytes);
}

TEST_F(JournalTest, ReopeningCutsTheTornEndAndGoesOnInSequence) {
  const std::string whole = journal_bytes(sample_events());
  ASSERT_TRUE(write_file(file(), whole.substr(0, whole.size() - 5)));
  const auto torn = read_journal(file());
  ASSERT_TRUE(torn.has_value());
  EXPECT_EQ(torn->events.size(), sample_events().size() - 1);
  {
    auto writer = Writer::reopen(file(), *torn, clock_, KillPoints());
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE((*writer)->append(RunEnded{6}));
    ASSERT_TRUE((*writer)->sync());
  }
  const auto again = read_journal(file());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->events.size(), sample_events().size());
  EXPECT_EQ(read_file(file(), 1 << 20)->size(), whole.size());
}

TEST_F(JournalTest, CutAtEveryByteItIsReadUpToTheLastWholeRecord) {
  const std::string whole = journal_bytes(sample_events());
  const auto all = parse_journal(whole);
  ASSERT_TRUE(all.has_value());
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const std::string bytes = whole.substr(0, cut);
    const auto contents = parse_journal(bytes);
    ASSERT_TRUE(contents.has_value()) << cut << ": " << contents.error().text;
    const std::size_t lines =
        static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    ASSERT_EQ(contents->events.size(), lines == 0 ? 0 : lines - 1) << cut;
    const auto padded = parse_journal(bytes + std::string(100, '\0'));
    ASSERT_TRUE(padded.has_value()) << cut;
    ASSERT_EQ(padded->events.size(), contents->events.size()) << cut;
  }
  std::printf("cut at %zu places, with and without reserved space behind\n", whole.size() + 1);
}

// A flipped bit is refused, or the journal still says the same up to where it was cut; it never
// says something else.
TEST_F(JournalTest, WithAnyBitFlippedItIsRefusedOrStillSaysTheSame) {
  const std::string whole = journal_bytes(sample_events());
  const auto original = as_json(parse_journal(whole)->events);
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    const auto contents = parse_journal(bytes);
    if (!contents) {
      ++refused;
      ASSERT_FALSE(contents.error().text.empty());
      continue;
    }
    ASSERT_EQ(as_json(contents->events), original) << "bit " << bit;
  }
  std::printf("%zu of %zu flipped bits were refused\n", refused, whole.size() * 8);
  EXPECT_EQ(refused, whole.size() * 8);
}

std::string with_long_last_record() {
  auto events = sample_events();
  events.push_back(StageSettled{"a", StageResult::failed, std::string(2'000, 'x')});
  return journal_bytes(events);
}

TEST_F(JournalTest, ALostSectorInTheLastRecordIsATornEnd) {
  std::string bytes = with_long_last_record();
  const std::size_t sector = (bytes.size() - 1'000) / 512 * 512;
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(sector), 512, '\0');
  const auto contents = parse_journal(bytes);
  ASSERT_TRUE(contents.has_value());
  EXPECT_EQ(contents->events.size(), sample_events().size());
}

TEST_F(JournalTest, AHoleThatIsNoLostSectorIsRefused) {
  std::string bytes = with_long_last_record();
  const std::size_t sector = (bytes.size() - 1'000) / 512 * 512;
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(sector), 100, '\0');
  EXPECT_FALSE(parse_journal(bytes).has_value());
}

TEST_F(JournalTest, AHoleBeforeTheLastRecordIsRefused) {
  std::string bytes = journal_bytes(sample_events());
  std::fill(bytes.begin() + 200, bytes.begin() + 210, '\0');
  EXPECT_FALSE(parse_journal(bytes).has_value());
}

TEST_F(JournalTest, ARecordLeftOutOrMovedIsRefused) {
  const std::string whole = journal_bytes(sample_events());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = whole.find('\n', at) + 1;
    lines.push_back(whole.substr(at, end - at));
    at = end;
  }
  const auto joined = [](const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& line : list) text += line;
    return text;
  };
  auto without = lines;
  without.erase(without.begin() + 3);
  EXPECT_FALSE(parse_journal(joined(without)).has_value());
  auto swapped = lines;
  std::swap(swapped[3], swapped[4]);
  EXPECT_FALSE(parse_journal(joined(swapped)).has_value());
}

TEST_F(JournalTest, AnEventOfANewerStagerunIsRefusedByName) {
  std::string crc(kFirstCrc);
  std::string bytes = std::string(kHeader) + encode_record({1'000, CancelRequested{2}}, 1, crc);
  const auto decoded = decode_event(R"({"at_ms":1,"event":"moon_landed"})");
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().text, "unknown event `moon_landed`");
}

TEST_F(JournalTest, AnotherFormatsHeaderIsRefused) {
  EXPECT_FALSE(parse_journal("stagerun journal 2\n").has_value());
  EXPECT_FALSE(parse_journal("#!/bin/sh\nrm -rf /\n").has_value());
}

TEST_F(JournalTest, WhetherARunIsOverIsReadFromTheEnd) {
  const auto write = [&](const char* name, const std::vector<EventBody>& bodies) {
    const auto file = folder_ / name;
    auto writer = Writer::create(file, clock_, KillPoints());
    for (const EventBody& body : bodies) EXPECT_TRUE((*writer)->append(body));
    return file;
  };
  const StageSettled long_one{"s", StageResult::failed, std::string(9'000, 'x')};
  EXPECT_TRUE(ends_with_run_end(write("over", {long_one, RunEnded{6}})));
  EXPECT_FALSE(ends_with_run_end(write("resumed", {RunEnded{6}, RunResumed{"resume", "b"}})));
  EXPECT_FALSE(ends_with_run_end(write("long", {RunEnded{6}, long_one})));
  EXPECT_FALSE(ends_with_run_end(write("empty", {})));
  EXPECT_FALSE(ends_with_run_end(folder_ / "missing"));
  const auto killed = write("killed", {RunEnded{6}});
  std::filesystem::resize_file(killed, std::filesystem::file_size(killed) + 100);
  EXPECT_FALSE(ends_with_run_end(killed));
}

TEST_F(JournalTest, AFullDiskIsAnErrorThatStays) {
  // /dev/full answers every write with "no space left".
  std::filesystem::create_symlink("/dev/full", folder_ / "full");
  auto writer = Writer::reopen("/dev/full", Contents{}, clock_, KillPoints());
  if (!writer) {
    // It cannot be cut to a length either: refused at once, with a reason.
    EXPECT_FALSE(writer.error().text.empty());
    return;
  }
  ASSERT_TRUE((*writer)->append(CancelRequested{2}));
  EXPECT_FALSE((*writer)->sync());
  EXPECT_FALSE((*writer)->append(CancelRequested{2}));
}

}  // namespace
}  // namespace stagerun::journal

// A broker with a journal that remembers, and a sink that records: what every broker test stands
// on.
#pragma once

#include <cerrno>
#include <csignal>
#include <deque>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <string>
#include <sys/file.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/broker/broker.h"
#include "tests/support/temp_folder.h"

namespace stagerun {

// Remembers in which order it was asked what; may be told to fail from some call on.
class FakeJournal final : public Journal {
 public:
  Status append(const EventBody& body) override {
    if (appends_left-- == 0) return broken();
    order.push_back(std::string(event_name(body)));
    events.push_back(body);
    return {};
  }
  Status sync() override {
    if (syncs_left-- == 0) return broken();
    order.push_back("sync");
    return {};
  }

  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const EventBody& body : events) {
      if (const T* event = std::get_if<T>(&body)) found.push_back(*event);
    }
    return found;
  }
  std::size_t syncs() const {
    return static_cast<std::size_t>(std::count(order.begin(), order.end(), "sync"));
  }

  std::vector<std::string> order;
  std::vector<EventBody> events;
  int appends_left = -1;  // negative: for ever
  int syncs_left = -1;

 private:
  Status broken() {
    appends_left = syncs_left = 0;
    return Error{ErrorCode::surroundings, "the disk is full", ""};
  }
};

struct Told {
  std::uint32_t ticket = 0;
  Value event;
  bool last = false;
};

class RecordingSink final : public EffectSink {
 public:
  void on_effect_event(std::uint32_t ticket, const Value& event, bool last) override {
    told.push_back({ticket, event, last});
    lasts += last ? 1 : 0;
    if (on_event) on_event(told.back());
  }
  void on_effect_log(const std::string& stream, const std::string& line) override {
    log.push_back(stream + ": " + line);
  }
  bool is_congested() const override { return congested; }
  void on_journal_lost(const Error& error) override {
    lost.push_back(error.text);
    if (on_lost) on_lost();
  }

  // The last event of a ticket; null where none has come.
  Value last(std::uint32_t ticket) const {
    for (const Told& one : told) {
      if (one.ticket == ticket && one.last) return one.event;
    }
    return Value();
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> texts;
    for (const Told& one : told) {
      if (one.event.text_or("event") == "line") texts.push_back(one.event.text_or("text"));
    }
    return texts;
  }

  std::deque<Told> told;
  std::vector<std::string> log;
  std::vector<std::string> lost;
  std::size_t lasts = 0;
  bool congested = false;
  std::function<void(const Told&)> on_event;
  std::function<void()> on_lost;
};

inline Value json(const std::string& text) { return *parse_json(text); }

// ["sh", "-c", script] with members added.
inline Value shell(const std::string& script, const std::string& members = "{}") {
  Value request = json(members);
  request.set("argv", Value::array().push("/bin/sh").push("-c").push(script));
  return request.set("purpose", "to test");
}

class BrokerTest : public testing::Test {
 protected:
  BrokerTest() {
    scope.stage = "deploy";
    scope.verb = Verb::apply;
    scope.attempt = 1;
    scope.key = "run/deploy/apply";
    scope.grants.effects = {"process/1", "http/1", "timer/1", "file/1", "secret/1"};
    scope.has_baseline = true;
    scope.workspace = folder / "workspace";
    scope.scratch = folder / "scratch";
    EXPECT_TRUE(make_folder(scope.workspace) && make_folder(scope.scratch));
    EXPECT_TRUE(make_folder(run_folder));
    restart();
  }

  // Another broker, as a later host would have it.
  void restart() {
    broker.reset();
    broker = std::make_unique<Broker>(*loop, journal, kill_points, options());
  }
  BrokerOptions options() { return {run_folder, lock_fd.get(), own_environment(), &secrets}; }

  // Turns until `done`, at most ten seconds.
  void run_until(const std::function<bool()>& done) {
    bool late = false;
    const auto timer = loop->after(10'000, [&] { late = true; });
    loop->run_until([&] { return late || done(); });
    loop->cancel(timer);
    EXPECT_FALSE(late) << "nothing came of it";
  }

  // The same for what no event of the loop tells of.
  void poll_until(const std::function<bool()>& done) {
    Loop::TimerId timer = 0;
    std::function<void()> look = [&] { timer = loop->after(5, look); };
    look();
    run_until(done);
    loop->cancel(timer);
  }

  // Starts it and waits for its last event.
  Value run(const Value& request, const std::string& kind = "process/1") {
    const std::uint32_t ticket = next_ticket++;
    broker->start(scope, sink, ticket, kind, request);
    run_until([&] { return !sink.last(ticket).is_null(); });
    return sink.last(ticket);
  }
  std::string refusal(const Value& request, const std::string& kind = "process/1") {
    const Value event = run(request, kind);
    return event.text_or("event") == "refused" ? event.text_or("code") : "";
  }

  support::TempFolder folder;
  std::filesystem::path run_folder = folder / "run";
  SystemClock clock;
  std::unique_ptr<Loop> loop = std::make_unique<Loop>(clock);
  FakeJournal journal;
  KillPoints kill_points;
  SecretStore secrets{"9f86d081884c7d65"};
  Fd lock_fd;
  EffectScope scope;
  RecordingSink sink;
  std::uint32_t next_ticket = 1;
  std::unique_ptr<Broker> broker;
};

}  // namespace stagerun

// AlembicCase: one call of alembic, with a broker that plays the program and psql.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {

using Lines = std::vector<std::string>;

class AlembicCase {
 public:
  explicit AlembicCase(const std::string& config = "{}") { call.config = config; }

  // What a command ends with; asked again, the next answer, the last one for ever.
  AlembicCase& answer(const std::string& command, const Lines& out, int status = 0,
                      const Lines& err = {}) {
    std::vector<Value> events = {Value::object().set("event", "started").set("pid", 7)};
    for (const std::string& line : out) events.push_back(line_event("stdout", line));
    for (const std::string& line : err) events.push_back(line_event("stderr", line));
    events.push_back(
        Value::object().set("event", "exited").set("status", status).set("tail", "the tail"));
    answers_[command].push_back(std::move(events));
    return *this;
  }
  AlembicCase& history(const Lines& lines) { return answer("history", lines); }
  AlembicCase& current(const Lines& lines) { return answer("current", lines); }
  // Of the URL that the lock is for.
  AlembicCase& url_part(const std::string& part, const std::string& member,
                        const std::string& value) {
    url_parts_[part] = {member, value};
    return *this;
  }
  // As docs/abi.md has it: the upgrade of an earlier attempt.
  AlembicCase& upgraded_before(
      const std::string& outcome = R"({"event":"exited","status":0,"tail":""})") {
    call.settled = R"([{"id":"upgrade","kind":"process/1","purpose":"p","key":"k","request":{},)"
                   R"("outcome":)" +
                   outcome + "}]";
    return *this;
  }
  AlembicCase& checkpoint(const std::string& base, const std::string& target) {
    call.checkpoint =
        R"({"base":[)" + base + R"(],"target":")" + target + R"(","digest":"none","copy":"no"})";
    return *this;
  }

  TestOutcome run(std::uint32_t verb) {
    TestHost host(plugin_file("alembic"));
    call.stage_type = "alembic";
    call.verb = verb;
    call.scratch = scratch.path().string();
    return host.run(call, [this](const StartedEffect& effect) { return play(effect); });
  }

  // What alembic was told, in order.
  static Lines commands(const TestOutcome& outcome) {
    Lines list;
    for (const StartedEffect& effect : outcome.effects) {
      if (effect.kind == "process/1") list.push_back(command_of(effect));
    }
    return list;
  }

  TestCall call;
  ScratchFolder scratch;

 private:
  static Value line_event(const char* stream, const std::string& text) {
    return Value::object().set("event", "line").set("stream", stream).set("text", text);
  }
  static std::string command_of(const StartedEffect& effect) {
    std::string command;
    const Value* argv = effect.request.find("argv");
    for (std::size_t i = 0; i < argv->items()->size(); ++i) {
      const std::string& word = *(*argv->items())[i].text();
      if (i == 0 && word == "alembic") continue;
      command += (command.empty() ? "" : " ") + word;
    }
    return command;
  }

  std::vector<Value> play(const StartedEffect& effect) {
    if (effect.kind == "secret/1") return {answer_about_url(effect.request.text_or("part"))};
    auto& answers = answers_[command_of(effect)];
    if (answers.empty()) answer(command_of(effect), {}, 1, {"nobody plays this"});
    std::vector<Value> events = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return events;
  }
  Value answer_about_url(const std::string& part) const {
    const auto found = url_parts_.find(part);
    Value answer = Value::object().set("event", "answer").set("present", found != url_parts_.end());
    if (found != url_parts_.end()) answer.set(found->second.first, found->second.second);
    return answer;
  }

  std::map<std::string, std::deque<std::vector<Value>>> answers_;
  std::map<std::string, std::pair<std::string, std::string>> url_parts_;
};

}  // namespace stagerun

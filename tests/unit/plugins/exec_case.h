// ExecCase: one call of exec, with a broker that plays the programs.
#pragma once

#include <map>
#include <string>

#include "core/base/json.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {

inline Value exited(int status, const std::string& tail = "") {
  return Value::object().set("event", "exited").set("status", status).set("tail", tail);
}

class ExecCase {
 public:
  explicit ExecCase(const std::string& config) { call.config = config; }

  // What the effect of that id ends with; exit 0 where nothing is said.
  ExecCase& answer(const std::string& id, Value last_event) {
    answers_[id] = std::move(last_event);
    return *this;
  }
  // What the program writes into a file of the scratch folder before it ends.
  ExecCase& writes(const std::string& id, const std::string& file, const std::string& text) {
    files_[id] = {file, text};
    return *this;
  }

  TestOutcome run(std::uint32_t verb) {
    TestHost host(plugin_file("exec"));
    call.stage_type = "exec";
    call.verb = verb;
    call.scratch = scratch.path().string();
    return host.run(call, [this](const StartedEffect& effect) { return play(effect); });
  }

  TestCall call;
  ScratchFolder scratch;

 private:
  std::vector<Value> play(const StartedEffect& effect) {
    std::string id = effect.id();
    if (effect.request.find("alive") != nullptr) id = "alive";
    if (const auto file = files_.find(id); file != files_.end()) {
      scratch.write(file->second.first, file->second.second);
    }
    const Value started = Value::object().set("event", "started").set("pid", 7);
    const auto answer = answers_.find(id);
    return {started, answer != answers_.end() ? answer->second : exited(0)};
  }

  std::map<std::string, Value> answers_;
  std::map<std::string, std::pair<std::string, std::string>> files_;
};

// `settled` or `pending` with one effect of that id, as docs/abi.md has it.
inline std::string effects_list(const std::string& id, const std::string& outcome = "") {
  const std::string end = outcome.empty() ? "" : R"(,"outcome":)" + outcome;
  return R"([{"id":")" + id + R"(","kind":"process/1","purpose":"p","key":"k","request":{})" + end +
         "}]";
}

}  // namespace stagerun

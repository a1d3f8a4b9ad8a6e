// What a test asks of a worker, and what it hears back; where the build put worker and plugins.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/base/value.h"
#include "core/base/wire.h"
#include "tests/support/temp_folder.h"

namespace stagerun {

// Set by ctest.
inline std::filesystem::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) check_failed(name, "the environment, which ctest sets", 0);
  return std::filesystem::absolute(value);
}
inline std::filesystem::path plugin_file(const std::string& name) {
  return from_environment("STAGERUN_PLUGIN_DIR") / (name + ".so");
}
inline std::filesystem::path test_plugin_file(const std::string& name) {
  return from_environment("STAGERUN_TEST_PLUGIN_DIR") / (name + ".so");
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ScratchFolder : public support::TempFolder {
 public:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const { return bytes_of(*this / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(*this / name); }
};

enum TestVerb : std::uint32_t { validate = 1, plan = 2, apply = 3, verify = 4, rollback = 5 };

struct TestCall {
  std::string stage_type;
  std::uint32_t verb = TestVerb::apply;
  std::string config = "{}";
  std::string plan = "";
  std::string receipt = "";
  std::string checkpoint = "";
  std::string pending = "[]";
  std::string settled = "[]";
  std::string scratch = "";
  std::string context = "{}";
  std::int64_t remaining_ms = 60'000;
  std::int64_t now_offset_ms = 0;
  std::uint32_t attempt = 1;

  wire::Message message() const {
    wire::Message message{wire::Type::call, 0, 0, 0, {}};
    message.fields.resize(wire::call_field_count);
    auto& fields = message.fields;
    fields[wire::stage_type] = stage_type;
    fields[wire::run] = "run-1";
    fields[wire::stage] = "the-stage";
    fields[wire::key] = "run-1/the-stage";
    fields[wire::config] = config;
    fields[wire::plan] = plan;
    fields[wire::receipt] = receipt;
    fields[wire::checkpoint] = checkpoint;
    fields[wire::pending] = pending;
    fields[wire::settled] = settled;
    fields[wire::workspace] = "/";
    fields[wire::scratch] = scratch;
    fields[wire::context] = context;
    fields[wire::remaining_ms] = std::to_string(remaining_ms);
    fields[wire::now_offset_ms] = std::to_string(now_offset_ms);
    fields[wire::verb] = std::to_string(verb);
    fields[wire::attempt] = std::to_string(attempt);
    return message;
  }
};

struct StartedEffect {
  std::uint32_t ticket = 0;
  std::string kind;
  Value request;

  std::string id() const { return request.text_or("id"); }
};

struct TestOutcome {
  bool done = false;  // false: the worker went away, or said nothing for too long
  std::int32_t status = -1;
  bool resigned = false;  // instead of taking the call
  std::string result;
  std::string fail_code;
  std::string fail_text;
  std::string fail_hint;
  std::map<std::string, std::string> outputs;  // JSON
  std::vector<std::string> diagnosed;          // "POINTER CODE"
  std::vector<std::string> log;
  std::vector<std::string> checkpoints;
  std::vector<StartedEffect> effects;
  std::vector<wire::Type> order;  // of all messages

  // The ids of the effects, in their order: "record run".
  std::string effect_ids() const {
    std::string ids;
    for (const StartedEffect& effect : effects) ids += (ids.empty() ? "" : " ") + effect.id();
    return ids;
  }
  // Where that came before the first effect of that id.
  bool starts_after(wire::Type type, const std::string& id) const {
    std::size_t effect = 0;
    bool seen = false;
    for (const wire::Type one : order) {
      seen = seen || one == type;
      if (one == wire::Type::start && effects[effect++].id() == id) return seen;
    }
    return false;
  }
};

}  // namespace stagerun

// EnvCase: one call of an env stage, with a broker that knows values and answers as docs/effects.md
// says; files are real, in a folder of the test's own.
#pragma once

#include <map>
#include <string>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/pattern.h"
#include "plugins/shared/digest.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {

class EnvCase {
 public:
  EnvCase(const char* stage, const std::string& config) {
    call.stage_type = stage;
    call.config = config;
  }

  EnvCase& variable(const std::string& name, const std::string& value) {
    values_["env:" + name] = value;
    return *this;
  }
  EnvCase& entry(const std::string& file, const std::string& name, const std::string& value) {
    files_[file] = true;
    values_[file + ":" + name] = value;
    return *this;
  }
  // The handle that the configuration would hold.
  static std::string handle(const std::string& name) {
    return "sr-secret." + name + ".0123456789abcdef";
  }
  EnvCase& secret(const std::string& name, const std::string& value) {
    opened_[handle(name)] = value;
    return *this;
  }
  // What a tool prints, and how it ends.
  EnvCase& tool(const std::string& program, std::vector<std::string> lines, int status = 0) {
    tools_[program] = {std::move(lines), status};
    return *this;
  }

  TestOutcome run(std::uint32_t verb) {
    TestHost host(plugin_file("env"));
    call.verb = verb;
    call.scratch = scratch.path().string();
    return host.run(call, [this](const StartedEffect& effect) { return play(effect); });
  }

  // The workspace is the root, so that any file is in it.
  static std::string in_workspace(const std::string& path) { return path.substr(1); }

  TestCall call;
  ScratchFolder scratch;

 private:
  std::vector<Value> play(const StartedEffect& effect) {
    if (effect.kind == "process/1") return play_tool(effect.request);
    if (effect.kind == "file/1") return {play_file(effect.request)};
    return {effect.kind == "secret/1" ? answer(effect.request) : refused("effect.kind")};
  }

  static Value refused(const char* code) {
    return Value::object().set("event", "refused").set("code", code).set("text", "refused");
  }
  static Value said(Value value) {
    return Value::object().set("event", "answer").set("value", std::move(value));
  }

  std::vector<Value> play_tool(const Value& request) {
    std::vector<Value> events = {Value::object().set("event", "started").set("pid", 7)};
    const auto tool = tools_.find(*request.find("argv")->items()->front().text());
    if (tool == tools_.end()) {
      events.push_back(Value::object()
                           .set("event", "failed")
                           .set("code", "process.start")
                           .set("text", "there is no such program")
                           .set("may_have_happened", false));
      return events;
    }
    for (const std::string& line : tool->second.first) {
      events.push_back(
          Value::object().set("event", "line").set("stream", "stdout").set("text", line));
    }
    events.push_back(
        Value::object().set("event", "exited").set("status", tool->second.second).set("tail", ""));
    return events;
  }

  static Value done(const std::filesystem::path& path, const std::string& before) {
    const bool there = std::filesystem::exists(path);
    return Value::object()
        .set("event", "done")
        .set("digest", there ? sha256_hex(bytes_of(path)) : "absent")
        .set("before", before)
        .set("size", there ? static_cast<std::int64_t>(std::filesystem::file_size(path)) : 0);
  }

  Value play_file(const Value& request) {
    const auto path_of = [&](const char* member) { return "/" + request.text_or(member); };
    if (request.find("look") != nullptr) return done(path_of("look"), "");
    if (request.find("keep") != nullptr) {
      scratch.write(request.text_or("as"), bytes_of(path_of("keep")));
      return done(path_of("keep"), "");
    }
    const bool removes = request.find("remove") != nullptr;
    const std::string path = path_of(removes ? "remove" : "write");
    const std::string before = done(path, "").text_or("digest");
    if (request.text_or("if_digest") != before) {
      return Value::object()
          .set("event", "failed")
          .set("code", "file.changed")
          .set("text", "it has another digest")
          .set("may_have_happened", false);
    }
    const bool by_name = request.find("from") != nullptr;
    if (removes) {
      std::filesystem::remove(path);
    } else {
      const std::string text =
          by_name ? scratch.read(request.text_or("from")) : expand(request.text_or("text"));
      std::ofstream(path, std::ios::binary) << text;
    }
    return done(path, before);
  }

  std::string expand(std::string text) const {
    for (const auto& [handle, value] : opened_) {
      for (auto at = text.find(handle); at != text.npos; at = text.find(handle)) {
        text.replace(at, handle.size(), value);
      }
    }
    return text;
  }

  Value open(const Value& request) {
    const std::string dotenv = request.text_or("dotenv");
    if (!dotenv.empty() && files_.count(dotenv) == 0) {
      return Value::object()
          .set("event", "failed")
          .set("code", "secret.file")
          .set("text", "there is no file " + dotenv)
          .set("may_have_happened", false);
    }
    const std::string key =
        dotenv.empty() ? "env:" + request.text_or("env") : dotenv + ":" + request.text_or("name");
    const auto value = values_.find(key);
    Value event = Value::object().set("event", "answer").set("present", value != values_.end());
    if (value == values_.end()) return event;
    const std::string name = handle("the-stage:" + std::to_string(opened_.size()));
    opened_[name] = value->second;
    return event.set("handle", name);
  }

  Value answer(const Value& request) {
    const std::string operation = request.text_or("op");
    const std::string value = expand(request.text_or("value"));
    if (operation == "open") return open(request);
    if (operation == "length") return said(static_cast<std::int64_t>(value.size()));
    if (operation == "equals") return said(value == expand(request.text_or("to")));
    if (operation == "has_prefix") {
      return said(value.starts_with(expand(request.text_or("prefix"))));
    }
    if (operation == "hmac_sha256") {
      return said(shared::hmac_sha256_hex(request.text_or("key"), value));
    }
    if (operation == "matches") {
      return said(Pattern(request.text_or("pattern")).is_found_in(value));
    }
    return refused("effect.request");
  }

  std::map<std::string, std::string> values_;
  std::map<std::string, bool> files_;
  std::map<std::string, std::string> opened_;
  std::map<std::string, std::pair<std::vector<std::string>, int>> tools_;
};

}  // namespace stagerun

// PostgresCase: one call of a stage of postgres, with a broker that plays psql, pg_dump,
// pg_restore, the workspace's files and the secrets.
#pragma once

#include <map>
#include <string>

#include "core/base/json.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {

inline const std::string kListing =
    ";\n; Archive created at 2026-05-20 10:00:00 UTC\n;     dbname: app\n"
    ";     Dumped from database version: 15.18\n;\n201; 1259 16385 TABLE public a keeper\n";

class PostgresCase {
 public:
  PostgresCase(std::string stage, std::string config)
      : host_(plugin_file("postgres")), stage_(std::move(stage)), config_(std::move(config)) {}

  // What psql answers to SQL that holds this text.
  PostgresCase& answer(const std::string& sql, const std::string& csv) {
    answers.emplace_back(sql, csv);
    return *this;
  }

  TestOutcome run(std::uint32_t verb) {
    call.stage_type = stage_;
    call.verb = verb;
    call.config = config_;
    call.scratch = scratch.path().string();
    return host_.run(call, [this](const StartedEffect& effect) { return play(effect); });
  }

  TestCall call;
  ScratchFolder scratch;
  std::vector<std::pair<std::string, std::string>> answers = {
      {"SHOW server_version_num", "150018\n"}, {"pg_database_size", "4096\n"}};
  std::map<std::string, std::string> url;     // parts of the URL
  std::map<std::string, std::string> digest;  // of the workspace's files
  std::map<std::string, int> exit;            // by the program's name, or "migrate"
  std::string tail;                           // of what fails
  std::string dump_version = "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";

 private:
  static Value exited(int status, const std::string& tail) {
    return Value::object().set("event", "exited").set("status", status).set("tail", tail);
  }

  std::vector<Value> play(const StartedEffect& effect) {
    if (effect.kind == "secret/1") return {play_secret(effect.request)};
    if (effect.kind == "file/1") return {play_file(effect.request)};
    return play_process(effect.request);
  }

  Value play_secret(const Value& request) {
    const auto part = url.find(request.text_or("part"));
    const bool present = part != url.end();
    Value answer = Value::object().set("event", "answer").set("present", present);
    if (!present) return answer;
    return answer.set(part->first == "password" ? "handle" : "value", part->second);
  }

  Value play_file(const Value& request) {
    for (const char* op : {"look", "keep", "write", "remove"}) {
      if (request.find(op) == nullptr) continue;
      const std::string path = request.text_or(op);
      const auto known = digest.find(path);
      if (op == std::string("write")) digest[path] = "made";
      if (op == std::string("keep")) scratch.write(request.text_or("as"), "SELECT 1;");
      const std::string is = op == std::string("write") ? "made"
                             : known == digest.end()    ? "absent"
                                                        : known->second;
      return Value::object()
          .set("event", "done")
          .set("digest", is)
          .set("size", 1)
          .set("mode", "600");
    }
    return Value::object().set("event", "refused").set("code", "x").set("text", "x");
  }

  std::vector<Value> play_process(const Value& request) {
    const Value::Array& argv = *request.find("argv")->items();
    const std::string program = *argv[0].text();
    const std::string second = argv.size() > 1 ? *argv[1].text() : "";
    if (second == "--version") {
      return {
          Value::object().set("event", "line").set("stream", "stdout").set("text", dump_version),
          exited(0, "")};
    }
    const auto status = exit.find(program);
    if (status != exit.end()) return {exited(status->second, tail)};
    const std::string file = request.text_or("output_file");
    if (program == "pg_dump") scratch.write(file, "PGDMP and so on");
    if (second == "--list") scratch.write(file, kListing);
    if (program == "psql" && !file.empty())
      scratch.write(file, find_answer(request.text_or("input")));
    return {exited(0, "")};
  }

  std::string find_answer(const std::string& input) const {
    for (const auto& [sql, csv] : answers) {
      if (input.find(sql) != std::string::npos) return csv;
    }
    return "";
  }

  TestHost host_;
  std::string stage_;
  std::string config_;
};

}  // namespace stagerun

// env.set: sets and removes values of one file of settings, and nothing else of it.
#pragma once

#include <stagerun/stagerun.hpp>

namespace env {

struct Set {
  static constexpr sr::Info info{
      .name = "env.set",
      .version = "1.0.0",
      .summary =
          "Sets values in a dotenv, JSON, YAML or TOML file; puts them back on the way back.",
      .schema = R"({
  "type": "object", "required": ["file"], "additionalProperties": false,
  "properties": {
    "file": {"type": "string"},
    "format": {"enum": ["dotenv", "json", "yaml", "toml"]},
    "values": {"type": "object",
               "additionalProperties": {"type": ["string", "integer", "number", "boolean"]}},
    "unset": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
    "create": {"type": "boolean"}}})",
      .outputs = R"({"type": "object", "properties": {"changed": {"type": "integer"}}})",
      .manifest = R"({"effects": ["file/1", "secret/1"]})",
      .flags = SR_REVERSIBLE | SR_IDEMPOTENT,
  };

  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
  sr_status verify(sr::Call& call);
  void rollback(sr::Call& call);
};

}  // namespace env

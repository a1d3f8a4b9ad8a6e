// The four stages of the module, each in a file of its own. docs/plugins/postgres.md has the
// meaning of every key.
#pragma once

#include "client.h"

namespace postgres {

struct Backup {
  static constexpr sr::Info info{
      .name = "postgres.backup",
      .version = "1.0.0",
      .summary = "Makes a verified backup of a PostgreSQL database, as a file.",
      .schema = R"({
  "type": "object", "required": ["file"], "additionalProperties": false,
  "properties": {)" POSTGRES_CONNECTION_KEYS R"(,
    "file": {"type": "string", "minLength": 1},
    "min_bytes": {"type": "integer", "minimum": 1},
    "verify": {"enum": ["list", "full"]},
    "schemas": {"type": "array", "items": {"type": "string"}},
    "exclude_data": {"type": "array", "items": {"type": "string"}},
    "lock_timeout": {"type": "string"}}})",
      .outputs = R"({"type": "object", "properties": {
    "file": {"type": "string"}, "sha256": {"type": "string"}, "bytes": {"type": "integer"},
    "entries": {"type": "integer"}, "taken_at": {"type": "string"},
    "server_version": {"type": "string"}, "database": {"type": "string"},
    "verified": {"type": "boolean"}}})",
      .manifest = R"({"effects": ["process/1", "file/1", "secret/1"],)" POSTGRES_READS "}",
      .flags = SR_REVERSIBLE,
  };
  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
  sr_status verify(sr::Call& call);
  void rollback(sr::Call& call);
};

struct Check {
  static constexpr sr::Info info{
      .name = "postgres.check",
      .version = "1.0.0",
      .summary = "Asks a PostgreSQL database, and compares what it answers.",
      .schema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {)" POSTGRES_CONNECTION_KEYS R"(,
    "exists": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "checks": {"type": "array", "items": {
      "type": "object", "required": ["sql"], "additionalProperties": false,
      "properties": {
        "name": {"type": "string"}, "sql": {"type": "string"},
        "expect": {
          "type": "object", "additionalProperties": false,
          "properties": {
            "rows": {"type": "integer", "minimum": 0},
            "at_least": {"type": "integer", "minimum": 0},
            "at_most": {"type": "integer", "minimum": 0},
            "value": {"type": ["string", "integer", "number", "boolean"]},
            "min": {"type": "number"}, "max": {"type": "number"},
            "empty": {"type": "boolean"}, "matches": {"type": "string"},
            "same_as_other": {"type": "boolean"}}}}}},
    "other": {"type": "object", "additionalProperties": false,
              "properties": {)" POSTGRES_CONNECTION_KEYS R"(}},
    "outputs": {"type": "object",
                "additionalProperties": {"enum": ["string", "integer", "number", "boolean"]}},
    "statement_timeout": {"type": "string"}}})",
      .manifest =
          R"({"effects": ["process/1", "secret/1"], "outputs_from": "/outputs",)" POSTGRES_READS
          "}",
      .flags = SR_READS_ONLY,
  };
  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
};

struct Migrate {
  static constexpr sr::Info info{
      .name = "postgres.migrate",
      .version = "1.0.0",
      .summary = "Runs SQL files against a PostgreSQL database, all of them or none.",
      .schema = R"({
  "type": "object", "required": ["files"], "additionalProperties": false,
  "properties": {)" POSTGRES_CONNECTION_KEYS R"(,
    "files": {"anyOf": [{"type": "string"},
                        {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
    "undo": {"anyOf": [{"type": "string"},
                       {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
    "transaction": {"enum": ["all", "file", "none"]},
    "ledger": {"type": "string", "pattern": "^[a-z_][a-z0-9_]{0,62}(\\.[a-z_][a-z0-9_]{0,62})?$"},
    "lock": {"type": "string", "minLength": 1},
    "lock_timeout": {"type": "string"}, "statement_timeout": {"type": "string"},
    "require_backup": {
      "type": "object", "required": ["file", "sha256"], "additionalProperties": false,
      "properties": {"file": {"type": "string"}, "sha256": {"type": "string"},
                     "max_age": {"type": "string"}}}}})",
      .outputs = R"({"type": "object", "properties": {
    "applied": {"type": "integer"}, "skipped": {"type": "integer"}, "last": {"type": "string"}}})",
      .manifest = R"({"effects": ["process/1", "file/1", "secret/1"],
    "flags": [{"has": "/undo", "add": "compensable"}],)" POSTGRES_READS "}",
  };
  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
  sr_status verify(sr::Call& call);
  void rollback(sr::Call& call);
};

struct Restore {
  static constexpr sr::Info info{
      .name = "postgres.restore",
      .version = "1.0.0",
      .summary = "Puts a backup back, over a PostgreSQL database or into a new one.",
      .schema = R"({
  "type": "object", "required": ["file", "sha256"], "additionalProperties": false,
  "properties": {)" POSTGRES_CONNECTION_KEYS R"(,
    "file": {"type": "string", "minLength": 1}, "sha256": {"type": "string"},
    "into": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,62}$"},
    "terminate_connections": {"type": "boolean"}}})",
      .outputs = R"({"type": "object", "properties": {
    "database": {"type": "string"}, "entries": {"type": "integer"},
    "survivors": {"type": "integer"}}})",
      .manifest = R"({"effects": ["process/1", "file/1", "secret/1"],
    "flags": [{"has": "/into", "add": "reversible"}],)" POSTGRES_READS "}",
  };
  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
  sr_status verify(sr::Call& call);
  void rollback(sr::Call& call);
};

}  // namespace postgres

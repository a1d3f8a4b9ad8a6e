// http.request: a chain of requests as a stage, and another chain that takes it back.
#pragma once

#include <stagerun/stagerun.hpp>

#include "schema.h"

namespace http {

inline constexpr std::string_view kRequestSchemaStart = R"({
  "type": "object", "required": ["run"], "additionalProperties": false,
  "properties": {
    "changes": {"type": "boolean"},
    "idempotent": {"type": "boolean"},
    "idempotency_header": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$"},
    "ca_file": {"type": "string"},
    "outputs": {"type": "object", "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,64}$"},
                "additionalProperties": {"enum": ["string", "integer", "number", "boolean"]}},
    "run": )";
inline constexpr std::string_view kRequestsStart = R"({
  "type": "array", "minItems": 1, "maxItems": 100, "items": {
    "type": "object", "required": ["url"], "additionalProperties": false,
    "properties": {
      "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,39}$"},
      "method": {"type": "string"},
      "url": {"type": "string"},
      "headers": {"type": "object", "additionalProperties": {"type": "string"}},
      "body": {"type": "string"},
      "json": {},
      "form": {"type": "object", "additionalProperties": {"type": "string"}},
      "capture": {"type": "object", "propertyNames": {"pattern": "^[a-z0-9_-]{1,40}$"},
                  "additionalProperties": {"type": "string"}},
      "take": {"type": "object", "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,64}$"},
               "additionalProperties": {"type": "string"}},
      "probe": {"type": "boolean"},
      "guard": {"type": "boolean"},
      "within": {"type": "string"},
      "every": {"type": "string"},
      "timeout": {"type": "string"},
      "redirects": {"type": "integer", "minimum": 0, "maximum": 10},
      "expect": {"type": "object", "additionalProperties": false, "properties": {
        "headers": {"type": "object"},
        "json": {"type": "object"},)";
inline constexpr std::string_view kRequestsEnd = "}}}}}";
inline constexpr std::string_view kUndoKey = R"(, "undo": )";
inline constexpr std::string_view kCheckKey = R"(, "check": )";
inline constexpr std::string_view kRecordKey = R"(, "record": )";

struct Change {
  static constexpr sr::Info info{
      .name = "http.request",
      .version = "1.1.0",
      .summary = "Sends requests that change something, and others that take it back.",
      .schema = kJoined<kRequestSchemaStart, kRequestsStart, kExpectedProperties, kRequestsEnd,
                        kUndoKey, kRequestsStart, kExpectedProperties, kRequestsEnd,  //
                        kCheckKey, kRequestsStart, kExpectedProperties, kRequestsEnd,  //
                        kRecordKey, kRequestsStart, kExpectedProperties, kRequestsEnd,
                        kEndOfSchema>
                    .data(),
      .manifest = R"({
  "effects": ["http/1", "timer/1"],
  "flags": [{"has": "/undo", "add": "compensable"},
            {"if": {"/idempotent": true}, "add": "idempotent"},
            {"has": "/idempotency_header", "add": "idempotent"},
            {"if": {"/changes": false}, "add": "reads_only"}],
  "hosts": [{"config": "/run"}, {"config": "/undo"}, {"config": "/check"}, {"config": "/record"}],
  "outputs_from": "/outputs"})",
  };

  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
  sr_status verify(sr::Call& call);
  void rollback(sr::Call& call);
};

// Says what contradicts itself or cannot work in a stage of http.request.
void diagnose_chains(sr::Call& call);

}  // namespace http

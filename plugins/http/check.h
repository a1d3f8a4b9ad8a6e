// http.check: asks a web address until its answer is right. Only ever reads.
#pragma once

#include <stagerun/stagerun.hpp>

#include "schema.h"

namespace http {

inline constexpr std::string_view kCheckProperties = R"({
  "type": "object", "required": ["url"], "additionalProperties": false,
  "properties": {
    "url": {"type": "string"},
    "method": {"type": "string"},
    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    "body": {"type": "string"},
    "json": {},
    "successes": {"type": "integer", "minimum": 1, "maximum": 1000},
    "within": {"type": "string"},
    "every": {"type": "string"},
    "ca_file": {"type": "string"},
    "redirects": {"type": "integer", "minimum": 0, "maximum": 10},
    "expect_headers": {"type": "object"},
    "expect_json": {"type": "object"},
    "outputs": {"type": "object", "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,64}$"},
      "additionalProperties": {
        "type": "object", "required": ["json"], "additionalProperties": false,
        "properties": {"json": {"type": "string"},
                       "type": {"enum": ["string", "integer", "number", "boolean"]}}}},)";

struct Check {
  static constexpr sr::Info info{
      .name = "http.check",
      .version = "1.1.0",
      .summary = "Waits until a web address answers as it should.",
      .schema = kJoined<kCheckProperties, kExpectedProperties, kEndOfSchema>.data(),
      .outputs = R"({"type": "object", "properties": {
  "status": {"type": "integer"}, "attempts": {"type": "integer"},
  "latency_ms": {"type": "integer"}, "version": {"type": "string"}}})",
      .manifest = R"({"effects": ["http/1", "timer/1"], "hosts": [{"config": "/url"}],
                      "outputs_from": "/outputs"})",
      .flags = SR_READS_ONLY,
  };

  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
};

}  // namespace http

// PluginInfo: what a plugin says of itself, read by a worker, never by loading it into the host.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/value.h"
#include "core/model/outcome.h"

namespace stagerun {

// The flags of the ABI (sr_stage.flags).
enum StageFlag : std::uint32_t {
  flag_idempotent = 1u << 0,
  flag_resumable = 1u << 1,
  flag_reversible = 1u << 2,
  flag_compensable = 1u << 3,
  flag_reads_only = 1u << 4,
};

struct StageInfo {
  std::string name;  // "check"
  std::string summary;
  std::uint32_t flags = 0;
  Value schema;           // of `with`
  Value outputs;          // of the outputs; null where it has none
  Value manifest;         // null where it has none
  bool has_verb[6] = {};  // by the number of the Verb

  bool has(Verb verb) const { return has_verb[static_cast<std::uint32_t>(verb)]; }
};

// Which plugin, and which file of it. Small: every stage and every call holds one.
struct PluginRef {
  std::string name;     // "http"
  std::string version;  // "1.0.0"
  std::string path;     // absolute
  std::string digest;   // sha256 of the file, hex
};

struct PluginInfo : PluginRef {
  int abi_major = 0;
  int abi_minor = 0;
  std::vector<StageInfo> stages;
};

// A plugin's stage as a pipeline names it: "exec", "http.check".
struct CatalogEntry {
  PluginInfo plugin;
  StageInfo stage;
};

// Everything that a pipeline's `uses` may name, by that name.
using Catalog = std::map<std::string, CatalogEntry>;

}  // namespace stagerun

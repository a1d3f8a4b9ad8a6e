// SetSettings: what a stage's `with` asks of env.set. docs/plugins/env.md has the meaning of each
// key.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <stagerun/stagerun.hpp>

#include "format.h"

namespace env {

struct Wanted {
  std::string key;  // as the author wrote it
  Path path;
  bool removed = false;
  Scalar value;
};

struct SetSettings {
  std::string file;
  std::string format_name;
  std::unique_ptr<Format> format;  // null where the name is none
  std::vector<Wanted> wanted;
  bool create = false;
};

SetSettings read_set_settings(const sr::Call& call);

// Says what contradicts itself or cannot work. Values that are not known yet are left alone.
void diagnose_set(sr::Call& call);

}  // namespace env

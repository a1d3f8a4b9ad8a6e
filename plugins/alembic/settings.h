// Settings: what a stage's `with` asks of alembic. docs/plugins/alembic.md has the meaning of each.
#pragma once

#include <string>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace alembic {

enum class Downgrade {
  automatic,  // every revision must be able to go back
  lenient,    // one that does nothing on the way back is only warned of
  never,
};

struct Backup {
  std::string file;  // relative to the workspace; empty: none is asked for
  std::string sha256;
  std::int64_t max_age_ms = -1;
};

struct Settings {
  std::vector<std::string> command;
  std::string config;  // relative to cwd
  std::string cwd;     // relative to the workspace
  std::string section;
  std::string target;
  std::vector<std::string> x;
  std::string env = "{}";  // JSON: an object of strings
  std::string url;         // of the database; empty: nothing is locked
  std::int64_t lock_timeout_ms = 0;
  Downgrade downgrade = Downgrade::automatic;
  bool preview = true;
  Backup backup;

  bool wants_head() const { return target == "head"; }
};

Settings read_settings(const sr::Call& call);

// Says what contradicts itself or cannot work. Values that are not known yet are left alone.
void diagnose_settings(sr::Call& call, const Settings& settings);

}  // namespace alembic

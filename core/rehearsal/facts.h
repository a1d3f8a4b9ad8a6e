// Facts: what one scenario left behind, before anybody judges it. Values.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/run_state.h"
#include "core/rehearsal/fingerprint.h"

namespace stagerun::rehearsal {

struct Facts {
  std::string then;    // what was run last, after a kill or a good run: resume | rollback; else ""
  int status = 0;      // of the last host
  std::string output;  // of all of them
  RunState state;      // of the run; empty where none began
  Fingerprint world;
  std::vector<std::string> processes;  // that still run, by what they were started with
  bool lock_is_free = true;
  std::vector<std::string> leaks;    // where a secret's value was written
  std::map<std::string, int> acted;  // how often each write did its work, by key
  std::set<std::string> in_doubt;    // keys that may have been done twice: nobody knew
};

// What a scenario is held against.
struct Reference {
  Fingerprint before;
  Fingerprint after;           // a good run
  std::set<std::string> kept;  // what may stay when a run goes back, by Difference::what
  std::map<std::string, std::string> makers;  // what each thing of the world was made by: stages
};

}  // namespace stagerun::rehearsal

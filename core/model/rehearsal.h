// Rehearsal: what was found out about a pipeline by running it, and failing it, in a world that is
// nobody's. A value; the matrix on the terminal, in JSON and in JUnit is made of nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stagerun {

// Something of a world that is another than it was.
struct Difference {
  std::string what;   // "file world/app.db", "process bin/serve.py --port=8765"
  std::string how;    // "appeared", "vanished", "changed"
  std::string stage;  // whose doing it was on the way forward; "" where that is not known

  friend bool operator==(const Difference&, const Difference&) = default;
};

// One run of the pipeline with one thing that goes wrong.
struct Scenario {
  std::string fault;   // what replays it: "--fault ID"
  std::string set;     // good | stages | effects | crashes
  std::string stage;   // where it was injected; "" of a crash between stages
  std::string effect;  // the effect's key, or the kill point's name; "" of a stage
  std::string then;    // what was run after a crash: resume | rollback; else ""
  int status = 0;      // the last host's exit status
  // went live | went back | nothing changed | incomplete | broken
  std::string outcome;
  std::vector<std::string> broken;   // invariants that do not hold, each in a sentence
  std::vector<std::string> by_hand;  // what a person would have to do
  std::vector<std::string> said;     // the end of what hosts printed, where a good run was none
  std::vector<Difference> left;      // against the world that the outcome promises

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

// How long a stage takes and its undo, in simulated time and what its effects say that they take.
struct StageEstimate {
  std::string stage;
  std::int64_t apply_ms = 0;
  std::int64_t rollback_ms = 0;

  friend bool operator==(const StageEstimate&, const StageEstimate&) = default;
};

struct Rehearsal {
  std::string pipeline;         // its name
  std::string pipeline_digest;  // what it vouches for
  std::uint64_t seed = 0;
  std::vector<std::string> options;      // it was given, but for which faults
  std::vector<Difference> changes;       // the world after going live, against the one before
  std::vector<StageEstimate> estimates;  // in the plan's order
  std::string no_return;                 // the first irreversible stage; "" where there is none
  std::vector<std::string> unrehearsed;  // stage and why, each in a sentence
  std::vector<std::string> unaccepted;   // stages with something unrehearsed that may not stay so
  std::vector<Scenario> scenarios;

  bool has_broken() const {
    for (const Scenario& scenario : scenarios) {
      if (!scenario.broken.empty()) return true;
    }
    return false;
  }
};

}  // namespace stagerun

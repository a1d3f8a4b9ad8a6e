// State: what one verb leaves to the next, as JSON.
#pragma once

#include <optional>
#include <string>

#include <stagerun/stagerun.hpp>

#include "graph.h"

namespace alembic {

// The checkpoint: saved before anything is changed.
struct State {
  Ids base;            // where the database was, exactly
  std::string target;  // the revision to go to
  std::string digest;  // of the scripts that were there
  // Whether the copy in the scratch folder works: "no", "plain", "path" (it needs PYTHONPATH).
  std::string copy = "no";
};

// The receipt of apply, whether it went well or not.
struct Receipt {
  Ids left;            // where the database was then
  std::string traces;  // the revision of which something may stand that no downgrade removes
};

std::string to_json(const State& state);
std::string to_json(const Receipt& receipt);
// Nothing where none was saved.
std::optional<State> last_state(const sr::Call& call);
std::optional<Receipt> last_receipt(const sr::Call& call);

// Was the upgrade let through in an earlier attempt, and may it have done something?
bool has_begun(const sr::Call& call);

}  // namespace alembic

// What must hold after whatever went wrong, in one place for rehearsal, kit and crash tests alike:
// the world is the old one or the new one, or the report names what a person must do; nothing was
// done twice; no secret was written; the exit status is true; the lock is free; no process is left.
// Pure.
#pragma once

#include "core/model/rehearsal.h"
#include "core/rehearsal/facts.h"

namespace stagerun::rehearsal {

// Fills in status, outcome, broken, by_hand and left of `scenario`.
void judge(const Facts& facts, const Reference& reference, Scenario& scenario);

}  // namespace stagerun::rehearsal

// Fault: one thing that goes wrong with one effect, and what the verb is told then. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/model/ports.h"

namespace stagerun::rehearsal {

// The faults that an effect of that kind and access can have, by name:
//
//   process/1  refused (it cannot be started), exit (it does nothing and exits with 1), hang (it
//              does nothing and never ends); of a write also exit_after (it does its work and exits
//              with 1). To stop a service: refused (it cannot be ended), hang
//   http/1     refused (no connection), throttled (429), unavailable (503), expired (401),
//   malformed
//              (200 with what is no answer); of a write also lost (the server acted, and the
//              connection broke)
//   file/1     refused (the disk is full); of a write also lost (it was written, and an error came
//              back)
//
// Timers and questions about secrets have none: nothing of them touches the world.
std::vector<std::string> faults_of(const EffectIntended& intent);

// What becomes of it: `usual` is what would without a fault, of a name that faults_of() gave.
Direction with_fault(const std::string& fault, const EffectIntended& intent, Direction usual);

// Whether its work is done under that fault, whatever is told; "" is none.
bool acts(const std::string& fault);

}  // namespace stagerun::rehearsal

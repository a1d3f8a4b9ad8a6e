// The table of functions that a plugin calls.
#pragma once

#include <stagerun/stagerun.h>

namespace stagerun {

// Every function takes any argument without harm and does its work in the Session that the call's
// `ref` points to.
extern const sr_host kHostTable;

}  // namespace stagerun

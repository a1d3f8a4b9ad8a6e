// What a rehearsal vouches for, and where that is kept: STATE/rehearsals/DIGEST, a file for each
// pipeline that was rehearsed with everything that can go wrong, and in which nothing was broken.
#pragma once

#include <string>

#include "core/cli/load.h"
#include "core/model/rehearsal.h"

namespace stagerun {

// Of the pipeline as it is written, its environment, the chosen stages and the plugins that carry
// it out; not of inputs and secrets.
std::string pipeline_digest(const Loaded& loaded, const Arguments& arguments);

// Keeps it, where it vouches for the pipeline.
Status keep_rehearsal(const Loaded& loaded, const Arguments& arguments, const Rehearsal& found);

// An error that says what to do where this very pipeline was not rehearsed.
Status require_rehearsal(const Loaded& loaded, const Arguments& arguments);

}  // namespace stagerun

// Who is at work, for the journal and its reports.
#pragma once

#include <string>

namespace stagerun {

// "rita@build-7": the account on this machine, or, on a runner of GitHub or GitLab, who caused the
// pipeline there. Said by the surroundings, proven by nothing.
std::string user_name();

}  // namespace stagerun

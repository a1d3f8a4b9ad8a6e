// What an exit status means, in words (docs/cli.md). Pure.
#pragma once

#include <string>

namespace stagerun {

std::string exit_words(int status);

}  // namespace stagerun

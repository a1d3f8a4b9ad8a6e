// Text cut to a length, for reports. Pure.
#pragma once

#include <string>
#include <string_view>

namespace stagerun {

// At most `most` bytes of it, cut between two characters; " ..." follows where something is left
// out.
std::string short_text(std::string_view text, std::size_t most);

}  // namespace stagerun

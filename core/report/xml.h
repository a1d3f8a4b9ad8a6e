// Text as XML 1.0 takes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace stagerun {

// For text and for attribute values in double quotes alike. What XML forbids, as control
// characters, is made visible (\x1b); bytes that are no UTF-8 likewise.
std::string to_xml(std::string_view text);

}  // namespace stagerun

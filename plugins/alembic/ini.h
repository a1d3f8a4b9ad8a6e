// Ini: as much of alembic.ini as it takes to find the scripts, and to point it at a copy of them.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alembic {

// The value of a key in a section, its lines joined by LF; nothing where it is not there.
std::optional<std::string> ini_value(std::string_view ini, std::string_view section,
                                     std::string_view key);

// The value with %(here)s and %% filled in; nothing where it refers to more than that.
std::optional<std::string> interpolate(std::string_view value, std::string_view here);

// The same file with these keys of the section replaced, and %(here)s as the folder it was in.
std::string relocate(std::string_view ini, std::string_view section, std::string_view here,
                     const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace alembic

// Rows: what psql --csv prints, read back. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postgres {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

// Nothing where the text is no whole CSV.
std::optional<Rows> read_csv(std::string_view text);

// The text as an SQL literal and as an identifier. Identifiers of two parts are quoted each.
std::string quote_literal(std::string_view text);
std::string quote_identifier(std::string_view name);
// As an argument of a psql command.
std::string quote_psql(std::string_view text);

}  // namespace postgres

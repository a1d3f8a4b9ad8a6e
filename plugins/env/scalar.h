// Scalar: a single value, by its type; and what can be said of a text that is to be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace env {

enum class Type { text, integer, number, boolean, null, other };

struct Scalar {
  Type type = Type::text;
  std::string text;  // of text the text itself; else as JSON spells it: 5, 1.5, true

  friend bool operator==(const Scalar&, const Scalar&) = default;
};

// From JSON: a string without its quotes and escapes comes with `is_string`.
Scalar scalar_of(std::string_view json, bool is_string);

// Which characters a text has. Of a secret the host answers that, of anything else we see.
struct Content {
  bool is_word = false;       // letters, digits and _./:@%+,=-
  bool no_single = false;     // printable, without ' and backslash
  bool no_double = false;     // printable, without " and backslash
  bool no_expansion = false;  // without $ and backquote, too
};

// The same questions as patterns for the host, of which all but the first are about ASCII only: a
// secret with anything else is not written.
inline constexpr const char* kWordPattern = "^[A-Za-z0-9_./:@%+,=-]*$";
inline constexpr const char* kNoSinglePattern = "^[ -&(-\\[\\]-~]*$";
inline constexpr const char* kNoDoublePattern = "^[ !#-\\[\\]-~]*$";
inline constexpr const char* kNoExpansionPattern = "^[ !#%-\\[\\]-_a-~]*$";

Content content_of(std::string_view text);

// What is to be written: a value, or one that a handle stands for, of which only its content is
// known. A handle's characters mean nothing in any format, so it can stand where its value will.
struct Written {
  Scalar value;
  Content content;
  bool is_secret = false;
};

Written written(const Scalar& value);

// The text as a JSON string, which YAML's and TOML's quoted strings understand, too.
std::string quoted_text(std::string_view text);

// The text of a JSON-like quoted string without its quotes; nothing where an escape is unknown.
std::optional<std::string> unquoted_text(std::string_view inner);

}  // namespace env

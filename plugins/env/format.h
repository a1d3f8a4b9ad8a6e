// Format: a text of settings, taken apart so that single values can be replaced, added and removed
// in place, and every other byte stays what it is. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scalar.h"

namespace env {

// The text is of a form that cannot be edited without risk; what() says what and where.
class CannotEdit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The words that lead to a value: {"server", "port"}.
using Path = std::vector<std::string>;

std::string readable(const Path& path);

// One value.
struct Entry {
  Path path;
  std::optional<Scalar> value;  // nothing: not a single value, or one that cannot be edited
  std::string what;             // then: "an object", "an alias"
  std::size_t begin = 0;        // the value as it is spelt
  std::size_t end = 0;
  std::size_t line = 0;
  std::size_t whole_begin = 0;  // what goes where the entry is removed
  std::size_t whole_end = 0;
  char quote = '\0';          // the one that it is spelt in
  std::size_t own_words = 1;  // of the path, those that stand at the value itself
  std::size_t column = 0;     // where its line's text begins
};

struct Document {
  std::vector<Entry> entries;  // in the order of the text

  // Throws CannotEdit where it stands there twice.
  const Entry* find(const Path& path) const;
};

class Format {
 public:
  Format() = default;
  virtual ~Format() = default;
  Format(const Format&) = delete;
  Format& operator=(const Format&) = delete;

  // What a new file holds before anything is set.
  virtual std::string empty_text() const { return ""; }
  // A key of the configuration: a JSON pointer or words with dots between them; of a dotenv file a
  // name. Nothing where it can be none.
  virtual std::optional<Path> parse_key(std::string_view key) const;
  virtual Document scan(const std::string& text) const = 0;
  // The value as it is spelt there, in the style of `former`. Nothing where it cannot be written so
  // that every reader understands the same.
  virtual std::optional<std::string> spell(const Written& value, const Entry* former) const = 0;

  // Each gives back the new text; `spelling` comes from spell(), or from another version of the
  // text. Nothing but the one value differs then: that is checked.
  std::string set(const std::string& text, const Path& path, const std::string& spelling) const;
  std::string remove(const std::string& text, const Path& path) const;

 protected:
  // Where the path is not there yet.
  virtual std::string add(const std::string& text, const Document& document, const Path& path,
                          const std::string& spelling) const = 0;
  virtual std::string replace(const std::string& text, const Entry& entry,
                              const std::string& spelling) const;
  virtual std::string take_out(const std::string& text, const Document& document,
                               const Entry& entry) const;

 private:
  void check_rest(const std::string& before, const std::string& after, const Path& path) const;
};

// "dotenv", "json", "yaml" or "toml"; null for anything else.
std::unique_ptr<Format> make_format(std::string_view name);
// By the file's name: ".env", ".env.production", "x.json"; "" where it tells nothing.
std::string format_of(std::string_view file);

std::unique_ptr<Format> make_dotenv_format();
std::unique_ptr<Format> make_json_format();
std::unique_ptr<Format> make_yaml_format();
std::unique_ptr<Format> make_toml_format();

// -- For the formats themselves --

// The number of the line that `at` stands in, from 1.
std::size_t line_of(std::string_view text, std::size_t at);
[[noreturn]] void refuse(std::string_view text, std::size_t at, const std::string& why);
// The end of the line that `at` stands in: before its LF or CR LF; and after it.
std::size_t line_end(std::string_view text, std::size_t at);
std::size_t next_line(std::string_view text, std::size_t at);
// How the lines of the text end.
std::string line_break(std::string_view text);
// The text with a line put in at `at`, where a line begins or the text ends.
std::string with_line(const std::string& text, std::size_t at, const std::string& line);

}  // namespace env

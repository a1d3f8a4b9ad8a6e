// TOML, a line at a time: single values are edited; what goes over several lines or stands inline
// is found and left alone.
#include <algorithm>
#include <cctype>
#include <map>

#include "format.h"

namespace env {
namespace {

constexpr const char* kTable = "a table";

bool is_bare(char c) {
  return c == '_' || c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool begins_with(const Path& path, const Path& start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

class TomlScan {
 public:
  explicit TomlScan(std::string_view text) : text_(text) {}

  Document run() {
    if (text_.find('\0') != text_.npos) refuse(text_, text_.find('\0'), "a NUL byte");
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    add_table({}, at_, at_);
    while (at_ < text_.size()) {
      const std::size_t begin = at_;
      skip_blanks();
      const char c = peek();
      if (c == '[') {
        take_header(begin);
      } else if (!ends_line()) {
        take_assignment(begin);
      }
      if (!ends_line()) refuse(text_, at_, "more than one thing in a line");
      at_ = next_line(text_, at_);
      if (!ends_section_) document_.entries[table_].whole_end = at_;
      ends_section_ = true;
    }
    return std::move(document_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  // Nothing but a comment follows.
  bool ends_line() {
    skip_blanks();
    return at_ >= text_.size() || peek() == '#' || peek() == '\n' ||
           text_.substr(at_).starts_with("\r\n");
  }

  void add_table(const Path& path, std::size_t begin, std::size_t end) {
    Entry entry;
    entry.path = path;
    entry.what = kTable;
    entry.begin = begin;
    entry.end = end;
    entry.line = line_of(text_, begin);
    entry.whole_begin = begin;
    entry.whole_end = end;
    table_ = document_.entries.size();
    document_.entries.push_back(entry);
  }

  // The path with the index of the last item after each array of tables.
  Path resolve(const Path& words) const {
    Path path;
    for (const std::string& word : words) {
      path.push_back(word);
      const auto array = arrays_.find(path);
      if (array != arrays_.end()) path.push_back(std::to_string(array->second));
    }
    return path;
  }

  void take_header(std::size_t begin) {
    const bool is_item = text_.substr(at_).starts_with("[[");
    at_ += is_item ? 2 : 1;
    skip_blanks();
    Path words = take_key();
    if (peek() != ']' || (is_item && text_.substr(at_, 2) != "]]")) {
      refuse(text_, at_, "a table's name that does not end");
    }
    at_ += is_item ? 2 : 1;
    if (is_item) {
      Path parent(words.begin(), words.end() - 1);
      Path array = resolve(parent);
      array.push_back(words.back());
      const auto known = arrays_.find(array);
      arrays_[array] = known == arrays_.end() ? 0 : known->second + 1;
    }
    add_table(resolve(words), begin, at_);
    ends_section_ = false;
  }

  // Words with dots between them, up to what may follow a key.
  Path take_key() {
    Path words;
    while (true) {
      skip_blanks();
      words.push_back(take_word());
      skip_blanks();
      if (peek() != '.') return words;
      ++at_;
    }
  }

  std::string take_word() {
    const std::size_t begin = at_;
    if (peek() == '"' || peek() == '\'') {
      Entry key;
      take_line_text(key);
      if (!key.value) refuse(text_, begin, "a key that cannot be read");
      return key.value->text;
    }
    while (at_ < text_.size() && is_bare(peek())) ++at_;
    if (at_ == begin) refuse(text_, at_, "neither a key, a table nor a comment");
    return std::string(text_.substr(begin, at_ - begin));
  }

  void take_assignment(std::size_t begin) {
    Entry entry;
    entry.whole_begin = begin;
    entry.line = line_of(text_, begin);
    const Path words = take_key();
    entry.own_words = words.size();
    entry.path = document_.entries[table_].path;
    entry.path.insert(entry.path.end(), words.begin(), words.end());
    if (peek() != '=') refuse(text_, at_, "a key without `=`");
    ++at_;
    skip_blanks();
    entry.begin = at_;
    take_value(entry);
    entry.end = at_;
    entry.whole_end = next_line(text_, at_);
    document_.entries.push_back(std::move(entry));
    ends_section_ = false;
  }

  void take_value(Entry& entry) {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("\"\"\"") || rest.starts_with("'''")) {
      entry.what = "a text of several lines";
      skip_long_text();
    } else if (peek() == '"' || peek() == '\'') {
      take_line_text(entry);
    } else if (peek() == '[' || peek() == '{') {
      entry.what = peek() == '[' ? "an array" : "an inline table";
      skip_collection();
    } else {
      take_bare_value(entry);
    }
  }

  void skip_long_text() {
    const std::string_view quotes = text_.substr(at_, 3);
    const std::size_t begin = at_;
    at_ += 3;
    while (at_ < text_.size() && text_.substr(at_, 3) != quotes) {
      at_ += peek() == '\\' && quotes[0] == '"' ? 2 : 1;
    }
    if (at_ >= text_.size()) refuse(text_, begin, "a text that is not closed");
    at_ += 3;
    // Up to two more quotes may belong to the text.
    while (peek() == quotes[0]) ++at_;
  }

  void take_line_text(Entry& entry) {
    const char quote = peek();
    const std::size_t begin = ++at_;
    while (peek() != quote) {
      if (at_ >= text_.size() || peek() == '\n') refuse(text_, begin, "a quote that is not closed");
      at_ += peek() == '\\' && quote == '"' ? 2 : 1;
    }
    const std::string_view inner = text_.substr(begin, at_ - begin);
    ++at_;
    entry.quote = quote;
    const auto text = quote == '"' ? unquoted_text(inner) : std::optional(std::string(inner));
    if (text) entry.value = Scalar{Type::text, *text};
    if (!text) entry.what = "a text with an escape that is not known";
  }

  void skip_collection() {
    const std::size_t begin = at_;
    int depth = 0;
    do {
      if (at_ >= text_.size()) refuse(text_, begin, "a bracket that is not closed");
      const char c = peek();
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("\"\"\"") || rest.starts_with("'''")) {
        skip_long_text();
        continue;
      }
      if (c == '"' || c == '\'') {
        Entry ignored;
        take_line_text(ignored);
        continue;
      }
      if (c == '#') at_ = line_end(text_, at_);
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      ++at_;
    } while (depth > 0);
  }

  // To the comment or the end of the line: a date may have a blank in it.
  void take_bare_value(Entry& entry) {
    const std::size_t begin = at_;
    const std::size_t end = std::min(text_.find('#', at_), line_end(text_, at_));
    std::size_t stop = end;
    while (stop > begin && (text_[stop - 1] == ' ' || text_[stop - 1] == '\t')) --stop;
    const std::string_view word = text_.substr(begin, stop - begin);
    if (word.empty()) refuse(text_, begin, "a key without a value");
    at_ = stop;
    const bool is_boolean = word == "true" || word == "false";
    const bool is_time = word.find(':') != word.npos || word.find('-', 1) == 4;
    entry.value = is_boolean ? scalar_of(word, false) : number_of(word);
    if (!is_time && !is_boolean && word.find(' ') != word.npos) {
      refuse(text_, begin, "a value that cannot be read");
    }
    if (!is_time) return;
    entry.value.reset();
    entry.what = "a date or a time";
  }

  static Scalar number_of(std::string_view word) {
    std::string digits(word);
    std::erase(digits, '_');
    if (digits.starts_with('+')) digits.erase(0, 1);
    const bool is_decimal = digits.find_first_not_of("-0123456789.eE+") == digits.npos;
    return is_decimal ? scalar_of(digits, false) : Scalar{Type::other, digits};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Document document_;
  std::size_t table_ = 0;
  bool ends_section_ = true;  // this line belongs to no table's keys: it is blank or a comment
  std::map<Path, std::size_t> arrays_;
};

std::string spell_key(const std::string& word) {
  const bool bare = !word.empty() && std::all_of(word.begin(), word.end(), is_bare);
  return bare ? word : quoted_text(word);
}

class TomlFormat final : public Format {
 public:
  Document scan(const std::string& text) const override { return TomlScan(text).run(); }

  std::optional<std::string> spell(const Written& value, const Entry* former) const override {
    const std::string& text = value.value.text;
    if (value.value.type != Type::text) return text;
    const std::string literal = "'" + text + "'";
    const bool was_literal = former != nullptr && former->quote == '\'';
    if (was_literal && value.content.no_single) return literal;
    if (!value.is_secret) return quoted_text(text);
    if (value.content.no_double) return "\"" + text + "\"";
    return value.content.no_single ? std::optional(literal) : std::nullopt;
  }

 protected:
  std::string add(const std::string& text, const Document& document, const Path& path,
                  const std::string& spelling) const override {
    const Path parent(path.begin(), path.end() - 1);
    const std::string line = spell_key(path.back()) + " = " + spelling;
    const Entry* table = document.find(parent);
    if (table != nullptr && table->what == kTable) return with_line(text, table->whole_end, line);
    check_new_table(document, parent);
    std::string header;
    for (const std::string& word : parent) header += (header.empty() ? "[" : ".") + spell_key(word);
    std::string after = text;
    if (!after.empty()) after = with_line(after, after.size(), "");
    after = with_line(after, after.size(), header + "]");
    return with_line(after, after.size(), line);
  }

 private:
  // A table may be opened once, and not where something else stands already.
  static void check_new_table(const Document& document, const Path& parent) {
    for (const Entry& entry : document.entries) {
      const bool is_table = entry.what == kTable;
      const bool stands_there = begins_with(parent, entry.path) && !is_table;
      const bool by_dots = begins_with(entry.path, parent) && !is_table &&
                           entry.path.size() - entry.own_words < parent.size();
      const bool is_item = begins_with(entry.path, parent) && is_table &&
                           entry.path.size() > parent.size() && is_index(entry.path[parent.size()]);
      // An item of an array of tables on the way there.
      const bool in_item = is_table && entry.path.size() <= parent.size() &&
                           begins_with(parent, entry.path) && !entry.path.empty() &&
                           is_index(entry.path.back());
      if (!stands_there && !by_dots && !is_item && !in_item) continue;
      throw CannotEdit("there is no table `" + readable(parent) +
                       "`, and it cannot be made because of line " + std::to_string(entry.line));
    }
  }

  static bool is_index(const std::string& word) {
    return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
};

}  // namespace

std::unique_ptr<Format> make_toml_format() { return std::make_unique<TomlFormat>(); }

}  // namespace env

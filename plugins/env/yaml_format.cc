// YAML, a line at a time: keys of block mappings whose values stand in their line. Anything else is
// found and left alone, or the whole text is refused where even that would be a guess.
#include <algorithm>
#include <cctype>
#include <string>

#include "format.h"

namespace env {
namespace {

constexpr const char* kMapping = "a mapping";
constexpr const char* kLong = "a text of several lines";

bool begins_with(const Path& path, const Path& start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

bool is_one_of(char c, std::string_view characters) {
  return characters.find(c) != characters.npos;
}

// What some reader takes for something else than a text.
bool is_reserved(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no",   "on",
                                         "off",  "y",     "n",   "null", ""};
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords) ||
         is_one_of(word.front(), "0123456789+-.~=<");
}

bool is_number(std::string_view word) {
  const std::size_t begin = word.starts_with('-') ? 1 : 0;
  const std::size_t dots = static_cast<std::size_t>(std::count(word.begin(), word.end(), '.'));
  const bool digits = word.find_first_not_of("0123456789.", begin) == word.npos;
  const bool zero =
      word.substr(begin).starts_with('0') && word.size() > begin + 1 && word[begin + 1] != '.';
  return word.size() > begin && digits && dots <= 1 && !zero && word.back() != '.' &&
         word[begin] != '.';
}

Scalar plain_scalar(std::string_view word) {
  if (word == "true" || word == "false" || word == "null") return scalar_of(word, false);
  if (is_number(word)) return scalar_of(word, false);
  return {is_reserved(word) ? Type::other : Type::text, std::string(word)};
}

class YamlScan {
 public:
  explicit YamlScan(std::string_view text) : text_(text) {}

  Document run() {
    if (text_.find('\0') != text_.npos) refuse(text_, text_.find('\0'), "a NUL byte");
    std::size_t at = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (at < text_.size()) at = take_line(at);
    return std::move(document_);
  }

 private:
  // What the lines below the last entry mean to it.
  enum class Below {
    nothing,  // its value is complete
    open,     // no value yet: a mapping, a list, or none
    more,     // deeper lines go on with its value
    opaque,   // deeper lines are of something that is not looked into
  };
  struct Level {
    std::size_t column;
    Path path;
  };

  std::size_t take_line(std::size_t begin) {
    const std::size_t end = line_end(text_, begin);
    std::size_t at = begin;
    while (at < end && text_[at] == ' ') ++at;
    const std::size_t next = next_line(text_, begin);
    const std::size_t column = at - begin;
    if (skips(column, at, end)) {
      if (at < end) last().whole_end = next;
      return next;
    }
    const std::size_t blank = text_.find_first_not_of(" \t", at);
    if (at >= end || blank >= end || text_[at] == '#') return next;
    if (text_[at] == '\t') refuse(text_, at, "a tab at the beginning of a line");
    if (column == 0 && is_marker(begin, end)) return next;
    if (is_dash(at, end)) return take_list(column, at, next);
    if (is_one_of(text_[at], "?{[&*!|>@`%") && !(below_ == Below::open && column > last_column_)) {
      refuse(text_, at, "a line of another form than `key: value`");
    }
    return take_entry(begin, at, end);
  }

  Entry& last() { return document_.entries.back(); }

  bool is_dash(std::size_t at, std::size_t end) const {
    return text_[at] == '-' && (at + 1 >= end || text_[at + 1] == ' ');
  }

  // True for a line that belongs to what is not looked into.
  bool skips(std::size_t column, std::size_t at, std::size_t end) {
    if (document_.entries.empty() || at >= end) return false;
    if (below_ == Below::opaque) {
      return column > last_column_ || (list_below_ && column == last_column_ && is_dash(at, end));
    }
    if (column <= last_column_ || text_[at] == '#') return false;
    if (below_ == Below::nothing) refuse(text_, at, "a deeper line below a value that is complete");
    if (below_ != Below::more) return false;
    last().value.reset();
    last().what = kLong;
    return true;
  }

  bool is_marker(std::size_t begin, std::size_t end) {
    const std::string_view line = text_.substr(begin, end - begin);
    if (line.starts_with('%') || line == "..." || line.starts_with("... ")) {
      refuse(text_, begin, "a directive or the end of a document");
    }
    if (!line.starts_with("---")) return false;
    const bool alone = line.find_first_not_of(" \t", 3) == line.npos;
    if (!alone || marked_ || !document_.entries.empty()) {
      refuse(text_, begin, "more than one document");
    }
    return marked_ = true;
  }

  std::size_t take_list(std::size_t column, std::size_t at, std::size_t next) {
    const bool fits = below_ == Below::open && column >= last_column_;
    if (document_.entries.empty() || !fits) refuse(text_, at, "a list that is no key's value");
    make_opaque("a list");
    last_column_ = column;
    list_below_ = true;
    last().whole_end = next;
    return next;
  }

  void make_opaque(const char* what) {
    last().value.reset();
    last().what = what;
    below_ = Below::opaque;
    list_below_ = false;
  }

  std::size_t take_entry(std::size_t begin, std::size_t at, std::size_t end) {
    const std::size_t column = at - begin;
    const std::size_t key_begin = at;
    const auto key = take_key(at, end);
    const bool deeper = !document_.entries.empty() && column > last_column_;
    if (!key && deeper && below_ == Below::open) {
      make_opaque("a value on a line of its own");
      last().whole_end = next_line(text_, begin);
      return last().whole_end;
    }
    if (!key) refuse(text_, key_begin, "neither `key: value` nor a comment");
    enter_level(column, key_begin);
    Entry entry;
    entry.path = levels_.back().path;
    entry.path.push_back(*key);
    entry.line = line_of(text_, begin);
    entry.column = column;
    entry.whole_begin = begin;
    entry.begin = entry.end = at;
    document_.entries.push_back(std::move(entry));
    last_column_ = column;
    list_below_ = false;
    const std::size_t next = take_value(at, end);
    last().whole_end = next;
    return next;
  }

  // Goes back to the mapping that a line of this column belongs to, or opens a new one.
  void enter_level(std::size_t column, std::size_t at) {
    while (!levels_.empty() && levels_.back().column > column) levels_.pop_back();
    if (!levels_.empty() && levels_.back().column == column) return;
    if (document_.entries.empty()) return levels_.push_back({column, {}});
    if (below_ != Below::open || column <= last_column_) {
      refuse(text_, at, "a line that is set in unlike those before it");
    }
    last().value.reset();
    last().what = kMapping;
    levels_.push_back({column, last().path});
  }

  // The key, and `at` behind its colon; nothing where there is none.
  std::optional<std::string> take_key(std::size_t& at, std::size_t end) const {
    const std::size_t begin = at;
    std::optional<std::string> key;
    if (text_[at] == '"' || text_[at] == '\'') {
      const std::size_t close = end_of_quote(at);
      if (close >= end) return std::nullopt;
      key = unquote(at, close);
      at = close + 1;
      while (at < end && text_[at] == ' ') ++at;
      if (at >= end || text_[at] != ':') return std::nullopt;
    } else {
      while (at < end &&
             !(text_[at] == ':' && (at + 1 >= end || is_one_of(text_[at + 1], " \t")))) {
        if (text_[at] == '#' && at > begin && text_[at - 1] == ' ') return std::nullopt;
        ++at;
      }
      if (at >= end) return std::nullopt;
      key = std::string(text_.substr(begin, at - begin));
      while (key->ends_with(' ')) key->pop_back();
    }
    ++at;
    return key;
  }

  // Where the quote that opens at `at` closes; the text's end where it does not.
  std::size_t end_of_quote(std::size_t at) const {
    const char quote = text_[at++];
    while (at < text_.size()) {
      if (quote == '"' && text_[at] == '\\') {
        at += 2;
        continue;
      }
      const bool doubled = quote == '\'' && text_.substr(at, 2) == "''";
      if (text_[at] == quote && !doubled) return at;
      at += doubled ? 2 : 1;
    }
    return text_.size();
  }

  std::optional<std::string> unquote(std::size_t open, std::size_t close) const {
    const std::string_view inner = text_.substr(open + 1, close - open - 1);
    if (text_[open] == '"') return unquoted_text(inner);
    std::string text;
    for (std::size_t i = 0; i < inner.size(); ++i) {
      text += inner[i];
      if (inner[i] == '\'') ++i;
    }
    return text;
  }

  bool is_rest_empty(std::size_t at, std::size_t end) const {
    const std::size_t rest = text_.find_first_not_of(" \t", at);
    return rest >= end || (text_[rest] == '#' && (rest > at || at == end));
  }

  // Gives back where the next line to be looked at begins.
  std::size_t take_value(std::size_t after_colon, std::size_t end) {
    const std::size_t at = std::min(text_.find_first_not_of(" \t", after_colon), end);
    const std::size_t next = next_line(text_, after_colon);
    if (at >= end || text_[at] == '#') {
      last().value = Scalar{Type::null, "null"};
      below_ = Below::open;
      return next;
    }
    last().begin = at;
    last().end = end;
    const char c = text_[at];
    if (is_one_of(c, "|>&*!@`%")) {
      make_opaque(c == '|' || c == '>' ? kLong
                  : c == '&'           ? "an anchor"
                  : c == '*'           ? "an alias"
                                       : "a value with a tag");
      list_below_ = c == '&' || c == '!';
      return next;
    }
    if (c == '{' || c == '[') return take_flow(at);
    if (c == '"' || c == '\'') return take_quoted(at, end);
    return take_plain(at, end);
  }

  std::size_t take_flow(std::size_t begin) {
    std::size_t at = begin;
    int depth = 0;
    do {
      if (at >= text_.size()) refuse(text_, begin, "a bracket that is not closed");
      const char c = text_[at];
      if (c == '#' && is_one_of(text_[at - 1], " \t\n")) at = line_end(text_, at);
      if ((c == '"' || c == '\'') && !std::isalnum(static_cast<unsigned char>(text_[at - 1]))) {
        at = end_of_quote(at);
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at;
    } while (depth > 0);
    return finish_closed(at, "a flow collection");
  }

  std::size_t take_quoted(std::size_t at, std::size_t end) {
    const std::size_t close = end_of_quote(at);
    if (close >= text_.size()) refuse(text_, at, "a quote that is not closed");
    if (close >= end) return finish_closed(close + 1, kLong);
    const auto text = unquote(at, close);
    last().quote = text_[at];
    if (text) last().value = Scalar{Type::text, *text};
    return finish_closed(close + 1, text ? "" : "a text with an escape that is not known");
  }

  std::size_t finish_closed(std::size_t at, const char* what) {
    if (!is_rest_empty(at, line_end(text_, at))) refuse(text_, at, "more after a value's end");
    last().end = at;
    last().what = what;
    below_ = Below::nothing;
    return next_line(text_, at);
  }

  std::size_t take_plain(std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    while (at < end && !(text_[at] == '#' && is_one_of(text_[at - 1], " \t"))) {
      const bool colon = text_[at] == ':' && (at + 1 >= end || is_one_of(text_[at + 1], " \t"));
      if (colon) refuse(text_, at, "a second `: ` in a line");
      ++at;
    }
    while (at > begin && is_one_of(text_[at - 1], " \t")) --at;
    last().end = at;
    last().value = plain_scalar(text_.substr(begin, at - begin));
    below_ = Below::more;
    return next_line(text_, begin);
  }

  std::string_view text_;
  Document document_;
  std::vector<Level> levels_;
  Below below_ = Below::nothing;
  std::size_t last_column_ = 0;
  bool list_below_ = false;
  bool marked_ = false;
};

class YamlFormat final : public Format {
 public:
  Document scan(const std::string& text) const override { return YamlScan(text).run(); }

  // In the quotes that it had, else bare where no reader can take it for anything else.
  std::optional<std::string> spell(const Written& value, const Entry* former) const override {
    const std::string& text = value.value.text;
    if (value.value.type != Type::text) return text;
    const char had = former != nullptr ? former->quote : '\0';
    const std::string in_single = "'" + text + "'";
    if (had == '\'' && value.content.no_single) return in_single;
    if (value.is_secret && !value.content.no_double) {
      return value.content.no_single ? std::optional(in_single) : std::nullopt;
    }
    if (had == '\0' && !value.is_secret && is_plain(text)) return text;
    return value.is_secret ? "\"" + text + "\"" : quoted_text(text);
  }

 protected:
  std::string replace(const std::string& text, const Entry& entry,
                      const std::string& spelling) const override {
    const bool is_empty = entry.begin == entry.end && entry.quote == '\0';
    return Format::replace(text, entry, is_empty ? " " + spelling : spelling);
  }

  std::string add(const std::string& text, const Document& document, const Path& path,
                  const std::string& spelling) const override {
    const Path parent(path.begin(), path.end() - 1);
    const Entry* mapping = document.find(parent);
    if (!parent.empty() && (mapping == nullptr || mapping->what != kMapping)) {
      throw CannotEdit("there is no mapping `" + readable(parent) + "` to put `" + path.back() +
                       "` in" + why_not(document, parent));
    }
    std::size_t at = document.entries.empty() ? text.size() : 0;
    std::size_t column = 0;
    for (const Entry& entry : document.entries) {
      if (!begins_with(entry.path, parent) || entry.path.size() == parent.size()) continue;
      at = std::max(at, entry.whole_end);
      if (entry.path.size() == path.size()) column = entry.column;
    }
    const std::string& word = path.back();
    const std::string key = is_plain(word) ? word : quoted_text(word);
    return with_line(text, at, std::string(column, ' ') + key + ": " + spelling);
  }

  std::string take_out(const std::string& text, const Document& document,
                       const Entry& entry) const override {
    const Path parent(entry.path.begin(), entry.path.end() - 1);
    std::size_t count = 0;
    for (const Entry& other : document.entries) {
      if (other.path.size() != entry.path.size() || !begins_with(other.path, parent)) continue;
      ++count;
      if (other.path.back() == "<<") {
        throw CannotEdit("`" + readable(entry.path) + "` may come back through the merge in line " +
                         std::to_string(other.line));
      }
    }
    if (count == 1 && !parent.empty()) {
      throw CannotEdit("without `" + entry.path.back() + "` the mapping `" + readable(parent) +
                       "` would be empty");
    }
    return Format::take_out(text, document, entry);
  }

 private:
  static bool is_plain(const std::string& text) {
    const auto allowed = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || is_one_of(c, "_./-");
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), allowed) && !is_reserved(text);
  }

  static std::string why_not(const Document& document, const Path& parent) {
    for (const Entry& entry : document.entries) {
      if (!begins_with(parent, entry.path) || entry.what == kMapping) continue;
      const std::string what = entry.value ? "a single value" : entry.what;
      return ": `" + readable(entry.path) + "` in line " + std::to_string(entry.line) + " is " +
             what;
    }
    return "";
  }
};

}  // namespace

std::unique_ptr<Format> make_yaml_format() { return std::make_unique<YamlFormat>(); }

}  // namespace env

// Dotenv: lines of NAME=VALUE. There is no standard, so only what all readers understand alike is
// written, and a name that stands in a line of another form is refused.
#include <algorithm>
#include <cctype>

#include "format.h"

namespace env {
namespace {

bool begins_name(char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_in_name(char c) {
  return begins_name(c) || c == '.' || c == '-' || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

// Goes down the text, an assignment at a time.
class DotenvScan {
 public:
  explicit DotenvScan(std::string_view text) : text_(text) {}

  Document run() {
    if (text_.find('\0') != text_.npos) refuse(text_, text_.find('\0'), "a NUL byte");
    std::size_t at = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (at < text_.size()) at = take_line(at);
    return std::move(document_);
  }

 private:
  // Gives back where the next one begins.
  std::size_t take_line(std::size_t begin) {
    const std::size_t end = line_end(text_, begin);
    std::size_t at = skip_blanks(text_, begin);
    if (at >= end || text_[at] == '#') return next_line(text_, begin);
    if (text_.substr(at).starts_with("export ")) at = skip_blanks(text_, at + 7);
    const std::size_t name_begin = at;
    while (at < end && is_in_name(text_[at])) ++at;
    Entry entry;
    entry.path = {std::string(text_.substr(name_begin, at - name_begin))};
    entry.line = line_of(text_, begin);
    entry.whole_begin = begin;
    at = skip_blanks(text_, at);
    const bool assigns = at < end && text_[at] == '=' && !entry.path[0].empty();
    std::size_t next = next_line(text_, begin);
    if (assigns) {
      next = take_value(entry, skip_blanks(text_, at + 1), at + 1);
    } else {
      entry.what = "a line of another form than NAME=VALUE";
      entry.begin = begin;
      entry.end = end;
    }
    entry.whole_end = next;
    document_.entries.push_back(std::move(entry));
    return next;
  }

  std::size_t take_value(Entry& entry, std::size_t at, std::size_t after_sign) {
    const std::size_t end = line_end(text_, after_sign);
    if (at < end && (text_[at] == '\'' || text_[at] == '"')) return take_quoted(entry, at);
    entry.begin = std::min(at, end);
    entry.end = entry.begin;
    if (at < end && text_[at] == '`') {
      entry.end = end;
      entry.what = "in backquotes, which readers understand differently";
      return next_line(text_, at);
    }
    // A comment begins after a blank.
    std::size_t stop = entry.begin;
    while (stop < end &&
           !(text_[stop] == '#' && (text_[stop - 1] == ' ' || text_[stop - 1] == '\t'))) {
      ++stop;
    }
    while (stop > entry.begin && (text_[stop - 1] == ' ' || text_[stop - 1] == '\t')) --stop;
    entry.end = stop;
    if (stop == entry.begin) entry.begin = entry.end = stop = after_sign;
    entry.value = Scalar{Type::text, std::string(text_.substr(entry.begin, stop - entry.begin))};
    return next_line(text_, after_sign);
  }

  std::size_t take_quoted(Entry& entry, std::size_t begin) {
    const char quote = text_[begin];
    std::size_t at = begin + 1;
    while (at < text_.size() && text_[at] != quote) at += text_[at] == '\\' && quote == '"' ? 2 : 1;
    if (at >= text_.size()) refuse(text_, begin, "a quote that is not closed");
    const std::string inner(text_.substr(begin + 1, at - begin - 1));
    entry.begin = begin;
    entry.end = at + 1;
    entry.quote = quote;
    const std::size_t rest = skip_blanks(text_, at + 1);
    if (rest < line_end(text_, at) && text_[rest] != '#') {
      entry.what = "a quoted text with more after it";
    } else {
      entry.value = Scalar{Type::text, quote == '"' ? unescaped(inner) : inner};
    }
    return next_line(text_, at);
  }

  // What is no known escape stays as it is.
  static std::string unescaped(std::string_view inner) {
    std::string out;
    for (std::size_t i = 0; i < inner.size(); ++i) {
      const bool escape = inner[i] == '\\' && i + 1 < inner.size();
      if (!escape) {
        out += inner[i];
        continue;
      }
      const char c = inner[++i];
      const std::size_t known = std::string_view("nrt").find(c);
      if (known != std::string_view::npos) {
        out += "\n\r\t"[known];
      } else if (std::string_view("\"\\$`").find(c) != std::string_view::npos) {
        out += c;
      } else {
        out += {'\\', c};
      }
    }
    return out;
  }

  std::string_view text_;
  Document document_;
};

class Dotenv final : public Format {
 public:
  std::optional<Path> parse_key(std::string_view key) const override {
    const bool is_name =
        !key.empty() && begins_name(key.front()) && std::all_of(key.begin(), key.end(), is_in_name);
    return is_name ? std::optional(Path{std::string(key)}) : std::nullopt;
  }

  Document scan(const std::string& text) const override { return DotenvScan(text).run(); }

  // In the quotes that it had, else bare where it is a word, else in single quotes.
  std::optional<std::string> spell(const Written& value, const Entry* former) const override {
    const std::string& text = value.value.text;
    const Content& content = value.content;
    const char had = former != nullptr && former->value ? former->quote : '\0';
    const std::string in_single = "'" + text + "'";
    const std::string in_double = "\"" + text + "\"";
    if (had == '"' && content.no_expansion) return in_double;
    if (had == '\'' && content.no_single) return in_single;
    if (content.is_word) return text;
    if (content.no_single) return in_single;
    return content.no_expansion ? std::optional(in_double) : std::nullopt;
  }

 protected:
  std::string add(const std::string& text, const Document&, const Path& path,
                  const std::string& spelling) const override {
    return with_line(text, text.size(), path.front() + "=" + spelling);
  }
};

}  // namespace

std::unique_ptr<Format> make_dotenv_format() { return std::make_unique<Dotenv>(); }

}  // namespace env

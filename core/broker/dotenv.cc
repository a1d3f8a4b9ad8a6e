#include "core/broker/dotenv.h"

#include <algorithm>

#include <fmt/format.h>

namespace stagerun {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trim(std::string_view text) {
  text = trim_left(text);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Result<std::optional<std::string>> find(std::string_view wanted) {
    std::optional<std::string> found;
    while (at_ < text_.size()) {
      const std::string_view name = read_name();
      if (name.empty()) {
        skip_line();
        continue;
      }
      TRY_ASSIGN(std::string value, read_value());
      if (name == wanted) found = std::move(value);
    }
    return found;
  }

 private:
  std::string_view line() const { return text_.substr(at_, text_.find('\n', at_) - at_); }
  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1; }

  // What stands before the line's `=`; then at_ is behind it. Empty where it is no setting.
  std::string_view read_name() {
    const std::string_view whole = line();
    const std::size_t equals = whole.find('=');
    std::string_view name = trim(whole.substr(0, equals));
    if (equals == whole.npos || name.starts_with('#')) return {};
    if (name.starts_with("export") && name.size() > 6 && is_blank(name[6])) {
      name = trim_left(name.substr(6));
    }
    at_ += equals + 1;
    return name;
  }

  Result<std::string> read_value() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote == '"' || quote == '\'') return read_quoted(quote);
    const std::string_view rest = line();
    const auto begins_comment = [&](std::size_t i) {
      return rest[i] == '#' && (i > 0 ? is_blank(rest[i - 1]) : at_ > begin);
    };
    std::size_t end = 0;
    while (end < rest.size() && !begins_comment(end)) ++end;
    std::string value(trim(rest.substr(0, end)));
    skip_line();
    return value;
  }

  Result<std::string> read_quoted(char quote) {
    const auto number = 1 + std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n');
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const bool escapes = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size();
      if (escapes) {
        value += escaped(text_[++at_]);
      } else {
        value += text_[at_];
      }
    }
    if (at_ >= text_.size()) {
      return Error{ErrorCode::usage, fmt::format("line {}: a quote is not closed", number), ""};
    }
    skip_line();
    return value;
  }

  static std::string escaped(char c) {
    if (c == 'n') return "\n";
    if (c == 'r') return "\r";
    if (c == 't') return "\t";
    if (c == '"' || c == '\\' || c == '$') return std::string(1, c);
    return std::string("\\") + c;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::optional<std::string>> find_in_dotenv(std::string_view text, std::string_view name) {
  return Reader(text).find(name);
}

}  // namespace stagerun

// JSON (RFC 8259), exactly: a comment or a trailing comma is refused.
#include <algorithm>

#include "format.h"

namespace env {
namespace {

constexpr std::size_t kDepth = 64;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class JsonScan {
 public:
  explicit JsonScan(std::string_view text) : text_(text) {}

  Document run() {
    skip_blanks();
    Path root;
    take_value(root, at_);
    skip_blanks();
    if (at_ < text_.size()) fail("more after the end");
    return std::move(document_);
  }

 private:
  [[noreturn]] void fail(const char* why) const {
    refuse(text_, at_, std::string("this is not JSON: ") + why);
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // `whole_begin`: where the member or item begins, its key included.
  void take_value(Path& path, std::size_t whole_begin) {
    if (path.size() > kDepth) fail("it is nested too deeply");
    const std::size_t index = document_.entries.size();
    Entry entry;
    entry.path = path;
    entry.begin = at_;
    entry.whole_begin = whole_begin;
    entry.line = line_of(text_, at_);
    document_.entries.push_back(entry);
    const char c = peek();
    if (c == '{' || c == '[') {
      entry.what = c == '{' ? "an object" : "an array";
      c == '{' ? take_object(path) : take_array(path);
    } else {
      entry.value = c == '"' ? Scalar{Type::text, take_text()} : take_word();
    }
    entry.end = entry.whole_end = at_;
    document_.entries[index] = std::move(entry);
  }

  void take_object(Path& path) {
    ++at_;
    skip_blanks();
    if (peek() == '}') return void(++at_);
    while (true) {
      const std::size_t begin = at_;
      if (peek() != '"') fail("a key in quotes is missing");
      path.push_back(take_text());
      skip_blanks();
      if (peek() != ':') fail("a colon is missing");
      ++at_;
      skip_blanks();
      take_value(path, begin);
      path.pop_back();
      if (take_end('}')) return;
    }
  }

  void take_array(Path& path) {
    ++at_;
    skip_blanks();
    if (peek() == ']') return void(++at_);
    for (std::size_t i = 0;; ++i) {
      path.push_back(std::to_string(i));
      take_value(path, at_);
      path.pop_back();
      if (take_end(']')) return;
    }
  }

  // After a member or an item: true where that was the last one.
  bool take_end(char end) {
    skip_blanks();
    const char c = peek();
    if (c != end && c != ',') fail("a comma or an end is missing");
    ++at_;
    if (c == end) return true;
    skip_blanks();
    return false;
  }

  std::string take_text() {
    const std::size_t begin = ++at_;
    while (peek() != '"') {
      if (static_cast<unsigned char>(peek()) < 0x20) fail("a text that is not closed");
      at_ += peek() == '\\' ? 2 : 1;
    }
    auto text = unquoted_text(text_.substr(begin, at_ - begin));
    if (!text) fail("an escape that means nothing");
    ++at_;
    return *std::move(text);
  }

  Scalar take_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_blank(peek()) &&
           std::string_view(",:]}{[\"").find(peek()) == std::string_view::npos) {
      ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    const bool is_name = word == "true" || word == "false" || word == "null";
    if (!is_name && !is_number(word)) {
      at_ = begin;
      fail("neither a value nor a comment may stand like this");
    }
    return scalar_of(word, false);
  }

  static bool is_number(std::string_view word) {
    const auto digits = [&] {
      const std::size_t count = std::min(word.find_first_not_of("0123456789"), word.size());
      word.remove_prefix(count);
      return count;
    };
    if (word.starts_with('-')) word.remove_prefix(1);
    const bool zero = word.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (word.starts_with('.')) {
      word.remove_prefix(1);
      if (digits() == 0) return false;
    }
    if (word.starts_with('e') || word.starts_with('E')) {
      word.remove_prefix(1);
      if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
      if (digits() == 0) return false;
    }
    return word.empty();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Document document_;
};

// The entries right below, in their order.
std::vector<const Entry*> children_of(const Document& document, const Path& parent) {
  std::vector<const Entry*> children;
  for (const Entry& entry : document.entries) {
    const bool below = entry.path.size() == parent.size() + 1 &&
                       std::equal(parent.begin(), parent.end(), entry.path.begin());
    if (below) children.push_back(&entry);
  }
  return children;
}

class JsonFormat final : public Format {
 public:
  std::string empty_text() const override { return "{\n}\n"; }

  Document scan(const std::string& text) const override { return JsonScan(text).run(); }

  std::optional<std::string> spell(const Written& value, const Entry*) const override {
    if (value.value.type != Type::text) return value.value.text;
    if (value.is_secret && !value.content.no_double) return std::nullopt;
    return quoted_text(value.value.text);
  }

 protected:
  std::string add(const std::string& text, const Document& document, const Path& path,
                  const std::string& spelling) const override {
    const Path parent(path.begin(), path.end() - 1);
    const Entry* object = document.find(parent);
    if (object == nullptr || object->what != "an object") {
      throw CannotEdit("there is no object `" + readable(parent) + "` to put `" + path.back() +
                       "` in");
    }
    const auto members = children_of(document, parent);
    const std::string key = quoted_text(path.back());
    if (members.empty()) return add_first(text, *object, key, spelling);
    // As the last member is set off and spelt, so is the new one.
    const Entry& last = *members.back();
    std::size_t gap = last.whole_begin;
    while (is_blank(text[gap - 1])) --gap;
    const std::size_t key_end = end_of_key(text, last.whole_begin);
    return text.substr(0, last.end) + "," + text.substr(gap, last.whole_begin - gap) + key +
           text.substr(key_end, last.begin - key_end) + spelling + text.substr(last.end);
  }

  std::string take_out(const std::string& text, const Document& document,
                       const Entry& entry) const override {
    const Path parent(entry.path.begin(), entry.path.end() - 1);
    const Entry* object = document.find(parent);
    if (object == nullptr || object->what != "an object") {
      throw CannotEdit("`" + readable(entry.path) + "` is an item of an array; items stay");
    }
    const auto members = children_of(document, parent);
    const auto here = std::find(members.begin(), members.end(), &entry);
    std::size_t begin = entry.whole_begin;
    std::size_t end = entry.whole_end;
    if (here + 1 != members.end()) {
      end = (*(here + 1))->whole_begin;
    } else if (here != members.begin()) {
      begin = (*(here - 1))->whole_end;
    }
    return text.substr(0, begin) + text.substr(end);
  }

 private:
  static std::string add_first(const std::string& text, const Entry& object, const std::string& key,
                               const std::string& spelling) {
    const bool is_open = text.find('\n', object.begin) < object.end;
    const std::string member = key + ": " + spelling;
    const std::string inside = is_open ? line_break(text) + "  " + member : member;
    return text.substr(0, object.begin + 1) + inside + text.substr(object.begin + 1);
  }

  static std::size_t end_of_key(const std::string& text, std::size_t begin) {
    std::size_t at = begin + 1;
    while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    return at + 1;
  }
};

}  // namespace

std::unique_ptr<Format> make_json_format() { return std::make_unique<JsonFormat>(); }

}  // namespace env

#include "format.h"

#include <algorithm>
#include <utility>

namespace env {
namespace {

std::string unescaped(std::string_view token) {
  std::string word;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    word += !escape ? token[i] : token[++i] == '1' ? '/' : '~';
  }
  return word;
}

bool is_same(const Entry& a, const std::string& text_a, const Entry& b, const std::string& text_b) {
  return a.path == b.path && std::string_view(text_a).substr(a.begin, a.end - a.begin) ==
                                 std::string_view(text_b).substr(b.begin, b.end - b.begin);
}

// Whether the value stands in, or is, what the path names, or the other way round.
bool is_related(const Path& a, const Path& b) {
  const std::size_t common = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(common), b.begin());
}

}  // namespace

std::string readable(const Path& path) {
  std::string text;
  for (const std::string& word : path) text += (text.empty() ? "" : ".") + word;
  return text;
}

const Entry* Document::find(const Path& path) const {
  const Entry* found = nullptr;
  for (const Entry& entry : entries) {
    if (entry.path != path) continue;
    if (found != nullptr) {
      throw CannotEdit("`" + readable(path) + "` stands there twice, in line " +
                       std::to_string(found->line) + " and in line " + std::to_string(entry.line));
    }
    found = &entry;
  }
  return found;
}

std::optional<Path> Format::parse_key(std::string_view key) const {
  Path path;
  const bool is_pointer = key.starts_with('/');
  if (is_pointer) key.remove_prefix(1);
  while (true) {
    const std::size_t end = std::min(key.find(is_pointer ? '/' : '.'), key.size());
    path.push_back(is_pointer ? unescaped(key.substr(0, end)) : std::string(key.substr(0, end)));
    if (path.back().empty()) return std::nullopt;
    if (end == key.size()) return path;
    key.remove_prefix(end + 1);
  }
}

std::string Format::set(const std::string& text, const Path& path,
                        const std::string& spelling) const {
  const Document document = scan(text);
  const Entry* entry = document.find(path);
  std::string after;
  if (entry == nullptr) {
    after = add(text, document, path, spelling);
  } else if (!entry->value) {
    throw CannotEdit("`" + readable(path) + "` in line " + std::to_string(entry->line) + " is " +
                     entry->what + "; only single values are replaced");
  } else {
    after = replace(text, *entry, spelling);
  }
  const Document now = scan(after);
  const Entry* written = now.find(path);
  const bool is_there = written != nullptr && written->value &&
                        after.substr(written->begin, written->end - written->begin) == spelling;
  if (!is_there) throw CannotEdit("`" + readable(path) + "` cannot be set there without damage");
  check_rest(text, after, path);
  return after;
}

std::string Format::remove(const std::string& text, const Path& path) const {
  const Document document = scan(text);
  const Entry* entry = document.find(path);
  if (entry == nullptr) return text;
  if (!entry->value) {
    throw CannotEdit("`" + readable(path) + "` in line " + std::to_string(entry->line) + " is " +
                     entry->what + "; only single values are removed");
  }
  std::string after = take_out(text, document, *entry);
  if (scan(after).find(path) != nullptr) {
    throw CannotEdit("`" + readable(path) + "` cannot be removed without damage");
  }
  check_rest(text, after, path);
  return after;
}

std::string Format::replace(const std::string& text, const Entry& entry,
                            const std::string& spelling) const {
  return text.substr(0, entry.begin) + spelling + text.substr(entry.end);
}

std::string Format::take_out(const std::string& text, const Document&, const Entry& entry) const {
  return text.substr(0, entry.whole_begin) + text.substr(entry.whole_end);
}

void Format::check_rest(const std::string& before, const std::string& after,
                        const Path& path) const {
  const Document old_document = scan(before);
  const Document new_document = scan(after);
  const auto others = [&](const Document& document) {
    std::vector<const Entry*> list;
    for (const Entry& entry : document.entries) {
      if (!is_related(entry.path, path)) list.push_back(&entry);
    }
    return list;
  };
  const auto old_entries = others(old_document);
  const auto new_entries = others(new_document);
  const bool same =
      std::equal(old_entries.begin(), old_entries.end(), new_entries.begin(), new_entries.end(),
                 [&](const Entry* a, const Entry* b) { return is_same(*a, before, *b, after); });
  if (!same) throw CannotEdit("`" + readable(path) + "` cannot be changed without damage");
}

std::unique_ptr<Format> make_format(std::string_view name) {
  if (name == "dotenv") return make_dotenv_format();
  if (name == "json") return make_json_format();
  if (name == "yaml") return make_yaml_format();
  if (name == "toml") return make_toml_format();
  return nullptr;
}

std::string format_of(std::string_view file) {
  file.remove_prefix(file.rfind('/') + 1);
  if (file.ends_with(".json")) return "json";
  if (file.ends_with(".yaml") || file.ends_with(".yml")) return "yaml";
  if (file.ends_with(".toml")) return "toml";
  const bool is_dotenv = file == ".env" || file.starts_with(".env.") || file.ends_with(".env");
  return is_dotenv ? "dotenv" : "";
}

std::size_t line_of(std::string_view text, std::size_t at) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

void refuse(std::string_view text, std::size_t at, const std::string& why) {
  throw CannotEdit("line " + std::to_string(line_of(text, at)) + ": " + why);
}

std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  return end > at && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

std::size_t next_line(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size() - 1) + 1;
}

std::string line_break(std::string_view text) {
  const std::size_t first = text.find('\n');
  return first != text.npos && first > 0 && text[first - 1] == '\r' ? "\r\n" : "\n";
}

std::string with_line(const std::string& text, std::size_t at, const std::string& line) {
  const std::string end = line_break(text);
  const bool open = at > 0 && text[at - 1] != '\n';
  return text.substr(0, at) + (open ? end : "") + line + end + text.substr(at);
}

}  // namespace env

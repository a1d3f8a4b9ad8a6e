#include "version.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace env {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The numbers at the start of `text`, joined by single dots; `length` is how far they go.
std::optional<Version> read_numbers(std::string_view text, std::size_t& length) {
  Version version;
  length = 0;
  while (length < text.size() && is_digit(text[length])) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + length, end, number);
    if (error != std::errc()) return std::nullopt;
    version.push_back(number);
    length = static_cast<std::size_t>(stop - text.data());
    const bool goes_on =
        length + 1 < text.size() && text[length] == '.' && is_digit(text[length + 1]);
    if (!goes_on) break;
    ++length;
  }
  return version.empty() ? std::nullopt : std::optional(std::move(version));
}

// Whether the number at `at` is not the tail of a word: "bzip2" is no version, "v2" is.
bool stands_alone(std::string_view line, std::size_t at) {
  if (at == 0) return true;
  const auto is_letter = [&](std::size_t i) {
    return std::isalnum(static_cast<unsigned char>(line[i])) != 0;
  };
  const bool after_v = line[at - 1] == 'v' || line[at - 1] == 'V';
  return !is_letter(at - 1) || (after_v && (at == 1 || !is_letter(at - 2)));
}

// Missing numbers are zeros: 15 is 15.0.
int compare(const Version& a, const Version& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::uint64_t left = i < a.size() ? a[i] : 0;
    const std::uint64_t right = i < b.size() ? b[i] : 0;
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

bool begins_with(const Version& version, const Version& start, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if ((i < version.size() ? version[i] : 0) != start[i]) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<Version> find_version(std::string_view line) {
  std::optional<Version> alone;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!is_digit(line[at])) continue;
    std::size_t length = 0;
    auto version = read_numbers(line.substr(at), length);
    if (version && version->size() > 1) return version;
    if (version && !alone && stands_alone(line, at)) alone = std::move(version);
    while (at < line.size() && (is_digit(line[at]) || line[at] == '.')) ++at;
  }
  return alone;
}

std::optional<Range> Range::parse(std::string_view text) {
  Range range;
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto part = parse_part(trimmed(text.substr(0, end)));
    if (!part) return std::nullopt;
    range.parts_.push_back(*part);
    if (end == text.size()) return range;
    text.remove_prefix(end + 1);
  }
}

std::optional<Range::Part> Range::parse_part(std::string_view text) {
  static constexpr std::pair<std::string_view, Relation> kSigns[] = {
      {">=", Relation::at_least}, {"<=", Relation::at_most},    {"==", Relation::equal},
      {"!=", Relation::unequal},  {"~>", Relation::compatible}, {">", Relation::more},
      {"<", Relation::less},      {"=", Relation::equal},       {"", Relation::begins}};
  for (const auto& [sign, relation] : kSigns) {
    if (!text.starts_with(sign)) continue;
    std::string_view rest = trimmed(text.substr(sign.size()));
    if (rest.starts_with('v')) rest.remove_prefix(1);
    std::size_t length = 0;
    const auto version = read_numbers(rest, length);
    if (!version) return std::nullopt;
    rest.remove_prefix(length);
    const bool any_after = relation == Relation::begins && (rest == ".x" || rest == ".*");
    if (!rest.empty() && !any_after) return std::nullopt;
    // ~>1 would be no bound at all.
    if (relation == Relation::compatible && version->size() < 2) return std::nullopt;
    return Part{relation, *version};
  }
  return std::nullopt;
}

bool Range::holds(const Part& part, const Version& version) {
  const int order = compare(version, part.version);
  switch (part.relation) {
    case Relation::begins:
      return begins_with(version, part.version, part.version.size());
    case Relation::equal:
      return order == 0;
    case Relation::unequal:
      return order != 0;
    case Relation::less:
      return order < 0;
    case Relation::at_most:
      return order <= 0;
    case Relation::more:
      return order > 0;
    case Relation::at_least:
      return order >= 0;
    case Relation::compatible:
      return order >= 0 && begins_with(version, part.version, part.version.size() - 1);
  }
  return false;
}

bool Range::holds(const Version& version) const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return holds(part, version); });
}

}  // namespace env

#include "core/plan/functions.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/pattern.h"
#include "core/base/text.h"
#include "core/plan/schema_values.h"

namespace stagerun {
namespace {

using Answer = std::variant<Value, std::string>;
using Arguments = std::vector<Value>;

const std::string& text(const Value& value) { return *value.text(); }

std::string too_long() {
  return fmt::format("the text is too long; the limit is {} bytes", limits::kExpressionText);
}

Answer contains(const Arguments& given) {
  if (const auto* items = given[0].items()) {
    return Value(std::any_of(items->begin(), items->end(),
                             [&given](const Value& item) { return are_equal(item, given[1]); }));
  }
  if (given[1].text() == nullptr) {
    return fmt::format("a text can only contain a string; this is {}",
                       describe_type(given[1].type_name()));
  }
  return Value(text(given[0]).find(text(given[1])) != std::string::npos);
}

Answer matches(const Arguments& given) {
  if (text(given[0]).size() > limits::kPatternTextBytes) {
    return fmt::format("the text is too long to hold against a pattern; the limit is {} bytes",
                       limits::kPatternTextBytes);
  }
  const Pattern pattern(text(given[1]));
  if (!pattern.is_valid()) return "the pattern is not valid: " + pattern.problem();
  return Value(pattern.is_found_in(text(given[0])));
}

Answer replace(const Arguments& given) {
  const std::string& from = text(given[0]);
  const std::string& old = text(given[1]);
  if (old.empty()) return given[0];
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t found = from.find(old, at);
    out += from.substr(at, found - at);
    if (out.size() > limits::kExpressionText) return too_long();
    if (found == std::string::npos) return Value(std::move(out));
    out += text(given[2]);
    at = found + old.size();
  }
}

Answer join(const Arguments& given) {
  std::string out;
  for (const Value& item : *given[0].items()) {
    if (&item != &given[0].items()->front()) out += text(given[1]);
    out += as_text(item);
    if (out.size() > limits::kExpressionText) return too_long();
  }
  return Value(std::move(out));
}

Answer trim(const Arguments& given) {
  const std::string& whole = text(given[0]);
  const std::size_t begin = whole.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return Value("");
  return Value(whole.substr(begin, whole.find_last_not_of(" \t\r\n") - begin + 1));
}

Answer length(const Arguments& given) {
  std::size_t count = 0;
  if (const auto* whole = given[0].text()) count = code_points(*whole);
  if (const auto* items = given[0].items()) count = items->size();
  if (const auto* members = given[0].members()) count = members->size();
  return Value(static_cast<std::int64_t>(count));
}

std::string with_case(std::string whole, char first, char last, int shift) {
  for (char& c : whole) c = c >= first && c <= last ? static_cast<char>(c + shift) : c;
  return whole;
}

// -- Versions, as semver.org 2.0.0 has them
// --------------------------------------------------------

struct Version {
  std::vector<std::string_view> numbers;  // three
  std::vector<std::string_view> before;   // of a pre-release
};

std::vector<std::string_view> split(std::string_view whole) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = std::min(whole.find('.'), whole.size());
    parts.push_back(whole.substr(0, dot));
    if (dot == whole.size()) return parts;
    whole.remove_prefix(dot + 1);
  }
}

bool is_number(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has_leading_zero(std::string_view part) {
  return is_number(part) && part.size() > 1 && part[0] == '0';
}

bool is_identifier(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

std::optional<Version> parse_version(std::string_view whole) {
  if (whole.starts_with('v')) whole.remove_prefix(1);
  whole = whole.substr(0, whole.find('+'));
  const std::size_t dash = std::min(whole.find('-'), whole.size());
  Version version{split(whole.substr(0, dash)), {}};
  if (dash < whole.size()) version.before = split(whole.substr(dash + 1));
  const auto fits = [](std::string_view part) {
    return is_number(part) && !has_leading_zero(part);
  };
  const auto named = [](std::string_view part) {
    return is_identifier(part) && !has_leading_zero(part);
  };
  const bool good = version.numbers.size() == 3 &&
                    std::all_of(version.numbers.begin(), version.numbers.end(), fits) &&
                    std::all_of(version.before.begin(), version.before.end(), named);
  return good ? std::optional(version) : std::nullopt;
}

template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// Numbers of any length: the longer one is the larger one.
int compare_parts(std::string_view a, std::string_view b) {
  if (is_number(a) != is_number(b)) return is_number(a) ? -1 : 1;
  if (is_number(a) && a.size() != b.size()) return order(a.size(), b.size());
  return order(a, b);
}

int compare_lists(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const int different = compare_parts(a[i], b[i])) return different;
  }
  return order(a.size(), b.size());
}

Answer semver_compare(const Arguments& given) {
  const auto a = parse_version(text(given[0]));
  const auto b = parse_version(text(given[1]));
  if (!a || !b) {
    return fmt::format("{} is no version such as 1.2.3", show(a ? given[1] : given[0]));
  }
  int answer = compare_lists(a->numbers, b->numbers);
  if (answer == 0 && a->before.empty() != b->before.empty()) answer = a->before.empty() ? 1 : -1;
  if (answer == 0) answer = compare_lists(a->before, b->before);
  return Value(answer);
}

using Function = Answer (*)(const Arguments&);

const std::map<std::string_view, Function>& bodies() {
  static const std::map<std::string_view, Function> kBodies = {
      {"contains", contains},
      {"matches", matches},
      {"replace", replace},
      {"join", join},
      {"trim", trim},
      {"length", length},
      {"semver_compare", semver_compare},
      {"starts_with",
       [](const Arguments& given) -> Answer {
         return Value(text(given[0]).starts_with(text(given[1])));
       }},
      {"ends_with",
       [](const Arguments& given) -> Answer {
         return Value(text(given[0]).ends_with(text(given[1])));
       }},
      {"lower",
       [](const Arguments& given) -> Answer {
         return Value(with_case(text(given[0]), 'A', 'Z', 'a' - 'A'));
       }},
      {"upper",
       [](const Arguments& given) -> Answer {
         return Value(with_case(text(given[0]), 'a', 'z', 'A' - 'a'));
       }},
      {"basename",
       [](const Arguments& given) -> Answer {
         return Value(text(given[0]).substr(text(given[0]).rfind('/') + 1));
       }},
      {"string", [](const Arguments& given) -> Answer { return Value(as_text(given[0])); }},
      {"default",
       [](const Arguments& given) -> Answer { return given[0].is_null() ? given[1] : given[0]; }},
  };
  return kBodies;
}

}  // namespace

Answer call_function(const std::string& name, const Arguments& arguments) {
  return bodies().at(name)(arguments);
}

bool are_equal(const Value& a, const Value& b) {
  if (a.integer() != nullptr && b.number() != nullptr) {
    return static_cast<double>(*a.integer()) == *b.number();
  }
  if (a.number() != nullptr && b.integer() != nullptr) return are_equal(b, a);
  return a == b;
}

std::string as_text(const Value& value) {
  return value.text() != nullptr ? *value.text() : render_json(value);
}

}  // namespace stagerun

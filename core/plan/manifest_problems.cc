#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/base/url.h"
#include "core/plan/manifest.h"

namespace stagerun {
namespace {

constexpr auto kMembers = std::to_array<std::string_view>(
    {"effects", "reads", "flags", "outputs_from", "hosts", "variables", "pure", "verify"});
// Of the others the answer is what became of the world.
constexpr std::array<std::string_view, 1> kPureVerbs = {"plan"};
constexpr std::array<std::string_view, 5> kFlags = {"idempotent", "resumable", "reversible",
                                                    "compensable", "reads_only"};

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// RFC 6901, section 3.
bool is_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '~';
    if (escape && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  }
  return true;
}

bool is_pointer(const Value* value) {
  return value != nullptr && value->text() != nullptr && is_pointer(*value->text());
}

// "http/1"
bool is_effect_kind(const Value& value) {
  if (value.text() == nullptr) return false;
  const std::string& kind = *value.text();
  const std::size_t slash = kind.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == kind.size()) return false;
  return std::all_of(kind.begin() + static_cast<std::ptrdiff_t>(slash) + 1, kind.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

// {"config": "/command", "else": ["make"], "before": "-x"}
bool is_place_in_prefix(const Value& part) {
  if (part.members() == nullptr || !is_pointer(part.find("config"))) return false;
  return std::all_of(part.members()->begin(), part.members()->end(), [](const auto& member) {
    const auto& [name, value] = member;
    const auto* words = value.items();
    const bool all_words =
        words != nullptr && std::all_of(words->begin(), words->end(),
                                        [](const Value& word) { return word.text() != nullptr; });
    if (name == "else") return all_words;
    return (name == "config" || name == "before") && value.text() != nullptr;
  });
}

class Checker {
 public:
  std::vector<std::string> check(const Value& manifest) {
    if (manifest.is_null()) return {};
    if (manifest.members() == nullptr) return {"the manifest must be an object"};
    for (const auto& [key, value] : *manifest.members()) {
      if (!contains(kMembers, key)) {
        complain(fmt::format("the manifest's `{}` is unknown to this stagerun", printable(key)));
      } else if (key == "outputs_from") {
        if (!is_pointer(&value)) complain("`outputs_from` must be a JSON pointer");
      } else if (value.items() == nullptr) {
        complain(fmt::format("`{}` must be an array", key));
      } else {
        for (std::size_t i = 0; i < value.items()->size(); ++i) {
          check_entry(key, (*value.items())[i], fmt::format("`{}/{}`", key, i));
        }
      }
    }
    return std::move(problems_);
  }

 private:
  void check_entry(const std::string& list, const Value& entry, const std::string& where) {
    if (list == "effects" && !is_effect_kind(entry)) {
      complain(where + " must be an effect kind such as \"http/1\"");
    }
    if (list == "reads") check_read(entry, where);
    if (list == "flags") check_flag(entry, where);
    if (list == "hosts") check_host(entry, where);
    if (list == "variables") check_place(entry, where);
    if (list == "verify") check_asking(entry, {"has", "if", "unless"}, where);
    if (list == "pure" && (entry.text() == nullptr || !contains(kPureVerbs, *entry.text()))) {
      complain(fmt::format("{} must be one of: {}", where, fmt::join(kPureVerbs, ", ")));
    }
  }

  void check_read(const Value& entry, const std::string& where) {
    if (const auto* words = entry.items()) {
      const bool fits =
          !words->empty() && std::all_of(words->begin(), words->end(), [](const Value& word) {
            return word.text() != nullptr || is_place_in_prefix(word);
          });
      if (!fits) complain(where + " must be a prefix of at least one word, all of them strings");
      return;
    }
    check_object(entry, {"config", "if", "unless"}, where);
    if (!is_pointer(entry.find("config"))) complain(where + " needs `config`, a JSON pointer");
    check_conditions(entry, where);
  }

  void check_flag(const Value& entry, const std::string& where) {
    if (!contains(kFlags, entry.text_or("add"))) {
      complain(fmt::format("{} must `add` one of: {}", where, fmt::join(kFlags, ", ")));
    }
    check_asking(entry, {"has", "if", "unless", "add"}, where);
  }

  void check_asking(const Value& entry, const std::vector<std::string_view>& members,
                    const std::string& where) {
    check_object(entry, members, where);
    const Value* has = entry.find("has");
    if (has == nullptr && entry.find("if") == nullptr && entry.find("unless") == nullptr) {
      complain(where + " needs `has`, `if` or `unless`");
    }
    if (has != nullptr && !is_pointer(has)) complain(where + ": `has` must be a JSON pointer");
    check_conditions(entry, where);
  }

  void check_host(const Value& entry, const std::string& where) {
    if (const auto* name = entry.text()) {
      if (!parse_authority(*name, "443"))
        complain(where + " must be a host, with or without a port");
      return;
    }
    check_place(entry, where);
  }

  void check_place(const Value& entry, const std::string& where) {
    check_object(entry, {"config"}, where);
    if (!is_pointer(entry.find("config"))) complain(where + " needs `config`, a JSON pointer");
  }

  void check_conditions(const Value& entry, const std::string& where) {
    for (const char* name : {"if", "unless"}) {
      const Value* condition = entry.find(name);
      if (condition == nullptr) continue;
      const auto* equals = condition->members();
      const bool fits = equals != nullptr && !equals->empty() &&
                        std::all_of(equals->begin(), equals->end(),
                                    [](const auto& equal) { return is_pointer(equal.first); });
      if (fits) continue;
      complain(fmt::format("{}: `{}` must be an object of JSON pointers and values", where, name));
    }
  }

  void check_object(const Value& entry, const std::vector<std::string_view>& members,
                    const std::string& where) {
    if (entry.members() == nullptr) {
      complain(where + " has the wrong form");
      return;
    }
    for (const auto& [key, value] : *entry.members()) {
      if (contains(members, key)) continue;
      complain(fmt::format("{} has an unknown member `{}`", where, printable(key)));
    }
  }

  void complain(std::string problem) { problems_.push_back(std::move(problem)); }

  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> manifest_problems(const Value& manifest) {
  return Checker().check(manifest);
}

}  // namespace stagerun

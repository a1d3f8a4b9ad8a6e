#include "core/model/expression.h"

#include <algorithm>
#include <array>

namespace stagerun {
namespace {

constexpr std::array<std::string_view, 7> kTypeNames = {"null",   "boolean", "integer", "number",
                                                        "string", "array",   "object"};

}  // namespace

std::size_t Expression::Node::operands() const {
  switch (kind) {
    case Kind::literal:
    case Kind::reference:
      return 0;
    case Kind::negation:
      return 1;
    case Kind::list:
    case Kind::function:
      return arity;
    default:
      return 2;
  }
}

std::string_view symbol_of(Expression::Kind kind) {
  static constexpr std::array<std::string_view, 14> kSymbols = {
      "", "", "!", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in", "", ""};
  return kSymbols[static_cast<std::size_t>(kind)];
}

Types type_named(std::string_view name) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  return found == kTypeNames.end() ? Types{0}
                                   : static_cast<Types>(1u << (found - kTypeNames.begin()));
}

Types type_of(const Value& value) { return type_named(value.type_name()); }

std::string describe(Types types) {
  if (types == type_any) return "anything";
  std::string out;
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if ((types & (1u << i)) == 0) continue;
    const std::string_view name = kTypeNames[i];
    const std::string_view article = i == 0 ? "" : i == 2 || i == 5 || i == 6 ? "an " : "a ";
    out += (out.empty() ? "" : " or ") + std::string(article) + std::string(name);
  }
  return out;
}

const std::vector<FunctionSpec>& functions() {
  static const std::vector<FunctionSpec> kFunctions = {
      {"contains",
       "contains(text, part)",
       {type_string | type_array, type_any},
       type_boolean,
       "whether a text holds the part, or an array the item"},
      {"starts_with",
       "starts_with(text, start)",
       {type_string, type_string},
       type_boolean,
       "whether the text begins so"},
      {"ends_with",
       "ends_with(text, end)",
       {type_string, type_string},
       type_boolean,
       "whether the text ends so"},
      {"matches",
       "matches(text, pattern)",
       {type_string, type_string},
       type_boolean,
       "whether the regular expression is found in the text"},
      {"lower", "lower(text)", {type_string}, type_string, "A-Z as a-z"},
      {"upper", "upper(text)", {type_string}, type_string, "a-z as A-Z"},
      {"trim", "trim(text)", {type_string}, type_string, "without blanks at either end"},
      {"replace",
       "replace(text, old, new)",
       {type_string, type_string, type_string},
       type_string,
       "each `old` as `new`"},
      {"join",
       "join(array, between)",
       {type_array, type_string},
       type_string,
       "the items as one text"},
      {"basename", "basename(path)", {type_string}, type_string, "what follows the last slash"},
      {"length",
       "length(value)",
       {type_string | type_array | type_object},
       type_integer,
       "characters, items or members"},
      {"default",
       "default(value, other)",
       {type_any, type_any},
       type_any,
       "`other` where the value is null or absent"},
      {"string", "string(value)", {type_any}, type_string, "the value as text"},
      {"semver_compare",
       "semver_compare(a, b)",
       {type_string, type_string},
       type_integer,
       "-1, 0 or 1, as semver.org orders versions; a leading v is passed over"},
  };
  return kFunctions;
}

const FunctionSpec* find_function(std::string_view name) {
  const auto& all = functions();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const FunctionSpec& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace stagerun

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/plan/schema_check.h"

namespace stagerun {
namespace {

enum class Form {
  anything,  // says nothing that could be checked
  types,
  names,
  values,
  boolean,
  count,
  number,
  pattern,
  schema,
  schemas,          // an array of them
  named_schemas,    // an object of them
  pattern_schemas,  // the same, by patterns
};

struct Keyword {
  std::string_view name;
  Form form;
  std::string_view wanted;
};

constexpr std::string_view kCount = "a whole number that is not negative";

constexpr auto kKeywords = std::to_array<Keyword>({
    {"$schema", Form::anything, ""},
    {"$id", Form::anything, ""},
    {"$comment", Form::anything, ""},
    {"title", Form::anything, ""},
    {"description", Form::anything, ""},
    {"default", Form::anything, ""},
    {"examples", Form::anything, ""},
    {"const", Form::anything, ""},
    {"type", Form::types, "a type's name or an array of them"},
    {"required", Form::names, "an array of strings"},
    {"enum", Form::values, "an array of at least one value"},
    {"uniqueItems", Form::boolean, "true or false"},
    {"minLength", Form::count, kCount},
    {"maxLength", Form::count, kCount},
    {"minItems", Form::count, kCount},
    {"maxItems", Form::count, kCount},
    {"minProperties", Form::count, kCount},
    {"maxProperties", Form::count, kCount},
    {"minimum", Form::number, "a number"},
    {"maximum", Form::number, "a number"},
    {"exclusiveMinimum", Form::number, "a number"},
    {"exclusiveMaximum", Form::number, "a number"},
    {"pattern", Form::pattern, "a regular expression without back-references"},
    {"items", Form::schema, "one schema for all items"},
    {"additionalProperties", Form::schema, "a schema"},
    {"propertyNames", Form::schema, "a schema"},
    {"not", Form::schema, "a schema"},
    {"allOf", Form::schemas, "an array of schemas"},
    {"anyOf", Form::schemas, "an array of schemas"},
    {"oneOf", Form::schemas, "an array of schemas"},
    {"properties", Form::named_schemas, "an object of schemas"},
    {"patternProperties", Form::pattern_schemas, "an object of schemas by patterns"},
});

// What SchemaChecker asks of a key's name; all else would be passed over.
constexpr std::array<std::string_view, 7> kNameKeywords = {
    "type", "pattern", "enum", "minLength", "maxLength", "description", "$comment"};

bool is_type(const Value& value) {
  static constexpr std::array<std::string_view, 7> kTypes = {
      "string", "integer", "number", "boolean", "array", "object", "null"};
  return value.text() != nullptr &&
         std::find(kTypes.begin(), kTypes.end(), *value.text()) != kTypes.end();
}

template <typename Fits>
bool is_array_of(const Value& value, Fits fits) {
  return value.items() != nullptr &&
         std::all_of(value.items()->begin(), value.items()->end(), fits);
}

bool is_pattern(const Value& value) {
  return value.text() != nullptr && Pattern(*value.text()).is_valid();
}

bool is_schema(const Value& value) {
  return value.members() != nullptr || value.boolean() != nullptr;
}

bool has_form(const Value& value, Form form) {
  const auto is_text = [](const Value& item) { return item.text() != nullptr; };
  switch (form) {
    case Form::anything:
      return true;
    case Form::types:
      return is_type(value) || (is_array_of(value, is_type) && !value.items()->empty());
    case Form::names:
      return is_array_of(value, is_text);
    case Form::values:
      return value.items() != nullptr && !value.items()->empty();
    case Form::boolean:
      return value.boolean() != nullptr;
    case Form::count:
      return value.integer() != nullptr && *value.integer() >= 0;
    case Form::number:
      return value.integer() != nullptr || value.number() != nullptr;
    case Form::pattern:
      return is_pattern(value);
    case Form::schema:
      return is_schema(value);
    case Form::schemas:
      return is_array_of(value, is_schema) && !value.items()->empty();
    case Form::named_schemas:
      return value.members() != nullptr;
    case Form::pattern_schemas:
      return value.members() != nullptr &&
             std::all_of(value.members()->begin(), value.members()->end(),
                         [](const auto& member) { return is_pattern(Value(member.first)); });
  }
  return false;
}

class Checker {
 public:
  // The depth of a Value is limited, and so is this recursion.
  void visit(const Value& schema, const std::string& pointer, std::size_t depth) {
    if (schema.boolean() != nullptr) return;
    if (schema.members() == nullptr || depth > limits::kDepth) {
      complain(pointer, schema.members() == nullptr ? "must be an object" : "is nested too deeply");
      return;
    }
    for (const auto& [key, value] : *schema.members()) {
      const std::string place = pointer + "/" + pointer_token(key);
      const auto keyword =
          std::find_if(kKeywords.begin(), kKeywords.end(),
                       [&key = key](const auto& known) { return known.name == key; });
      if (keyword == kKeywords.end()) {
        complain(place, "is a keyword that stagerun does not check");
      } else if (!has_form(value, keyword->form)) {
        complain(place, fmt::format("must be {}", keyword->wanted));
      } else {
        go_down(value, *keyword, place, depth + 1);
      }
    }
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void go_down(const Value& value, const Keyword& keyword, const std::string& place,
               std::size_t depth) {
    if (keyword.name == "propertyNames") check_names(value, place);
    if (keyword.form == Form::schema) visit(value, place, depth);
    if (keyword.form == Form::schemas) {
      for (std::size_t i = 0; i < value.items()->size(); ++i) {
        visit((*value.items())[i], fmt::format("{}/{}", place, i), depth);
      }
    }
    if (keyword.form != Form::named_schemas && keyword.form != Form::pattern_schemas) return;
    for (const auto& [key, member] : *value.members()) {
      visit(member, place + "/" + pointer_token(key), depth);
    }
  }

  void check_names(const Value& schema, const std::string& place) {
    if (schema.members() == nullptr) {
      complain(place, "must be an object");
      return;
    }
    for (const auto& [key, value] : *schema.members()) {
      if (std::find(kNameKeywords.begin(), kNameKeywords.end(), key) != kNameKeywords.end())
        continue;
      complain(place + "/" + pointer_token(key), "is a keyword that stagerun does not check here");
    }
  }

  void complain(const std::string& pointer, const std::string& what) {
    problems_.push_back(fmt::format(
        "the schema{} {}", pointer.empty() ? "" : "'s `" + printable(pointer) + "`", what));
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> schema_problems(const Value& schema) {
  if (schema.is_null()) return {};
  Checker checker;
  checker.visit(schema, "", 0);
  return checker.take();
}

}  // namespace stagerun

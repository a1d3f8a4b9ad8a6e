#include "core/plan/with_schema.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/limits.h"
#include "core/plan/manifest.h"
#include "core/plan/schema_check.h"

namespace stagerun {
namespace {

// As parse_template finds them; the engines of editors know no more.
constexpr const char* kWhole = "^\\$\\{\\{[\\s\\S]*\\}\\}$";
constexpr const char* kWithin = "\\$\\{\\{[\\s\\S]*\\}\\}";
constexpr const char* kBegun = "\\$\\{\\{";
constexpr std::int64_t kShortest = 5;  // "${{}}"

constexpr std::array<std::string_view, 3> kNotes = {"title", "description", "default"};

Value fixed() { return Value::object().set("$ref", "#/definitions/fixed"); }

bool has(const Value& schema, std::string_view keyword) { return schema.find(keyword) != nullptr; }

bool is_container(const Value& value) {
  return value.items() != nullptr || value.members() != nullptr;
}

std::size_t depth_of(const Value& value) {
  std::size_t deepest = 0;
  if (const Value::Array* items = value.items()) {
    for (const Value& item : *items) deepest = std::max(deepest, depth_of(item));
  }
  if (const Value::Object* members = value.members()) {
    for (const auto& [name, member] : *members) deepest = std::max(deepest, depth_of(member));
  }
  return deepest + 1;
}

bool fits(const Value& value, std::size_t depth) {
  return depth + depth_of(value) <= limits::kDepth;
}

bool names_type(const Value& schema, std::string_view type) {
  const Value* named = schema.find("type");
  if (named == nullptr) return true;
  if (named->text() != nullptr) return *named->text() == type;
  const auto is_it = [type](const Value& item) { return item.text() && *item.text() == type; };
  return named->items() != nullptr &&
         std::any_of(named->items()->begin(), named->items()->end(), is_it);
}

// Asks of a value as a whole, whatever its type, what an expression cannot answer.
bool asks_of_any(const Value& schema) {
  static constexpr std::array<std::string_view, 6> kOfAny = {"enum",  "const", "not",
                                                             "allOf", "anyOf", "oneOf"};
  return std::any_of(kOfAny.begin(), kOfAny.end(),
                     [&schema](std::string_view keyword) { return has(schema, keyword); });
}

bool asks_of_text(const Value& schema) {
  return has(schema, "pattern") || has(schema, "maxLength") ||
         schema.integer_or("minLength", 0) > kShortest;
}

// An expression, in a longer text too where the place may hold a string.
Value expression_schema(const Value& schema) {
  return Value::object()
      .set("type", "string")
      .set("pattern", names_type(schema, "string") ? kWithin : kWhole)
      .set("description", "an expression: ${{ ... }}");
}

class Loosener {
 public:
  explicit Loosener(bool is_part) : is_part_(is_part) {}

  // Of a place that itself is no expression.
  Value loosen(const Value& schema, std::size_t depth) const {
    if (schema.members() == nullptr) return schema;
    // An inner schema stands at most five deeper than its outer one.
    if (depth + 8 > limits::kDepth) return Value::object();
    Value result = Value::object();
    Value closed = Value::object();  // asked only where there is no expression
    for (const auto& [keyword, value] : *schema.members()) {
      if (is_part_ && is_about_presence(keyword)) continue;
      if (!fits(value, depth + 2)) continue;
      if (keyword == "oneOf" && is_part_) {
        if (!has(schema, "anyOf")) result.set("anyOf", each(value, depth + 2, false));
      } else if (keyword == "oneOf" || keyword == "not" || is_about_members(keyword, value)) {
        closed.set(keyword, value);
      } else {
        result.set(keyword, inner(keyword, value, depth));
      }
    }
    if (closed.members()->empty()) return result;
    result.set("if", fixed()).set("then", std::move(closed));
    const Value* forms = schema.find("oneOf");
    if (forms == nullptr) return result;
    return result.set("else", Value::object().set("anyOf", each(*forms, depth + 3, false)));
  }

  // Of a place that may be an expression.
  Value admit(const Value& schema, std::size_t depth) const {
    if (schema.members() == nullptr) return schema;
    const bool is_open = !asks_of_any(schema);
    if (is_open && names_type(schema, "string") && !asks_of_text(schema)) {
      return loosen(schema, depth);
    }
    if (is_open && !names_type(schema, "string")) return with_text(loosen(schema, depth));
    Value forms = Value::array();
    Value result = Value::object();
    for (const std::string_view note : kNotes) {
      if (has(schema, note)) result.set(note, *schema.find(note));
    }
    const Value* given = schema.find("anyOf");
    const bool is_list = given != nullptr && given->items() != nullptr && says_no_more(schema);
    if (is_list) {
      forms = each(*given, depth + 2, false);
    } else {
      forms.push(loosen(schema, depth + 2));
    }
    forms.push(expression_schema(schema));
    return result.set("anyOf", std::move(forms));
  }

 private:
  bool is_about_presence(std::string_view keyword) const {
    return keyword == "required" || keyword == "minProperties" || keyword == "not";
  }

  // Of arrays and objects as a whole. A plain value has been taken care of by `admit`.
  static bool is_about_members(std::string_view keyword, const Value& value) {
    if (keyword == "const") return is_container(value);
    return keyword == "enum" && value.items() != nullptr &&
           std::any_of(value.items()->begin(), value.items()->end(), is_container);
  }

  // anyOf and notes, and nothing that would be lost with the rest.
  static bool says_no_more(const Value& schema) {
    return std::all_of(schema.members()->begin(), schema.members()->end(), [](const auto& member) {
      return member.first == "anyOf" ||
             std::find(kNotes.begin(), kNotes.end(), member.first) != kNotes.end();
    });
  }

  // A type more, which its pattern narrows: validators then name the fault, editors the type.
  static Value with_text(const Value& schema) {
    Value result = Value::object();
    for (const auto& [keyword, value] : *schema.members()) {
      if (keyword == "minLength" || keyword == "maxLength") continue;  // of no string until now
      result.set(keyword, value);
    }
    const Value& named = *schema.find("type");
    Value types = named.items() != nullptr ? named : Value::array().push(named);
    return result.set("type", types.push("string")).set("pattern", kWhole);
  }

  Value inner(std::string_view keyword, const Value& value, std::size_t depth) const {
    if (keyword == "allOf" || keyword == "anyOf") return each(value, depth + 2, false);
    if (keyword == "properties" || keyword == "patternProperties") {
      return each(value, depth + 2, true);
    }
    // Tables are merged, arrays replaced: what stands in one is whole.
    if (keyword == "items") return Loosener(false).admit(value, depth + 1);
    return keyword == "additionalProperties" ? admit(value, depth + 1) : value;
  }

  // Every schema of an array or an object of them.
  Value each(const Value& schemas, std::size_t depth, bool admits) const {
    Value result = schemas;
    const auto change = [&](Value& schema) {
      schema = admits ? admit(schema, depth) : loosen(schema, depth);
    };
    if (result.items() != nullptr) {
      std::for_each(result.items()->begin(), result.items()->end(), change);
    } else if (result.members() != nullptr) {
      for (auto& [name, schema] : *result.members()) change(schema);
    }
    return result;
  }

  bool is_part_;
};

Value of_table(Value schema) {
  if (schema.members() != nullptr && !has(schema, "type")) schema.set("type", "object");
  return schema.is_null() ? Value::object().set("type", "object") : schema;
}

// The definitions stand two below the root.
constexpr std::size_t kDefinitionDepth = 2;

}  // namespace

Value with_schema(const Value& schema) {
  return of_table(Loosener(false).loosen(schema, kDefinitionDepth));
}

Value part_schema(const Value& schema) {
  return of_table(Loosener(true).loosen(schema, kDefinitionDepth));
}

Value with_definitions() {
  Value begun = Value::object().set("type", "string").set("pattern", kBegun);
  Value nowhere = Value::object()
                      .set("description", "a value without an expression in it")
                      .set("not", std::move(begun))
                      .set("additionalProperties", fixed())
                      .set("items", fixed());
  return Value::object().set("fixed", std::move(nowhere));
}

bool needs_with(const Value& schema) {
  Resolved nothing;
  nothing.with = Value::object();
  Diagnostics diagnostics;
  SchemaChecker().check(schema, StageSpec{}, nothing, {}, diagnostics);
  return !diagnostics.empty();
}

std::vector<std::string> stage_problems(const StageInfo& stage) {
  std::vector<std::string> problems = manifest_problems(stage.manifest);
  for (std::string& problem : schema_problems(stage.schema)) problems.push_back(std::move(problem));
  for (const std::string& problem : schema_problems(stage.outputs)) {
    problems.push_back("of the outputs: " + problem);
  }
  return problems;
}

}  // namespace stagerun

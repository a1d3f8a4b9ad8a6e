#include "core/plan/schema_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/plan/hint.h"
#include "core/plan/schema_values.h"

namespace stagerun {

// One check of one stage. How it works: `visit` goes down value and schema together; each group of
// keywords has its own function, which does nothing where the value is of another type.
class SchemaWalk {
 public:
  SchemaWalk(SchemaChecker& checker, const StageSpec& stage, const Resolved& resolved,
             const std::map<std::string, Types>& types)
      : checker_(checker),
        stage_(stage),
        types_(types),
        unresolved_(resolved.pointers.begin(), resolved.pointers.end()) {}

  void visit(const Value& value, const Value& schema, const std::string& pointer,
             Diagnostics& found, std::size_t depth) {
    if (schema.boolean() != nullptr && !*schema.boolean()) {
      complain("with.not_allowed", pointer, name(pointer) + " is not allowed here", "", found);
    }
    if (schema.members() == nullptr) return;
    CHECK(depth <= limits::kDepth);  // no schema is nested deeper (parse_json)
    if (unresolved_.count(pointer) != 0) {
      check_unresolved(schema, pointer, found);
      return;
    }
    if (!check_type(value, schema, pointer, found)) return;
    check_enum(value, schema, pointer, found);
    if (value.text() != nullptr) check_text(*value.text(), schema, pointer, found);
    if (const auto problem = number_problem(value, schema)) {
      complain("with.number", pointer, fmt::format("{} must be {}", name(pointer), *problem), "",
               found);
    }
    if (value.items() != nullptr) check_items(value, schema, pointer, found, depth);
    if (value.members() != nullptr) check_members(value, schema, pointer, found, depth);
    check_combined(value, schema, pointer, found, depth);
  }

 private:
  void check_unresolved(const Value& schema, const std::string& pointer, Diagnostics& found) {
    const auto text = stage_.templates.find(pointer);
    const bool is_text = text != stage_.templates.end() && !text->second.is_whole_expression();
    if (is_text && !allows_type(Value(""), schema)) {
      complain("with.text_type", pointer,
               fmt::format("{} must be {}; this is a string with an expression in it",
                           name(pointer), wanted_types(schema)),
               "let the expression stand alone, without text around it", found);
    }
    const auto known = types_.find(pointer);
    if (is_text || known == types_.end() || allows_types(known->second, schema)) return;
    complain("with.expression_type", pointer,
             fmt::format("{} must be {}; this expression gives {}", name(pointer),
                         wanted_types(schema), describe(without_null(known->second))),
             allows_types(type_string, schema) ? "write string(...) around it" : "", found);
  }

  bool check_type(const Value& value, const Value& schema, const std::string& pointer,
                  Diagnostics& found) {
    if (allows_type(value, schema)) return true;
    complain("with.type", pointer,
             fmt::format("{} must be {}; this is {}", name(pointer), wanted_types(schema),
                         describe_type(value.type_name())),
             "", found);
    return false;
  }

  void check_enum(const Value& value, const Value& schema, const std::string& pointer,
                  Diagnostics& found) {
    if (is_unresolved_below(pointer)) return;
    const Value* constant = schema.find("const");
    if (constant != nullptr && *constant != value) {
      complain("with.constant", pointer,
               fmt::format("{} must be {}", name(pointer), show(*constant)), "", found);
    }
    const Value* choices = schema.find("enum");
    if (choices == nullptr || choices->items() == nullptr) return;
    const auto& list = *choices->items();
    if (std::find(list.begin(), list.end(), value) != list.end()) return;
    complain("with.choice", pointer, fmt::format("{} cannot be {}", name(pointer), show(value)),
             enum_hint(value, list), found);
  }

  void check_text(const std::string& text, const Value& schema, const std::string& pointer,
                  Diagnostics& found) {
    if (const auto problem = count_problem(schema, "Length", code_points(text), "character")) {
      complain("with.length", pointer, fmt::format("{} must have {}", name(pointer), *problem), "",
               found);
    }
    const Value* pattern = schema.find("pattern");
    if (pattern == nullptr || pattern->text() == nullptr) return;
    if (matches(*pattern->text(), text)) return;
    const std::string hint = text.size() > limits::kPatternTextBytes
                                 ? std::string("it is too long to be held against a pattern")
                                 : "it must match " + printable(*pattern->text());
    complain("with.pattern", pointer, name(pointer) + " has the wrong form", hint, found);
  }

  void check_items(const Value& value, const Value& schema, const std::string& pointer,
                   Diagnostics& found, std::size_t depth) {
    const auto& items = *value.items();
    if (const auto problem = count_problem(schema, "Items", items.size(), "item")) {
      complain("with.items", pointer, fmt::format("{} must have {}", name(pointer), *problem), "",
               found);
    }
    const bool unique = schema.boolean_or("uniqueItems", false);
    std::set<std::string> seen;
    const Value* each = schema.find("items");
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string place = pointer + "/" + std::to_string(i);
      if (each != nullptr) visit(items[i], *each, place, found, depth + 1);
      if (unique && !is_unresolved_below(place) && !seen.insert(show_whole(items[i])).second) {
        complain("with.twice", place,
                 fmt::format("{} stands twice in {}", show(items[i]), name(pointer)),
                 "leave one of them out", found);
      }
    }
  }

  void check_members(const Value& value, const Value& schema, const std::string& pointer,
                     Diagnostics& found, std::size_t depth) {
    const auto& members = *value.members();
    if (const auto problem = count_problem(schema, "Properties", members.size(), "key")) {
      complain("with.keys", pointer, fmt::format("{} must have {}", name(pointer), *problem), "",
               found);
    }
    for (const auto& [key, member] : members) {
      check_member(key, member, schema, pointer, found, depth);
    }
    const Value* required = schema.find("required");
    if (required == nullptr || required->items() == nullptr) return;
    for (const Value& key : *required->items()) {
      if (key.text() == nullptr || value.find(*key.text()) != nullptr) continue;
      complain("with.missing", pointer,
               fmt::format("`{}` is missing in {}", printable(*key.text()), name(pointer)),
               summary_of(schema, *key.text()), found);
    }
  }

  void check_member(const std::string& key, const Value& member, const Value& schema,
                    const std::string& pointer, Diagnostics& found, std::size_t depth) {
    const std::string place = pointer + "/" + pointer_token(key);
    const Value* names = schema.find("propertyNames");
    if (names != nullptr) check_name(key, *names, place, found);
    bool is_known = false;
    const Value* properties = schema.find("properties");
    if (const Value* known = properties != nullptr ? properties->find(key) : nullptr) {
      is_known = true;
      visit(member, *known, place, found, depth + 1);
    }
    const Value* patterns = schema.find("patternProperties");
    if (patterns != nullptr && patterns->members() != nullptr) {
      for (const auto& [pattern, known] : *patterns->members()) {
        if (!matches(pattern, key)) continue;
        is_known = true;
        visit(member, known, place, found, depth + 1);
      }
    }
    const Value* others = schema.find("additionalProperties");
    if (is_known || others == nullptr) return;
    if (others->boolean() == nullptr || *others->boolean()) {
      visit(member, *others, place, found, depth + 1);
      return;
    }
    found.push_back({"with.unknown_key", key_span(place),
                     fmt::format("unknown key `{}` in {}", printable(key), name(pointer)),
                     hint_for(key, keys_of(properties), found)});
  }

  // The name itself as a value: only what is asked of a string can be asked of it.
  void check_name(const std::string& key, const Value& schema, const std::string& place,
                  Diagnostics& found) {
    const Value* pattern = schema.find("pattern");
    const Value* choices = schema.find("enum");
    std::string hint;
    bool fits = !count_problem(schema, "Length", code_points(key), "character");
    if (pattern != nullptr && pattern->text() != nullptr && !matches(*pattern->text(), key)) {
      fits = false;
      hint = "it must match " + printable(*pattern->text());
    }
    if (choices != nullptr && choices->items() != nullptr) {
      const auto& list = *choices->items();
      const bool is_choice = std::find(list.begin(), list.end(), Value(key)) != list.end();
      if (!is_choice) hint = enum_hint(Value(key), list);
      fits = fits && is_choice;
    }
    if (fits) return;
    found.push_back({"with.key_name", key_span(place),
                     fmt::format("`{}` cannot be a key here", printable(key)), hint});
  }

  void check_combined(const Value& value, const Value& schema, const std::string& pointer,
                      Diagnostics& found, std::size_t depth) {
    if (const Value* all = schema.find("allOf"); all != nullptr && all->items() != nullptr) {
      for (const Value& each : *all->items()) visit(value, each, pointer, found, depth + 1);
    }
    const bool is_open = is_unresolved_below(pointer);
    for (const char* keyword : {"anyOf", "oneOf"}) {
      const Value* forms = schema.find(keyword);
      if (forms == nullptr || forms->items() == nullptr) continue;
      const bool only_one = keyword[0] == 'o' && !is_open;
      check_forms(value, *forms->items(), only_one, pointer, found, depth);
    }
    const Value* excluded = schema.find("not");
    if (excluded == nullptr || is_open) return;
    Diagnostics trial;
    visit(value, *excluded, pointer, trial, depth + 1);
    if (trial.empty()) {
      complain("with.ruled_out", pointer, name(pointer) + " has a form that is ruled out",
               excluded->text_or("description"), found);
    }
  }

  void check_forms(const Value& value, const Value::Array& forms, bool only_one,
                   const std::string& pointer, Diagnostics& found, std::size_t depth) {
    std::size_t fitting = 0;
    std::vector<std::string> reasons;
    for (const Value& form : forms) {
      Diagnostics trial;
      visit(value, form, pointer, trial, depth + 1);
      if (trial.empty()) {
        ++fitting;
      } else {
        reasons.push_back(trial.front().text);
      }
    }
    if (fitting == 0) {
      complain("with.no_form", pointer, name(pointer) + " fits none of the forms it may have",
               fmt::format("either {}", fmt::join(reasons, ", or ")), found);
    } else if (fitting > 1 && only_one) {
      complain("with.forms", pointer,
               name(pointer) + " fits several forms of which it may have only one", "", found);
    }
  }

  bool matches(const std::string& pattern, const std::string& text) {
    const Pattern& compiled = checker_.pattern(pattern);
    return !compiled.is_valid() || compiled.is_found_in(text);
  }

  bool is_unresolved_below(const std::string& pointer) const {
    if (unresolved_.count(pointer) != 0) return true;
    const auto below = unresolved_.lower_bound(pointer + "/");
    return below != unresolved_.end() && below->starts_with(pointer + "/");
  }

  static std::string name(const std::string& pointer) {
    return pointer.empty() ? "`with`" : fmt::format("`{}`", printable(pointer));
  }

  // Of the place, or of what it stands in: a value that came from an expression has no place
  // itself.
  Span span(std::string pointer) const {
    while (true) {
      const auto found = stage_.with_spans.find(pointer);
      if (found != stage_.with_spans.end()) return found->second;
      if (pointer.empty()) return stage_.uses_span;
      pointer.resize(pointer.rfind('/'));
    }
  }

  Span key_span(const std::string& pointer) const {
    const auto found = stage_.with_key_spans.find(pointer);
    return found != stage_.with_key_spans.end() ? found->second : span(pointer);
  }

  void complain(const char* code, const std::string& pointer, std::string text, std::string hint,
                Diagnostics& found) const {
    found.push_back({code, span(pointer), std::move(text), std::move(hint)});
  }

  SchemaChecker& checker_;
  const StageSpec& stage_;
  const std::map<std::string, Types>& types_;
  std::set<std::string> unresolved_;
};

void SchemaChecker::check(const Value& schema, const StageSpec& stage, const Resolved& resolved,
                          const std::map<std::string, Types>& types, Diagnostics& diagnostics) {
  SchemaWalk(*this, stage, resolved, types).visit(resolved.with, schema, "", diagnostics, 0);
}

const Pattern& SchemaChecker::pattern(const std::string& text) {
  auto& compiled = patterns_[text];
  if (!compiled) compiled = std::make_unique<const Pattern>(text);
  return *compiled;
}

}  // namespace stagerun

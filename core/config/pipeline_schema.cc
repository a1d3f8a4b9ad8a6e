#include "core/config/pipeline_schema.h"

#include <algorithm>

#include "core/config/keys.h"

namespace stagerun {
namespace {

Value table_schema(std::span<const KeySpec> keys);
Value key_schema(const KeySpec& key);

Value reference(const std::string& definition) {
  return Value::object().set("$ref", "#/definitions/" + definition);
}

Value typed(const char* type) { return Value::object().set("type", type); }

Value any_of(const std::vector<const char*>& types) {
  Value names = Value::array();
  for (const char* type : types) names.push(type);
  return Value::object().set("type", std::move(names));
}

// Of one text: parse_duration_ms says the same, and that 0 is none.
Value duration_schema() {
  return typed("string")
      .set("pattern", "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$")
      .set("not", Value::object().set("pattern", "^[0dhms]*$"));
}

Value value_schema(KeyType type) {
  switch (type) {
    case KeyType::string:
    case KeyType::strings:
    case KeyType::expression:
      return typed("string");
    case KeyType::boolean:
      return typed("boolean");
    case KeyType::integer:
      return typed("integer");
    case KeyType::duration:
      return duration_schema();
    case KeyType::scalar:
    case KeyType::scalars:
      return any_of({"string", "integer", "boolean"});
    case KeyType::any:
      return Value::object();
    case KeyType::table:
    case KeyType::named_tables:
    case KeyType::tables:
      return typed("object");
  }
  return Value::object();
}

// Of one value, or of one item where the key holds several.
Value item_schema(const KeySpec& key) {
  if (!key.keys.empty()) {
    Value table = table_schema(key.keys);
    if (key.one_key) table.set("minProperties", 1).set("maxProperties", 1);
    if (key.open_keys.empty()) return table;
    Value by_form = Value::object();
    for (const KeySpec& each : key.open_keys) by_form.set(each.form, key_schema(each));
    return table.set("patternProperties", std::move(by_form));
  }
  Value schema = value_schema(key.type);
  if (key.values) schema.set("additionalProperties", value_schema(*key.values));
  if (key.type == KeyType::integer) schema.set("minimum", key.least).set("maximum", key.most);
  if (!key.form.empty()) schema.set("pattern", key.form);
  if (key.choices.empty()) return schema;
  Value choices = Value::array();
  for (const std::string_view choice : key.choices) choices.push(choice);
  return schema.set("enum", std::move(choices));
}

Value default_of(const KeySpec& key) {
  if (key.type == KeyType::boolean) return key.fallback == "true";
  if (key.type == KeyType::integer) return std::int64_t{std::stol(std::string(key.fallback))};
  return key.fallback;
}

Value key_schema(const KeySpec& key) {
  Value item = item_schema(key);
  Value schema;
  if (key.type == KeyType::named_tables) {
    schema = typed("object").set("additionalProperties", std::move(item));
    schema.set("propertyNames", Value::object().set("pattern", key.form));
  } else if (key.type == KeyType::strings || key.type == KeyType::scalars ||
             key.type == KeyType::tables) {
    schema = typed("array").set("items", std::move(item));
    if (key.unique) schema.set("uniqueItems", true);
    if (key.filled) schema.set("minItems", 1);
  } else {
    schema = std::move(item);
  }
  schema.set("description", key.summary);
  if (key.fallback.empty()) return schema;
  return schema.set("default", default_of(key));
}

Value table_schema(std::span<const KeySpec> keys) {
  Value properties = Value::object();
  Value required = Value::array();
  for (const KeySpec& key : keys) {
    properties.set(key.name, key_schema(key));
    if (key.required) required.push(key.name);
  }
  Value schema = typed("object").set("additionalProperties", false);
  schema.set("properties", std::move(properties));
  if (!required.items()->empty()) schema.set("required", std::move(required));
  return schema;
}

// What follows from the `type` of an input for its other keys.
Value input_rules(Value table) {
  const auto values = [](const char* type) {
    return Value::object()
        .set("default", typed(type))
        .set("choices", Value::object().set("items", typed(type)));
  };
  const auto is = [](const char* key, Value constant) {
    return typed("object")
        .set("properties",
             Value::object().set(key, Value::object().set("const", std::move(constant))))
        .set("required", Value::array().push(key));
  };
  const auto then = [](Value properties) {
    return Value::object().set("properties", std::move(properties));
  };
  Value text = Value::object()
                   .set("if", is("type", "boolean"))
                   .set("then", then(values("boolean").set("pattern", false)))
                   .set("else", then(values("string")));
  table.set("if", is("type", "integer"))
      .set("then", then(values("integer").set("pattern", false)))
      .set("else", std::move(text));
  return table.set(
      "not", is("required", true).set("required", Value::array().push("required").push("default")));
}

// `uses` with what there is to use, `with` with all that it may hold anywhere: editors that do not
// follow if and then, as taplo, complete from that.
Value stage_schema(const std::vector<UsesSchema>& stages) {
  Value names = Value::array();
  Value summaries = Value::array();
  Value forms = Value::array().push(Value::object());
  for (const UsesSchema& stage : stages) {
    names.push(stage.uses);
    summaries.push(stage.summary);
    forms.push(reference("with." + stage.uses));
  }
  Value schema = table_schema(kStageKeys);
  Value& properties = *schema.find("properties");
  properties.find("uses")->set("enum", std::move(names));
  properties.find("uses")->set(
      "x-taplo",
      Value::object().set("docs", Value::object().set("enumValues", std::move(summaries))));
  properties.find("with")->set("anyOf", std::move(forms));
  schema.set("items", reference("stage"));
  return schema.set("$comment",
                    "`items` judges nothing: taplo looks a stage up by its number, twice");
}

// Editors that show what all plugins take must say whose each key is.
void tell_apart(Value& schema, const std::string& whose) {
  if (schema.members() == nullptr) return;
  const std::string own = schema.text_or("description");
  schema.set("description", own.empty() ? "of " + whose : own + " (" + whose + ")");
  Value* forms = schema.find("anyOf");
  if (forms == nullptr || forms->items() == nullptr) return;
  for (Value& form : *forms->items()) {
    if (form.members() != nullptr && form.find("description") == nullptr) {
      form.set("description", schema.text_or("description"));
    }
  }
}

Value told_apart(const UsesSchema& stage) {
  Value with = stage.with;
  Value* keys = with.find("properties");
  if (keys == nullptr || keys->members() == nullptr) return with;
  for (auto& [name, schema] : *keys->members()) tell_apart(schema, stage.uses);
  return with;
}

// For each `uses` what `with` must be. `kind` is "with" or "part".
Value with_rules(const std::vector<UsesSchema>& stages, const std::string& kind) {
  Value rules = Value::array();
  for (const UsesSchema& stage : stages) {
    Value is_used = Value::object();
    is_used.set("properties",
                Value::object().set("uses", Value::object().set("const", stage.uses)));
    is_used.set("required", Value::array().push("uses"));
    Value then = Value::object();
    then.set("properties", Value::object().set("with", reference(kind + "." + stage.uses)));
    if (stage.needs_with && kind == "with") then.set("required", Value::array().push("with"));
    rules.push(Value::object().set("if", std::move(is_used)).set("then", std::move(then)));
  }
  if (rules.items()->empty()) return Value::object();
  return Value::object().set("allOf", std::move(rules));
}

Value each_stage(const char* definition) {
  Value stage = Value::object().set("items", reference(definition));
  return Value::object().set("properties", Value::object().set("stage", std::move(stage)));
}

// True of a file none of whose environments adds to the `with` of a stage.
Value is_whole() {
  Value adds_nothing = Value::object();
  adds_nothing.set("not", Value::object().set("required", Value::array().push("with")));
  Value environments = Value::object().set("additionalProperties", std::move(adds_nothing));
  return Value::object().set("properties",
                             Value::object().set("environments", std::move(environments)));
}

// The depth of a Value is limited, and so is this recursion.
void sort_members(Value& value) {
  if (Value::Array* items = value.items()) {
    for (Value& item : *items) sort_members(item);
  }
  Value::Object* members = value.members();
  if (members == nullptr) return;
  for (auto& [name, member] : *members) sort_members(member);
  std::sort(members->begin(), members->end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

}  // namespace

Value pipeline_schema(const std::vector<UsesSchema>& stages, const Value& definitions) {
  Value all = definitions;
  all.set("stage", stage_schema(stages));
  all.set("whole_stage", with_rules(stages, "with"));
  all.set("part_of_stage", with_rules(stages, "part"));
  for (const UsesSchema& stage : stages) {
    all.set("with." + stage.uses, told_apart(stage));
    all.set("part." + stage.uses, stage.part);
  }
  Value schema = table_schema(kPipelineKeys);
  Value& properties = *schema.find("properties");
  properties.find("stage")->set("items", reference("stage"));
  Value& inputs = *properties.find("inputs");
  inputs.set("additionalProperties", input_rules(*inputs.find("additionalProperties")));
  Value& answers = *properties.find("rehearse")->find("patternProperties");
  Value both = Value::object().set("required", Value::array().push("body").push("json"));
  answers.find(kRequestWords)->set("not", std::move(both));
  schema.set("$schema", "http://json-schema.org/draft-07/schema#")
      .set("title", "A stagerun pipeline")
      .set("if", is_whole())
      .set("then", each_stage("whole_stage"))
      .set("else", each_stage("part_of_stage"))
      .set("definitions", std::move(all));
  sort_members(schema);
  return schema;
}

}  // namespace stagerun

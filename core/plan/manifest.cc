#include "core/plan/manifest.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/url.h"

namespace stagerun {
namespace {

const Value::Array& items_of(const Value& manifest, const char* member) {
  static const Value::Array kNone;
  const Value* list = manifest.find(member);
  return list != nullptr && list->items() != nullptr ? *list->items() : kNone;
}

std::uint32_t flag_of(const std::string& name) {
  if (name == "idempotent") return flag_idempotent;
  if (name == "resumable") return flag_resumable;
  if (name == "reversible") return flag_reversible;
  if (name == "compensable") return flag_compensable;
  if (name == "reads_only") return flag_reads_only;
  return 0;
}

bool all_equal(const Value::Object& condition, const Value& with) {
  return std::all_of(condition.begin(), condition.end(), [&with](const Value::Member& equal) {
    const Value* place = with.at(equal.first);
    return place != nullptr && *place == equal.second;
  });
}

// True where all places of `if` equal their values and not all of `unless` do; also where there is
// no condition.
bool holds(const Value& entry, const Value& with) {
  const Value* wanted = entry.find("if");
  const Value* unwanted = entry.find("unless");
  if (wanted != nullptr && (wanted->members() == nullptr || !all_equal(*wanted->members(), with))) {
    return false;
  }
  return unwanted == nullptr ||
         (unwanted->members() != nullptr && !all_equal(*unwanted->members(), with));
}

// As `holds`, and the place under `has` is there; false where there is no condition at all.
bool asks_and_holds(const Value& entry, const Value& with) {
  const Value* has = entry.find("has");
  const bool is_there =
      has == nullptr || (has->text() != nullptr && with.at(*has->text()) != nullptr);
  const bool asks =
      has != nullptr || entry.find("if") != nullptr || entry.find("unless") != nullptr;
  return asks && is_there && holds(entry, with);
}

// The words of an array of strings, or what a line for the shell is started with; empty where it is
// neither.
std::vector<std::string> argv_of(const Value* place) {
  const std::string* line = place != nullptr ? place->text() : nullptr;
  if (line != nullptr && !line->empty()) return shell_argv(*line);
  if (place == nullptr || place->items() == nullptr) return {};
  std::vector<std::string> argv;
  for (const Value& word : *place->items()) {
    if (word.text() == nullptr) return {};
    argv.push_back(*word.text());
  }
  return argv;
}

// A handle stands for a secret's value (docs/effects.md); whoever has the value reads it.
constexpr std::string_view kHandle = "sr-secret.";

// Each place in `with` that the pointer names, where the word `*` names every item or member.
std::vector<const Value*> places_in(const Value& with, std::string_view pointer) {
  std::vector<const Value*> places = {&with};
  while (!pointer.empty() && !places.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    const std::string_view token = pointer.substr(0, end);
    pointer.remove_prefix(end);
    std::vector<const Value*> next;
    for (const Value* place : places) {
      if (token != "/*") {
        if (const Value* found = place->at(token)) next.push_back(found);
        continue;
      }
      if (const auto* items = place->items()) {
        for (const Value& item : *items) next.push_back(&item);
      }
      if (const auto* members = place->members()) {
        for (const auto& [key, member] : *members) next.push_back(&member);
      }
    }
    places = std::move(next);
  }
  return places;
}

std::vector<const Value*> configured(const Value& entry, const Value& with) {
  const Value* pointer = entry.find("config");
  const bool applies = pointer != nullptr && pointer->text() != nullptr && holds(entry, with);
  return applies ? places_in(with, *pointer->text()) : std::vector<const Value*>();
}

// What a place holds as words: a text is one, an array of texts many; nothing where it is neither.
std::optional<std::vector<std::string>> words_of(const Value& place) {
  if (const std::string* text = place.text()) return std::vector{*text};
  std::vector<std::string> words = argv_of(&place);
  if (place.items() == nullptr || words.size() != place.items()->size()) return std::nullopt;
  return words;
}

// A prefix with the places of `with` that it names filled in. Empty, which grants nothing, where
// one holds something else than words, or its first part is missing.
std::vector<std::string> prefix_of(const Value::Array& parts, const Value& with) {
  std::vector<std::string> prefix;
  for (const Value& part : parts) {
    const Value* pointer = part.find("config");
    const bool names_place = pointer != nullptr && pointer->text() != nullptr;
    const Value* place = names_place ? with.at(*pointer->text()) : nullptr;
    if (place == nullptr) place = names_place ? part.find("else") : &part;
    const auto words = place != nullptr ? words_of(*place) : std::vector<std::string>{};
    if (!words) return {};
    const std::string before = part.text_or("before");
    for (const std::string& word : *words) {
      if (!before.empty()) prefix.push_back(before);
      prefix.push_back(word);
    }
    if (prefix.empty()) return {};
  }
  return prefix;
}

void add_reads(const Value& manifest, const Value& with, Grants& granted) {
  for (const Value& entry : items_of(manifest, "reads")) {
    if (entry.items() != nullptr) {
      if (auto argv = prefix_of(*entry.items(), with); !argv.empty()) {
        granted.read_prefixes.push_back(std::move(argv));
      }
      continue;
    }
    for (const Value* place : configured(entry, with)) {
      if (auto argv = argv_of(place); !argv.empty()) {
        granted.read_commands.push_back(std::move(argv));
      }
    }
  }
}

void add_host_of(const Value* url, Grants& granted) {
  if (url == nullptr || url->text() == nullptr) return;
  if (url->text()->starts_with(kHandle)) {
    granted.hosts.push_back(*url->text());
  } else if (auto parsed = parse_url(*url->text())) {
    granted.hosts.push_back(std::move(parsed->authority));
  }
}

void add_hosts(const Value& manifest, const Value& with, Grants& granted) {
  if (manifest.find("hosts") == nullptr) return;
  for (const Value& entry : items_of(manifest, "hosts")) {
    if (entry.text() != nullptr) {
      if (auto host = parse_authority(*entry.text(), "443")) granted.hosts.push_back(*host);
      continue;
    }
    for (const Value* place : configured(entry, with)) {
      add_host_of(place, granted);
      if (place->items() == nullptr) continue;
      for (const Value& item : *place->items()) {
        add_host_of(item.members() != nullptr ? item.find("url") : &item, granted);
      }
    }
  }
  if (granted.hosts.empty()) granted.hosts.emplace_back(kNoHost);
}

void add_variables(const Value& manifest, const Value& with, Grants& granted) {
  const auto add = [&granted](const Value& name) {
    if (name.text() != nullptr) granted.variables.push_back(*name.text());
  };
  for (const Value& entry : items_of(manifest, "variables")) {
    for (const Value* place : configured(entry, with)) {
      add(*place);
      if (const auto* items = place->items()) std::for_each(items->begin(), items->end(), add);
      if (place->members() == nullptr) continue;
      for (const auto& [name, value] : *place->members()) granted.variables.push_back(name);
    }
  }
}

}  // namespace

std::uint32_t effective_flags(const StageInfo& stage, const Value& with) {
  std::uint32_t flags = stage.flags;
  for (const Value& entry : items_of(stage.manifest, "flags")) {
    if (asks_and_holds(entry, with)) flags |= flag_of(entry.text_or("add"));
  }
  return flags;
}

bool is_pure(const StageInfo& stage, Verb verb) {
  const Value::Array& verbs = items_of(stage.manifest, "pure");
  return std::any_of(verbs.begin(), verbs.end(), [verb](const Value& name) {
    return name.text() != nullptr && *name.text() == to_string(verb);
  });
}

bool verifies_good_apply(const StageInfo& stage, const Value& with) {
  if (stage.manifest.find("verify") == nullptr) return true;
  const Value::Array& entries = items_of(stage.manifest, "verify");
  return std::any_of(entries.begin(), entries.end(),
                     [&with](const Value& entry) { return asks_and_holds(entry, with); });
}

Grants grants(const StageInfo& stage, const Value& with) {
  Grants granted;
  for (const Value& kind : items_of(stage.manifest, "effects")) {
    if (kind.text() != nullptr) granted.effects.push_back(*kind.text());
  }
  add_reads(stage.manifest, with, granted);
  add_hosts(stage.manifest, with, granted);
  add_variables(stage.manifest, with, granted);
  return granted;
}

std::optional<std::string> output_type(const Value& declared) {
  const bool is_object = declared.members() != nullptr;
  if (!is_object && declared.text() == nullptr) return std::nullopt;
  std::string type = is_object ? declared.text_or("type", "string") : *declared.text();
  const bool known = type == "string" || type == "integer" || type == "number" || type == "boolean";
  return known ? std::optional(std::move(type)) : std::nullopt;
}

Value outputs_schema(const StageInfo& stage, const Value& with) {
  Value schema = stage.outputs.members() != nullptr ? stage.outputs : Value::object();
  if (schema.find("type") == nullptr) schema.set("type", "object");
  const Value* declared = schema.find("properties");
  if (declared == nullptr || declared->members() == nullptr) {
    schema.set("properties", Value::object());
  }
  const Value* pointer = stage.manifest.find("outputs_from");
  const bool has_pointer = pointer != nullptr && pointer->text() != nullptr;
  const Value* added = has_pointer ? with.at(*pointer->text()) : nullptr;
  if (added == nullptr || added->members() == nullptr) return schema;
  Value::Object& properties = *schema.find("properties")->members();
  std::unordered_set<std::string> known;
  for (const auto& [name, type] : properties) known.insert(name);
  for (const auto& [name, declaration] : *added->members()) {
    const auto type = output_type(declaration);
    // The plugin's own word about an output is not the pipeline's to change.
    if (!type || !known.insert(name).second) continue;
    properties.emplace_back(name, Value::object().set("type", *type));
  }
  return schema;
}

std::vector<DecisivePlace> decisive_places(const Value& manifest) {
  std::vector<DecisivePlace> places;
  for (const char* member : {"flags", "reads", "verify"}) {
    for (const Value& entry : items_of(manifest, member)) {
      const Value* has = entry.find("has");
      if (has != nullptr && has->text() != nullptr) places.push_back({*has->text(), false});
      for (const char* name : {"if", "unless"}) {
        const Value* condition = entry.find(name);
        if (condition == nullptr || condition->members() == nullptr) continue;
        for (const auto& [place, value] : *condition->members()) places.push_back({place, true});
      }
    }
  }
  return places;
}

}  // namespace stagerun

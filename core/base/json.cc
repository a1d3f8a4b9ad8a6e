#include "core/base/json.h"

#include <algorithm>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTooLarge = "an integer does not fit 64 bits";

// Builds a Value while nlohmann reads, without a recursion and without a DOM of its own.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return put(Value()); }
  bool boolean(bool value) override { return put(Value(value)); }
  bool number_integer(number_integer_t value) override { return put(Value(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > INT64_MAX) return refuse(kTooLarge);
    return put(Value(static_cast<std::int64_t>(value)));
  }
  // An integer too large for nlohmann's own comes as a float: only its text tells.
  bool number_float(number_float_t value, const string_t& text) override {
    const bool integer = text.find_first_of(".eE") == string_t::npos;
    return integer ? refuse(kTooLarge) : put(Value(value));
  }
  bool string(string_t& value) override { return put(Value(std::move(value))); }
  bool binary(binary_t&) override { return refuse("binary values are no JSON"); }
  bool start_object(std::size_t) override { return open(Value::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    keys_.back() = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return refuse("not JSON at byte " + std::to_string(position));
  }

  Value take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

 private:
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool open(Value container) {
    if (open_.size() >= limits::kDepth) return refuse("nested too deeply");
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    Value done = std::move(open_.back());
    if (done.members() != nullptr) drop_repeated(*done.members());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  bool put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().items() != nullptr) {
      open_.back().push(std::move(value));
    } else {
      open_.back().members()->emplace_back(std::move(keys_.back()), std::move(value));
    }
    return true;
  }

  // Up to so many, comparing all with all is faster than a table of them.
  static constexpr std::size_t kFew = 16;

  static bool has_repeated(const Value::Object& members) {
    for (auto one = members.begin(); one != members.end(); ++one) {
      const auto is_same = [&](const Value::Member& other) { return other.first == one->first; };
      if (std::any_of(members.begin(), one, is_same)) return true;
    }
    return false;
  }

  // The last of a name wins, in the first one's place: what Value::set does, but in time that grows
  // with the members, not with their square.
  static void drop_repeated(Value::Object& members) {
    if (members.size() <= kFew && !has_repeated(members)) return;
    std::unordered_map<std::string_view, std::size_t> places;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto found = places.find(members[i].first);
      if (found != places.end()) {
        members[found->second].second = std::move(members[i].second);
        continue;
      }
      if (kept != i) members[kept] = std::move(members[i]);
      places.emplace(members[kept].first, kept);
      ++kept;
    }
    members.resize(kept);
  }

  std::vector<Value> open_;
  std::vector<std::string> keys_;
  Value root_;
  std::string problem_;
};

Json to_json(const Value& value) {
  if (const auto* boolean = value.boolean()) return *boolean;
  if (const auto* integer = value.integer()) return *integer;
  if (const auto* number = value.number()) return *number;
  if (const auto* text = value.text()) return *text;
  if (const auto* items = value.items()) {
    Json array = Json::array();
    for (const Value& item : *items) array.push_back(to_json(item));
    return array;
  }
  if (const auto* members = value.members()) {
    // Straight into the vector that it is: names are distinct already, and emplace would look
    // through all of them for each.
    Json object = Json::object();
    auto& places = object.get_ref<Json::object_t&>();
    for (const auto& [key, member] : *members) places.emplace_back(key, to_json(member));
    return object;
  }
  return nullptr;
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// -- One line, written directly: every event, request and answer goes through here. ---------------

void write_escape(char c, std::string& out) {
  static constexpr std::string_view kShort = "\bb\tt\nn\ff\rr\"\"\\\\";
  for (std::size_t i = 0; i < kShort.size(); i += 2) {
    if (kShort[i] == c) return static_cast<void>((out += '\\') += kShort[i + 1]);
  }
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4 & 15];
  out += kHex[c & 15];
}

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void write_text(std::string_view text, std::string& out) {
  if (!is_utf8(text)) {
    out += dump(std::string(text), -1);  // which replaces the bad bytes
    return;
  }
  out += '"';
  while (!text.empty()) {
    const auto stop = std::find_if_not(text.begin(), text.end(), is_plain);
    out.append(text.begin(), stop);
    if (stop != text.end()) write_escape(*stop, out);
    text.remove_prefix(static_cast<std::size_t>(stop - text.begin()) + (stop != text.end()));
  }
  out += '"';
}

// Depth is bounded by whoever built the value (limits::kDepth).
void write(const Value& value, std::string& out) {
  if (const auto* text = value.text()) return write_text(*text, out);
  if (const auto* integer = value.integer())
    return static_cast<void>(out += std::to_string(*integer));
  if (const auto* members = value.members()) {
    out += '{';
    for (const auto& [key, member] : *members) {
      if (&key != &members->front().first) out += ',';
      write_text(key, out);
      out += ':';
      write(member, out);
    }
    return static_cast<void>(out += '}');
  }
  if (const auto* items = value.items()) {
    out += '[';
    for (const Value& item : *items) {
      if (&item != &items->front()) out += ',';
      write(item, out);
    }
    return static_cast<void>(out += ']');
  }
  out += dump(to_json(value), -1);
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  // nlohmann takes a NUL byte for the end.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    return Error{ErrorCode::corrupt, "not JSON at byte " + std::to_string(nul), ""};
  }
  Builder builder;
  const bool parsed = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!parsed) return Error{ErrorCode::corrupt, builder.problem(), ""};
  return builder.take();
}

std::string render_json(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

void append_json(const Value& value, std::string& out) { write(value, out); }

void append_json_text(std::string_view text, std::string& out) { write_text(text, out); }

std::string render_json_pretty(const Value& value) { return dump(to_json(value), 2); }

}  // namespace stagerun

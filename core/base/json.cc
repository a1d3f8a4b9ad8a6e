#include "core/base/json.h"

#include <nlohmann/json.hpp>

#include "core/base/limits.h"

namespace stagerun {
namespace {

using Json = nlohmann::ordered_json;

// Builds a Value while nlohmann reads, without a recursion and without a DOM of its own.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return put(Value()); }
  bool boolean(bool value) override { return put(Value(value)); }
  bool number_integer(number_integer_t value) override { return put(Value(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > INT64_MAX) return refuse("an integer does not fit 64 bits");
    return put(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return put(Value(value)); }
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
      open_.back().set(keys_.back(), std::move(value));
    }
    return true;
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
    Json object = Json::object();
    for (const auto& [key, member] : *members) object.emplace(key, to_json(member));
    return object;
  }
  return nullptr;
}

std::string dump(const Value& value, int indent) {
  return to_json(value).dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  Builder builder;
  const bool parsed = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!parsed) return Error{ErrorCode::corrupt, builder.problem(), ""};
  return builder.take();
}

std::string render_json(const Value& value) { return dump(value, -1); }

std::string render_json_pretty(const Value& value) { return dump(value, 2); }

}  // namespace stagerun

#include "expect.h"

#include <algorithm>
#include <charconv>

#include "json_text.h"
#include "pattern.h"

namespace http {
namespace {

constexpr std::size_t kShownBytes = 100;

std::string shown(const std::string& json) { return printable(json, kShownBytes); }

std::optional<int> to_status(std::string_view text) {
  int number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  return whole && number >= 100 && number <= 599 ? std::optional(number) : std::nullopt;
}

std::size_t length_of(const sr::Call& call, const std::string& json) {
  if (kind_of(json) == JsonKind::array) return json_items(json).size();
  if (kind_of(json) == JsonKind::object) return json_members(call, json).size();
  return bare_text(call, json).size();
}

bool has_length(const std::string& json) {
  const JsonKind kind = kind_of(json);
  return kind == JsonKind::array || kind == JsonKind::object || kind == JsonKind::string;
}

}  // namespace

Answer Answer::read(const sr::Call& call, std::string event) {
  Answer answer;
  answer.status = sr::number_in(call.pick(event, "/status").value_or("0"));
  answer.elapsed_ms = sr::number_in<long long>(call.pick(event, "/elapsed_ms").value_or("0"));
  auto body = call.pick(event, "/body");
  answer.is_text = body || !call.pick(event, "/body_base64");
  answer.body = std::move(body).value_or("");
  answer.event = std::move(event);
  return answer;
}

std::optional<std::string> Answer::header(const sr::Call& call, std::string_view name) const {
  return call.pick(event, "/headers/" + lower_case(name) + "/0");
}

// -- Statuses --

std::optional<StatusSet> StatusSet::parse(const sr::Call& call, const std::string& json) {
  StatusSet set;
  const auto words = kind_of(json) == JsonKind::array ? json_items(json) : std::vector{json};
  for (const std::string& word : words) {
    if (!set.add(bare_text(call, word))) return std::nullopt;
  }
  return set.is_empty() ? std::nullopt : std::optional(std::move(set));
}

bool StatusSet::add(const std::string& text) {
  const bool is_class = text.size() == 3 && text.ends_with("xx");
  const std::size_t dash = text.find('-');
  const auto first = to_status(is_class ? text.substr(0, 1) + "00" : text.substr(0, dash));
  const auto last = is_class                    ? to_status(text.substr(0, 1) + "99")
                    : dash != std::string::npos ? to_status(text.substr(dash + 1))
                                                : first;
  if (!first || !last || *first > *last) return false;
  ranges_.emplace_back(*first, *last);
  return true;
}

bool StatusSet::contains(int status) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [status](const auto& range) {
    return status >= range.first && status <= range.second;
  });
}

// -- One value --

std::optional<Comparison> Comparison::parse(const sr::Call& call, const std::string& json) {
  Comparison wanted;
  if (kind_of(json) != JsonKind::object) {
    wanted.equals = json;
    return wanted;
  }
  const auto members = json_members(call, json);
  for (const auto& [name, value] : members) {
    const JsonKind kind = kind_of(value);
    const bool is_number = kind == JsonKind::number;
    if (name == "equals") {
      wanted.equals = value;
    } else if (name == "matches" && kind == JsonKind::string) {
      wanted.matches = bare_text(call, value);
    } else if (name == "at_least" && is_number) {
      wanted.at_least = number_of(value);
    } else if (name == "at_most" && is_number) {
      wanted.at_most = number_of(value);
    } else if (name == "exists" && kind == JsonKind::boolean) {
      wanted.exists = value == "true";
    } else if (name == "length" && is_number && value.find_first_of(".eE-") == value.npos) {
      wanted.length = sr::number_in<long long>(value);
    } else {
      return std::nullopt;
    }
  }
  return members.empty() ? std::nullopt : std::optional(wanted);
}

std::string Comparison::find_fault(const sr::Call& call,
                                   const std::optional<std::string>& value) const {
  if (!value) return exists == false ? "" : "is not there";
  if (exists == false) return "is there: " + shown(*value);
  if (equals && !is_same_value(call, *equals, *value)) {
    return "is " + shown(*value) + ", not " + shown(*equals);
  }
  if (matches && !is_found(*matches, bare_text(call, *value))) {
    return "is " + shown(*value) + ", which `" + *matches + "` does not match";
  }
  const auto number = at_least || at_most ? number_of(*value) : std::nullopt;
  if ((at_least || at_most) && !number) return "is " + shown(*value) + ", which is no number";
  if (at_least && *number < *at_least) {
    return "is " + shown(*value) + ", less than " + sr::Json(*at_least).text();
  }
  if (at_most && *number > *at_most) {
    return "is " + shown(*value) + ", more than " + sr::Json(*at_most).text();
  }
  if (!length) return "";
  if (!has_length(*value)) return "is " + shown(*value) + ", which has no length";
  const auto size = static_cast<std::int64_t>(length_of(call, *value));
  if (size == *length) return "";
  return "has the length " + std::to_string(size) + ", not " + std::to_string(*length);
}

std::optional<std::string> Version::seen(const sr::Call& call, const Answer& answer) const {
  if (!header.empty()) return answer.header(call, header);
  return answer.is_text ? call.pick(answer.body, json) : std::nullopt;
}

// -- The whole answer --

std::string Expectation::find_fault(const sr::Call& call, const Answer& answer) const {
  std::string fault = find_status_fault(answer);
  if (fault.empty()) fault = find_body_fault(call, answer);
  if (fault.empty()) fault = find_circumstance_fault(call, answer);
  return fault.empty() ? find_version_fault(call, answer) : fault;
}

bool Expectation::accepts_status(int status) const {
  return status_.contains(status) && !not_status_.contains(status);
}

std::string Expectation::find_status_fault(const Answer& answer) const {
  return accepts_status(answer.status) ? "" : "it answered " + std::to_string(answer.status);
}

std::string Expectation::find_body_fault(const sr::Call& call, const Answer& answer) const {
  const bool asks = !contains_.empty() || !body_regex_.empty() || !json_.empty();
  if (asks && !answer.is_text) return "its answer is not text";
  if (answer.body.find(contains_) == std::string::npos) {
    return "its answer does not contain `" + contains_ + "`";
  }
  if (!body_regex_.empty() && !is_found(body_regex_, answer.body)) {
    const bool cut = answer.body.size() > kSearched;
    return std::string("its answer") + (cut ? ", in its first 64 KiB," : "") + " does not match `" +
           body_regex_ + "`";
  }
  if (!json_.empty() && !call.pick(answer.body, "")) return "its answer is not JSON";
  for (const auto& [pointer, wanted] : json_) {
    const std::string fault = wanted.find_fault(call, find_json(call, answer.body, pointer));
    if (!fault.empty()) return (pointer.empty() ? "its answer" : pointer) + " " + fault;
  }
  return "";
}

std::string Expectation::find_circumstance_fault(const sr::Call& call, const Answer& answer) const {
  for (const auto& [name, wanted] : headers_) {
    auto value = answer.header(call, name);
    // A header is text; where a number is asked for, it is read as one.
    const bool is_number = (wanted.at_least || wanted.at_most) && value && number_of(*value);
    if (value && !is_number) value = sr::json_string(*value);
    const std::string fault = wanted.find_fault(call, value);
    if (!fault.empty()) return "its header " + name + " " + fault;
  }
  if (max_latency_ms_ >= 0 && answer.elapsed_ms > max_latency_ms_) {
    return "it took " + std::to_string(answer.elapsed_ms) + " ms, and " +
           std::to_string(max_latency_ms_) + " ms are the most";
  }
  if (tls_days_left_ < 0) return "";
  const auto days = call.pick(answer.event, "/tls_days_left");
  if (!days) return "nothing is known of its certificate";
  if (sr::number_in<long long>(*days) >= tls_days_left_) return "";
  return "its certificate is valid for " + *days + " more days, and " +
         std::to_string(tls_days_left_) + " are the least";
}

std::string Expectation::find_version_fault(const sr::Call& call, const Answer& answer) const {
  if (!version_) return "";
  const auto seen = version_->seen(call, answer);
  const auto json = seen ? std::optional(sr::json_string(*seen)) : std::nullopt;
  const std::string fault = version_->wanted.find_fault(call, json);
  return fault.empty() ? "" : "its version " + fault;
}

}  // namespace http

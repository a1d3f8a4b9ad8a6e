// Expectation, read from the configuration and diagnosed: one walk for both, so that what is
// accepted and what is understood cannot differ.
#include "expect.h"
#include "json_text.h"
#include "pattern.h"
#include "url.h"

namespace http {
namespace {

constexpr const char* kComparisons = "equals, matches, at_least, at_most, exists, length";
constexpr const char* kStatusHint = "for example 204, \"2xx\", \"200-299\" or a list of them";

}  // namespace

struct Expectation::Problem {
  std::string pointer, code, text, hint;
};

class Expectation::Reader {
 public:
  Reader(const sr::Call& call, const std::string& json, Dialect dialect)
      : call_(call), json_(json), dialect_(dialect) {}

  std::vector<Problem> problems;

  StatusSet status(const char* name, std::string_view fallback) {
    const auto value = find(name);
    auto set = StatusSet::parse(call_, value.value_or(std::string(fallback)));
    if (!set && !is_open(*value))
      complain(name, "http.status", "`" + *value + "` is no status", kStatusHint);
    return std::move(set).value_or(StatusSet());
  }

  std::string text(const char* name) { return text_of(find(name)); }

  std::string pattern(const char* name) {
    std::string pattern = text(name);
    check_pattern(name, pattern);
    return pattern;
  }

  std::int64_t duration(const char* name) {
    const auto value = find(name);
    if (!value) return -1;
    const std::int64_t duration = sr::duration_ms(text_of(value));
    if (duration < 0 && !is_open(*value)) {
      complain(name, "http.duration", "`" + text_of(value) + "` is not a duration",
               "for example 500ms, 30s or 1m30s");
    }
    return duration;
  }

  std::int64_t whole_number(const char* name) {
    const auto value = find(name);
    return value ? sr::number_in<long long>(*value) : -1;
  }

  std::vector<std::pair<std::string, Comparison>> comparisons(const std::string& name,
                                                              bool by_pointer) {
    std::vector<std::pair<std::string, Comparison>> list;
    for (const auto& [place, value] : json_members(call_, find(name).value_or("{}"))) {
      const std::string where = name + "/" + escaped(place);
      if (by_pointer && !is_pointer(place)) {
        complain(where, "http.pointer", "`" + place + "` is no JSON pointer",
                 "write /status for a member, /items/0 for the first of a list");
      }
      list.emplace_back(place, comparison(where, value));
      auto& equals = list.back().second.equals;  // a header is text
      if (!by_pointer && equals) equals = sr::json_string(bare_text(call_, *equals));
    }
    return list;
  }

  std::optional<Version> version() {
    const auto table = find("version");
    if (!table) return std::nullopt;
    Version version;
    version.header = text_of(find_json(call_, *table, "/header"));
    version.json = text_of(find_json(call_, *table, "/json"));
    const bool both = !version.header.empty() && !version.json.empty();
    if (both || (version.header.empty() && version.json.empty())) {
      complain("version", "http.version", "where the version stands is not clear",
               "write either `json`, a JSON pointer, or `header`, a name");
    }
    if (!is_pointer(version.json)) {
      complain("version/json", "http.pointer", "`" + version.json + "` is no JSON pointer",
               "for example /version");
    }
    sr::Json wanted = sr::Json::object();
    for (const char* name : {"equals", "matches"}) {
      // A version is compared as text: 2 is "2".
      const auto value = find_json(call_, *table, std::string("/") + name);
      if (value) wanted.set(name, bare_text(call_, *value));
    }
    version.wanted = comparison("version", wanted.text());
    return version;
  }

 private:
  std::optional<std::string> find(const std::string& name) {
    auto value = find_json(call_, json_, "/" + place_of(name));
    if (value && has_handle(*value)) {
      complain(name, "http.secret", "no answer shows a secret, so none can be looked for",
               "look at something else that proves the same");
    }
    return value;
  }
  std::string text_of(const std::optional<std::string>& json) const {
    return json ? bare_text(call_, *json) : "";
  }
  // `headers` and `json` are those of the request in http.check, and of the answer in `expect`.
  std::string place_of(const std::string& name) const {
    const bool shared = name.starts_with("headers") || name.starts_with("json");
    return shared ? std::string(dialect_.prefix) + name : name;
  }
  static std::string escaped(const std::string& word) {
    std::string out;
    for (const char c : word) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
  }

  Comparison comparison(const std::string& where, const std::string& json) {
    const auto parsed = Comparison::parse(call_, json);
    if (!parsed) {
      complain(where, "http.comparison", "it cannot be compared with that",
               std::string("write the value itself, or a table of: ") + kComparisons +
                   "; a table as a value is { equals = {...} }");
      return {};
    }
    if (parsed->matches) check_pattern(where, *parsed->matches);
    const bool absent = parsed->exists == false;
    const bool more =
        parsed->equals || parsed->matches || parsed->at_least || parsed->at_most || parsed->length;
    if (absent && more) {
      complain(where, "http.contradiction", "what is not there cannot be compared",
               "leave `exists = false` out, or all else");
    }
    return *parsed;
  }

  void check_pattern(const std::string& where, const std::string& pattern) {
    const std::string problem = pattern_problem(pattern);
    if (problem.empty() || is_open(pattern)) return;
    complain(where, "http.pattern", "`" + printable(pattern, 100) + "`: " + problem,
             "a regular expression as in JavaScript, without back-references");
  }

  void complain(const std::string& where, std::string code, std::string text, std::string hint) {
    problems.push_back({"/" + place_of(where), std::move(code), std::move(text), std::move(hint)});
  }

  const sr::Call& call_;
  const std::string& json_;
  Dialect dialect_;
};

Expectation Expectation::read(const sr::Call& call, const std::string& json, Dialect dialect) {
  Expectation expected;
  const auto problems = expected.take(call, json, dialect);
  if (problems.empty()) return expected;
  throw sr::Invalid(problems.front().code, problems.front().text, problems.front().hint);
}

void Expectation::diagnose(sr::Call& call, const std::string& json, const std::string& pointer,
                           Dialect dialect) {
  Expectation expected;
  for (const Problem& problem : expected.take(call, json, dialect)) {
    call.diagnose(pointer + problem.pointer, problem.code, problem.text, problem.hint);
  }
}

std::vector<Expectation::Problem> Expectation::take(const sr::Call& call, const std::string& json,
                                                    Dialect dialect) {
  Reader reader(call, json, dialect);
  // Who only says what it must not be, takes all else.
  const bool forbids = call.pick(json, "/not_status").has_value();
  status_ = reader.status("status", forbids ? R"("100-599")" : dialect.fallback);
  if (forbids) not_status_ = reader.status("not_status", "");
  headers_ = reader.comparisons("headers", false);
  json_ = reader.comparisons("json", true);
  contains_ = reader.text("contains");
  body_regex_ = reader.pattern("body_regex");
  max_latency_ms_ = reader.duration("max_latency");
  tls_days_left_ = reader.whole_number("tls_days_left");
  version_ = reader.version();
  return std::move(reader.problems);
}

}  // namespace http

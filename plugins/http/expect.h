// Expectation: what an answer must be like. The same words in http.check and in the `expect` of a
// request; docs/plugins/http.md has the meaning of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace http {

// An answer as http/1 tells it.
struct Answer {
  int status = 0;
  bool is_text = true;
  std::string body{};
  std::int64_t elapsed_ms = 0;
  std::string event = "{}";  // the whole of it

  static Answer read(const sr::Call& call, std::string event);
  // The first value of a header, or nothing. Names in any case.
  std::optional<std::string> header(const sr::Call& call, std::string_view name) const;
};

// Statuses: 204, "2xx", "200-299", or several.
class StatusSet {
 public:
  // Nothing where it is none of that.
  static std::optional<StatusSet> parse(const sr::Call& call, const std::string& json);
  bool contains(int status) const;
  bool is_empty() const { return ranges_.empty(); }

 private:
  bool add(const std::string& text);
  std::vector<std::pair<int, int>> ranges_;
};

// What one value must be like; all that is said must hold.
struct Comparison {
  std::optional<std::string> equals{};  // JSON
  std::optional<std::string> matches{};
  std::optional<double> at_least{};
  std::optional<double> at_most{};
  std::optional<bool> exists{};
  std::optional<std::int64_t> length{};

  // A value that it must equal, or an object of comparisons. Nothing where it is neither.
  static std::optional<Comparison> parse(const sr::Call& call, const std::string& json);
  // "" where it holds; else what was seen instead: `is "starting", not "ok"`. `value` is JSON.
  std::string find_fault(const sr::Call& call, const std::optional<std::string>& value) const;
};

struct Version {
  std::string header{};  // or:
  std::string json{};    // a pointer
  Comparison wanted{};
  // As text; nothing where the answer has none.
  std::optional<std::string> seen(const sr::Call& call, const Answer& answer) const;
};

// How an expectation is written.
struct Dialect {
  std::string_view prefix = "";            // of `headers` and `json`, where these are the request's
  std::string_view fallback = R"("2xx")";  // the status where none is said
};
// http.check has the request and what is expected of it side by side.
inline constexpr Dialect kSideBySide = {"expect_", "200"};

class Expectation {
 public:
  // Reads an object. Throws sr::Invalid where diagnose() would have said something.
  static Expectation read(const sr::Call& call, const std::string& json, Dialect dialect = {});
  // Says what is wrong with it, `pointer` being where the object stands.
  static void diagnose(sr::Call& call, const std::string& json, const std::string& pointer,
                       Dialect dialect = {});

  // What is wrong with the answer, or "".
  std::string find_fault(const sr::Call& call, const Answer& answer) const;
  bool accepts_status(int status) const;
  const std::optional<Version>& version() const { return version_; }
  std::int64_t max_latency_ms() const { return max_latency_ms_; }

 private:
  using Named = std::vector<std::pair<std::string, Comparison>>;
  struct Problem;
  class Reader;
  std::vector<Problem> take(const sr::Call& call, const std::string& json, Dialect dialect);
  std::string find_status_fault(const Answer& answer) const;
  std::string find_body_fault(const sr::Call& call, const Answer& answer) const;
  std::string find_circumstance_fault(const sr::Call& call, const Answer& answer) const;
  std::string find_version_fault(const sr::Call& call, const Answer& answer) const;

  StatusSet status_;
  StatusSet not_status_;
  Named headers_;
  Named json_;
  std::string contains_;
  std::string body_regex_;
  std::int64_t max_latency_ms_ = -1;
  std::int64_t tls_days_left_ = -1;
  std::optional<Version> version_;
};

}  // namespace http

// Chain: the requests of http.request as the configuration has them, and the sending of one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stagerun/stagerun.hpp>

#include "expect.h"
#include "template.h"

namespace http {

inline constexpr const char* kChains[] = {"record", "run", "check", "undo"};

struct Request {
  std::string chain{};
  std::string id{};  // "run.login", or "run.2" where it has no name
  std::string json = "{}";
  std::string method = "GET";
  std::string url{};
  bool probe = false;
  bool guard = false;

  // Changes something, as far as its author says.
  bool writes() const { return method != "GET" && method != "HEAD" && !probe; }
  bool expects_something(const sr::Call& call) const {
    return call.pick(json, "/expect").has_value();
  }
  // "PUT http://x/flags/$(id)", without what may be secret.
  std::string shown() const;
  // All placeholders in it.
  std::vector<std::string> needs(const sr::Call& call) const;
  // What its answer gives: name and where it stands.
  std::vector<std::pair<std::string, std::string>> takes(const sr::Call& call) const;
  std::vector<std::pair<std::string, std::string>> captures(const sr::Call& call) const;
};

std::vector<Request> read_chain(const sr::Call& call, const char* chain);
// That request of the chain as it stands in `with`: "/run/0".
std::string place_of(const Request& request, std::size_t index);

// What became of a request that was answered.
struct Verdict {
  std::string fault{};  // "" where the answer is right
  Answer answer{};
  bool accepts_status = false;
};

// Holds an answer against what the request expects.
Verdict judge(const sr::Call& call, const Request& request, const Values& values, Answer answer);

// Sends it, again and again where it says `within`, until its answer is right, and adds to `values`
// what it gave. Throws what the verb should end with: Retry where nothing happened and trying again
// may help, Unknown where it may have happened.
void send(sr::Call& call, const Request& request, Values& values);

// Adds what a right answer gives. Throws Failed where something is not in it.
void take_values(const sr::Call& call, const Request& request, const Answer& answer,
                 Values& values);

}  // namespace http

// What can be found wrong with a stage of http.request before anything is sent.
#include <algorithm>
#include <set>

#include "chain.h"
#include "json_text.h"
#include "request.h"
#include "url.h"

namespace http {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr const char* kBodies[] = {"/body", "/json", "/form"};

class Diagnosis {
 public:
  explicit Diagnosis(sr::Call& call)
      : call_(call), changes_(call.config_or("/changes", "true") == "true") {}

  void run() {
    // In the order in which what they take becomes known.
    for (const char* chain : {"record", "run", "check", "undo"}) check_chain(chain);
    check_kind();
    check_outputs();
  }

 private:
  void say(const std::string& pointer, const char* code, const std::string& text,
           const std::string& hint) {
    call_.diagnose(pointer, code, text, hint);
  }

  void check_chain(const char* name) {
    const std::string_view chain = name;
    const auto requests = read_chain(call_, name);
    Names ids;
    Names given;       // by earlier requests of this chain
    secrets_.clear();  // captured by them; no other chain knows them
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Request& request = requests[i];
      const std::string place = place_of(request, i);
      if (!ids.insert(request.id).second) {
        say(place + "/name", "http.name", "two requests of this chain have this name",
            "give each a name of its own");
      }
      check_request(request, place);
      check_role(request, place, chain);
      check_needs(request, place, given);
      check_gifts(request, place, given);
    }
    if (chain == "record" || chain == "run") {
      for (const std::string& one : given) {
        if (!secrets_.contains(one)) taken_.insert(one);
      }
    }
    if (chain == "run") {
      writes_ = std::any_of(requests.begin(), requests.end(),
                            [](const Request& request) { return request.writes(); });
    }
  }

  void check_request(const Request& request, const std::string& place) {
    diagnose_url(call_, place + "/url", request.url);
    for (const char* key : {"/within", "/every", "/timeout"}) diagnose_duration(call_, place + key);
    const bool upper =
        !request.method.empty() && std::all_of(request.method.begin(), request.method.end(),
                                               [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!upper || request.method == "CONNECT") {
      say(place + "/method", "http.method", "`" + printable(request.method, 40) + "` is no method",
          "in capitals: GET, POST, PUT");
    }
    check_body(request, place);
    const auto expect = call_.pick(request.json, "/expect");
    if (expect) Expectation::diagnose(call_, *expect, place + "/expect");
  }

  void check_body(const Request& request, const std::string& place) {
    const bool silent = request.method == "GET" || request.method == "HEAD";
    int bodies = 0;
    for (const char* body : kBodies) {
      if (!call_.pick(request.json, body)) continue;
      if (++bodies == 2) {
        say(place + body, "http.contradiction", "a request has one body",
            "write one of `body`, `json` and `form`");
      }
      if (!silent) continue;
      say(place + body, "http.contradiction", request.method + " sends no body",
          "write the method that is meant: method = \"POST\"");
    }
  }

  // What a request may do where it stands.
  void check_role(const Request& request, const std::string& place, std::string_view chain) {
    const bool asks_only = chain == "record" || chain == "check" || !changes_;
    if (asks_only && request.writes()) {
      const std::string where =
          chain == "run" ? "a stage with `changes = false`" : "`" + std::string(chain) + "`";
      say(place + "/method", "http.contradiction", where + " only asks",
          "use GET or HEAD, or say with `probe = true` that it changes nothing");
    }
    if (request.guard && (chain != "undo" || request.writes())) {
      say(place + "/guard", "http.contradiction", "a guard asks, in `undo`, before it is undone",
          "leave `guard` out");
    }
    for (const char* key : {"/within", "/every"}) {
      if (!request.writes() || !call_.pick(request.json, key)) continue;
      say(place + key, "http.contradiction", "what changes something is not sent again and again",
          "leave it out; a `check` may have time");
    }
  }

  void check_needs(const Request& request, const std::string& place, const Names& given) {
    for (const std::string& name : request.needs(call_)) {
      if (given.contains(name) || taken_.contains(name)) continue;
      say(place, "http.placeholder", "nothing that comes before gives $(" + name + ")",
          "name it under `take` or `capture` of an earlier request; $$(" + name +
              ") is the text itself");
    }
    const std::size_t path = path_of(request.url);
    if (!placeholders(request.url.substr(0, path)).empty()) {
      say(place + "/url", "http.placeholder", "who is asked must be known before the run",
          "write the host; a placeholder may stand in the path and in the query");
    }
    const std::size_t query = std::min(request.url.find('?'), request.url.size());
    for (const std::string& name : placeholders(request.url.substr(0, query))) {
      if (!secrets_.contains(name)) continue;
      say(place + "/url", "http.secret", "the secret $(" + name + ") cannot be a part of the path",
          "put it into a header or the query");
    }
  }

  void check_gifts(const Request& request, const std::string& place, Names& given) {
    const auto add = [&](const char* key, const std::string& name, const std::string& pointer) {
      if (!is_pointer(pointer) &&
          !(std::string_view(key) == "/take/" && pointer.starts_with("header:"))) {
        say(place + key + name, "http.pointer",
            "`" + printable(pointer, 100) + "` is no JSON pointer",
            "for example /id, or for `take` header:Location");
      }
      if (!given.insert(name).second) {
        say(place + key + name, "http.name", "$(" + name + ") is given twice in this chain",
            "give each a name of its own");
      }
    };
    for (const auto& [name, pointer] : request.takes(call_)) add("/take/", name, pointer);
    for (const auto& [name, pointer] : request.captures(call_)) {
      add("/capture/", name, pointer);
      secrets_.insert(name);
    }
  }

  void check_kind() {
    if (!changes_) {
      for (const char* key : {"/undo", "/record", "/check", "/idempotency_header", "/idempotent"}) {
        if (!call_.has_config(key)) continue;
        say(key, "http.contradiction", "a stage with `changes = false` has no use for this",
            "leave one of them out");
      }
    } else if (!writes_) {
      say("/run", "http.contradiction", "nothing in `run` changes anything",
          "set changes = false; then nothing has to be undone");
    }
  }

  void check_outputs() {
    for (const auto& [name, type] : call_.members(call_.config_or("/outputs", "{}"))) {
      if (taken_.contains(name)) continue;
      say("/outputs/" + name, "http.output", "no request of `record` or `run` takes `" + name + "`",
          "an output has the name of something under `take`; what is captured stays in the stage");
    }
  }

  sr::Call& call_;
  bool changes_;
  bool writes_ = false;
  Names taken_;    // by `record` and `run`
  Names secrets_;  // captured in the chain at hand
};

}  // namespace

void diagnose_chains(sr::Call& call) { Diagnosis(call).run(); }

}  // namespace http

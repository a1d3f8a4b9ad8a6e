// The usual effects as plain calls that wait: a process, an HTTP request, a pause.
#pragma once

#include <algorithm>
#include <array>

#include <stagerun/call.hpp>

namespace sr {

// What to run. Of the members that are empty nothing is sent.
struct ProcessRequest {
  std::string purpose{};  // in a few words; a write must have one
  std::string id{};       // the same on every attempt
  std::vector<std::string> argv{};
  std::string shell{};  // instead of argv
  std::string cwd{};    // relative to the workspace
  std::string input{};  // its whole standard input
  Json env = Json::object();
  std::optional<std::vector<std::string>> inherit{};  // of stagerun's environment; default: all
  std::string output{};                               // "log", "lines", "file", "none"
  std::string output_file{};                          // with "file": a name in the scratch folder
  std::int64_t grace_ms = -1;

  Json json() const {
    Json request = Json::object();
    if (shell.empty()) request.set("argv", Json::array(argv));
    const auto add = [&](const char* name, const std::string& text) {
      if (!text.empty()) request.set(name, text);
    };
    add("purpose", purpose);
    add("id", id);
    add("shell", shell);
    add("cwd", cwd);
    add("input", input);
    add("output", output);
    add("output_file", output_file);
    if (!env.is_empty()) request.set("env", env);
    if (inherit) request.set("inherit", Json::array(*inherit));
    if (grace_ms >= 0) request.set("grace_ms", grace_ms);
    return request;
  }
};

// How a process ended.
struct Exit {
  int status = -1;  // -1: by a signal
  int signal = 0;
  std::string tail{};  // the end of its output
  bool ok() const { return status == 0; }
};

struct HttpRequest {
  std::string method = "GET";
  std::string url{};
  std::string purpose{};
  std::string id{};
  Json headers = Json::object();
  std::string body{};
  std::int64_t timeout_ms = -1;
  int redirects = 0;
  Json capture = Json::object();  // label to JSON pointer
  bool probe = false;             // it only checks, whatever its method is
  std::string ca_file{};

  Json json() const {
    Json request = Json::object().set("method", method).set("url", url);
    if (!purpose.empty()) request.set("purpose", purpose);
    if (!id.empty()) request.set("id", id);
    if (!headers.is_empty()) request.set("headers", headers);
    if (!body.empty()) request.set("body", body);
    if (timeout_ms >= 0) request.set("timeout_ms", timeout_ms);
    if (redirects > 0) request.set("redirects", redirects);
    if (!capture.is_empty()) request.set("capture", capture);
    if (probe) request.set("probe", true);
    if (!ca_file.empty()) request.set("ca_file", ca_file);
    return request;
  }
};

struct Reply {
  int status = 0;
  std::string body{};
  bool is_text = true;  // false: not UTF-8; the body stands in `json` as body_base64
  std::string json{};   // the whole event, headers too
};

class Http {
 public:
  explicit Http(Call& call) : call_(call) {}

  // Any status is a reply; what gives none throws (see Call::finish).
  Reply send(const HttpRequest& request) {
    const Event event = call_.finish(call_.start("http/1", request.json()));
    const auto body = call_.pick(event, "/body");
    return {number_in(call_.pick(event, "/status").value_or("0")), body.value_or(""),
            body || !call_.pick(event, "/body_base64"), event.json};
  }
  Reply get(const std::string& url) { return send({.url = url, .purpose = "look at " + url}); }
  Reply post(const std::string& url, const std::string& body) {
    return send({.method = "POST", .url = url, .purpose = "post to " + url, .body = body});
  }

 private:
  Call& call_;
};

inline Http Call::http() { return Http(*this); }

inline std::optional<Event> Call::receive(std::int64_t timeout_ms) const {
  Sink sink;
  Event event;
  const bool can = SR_HAS(&host_, next);
  const sr_status status =
      can ? host_.next(&raw_, timeout_ms, &event.ticket, sink.writer()) : SR_ABSENT;
  if (status == SR_CANCELLED) {
    throw Cancelled("cancelled", "stopped: the run was cancelled, or its time is over");
  }
  if (status != SR_OK) return std::nullopt;
  event.json = sink.take_bytes();
  return event;
}

inline std::optional<Event> Call::next(std::int64_t timeout_ms) {
  if (set_aside_.empty()) return receive(timeout_ms);
  Event event = std::move(set_aside_.front());
  set_aside_.pop_front();
  return event;
}

inline Event Call::finish(std::uint64_t ticket) {
  constexpr std::array kMore = {"started", "line"};  // all other events are an effect's last
  const auto is_mine = [&](const Event& event) {
    const std::string name = pick(event, "/event").value_or("");
    return event.ticket == ticket && std::find(kMore.begin(), kMore.end(), name) == kMore.end();
  };
  const auto earlier = std::find_if(set_aside_.begin(), set_aside_.end(), is_mine);
  if (earlier != set_aside_.end()) {
    Event event = std::move(*earlier);
    set_aside_.erase(earlier);
    return finish_now(std::move(event));
  }
  while (auto event = receive(-1)) {
    if (is_mine(*event)) return finish_now(*std::move(event));
    set_aside_.push_back(*std::move(event));
  }
  throw Unknown("host.lost", "an effect ended without an event");
}

inline Event Call::finish_now(Event event) const {
  const std::string name = pick(event, "/event").value_or("");
  const bool may_have_happened = pick(event, "/may_have_happened") == "true";
  const std::string code = pick(event, "/code").value_or("effect." + name);
  const std::string text = pick(event, "/text").value_or("an effect was " + name);
  if (name == "refused") throw Denied(code, text);
  if (name == "failed" && may_have_happened) throw Unknown(code, text);
  if (name == "failed") throw Failed(code, text);
  if (name == "cancelled") throw Cancelled("cancelled", text);
  return event;
}

inline Exit Call::exit_of(const Event& event) const {
  const auto number = [&](const char* place, const char* fallback) {
    return number_in(pick(event, place).value_or(fallback));
  };
  return {number("/status", "-1"), number("/signal", "0"), pick(event, "/tail").value_or("")};
}

inline Exit Call::run_process(const ProcessRequest& request) {
  return exit_of(finish(start("process/1", request.json())));
}

inline Exit Call::run_process(ProcessRequest request, const LineTaker& take) {
  request.output = "lines";
  const std::uint64_t ticket = start("process/1", request.json());
  while (auto event = receive(-1)) {
    if (event->ticket != ticket) {
      set_aside_.push_back(*std::move(event));
      continue;
    }
    if (pick(*event, "/event") == "started") continue;
    if (pick(*event, "/event") != "line") return exit_of(finish_now(*std::move(event)));
    take(pick(*event, "/stream").value_or(""), pick(*event, "/text").value_or(""));
  }
  throw Unknown("host.lost", "a process ended without an event");
}

inline std::int64_t Call::start_service(const ProcessRequest& request) {
  const Event event = finish(start("process/1", request.json().set("leaves_running", true)));
  return number_in<long long>(pick(event, "/pid").value_or("0"));
}

inline bool Call::stop_service(std::string_view id, std::string_view purpose) {
  Json request = Json::object().set("stop", id).set("id", "stop").set("purpose", purpose);
  return pick(finish(start("process/1", request)), "/was_running") == "true";
}

inline bool Call::is_service_alive(std::string_view id) {
  Json request = Json::object().set("alive", id).set("purpose", "is it running?");
  return pick(finish(start("process/1", request)), "/running") == "true";
}

inline void Call::sleep_ms(std::int64_t duration) {
  if (duration > 0) finish(start("timer/1", Json::object().set("after_ms", duration)));
}

}  // namespace sr

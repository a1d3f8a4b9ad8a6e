#include "core/rehearsal/fault.h"

namespace stagerun::rehearsal {
namespace {

Value failed(const std::string& code, const std::string& text, bool may_have_happened) {
  return Value::object()
      .set("event", "failed")
      .set("code", code)
      .set("text", "rehearsal: " + text)
      .set("may_have_happened", Value(may_have_happened));
}

Value exited(int status) {
  return Value::object()
      .set("event", "exited")
      .set("status", Value(status))
      .set("tail", "rehearsal: it exits with 1");
}

Value response(int status, const std::string& body) {
  return Value::object()
      .set("event", "response")
      .set("status", Value(status))
      .set("headers", Value::object())
      .set("body", body)
      .set("elapsed_ms", Value(0));
}

Direction only(Value event) {
  Direction direction;
  direction.happens = false;
  direction.events.push_back(std::move(event));
  return direction;
}

Direction hanging() {
  Direction direction;
  direction.happens = false;
  direction.hangs = true;
  return direction;
}

// It does its work, and this is what is heard of it.
Direction done_but(Direction usual, Value told) {
  if (usual.happens) {
    usual.told = std::move(told);
  } else {
    usual.events = {std::move(told)};
  }
  return usual;
}

bool is_stop(const EffectIntended& intent) { return intent.request.find("stop") != nullptr; }

// Whether one of our own services lives is asked of the kernel, and of nobody who could fail.
bool is_look(const EffectIntended& intent) { return intent.request.find("alive") != nullptr; }

Direction process_fault(const std::string& fault, const EffectIntended& intent, Direction usual) {
  if (fault == "refused" && is_stop(intent)) {
    return only(failed("process.stop", "the service cannot be ended", false));
  }
  if (fault == "refused") return only(failed("process.start", "it cannot be started", false));
  if (fault == "hang") return hanging();
  if (fault == "exit_after") return done_but(std::move(usual), exited(1));
  return only(exited(1));
}

Direction http_fault(const std::string& fault, Direction usual) {
  if (fault == "refused") return only(failed("http.connect", "nobody listens there", false));
  if (fault == "throttled") return only(response(429, "rehearsal: too many requests"));
  if (fault == "unavailable") return only(response(503, "rehearsal: not now"));
  if (fault == "expired") return only(response(401, "rehearsal: who are you?"));
  if (fault == "malformed") return only(response(200, "<rehearsal"));
  return done_but(std::move(usual), failed("http.lost", "the connection broke", true));
}

Direction file_fault(const std::string& fault, Direction usual) {
  if (fault == "refused") return only(failed("file.io", "no space left on the device", false));
  return done_but(std::move(usual), failed("file.io", "it cannot be synced", true));
}

}  // namespace

std::vector<std::string> faults_of(const EffectIntended& intent) {
  std::vector<std::string> faults;
  const bool writes = intent.access == Access::write;
  if (intent.kind == "process/1" && is_stop(intent)) {
    faults = {"refused", "hang"};
  } else if (intent.kind == "process/1" && !is_look(intent)) {
    faults = {"refused", "exit", "hang"};
    if (writes) faults.emplace_back("exit_after");
  } else if (intent.kind == "http/1") {
    faults = {"refused", "throttled", "unavailable", "expired", "malformed"};
    if (writes) faults.emplace_back("lost");
  } else if (intent.kind == "file/1") {
    faults = {"refused"};
    if (writes) faults.emplace_back("lost");
  }
  return faults;
}

Direction with_fault(const std::string& fault, const EffectIntended& intent, Direction usual) {
  if (intent.kind == "process/1") return process_fault(fault, intent, std::move(usual));
  if (intent.kind == "http/1") return http_fault(fault, std::move(usual));
  return file_fault(fault, std::move(usual));
}

bool acts(const std::string& fault) {
  return fault.empty() || fault == "exit_after" || fault == "lost";
}

}  // namespace stagerun::rehearsal

#include "core/broker/effect_factory.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/broker/access.h"
#include "core/broker/file_effect.h"
#include "core/broker/http.h"
#include "core/broker/process.h"
#include "core/broker/secret_effect.h"
#include "core/broker/service.h"
#include "core/broker/timer.h"

namespace stagerun {
namespace {

using Made = std::variant<std::unique_ptr<Effect>, Refusal>;

Refusal wrong_form(const Error& error) { return {"effect.request", error.text}; }

Made make_process(const Value& request, EffectPlace& place) {
  Result<ProcessRequest> process = parse_process(request, place.workspace);
  if (!process) return wrong_form(process.error());
  if (!process->stop.empty()) return std::make_unique<StopEffect>(place, *std::move(process));
  if (!process->alive.empty()) return std::make_unique<AliveEffect>(place, process->alive);
  if (process->leaves_running) {
    return std::make_unique<ServiceEffect>(place, *std::move(process));
  }
  return std::make_unique<ProcessEffect>(place, *std::move(process));
}

// A granted host that the configuration keeps secret, by its value. One that is not known grants
// nothing, and stays: an empty list would mean any host.
void open_hosts(EffectPlace& place) {
  for (std::string& host : place.grants.hosts) {
    if (!place.secrets.has_handle(host)) continue;
    const Result<std::string> value = place.secrets.expand(host, place.secret_grants);
    const Result<Url> url = value ? parse_url(*value) : Result<Url>(value.error());
    if (url) host = url->authority;
  }
}

// What must not follow to another place.
void note_secrets(const Value& asked, const SecretStore& secrets, HttpRequest& http) {
  http.has_secret_body = secrets.has_handle(asked.text_or("body"));
  const Value* headers = asked.find("headers");
  if (headers == nullptr || headers->members() == nullptr) return;
  for (const auto& [name, value] : *headers->members()) {
    if (value.text() != nullptr && secrets.has_handle(*value.text())) {
      http.secret_headers.push_back(name);
    }
  }
}

Made make_http(const Value& request, const Value& asked, EffectPlace& place) {
  Result<HttpRequest> http = parse_http(request);
  if (!http) return wrong_form(http.error());
  if (!http->ca_file.empty()) {
    const Result<WorkspaceFile> located = locate(place, http->ca_file);
    if (!located && located.error().code == ErrorCode::usage) return wrong_form(located.error());
  }
  note_secrets(asked, place.secrets, *http);
  open_hosts(place);
  if (auto refusal = refuse_host(place.grants, http->target.authority)) return *refusal;
  return std::make_unique<HttpEffect>(place, *std::move(http));
}

Made make_file(const Value& request, EffectPlace& place) {
  Result<FileRequest> file = parse_file(request);
  if (!file) return wrong_form(file.error());
  for (const std::string* path : {&file->path, &file->to}) {
    if (path == &file->to && file->kind != FileRequest::Kind::rename) continue;
    const Result<WorkspaceFile> located = locate(place, *path);
    if (!located && located.error().code == ErrorCode::usage) return wrong_form(located.error());
  }
  return std::make_unique<FileEffect>(place, *std::move(file));
}

// Only variables that the manifest says it needs: the others are none of the plugin's business.
Made make_secret(const Value& request, const Value& asked, EffectPlace& place) {
  Result<SecretQuestion> question = parse_secret(request);
  if (!question) return wrong_form(question.error());
  const auto& granted = place.grants.variables;
  const std::string& name = question->variable;
  if (!name.empty() && std::find(granted.begin(), granted.end(), name) == granted.end()) {
    return Refusal{"effect.secret",
                   fmt::format("the manifest does not name the variable {}", name)};
  }
  if (!question->dotenv.empty()) {
    const Result<WorkspaceFile> located = locate(place, question->dotenv);
    if (!located && located.error().code == ErrorCode::usage) return wrong_form(located.error());
  }
  return std::make_unique<SecretEffect>(place, *std::move(question), asked);
}

Made make_timer(const Value& request, EffectPlace& place) {
  const Result<std::int64_t> after_ms = parse_timer(request);
  if (!after_ms) return wrong_form(after_ms.error());
  return std::make_unique<TimerEffect>(place, *after_ms);
}

}  // namespace

Made make_effect(const std::string& kind, const Value& request, const Value& asked,
                 EffectPlace& place) {
  if (kind == "process/1") return make_process(request, place);
  if (kind == "http/1") return make_http(request, asked, place);
  if (kind == "file/1") return make_file(request, place);
  if (kind == "secret/1") return make_secret(request, asked, place);
  if (kind == "timer/1") return make_timer(request, place);
  return Refusal{"effect.kind", fmt::format("there is no effect {}", kind)};
}

}  // namespace stagerun

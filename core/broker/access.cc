#include "core/broker/access.h"

#include <algorithm>

#include <fmt/format.h>

namespace stagerun {
namespace {

using Words = std::vector<std::string>;

bool begins_with(const Words& argv, const Words& prefix) {
  return !prefix.empty() && prefix.size() <= argv.size() &&
         std::equal(prefix.begin(), prefix.end(), argv.begin());
}

Words words_of(const Value::Array& items) {
  Words words;
  for (const Value& item : items) words.push_back(item.text() != nullptr ? *item.text() : "");
  return words;
}

Access classify_process(const Value& request, const Grants& grants) {
  if (request.find("alive") != nullptr) return Access::read;
  // A service goes on acting after its verb; nobody can promise that for a read.
  if (request.boolean_or("leaves_running", false)) return Access::write;
  const Value* items = request.find("argv");
  const bool has_argv = items != nullptr && items->items() != nullptr;
  const Words argv = has_argv ? words_of(*items->items()) : shell_argv(request.text_or("shell"));
  const auto is_prefix = [&](const Words& prefix) { return begins_with(argv, prefix); };
  const auto& prefixes = grants.read_prefixes;
  const auto& commands = grants.read_commands;
  // What a line for the shell does is not told by how it begins.
  const bool reads = std::find(commands.begin(), commands.end(), argv) != commands.end() ||
                     (has_argv && std::any_of(prefixes.begin(), prefixes.end(), is_prefix));
  return reads ? Access::read : Access::write;
}

// A probe only checks, by its author's word: enough where writes are allowed anyway, so that it
// needs no baseline; not enough where nothing may be changed.
Access classify_http(const Value& request, Verb verb) {
  const std::string method = request.text_or("method", "GET");
  const bool may_probe = verb == Verb::apply || verb == Verb::rollback;
  const bool probes = may_probe && request.boolean_or("probe", false);
  return method == "GET" || method == "HEAD" || probes ? Access::read : Access::write;
}

// Code and text name the verb.
Refusal not_in(Verb verb, Access access) {
  return {fmt::format("effect.{}_in_{}", to_string(access), to_string(verb)),
          fmt::format("{} may not {}", to_string(verb), to_string(access))};
}

}  // namespace

Access classify(const std::string& kind, const Value& request, Verb verb, const Grants& grants) {
  if (kind == "timer/1" || kind == "secret/1") return Access::read;
  if (kind == "process/1") return classify_process(request, grants);
  if (kind == "http/1") return classify_http(request, verb);
  const bool looks = request.find("look") != nullptr || request.find("keep") != nullptr;
  return kind == "file/1" && looks ? Access::read : Access::write;
}

std::optional<Refusal> refuse(const EffectScope& scope, Access access) {
  if (scope.verb == Verb::validate) return not_in(scope.verb, access);
  if (access == Access::read) return std::nullopt;
  if (scope.verb == Verb::plan || scope.verb == Verb::verify) return not_in(scope.verb, access);
  if (scope.reads_only) {
    return Refusal{"effect.reads_only", "the stage says of itself that it never writes"};
  }
  if (scope.verb == Verb::apply && scope.needs_baseline && !scope.has_baseline) {
    return Refusal{
        "effect.no_baseline",
        "a checkpoint with what is needed to go back must be saved before the first write"};
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_host(const Grants& grants, const std::string& authority) {
  const auto& hosts = grants.hosts;
  if (hosts.empty() || std::find(hosts.begin(), hosts.end(), authority) != hosts.end()) {
    return std::nullopt;
  }
  return Refusal{"effect.host", fmt::format("the manifest does not name the host {}", authority)};
}

}  // namespace stagerun

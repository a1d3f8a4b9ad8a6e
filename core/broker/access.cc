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

Access classify_process(const Value& request, const Grants& grants) {
  if (request.find("alive") != nullptr) return Access::read;
  const Value* items = request.find("argv");
  // A service goes on acting after its verb; nobody can promise that for a read.
  const bool lasts = request.boolean_or("leaves_running", false);
  if (items == nullptr || items->items() == nullptr || lasts) return Access::write;
  Words argv;
  for (const Value& item : *items->items()) argv.push_back(item.text() ? *item.text() : "");
  const auto is_prefix = [&](const Words& prefix) { return begins_with(argv, prefix); };
  const bool reads =
      std::any_of(grants.read_prefixes.begin(), grants.read_prefixes.end(), is_prefix) ||
      std::find(grants.read_commands.begin(), grants.read_commands.end(), argv) !=
          grants.read_commands.end();
  return reads ? Access::read : Access::write;
}

// Code and text name the verb.
Refusal not_in(Verb verb, Access access) {
  return {fmt::format("effect.{}_in_{}", to_string(access), to_string(verb)),
          fmt::format("{} may not {}", to_string(verb), to_string(access))};
}

}  // namespace

Access classify(const std::string& kind, const Value& request, const Grants& grants) {
  if (kind == "timer/1") return Access::read;
  if (kind == "process/1") return classify_process(request, grants);
  const std::string method = request.text_or("method", "GET");
  const bool looks = kind == "http/1" && (method == "GET" || method == "HEAD");
  return looks ? Access::read : Access::write;
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

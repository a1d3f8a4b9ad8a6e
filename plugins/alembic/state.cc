#include "state.h"

namespace alembic {
namespace {

sr::Json array_of(const Ids& ids) {
  sr::Json list = sr::Json::array();
  for (const std::string& id : ids) list.push(id);
  return list;
}

Ids ids_at(const sr::Call& call, std::string_view json, const char* pointer) {
  const auto items = call.items(call.pick(json, pointer).value_or("[]"));
  return {items.begin(), items.end()};
}

}  // namespace

std::string to_json(const State& state) {
  return sr::Json::object()
      .set("base", array_of(state.base))
      .set("target", state.target)
      .set("digest", state.digest)
      .set("copy", state.copy)
      .text();
}

std::string to_json(const Receipt& receipt) {
  return sr::Json::object()
      .set("left", array_of(receipt.left))
      .set("traces", receipt.traces)
      .text();
}

std::optional<State> last_state(const sr::Call& call) {
  const std::string_view json = call.last_checkpoint();
  if (json.empty()) return std::nullopt;
  const auto text = [&](const char* pointer) { return call.pick(json, pointer).value_or(""); };
  return State{ids_at(call, json, "/base"), text("/target"), text("/digest"), text("/copy")};
}

std::optional<Receipt> last_receipt(const sr::Call& call) {
  const std::string_view json = call.last_receipt();
  if (json.empty()) return std::nullopt;
  return Receipt{ids_at(call, json, "/left"), call.pick(json, "/traces").value_or("")};
}

bool has_begun(const sr::Call& call) {
  for (const std::string& effect : call.items(call.pending())) {
    if (call.pick(effect, "/id") == "upgrade") return true;
  }
  for (const std::string& effect : call.items(call.settled())) {
    if (call.pick(effect, "/id") != "upgrade") continue;
    return call.pick(effect, "/outcome/may_have_happened") != "false";
  }
  return false;
}

}  // namespace alembic

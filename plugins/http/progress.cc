#include "progress.h"

#include <algorithm>

#include "json_text.h"

namespace http {
namespace {

// Of what answers gave, what is kept; the host takes 64 KiB of a checkpoint in all.
constexpr std::size_t kTakenBytes = 48u << 10;

// The outcome of an effect that was not answered.
Fate fate_without_answer(const sr::Call& call, const std::string& outcome) {
  const std::string event = call.pick(outcome, "/event").value_or("");
  const bool sure = event == "refused" || call.pick(outcome, "/may_have_happened") == "false";
  return sure ? Fate::never : Fate::unclear;
}

// A server that says 4xx turned it away; so does one that has no time.
bool turned_away(int status) { return (status >= 400 && status < 500) || status == 503; }

}  // namespace

Progress Progress::read(const sr::Call& call, const std::vector<Request>& run) {
  Progress progress;
  progress.load(call);
  // In the order of the chain: what one takes, the next one may expect.
  const auto settled = call.items(call.settled());
  for (const Request& request : run) {
    const auto found = std::find_if(settled.begin(), settled.end(), [&](const auto& effect) {
      return call.pick(effect, "/id") == request.id;
    });
    if (found == settled.end()) continue;
    progress.absorb(call, request, find_json(call, *found, "/outcome").value_or("{}"));
  }
  for (const std::string& effect : call.items(call.pending())) {
    const std::string id = call.pick(effect, "/id").value_or("");
    if (!progress.done_.contains(id)) progress.fates_[id] = Fate::unclear;
  }
  progress.happened_ = std::any_of(run.begin(), run.end(), [&](const Request& request) {
    return request.writes() && progress.fate(request) != Fate::never;
  });
  return progress;
}

void Progress::load(const sr::Call& call) {
  const std::string saved(call.last_checkpoint());
  for (const auto& [name, json] : json_members(call, call.pick(saved, "/values").value_or("{}"))) {
    values[name] = {json, false};
  }
  for (std::string& id : call.items(call.pick(saved, "/done").value_or("[]"))) {
    done_.insert(std::move(id));
  }
}

// What the checkpoint knows as done is done; its answer may give secrets, which no checkpoint has.
void Progress::absorb(const sr::Call& call, const Request& request, const std::string& outcome) {
  if (call.pick(outcome, "/event") != "response") {
    if (!is_done(request)) fates_[request.id] = fate_without_answer(call, outcome);
    return;
  }
  try {
    const Verdict verdict = judge(call, request, values, Answer::read(call, outcome));
    const int status = verdict.answer.status;
    if (verdict.fault.empty()) {
      take_values(call, request, verdict.answer, values);
      done_.insert(request.id);
    } else if (!is_done(request)) {
      const bool unclear = !verdict.accepts_status && status >= 500 && status != 503;
      const bool never = !verdict.accepts_status && turned_away(status);
      fates_[request.id] = never ? Fate::never : unclear ? Fate::unclear : Fate::wrong;
      faults_[request.id] = verdict.fault;
    }
  } catch (const sr::Failed& lacking) {
    if (is_done(request)) return;
    fates_[request.id] = Fate::wrong;
    faults_[request.id] = lacking.text();
  }
}

Fate Progress::fate(const Request& request) const {
  if (is_done(request)) return Fate::done;
  const auto known = fates_.find(request.id);
  return known != fates_.end() ? known->second : Fate::never;
}

std::string Progress::fault(const Request& request) const {
  const auto known = faults_.find(request.id);
  return known != faults_.end() ? known->second : "";
}

std::string Progress::text() const {
  sr::Json taken = sr::Json::object();
  for (const auto& [name, value] : values) {
    if (!value.is_secret) taken.set(name, sr::Json::raw(value.json));
  }
  sr::Json done = sr::Json::array();
  for (const std::string& id : done_) done.push(id);
  return sr::Json::object().set("values", taken).set("done", done).text();
}

void Progress::save(const sr::Call& call) const {
  const std::string state = text();
  if (state.size() > kTakenBytes) {
    throw sr::Failed("http.too_large", "what `take` names is larger than 48 KiB in all",
                     "take only what later requests need");
  }
  call.checkpoint(state);
}

}  // namespace http

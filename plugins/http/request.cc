// How it works. `record` asks before anything changes; what it takes is the baseline, saved in the
// checkpoint. After each write of `run` the checkpoint is saved again with what was done and taken,
// so that a later attempt sends what is missing and nothing twice, and `undo` knows what to take
// back. Requests that only read or probe (a login) are sent again each time: what they capture is
// secret, and no secret outlives the host.
#include "request.h"

#include <algorithm>

#include "chain.h"
#include "json_text.h"
#include "progress.h"

namespace http {
namespace {

bool changes(const sr::Call& call) { return call.config_or("/changes", "true") == "true"; }

void save_baseline(sr::Call& call, Progress& progress) {
  if (!call.last_checkpoint().empty()) return;  // after a first attempt the world may be half new
  Values values;
  for (const Request& request : read_chain(call, "record")) send(call, request, values);
  for (auto& [name, value] : values) {
    if (!value.is_secret) progress.values[name] = std::move(value);
  }
  if (changes(call)) progress.save(call);
}

void run_chain(sr::Call& call, const std::vector<Request>& run, Progress& progress) {
  for (const Request& request : run) {
    if (request.writes() && progress.is_done(request)) continue;
    if (request.writes() && progress.fate(request) == Fate::wrong) {
      throw sr::Failed("http.answer", request.shown() + ": " + progress.fault(request));
    }
    send(call, request, progress.values);
    if (!request.writes()) continue;
    progress.finish(request);
    progress.save(call);
  }
  // What was asked after the last write, verify must know too.
  if (changes(call) && !run.empty() && !run.back().writes()) progress.save(call);
}

// The request that gives the value, if any.
const Request* giver_of(const sr::Call& call, const std::vector<Request>& run,
                        const std::string& name) {
  for (const Request& request : run) {
    for (const auto& [taken, place] : request.takes(call)) {
      if (taken == name) return &request;
    }
  }
  return nullptr;
}

void set_outputs(const sr::Call& call, const std::vector<Request>& run, const Values& values) {
  for (const auto& [name, type] : call.members(call.config_or("/outputs", "{}"))) {
    const auto taken = values.find(name);
    if (taken == values.end()) {
      const Request* giver = giver_of(call, run, name);
      const std::string text = "the answer that gave the output `" + name + "` is lost";
      // What only asks is asked again by another apply; a write is not.
      if (giver != nullptr && !giver->writes()) throw sr::Failed("http.not_done", text);
      throw sr::Unknown("http.output", "it is done, but " + text);
    }
    if (!has_type(taken->second.json, type)) {
      throw sr::Failed("http.output", "the output `" + name + "` is declared as " + type +
                                          ", and what was taken is " +
                                          std::string(describe_kind(taken->second.json)));
    }
    call.set(name, sr::Json::raw(taken->second.json));
  }
}

// Throws Failed where `check` says that it is not done, Unknown where it cannot tell.
void ask_check(sr::Call& call, const std::vector<Request>& check, Values values) {
  for (const Request& request : check) {
    try {
      send(call, request, values);
    } catch (const sr::Retry& retry) {
      throw sr::Unknown("http.check", retry.text(), "nobody could be asked whether it is done");
    } catch (const sr::Failed& failed) {
      const bool answered = failed.code() == "http.answer" || failed.code() == "http.take";
      if (request.probe || !answered) throw sr::Unknown("http.check", failed.text());
      throw sr::Failed("http.not_done", failed.text());
    } catch (const sr::Conflict& conflict) {
      throw sr::Failed("http.not_done", conflict.text());
    }
  }
}

// -- What is left to find out --

struct Standing {
  bool all_done = true;
  bool last_is_unclear = false;      // all before the last write is done, and that one may be
  const Request* unclear = nullptr;  // the first request that may have happened
  const Request* undone = nullptr;   // the first one that did not
};

Standing stand(const std::vector<Request>& run, const Progress& progress) {
  Standing standing;
  for (const Request& request : run) {
    if (!request.writes()) continue;
    const Fate fate = progress.fate(request);
    standing.last_is_unclear = standing.all_done && fate == Fate::unclear;
    if (fate == Fate::done) continue;
    standing.all_done = false;
    const Request*& first = fate == Fate::unclear ? standing.unclear : standing.undone;
    if (first == nullptr) first = &request;
  }
  return standing;
}

[[noreturn]] void cannot_tell(const Request& request, bool has_check) {
  throw sr::Unknown("http.unclear",
                    request.shown() + ": nobody saw what it was answered, so it may have happened",
                    has_check ? "more was to follow, so `check` cannot tell either"
                              : "a `check` would have told");
}

// A probe is let through only where writes are, so that verify cannot ask: apply does.
bool asks_in_apply(const std::vector<Request>& check) {
  return std::any_of(check.begin(), check.end(), [](const Request& each) { return each.probe; });
}

bool may_repeat(const sr::Call& call) {
  return call.config_or("/idempotent", "false") == "true" || call.has_config("/idempotency_header");
}

// What an earlier attempt may have done is not done again before somebody was asked.
void settle_unclear(sr::Call& call, const std::vector<Request>& run,
                    const std::vector<Request>& check, Progress& progress) {
  const Standing standing = stand(run, progress);
  if (standing.unclear == nullptr || may_repeat(call)) return;
  if (check.empty() || !standing.last_is_unclear) cannot_tell(*standing.unclear, !check.empty());
  try {
    ask_check(call, check, progress.values);
  } catch (const sr::Failed&) {
    return;
  }
  progress.finish(*standing.unclear);
  progress.save(call);
}

void do_it(sr::Call& call, const std::vector<Request>& run, const std::vector<Request>& check,
           Progress& progress) {
  settle_unclear(call, run, check, progress);
  try {
    run_chain(call, run, progress);
  } catch (const sr::Unknown&) {
    const auto left = std::count_if(run.begin(), run.end(), [&](const Request& each) {
      return each.writes() && !progress.is_done(each);
    });
    if (!asks_in_apply(check) || left != 1) throw;
    ask_check(call, check, progress.values);
    for (const Request& request : run) {
      if (request.writes()) progress.finish(request);
    }
    run_chain(call, run, progress);  // what only asks and came after it
  }
  if (asks_in_apply(check)) ask_check(call, check, progress.values);
  set_outputs(call, run, progress.values);
}

// -- The way back --

// Where a value that it needs is not known: what that means.
enum class Lack { nothing, never_there, lost };

Lack find_lack(const sr::Call& call, const Request& request, const std::vector<Request>& run,
               const Progress& progress, std::string& name) {
  for (const std::string& needed : request.needs(call)) {
    if (progress.values.contains(needed)) continue;
    name = needed;
    const Request* giver = giver_of(call, run, needed);
    const bool never = giver != nullptr && progress.fate(*giver) == Fate::never;
    return never ? Lack::never_there : Lack::lost;
  }
  return Lack::nothing;
}

// A guard that does not hold says that somebody else was here.
void send_undo(sr::Call& call, const Request& request, Values& values) {
  try {
    send(call, request, values);
  } catch (const sr::Failed& failed) {
    if (!request.guard || failed.code() != "http.answer") throw;
    throw sr::Conflict("http.conflict", failed.text(),
                       "somebody else has changed it since; theirs is left alone");
  }
}

void undo(sr::Call& call, const std::vector<Request>& run, Progress& progress) {
  const auto requests = read_chain(call, "undo");
  const bool began = std::any_of(requests.begin(), requests.end(),
                                 [&](const Request& each) { return progress.is_done(each); });
  std::string lost;
  for (const Request& request : requests) {
    // What was undone is no longer what the guard looks for.
    if (progress.is_done(request) || (began && request.guard)) continue;
    std::string name;
    const Lack lack = find_lack(call, request, run, progress, name);
    if (lack == Lack::lost && lost.empty()) {
      lost = request.shown() + " was not sent: what $(" + name + ") stands for is lost";
    }
    if (lack == Lack::never_there) {
      call.info("left out, since what it takes back never came to be: " + request.shown());
    }
    if (lack != Lack::nothing) continue;
    send_undo(call, request, progress.values);
    if (!request.writes()) continue;
    progress.finish(request);
    progress.save(call);
  }
  if (!lost.empty())
    throw sr::Failed("http.undo", lost, "look at the service, and undo it by hand");
}

}  // namespace

void Change::validate(sr::Call& call) { diagnose_chains(call); }

void Change::plan(sr::Call& call) {
  for (const Request& request : read_chain(call, "run")) {
    if (request.writes()) call.change("run", request.shown());
    if (!request.writes()) call.info("ask " + request.shown());
  }
}

void Change::apply(sr::Call& call) {
  const auto run = read_chain(call, "run");
  Progress progress = Progress::read(call, run);
  save_baseline(call, progress);
  try {
    do_it(call, run, read_chain(call, "check"), progress);
  } catch (const sr::Unknown&) {
    call.receipt(progress.text());  // tells verify that this attempt was not cut off
    throw;
  }
  call.receipt(progress.text());
}

sr_status Change::verify(sr::Call& call) {
  if (!changes(call)) return SR_ABSENT;  // what it took, apply has set
  const auto run = read_chain(call, "run");
  const auto check = read_chain(call, "check");
  const Progress progress = Progress::read(call, run);
  const Standing standing = stand(run, progress);
  const bool was_cut_off = call.last_receipt().empty();
  const bool can_ask = !check.empty() && (was_cut_off || !asks_in_apply(check));
  if (standing.unclear != nullptr && !(standing.last_is_unclear && can_ask)) {
    cannot_tell(*standing.unclear, !check.empty());
  }
  if (standing.undone != nullptr) {
    throw sr::Failed("http.not_done",
                     standing.undone->shown() + ": it was not sent, or turned away");
  }
  if (asks_in_apply(check) && was_cut_off) {
    throw sr::Failed("http.not_done",
                     "`check` holds a probe, so that only another apply can ask it");
  }
  if (!asks_in_apply(check)) ask_check(call, check, progress.values);
  set_outputs(call, run, progress.values);
  return SR_OK;
}

void Change::rollback(sr::Call& call) {
  const auto run = read_chain(call, "run");
  Progress progress = Progress::read(call, run);
  if (!changes(call) || !progress.happened()) return;
  if (!call.has_config("/undo")) {
    throw sr::Failed("http.no_undo", "requests were sent, and there is no `undo`",
                     "undo it by hand");
  }
  undo(call, run, progress);
}

}  // namespace http

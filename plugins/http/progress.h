// Progress: what is known of a stage's writes, from its checkpoint and from what the host tells of
// earlier attempts.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <stagerun/stagerun.hpp>

#include "chain.h"

namespace http {

enum class Fate {
  never,    // it changed nothing: never sent, or turned away
  done,     // answered as it should be
  wrong,    // answered, and not as it should be
  unclear,  // it may have happened
};

class Progress {
 public:
  // `run`: the requests of `run`.
  static Progress read(const sr::Call& call, const std::vector<Request>& run);

  Fate fate(const Request& request) const;
  // Of a wrong answer: what was wrong.
  std::string fault(const Request& request) const;
  // True where some write of `run` is or may be in the world.
  bool happened() const { return happened_; }

  // Marks a write as done.
  void finish(const Request& request) { done_.insert(request.id); }
  bool is_done(const Request& request) const { return done_.contains(request.id); }

  // Saves it: the baseline of all that follows. Secrets are left out.
  void save(const sr::Call& call) const;
  std::string text() const;

  Values values{};  // what answers gave

 private:
  void load(const sr::Call& call);
  void absorb(const sr::Call& call, const Request& request, const std::string& outcome);

  std::set<std::string, std::less<>> done_;
  std::map<std::string, Fate, std::less<>> fates_;
  std::map<std::string, std::string, std::less<>> faults_;
  bool happened_ = false;
};

}  // namespace http

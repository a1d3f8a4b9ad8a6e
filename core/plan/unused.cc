#include "core/plan/unused.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/hint.h"

namespace stagerun {
namespace {

class ListCheck {
 public:
  ListCheck(const Pipeline& pipeline, Diagnostics& diagnostics)
      : pipeline_(pipeline), diagnostics_(diagnostics) {
    for (const SecretSpec& secret : pipeline.secrets) names_.push_back(secret.name);
  }

  void check() {
    for (const StageSpec& stage : pipeline_.stages) check_grants(stage);
    for (const StageSpec& stage : pipeline_.left_out) check_grants(stage);
    if (!any_broken_) check_secrets();
    check_variables();
  }

 private:
  bool is_unread(const char* key) const { return pipeline_.unread.count(key) != 0; }

  void check_grants(const StageSpec& stage) {
    wanted_.insert(stage.secrets.begin(), stage.secrets.end());
    wanted_.insert(stage.used_secrets.begin(), stage.used_secrets.end());
    any_broken_ = any_broken_ || stage.is_broken;
    for (const std::string& name : stage.secrets) {
      const Span& span = stage.secrets_spans.at(name);
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) {
        if (is_unread("secrets")) continue;
        const std::string near = hint_for(name, names_, diagnostics_);
        complain("secret.grant_undeclared", span,
                 fmt::format("stage `{}` is granted secret `{}`, which is not declared", stage.name,
                             printable(name)),
                 near.empty() ? "write where it comes from under [secrets]" : near);
      } else if (stage.used_secrets.count(name) == 0 && !stage.is_broken && pipeline_.is_read) {
        complain(
            "secret.unused_grant", span,
            fmt::format("stage `{}` is granted secret `{}` and does not use it", stage.name, name),
            fmt::format("use it in `with`: ${{{{ secrets.{} }}}}, or take the grant out", name));
      }
    }
  }

  void check_secrets() {
    if (is_unread("stage")) return;
    for (const SecretSpec& secret : pipeline_.secrets) {
      if (wanted_.count(secret.name) != 0) continue;
      complain("secret.never_granted", secret.span,
               fmt::format("no stage is granted secret `{}`", printable(secret.name)),
               "name it in the `secrets` of a stage, or take it out");
    }
  }

  void check_variables() {
    for (const SecretSpec& secret : pipeline_.secrets) {
      const auto listed = secret.from == SecretSpec::From::variable
                              ? pipeline_.variables_spans.find(secret.place)
                              : pipeline_.variables_spans.end();
      if (listed == pipeline_.variables_spans.end()) continue;
      complain("env.secret", listed->second,
               fmt::format("variable `{}` holds secret `{}`", secret.place, printable(secret.name)),
               "take it out of `env`: what stands there is shown in the clear");
    }
    if (!pipeline_.is_read || is_unread("stage")) return;
    for (const auto& [name, span] : pipeline_.variables_spans) {
      if (pipeline_.used_variables.count(name) != 0) continue;
      complain("env.unused", span, fmt::format("no expression names variable `{}`", name),
               fmt::format("take it out, or write env.{}", name));
    }
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const Pipeline& pipeline_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  std::set<std::string> wanted_;
  bool any_broken_ = false;
};

}  // namespace

void check_listed(const Pipeline& pipeline, Diagnostics& diagnostics) {
  ListCheck(pipeline, diagnostics).check();
}

}  // namespace stagerun

// secret/1: questions about secrets, and secrets made of others. Answered at once, in the host: a
// value never leaves it.
#pragma once

#include <string>

#include "core/broker/effect.h"
#include "core/broker/secret_question.h"

namespace stagerun {

class SecretEffect final : public Effect {
 public:
  // `asked`: the request as the plugin wrote it, handles and all: what is made of it gets its name
  // from there, and so the same on every attempt.
  SecretEffect(EffectPlace& place, SecretQuestion question, const Value& asked);

  void launch() override;
  void cancel(bool) override {}  // launch() has ended it already

 private:
  Value answer();
  Value answer_url_part();
  Value merge();
  Value open_variable();
  Value open_dotenv();
  Value keep(const std::string& label, std::string value, Value event);

  EffectPlace& place_;
  SecretQuestion question_;
  std::string mark_;  // of what was asked
};

}  // namespace stagerun

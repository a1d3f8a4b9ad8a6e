// SecretStore: the values of a run's secrets, in memory only, and the handles that stand for them
// everywhere else (docs/effects.md). Loop's thread only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mask.h"
#include "core/base/result.h"

namespace stagerun {

class SecretStore {
 public:
  // `key`: 16 hex digits, the same for every host of a run.
  explicit SecretStore(std::string key) : key_(std::move(key)) {}
  SecretStore(const SecretStore&) = delete;
  SecretStore& operator=(const SecretStore&) = delete;

  // Takes the value in, masks it from now on, and gives its handle. `name` is the pipeline's, or
  // "STAGE:LABEL" of one that a stage's effect captured or opened. An earlier value of that name is
  // replaced, and stays masked.
  std::string add(const std::string& name, std::string value);

  // The handle of that name, whether or not its value is known.
  std::string handle(const std::string& name) const;

  // Leaves a variable out of what processes inherit.
  void hide_variable(const std::string& variable) { hidden_.push_back(variable); }
  // `environment` (NAME=VALUE) without the variables that secrets come from.
  std::vector<std::string> without_secrets(std::vector<std::string> environment) const;

  // True where `text` holds something that looks like a handle of this run.
  bool has_handle(std::string_view text) const;

  // `text` with each handle replaced by its value. An error, whose text names the secret and never
  // its value, where one is not among `granted` or its value is not known.
  Result<std::string> expand(std::string_view text, const std::vector<std::string>& granted) const;

  const Mask& mask() const { return mask_; }
  // Of those only that are too long to be a word by chance (limits::kCertainBytes).
  const Mask& certain() const { return certain_; }
  const std::string& key() const { return key_; }

 private:
  std::string key_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> hidden_;
  Mask mask_;
  Mask certain_;
};

}  // namespace stagerun

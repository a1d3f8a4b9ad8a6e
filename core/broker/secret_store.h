// SecretStore: the values of a run's secrets, in memory only, and the handles that stand for them
// everywhere else (docs/effects.md). Loop's thread only.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mask.h"
#include "core/base/result.h"

namespace stagerun {

// Whose secrets a stage may use: those that it was granted by name, and its own.
struct SecretGrants {
  std::string stage;
  std::vector<std::string> names;

  bool covers(std::string_view name) const;
};

class SecretStore {
 public:
  // `key`: 16 hex digits, the same for every host of a run.
  explicit SecretStore(std::string key) : key_(std::move(key)) {}
  SecretStore(const SecretStore&) = delete;
  SecretStore& operator=(const SecretStore&) = delete;

  // Takes the value in, masks it from now on, and gives its handle. `name` is the pipeline's, or
  // "STAGE:LABEL" of one that a stage's effect captured, opened or made; of letters, digits, `_`,
  // `-` and `:`. An earlier value of that name is replaced, and stays masked.
  std::string add(const std::string& name, std::string value);

  // The same of a value that is no secret: it is not masked.
  std::string add_plain(const std::string& name, std::string value);

  // True once so many values were taken in that no stage may add another.
  bool is_full() const;

  // The handle of that name, whether or not its value is known.
  std::string handle(const std::string& name) const;

  // Leaves a variable out of what processes inherit.
  void hide_variable(const std::string& variable) { hidden_.insert(variable); }
  // `environment` (NAME=VALUE) without the variables that secrets come from.
  std::vector<std::string> without_secrets(std::vector<std::string> environment) const;

  // A handle of this run in a text: where it begins and ends, and the name in it.
  struct Place {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string name;
  };
  // The first at `from` or after it.
  std::optional<Place> find_handle(std::string_view text, std::size_t from = 0) const;
  bool has_handle(std::string_view text) const { return find_handle(text).has_value(); }

  // The value of that name. An error, whose text names the secret and never its value, where it is
  // not granted or not known.
  Result<std::string> value(const std::string& name, const SecretGrants& grants) const;

  // `text` with each handle replaced by its value, as `form` writes it; an error as of value(), or
  // where it would be longer than limits::kOpenedBytes.
  using Form = std::string (*)(std::string_view value);
  Result<std::string> expand(std::string_view text, const SecretGrants& grants,
                             Form form = nullptr) const;

  // `text` without any secret's value. Handles stay as they are, whatever a value is.
  std::string masked_text(std::string_view text) const;
  // The same of each string in it; names of members stay.
  Value masked(const Value& value) const;

  const Mask& mask() const { return mask_; }
  // Of those only that are too long to be a word by chance (limits::kCertainBytes).
  const Mask& certain() const { return certain_; }
  const std::string& key() const { return key_; }

 private:
  std::string keep(const std::string& name, std::string value);

  std::string key_;
  std::map<std::string, std::string> values_;
  std::set<std::string> plain_;  // names of values that are not masked
  std::set<std::string> hidden_;
  std::size_t added_ = 0;
  Mask mask_;
  Mask certain_;
};

}  // namespace stagerun

#include "core/cli/secrets.h"

#include <set>
#include <sys/random.h>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/broker/secret_source.h"

namespace stagerun {

std::string make_handle_key() {
  std::uint64_t number = 0;
  CHECK(::getrandom(&number, sizeof number, 0) == sizeof number);
  return fmt::format("{:016x}", number);
}

std::unique_ptr<SecretStore> name_secrets(Plan& plan, const std::string& handle_key) {
  auto store = std::make_unique<SecretStore>(handle_key);
  Value handles = Value::object();
  for (const SecretSpec& secret : plan.secrets) {
    if (secret.from == SecretSpec::From::variable) store->hide_variable(secret.place);
    handles.set(secret.name, store->handle(secret.name));
  }
  plan.surroundings.set("secrets", std::move(handles));
  return store;
}

namespace {

// Those that some stage of this run may use.
std::set<std::string> granted_secrets(const Plan& plan) {
  std::set<std::string> names;
  for (const PlannedStage& stage : plan.stages) {
    if (stage.is_chosen) names.insert(stage.spec.secrets.begin(), stage.spec.secrets.end());
  }
  return names;
}

}  // namespace

void open_secrets(const Plan& plan, const std::filesystem::path& workspace, Director* director,
                  SecretStore& store, Diagnostics& diagnostics) {
  const auto granted = granted_secrets(plan);
  for (const SecretSpec& secret : plan.secrets) {
    if (!plan.choice.is_all() && !granted.contains(secret.name)) continue;
    auto value = director != nullptr ? Result<std::string>(director->secret(secret.name))
                                     : read_secret(secret, workspace);
    if (!value) {
      diagnostics.push_back(
          {"secret.missing", secret.span, value.error().text, value.error().hint});
    } else if (value->empty()) {
      diagnostics.push_back({"secret.empty", secret.span,
                             fmt::format("the secret {} is empty", secret.name),
                             "set it where it comes from"});
    } else {
      store.add(secret.name, *std::move(value));
    }
  }
}

}  // namespace stagerun

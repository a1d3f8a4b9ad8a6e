// A run's secrets: what stands for them, and their values.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/diagnostic.h"
#include "core/broker/secret_store.h"
#include "core/model/plan.h"
#include "core/model/ports.h"

namespace stagerun {

// Sixteen hex digits that nobody can guess.
std::string make_handle_key();

// A store that knows the plan's secrets by name, and puts their handles into its surroundings.
std::unique_ptr<SecretStore> name_secrets(Plan& plan, const std::string& handle_key);

// Reads their values, or has them made up by the rehearsal's `director` where there is one; every
// one that cannot be had is a diagnostic where the pipeline names it.
void open_secrets(const Plan& plan, const std::filesystem::path& workspace, Director* director,
                  SecretStore& store, Diagnostics& diagnostics);

}  // namespace stagerun

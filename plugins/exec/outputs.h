// Outputs: what the program wrote into the file that STAGERUN_OUTPUT names, as the stage's outputs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <stagerun/stagerun.hpp>

namespace exec {

// The value of `name` in lines of NAME=VALUE; of two the last counts.
std::optional<std::string> find_output(std::string_view text, std::string_view name);

// The text as JSON of a type (string, integer, number, boolean), or nothing where it is none.
std::optional<sr::Json> to_json(std::string_view text, std::string_view type);

// Sets the declared outputs, and warns of others. `declared` is JSON: name to type. Throws Failed
// where one is missing or of another type.
void set_outputs(const sr::Call& call, std::string_view declared);

// The file's path.
std::string output_path(const sr::Call& call);
// Removes what an earlier attempt left there.
void clear_outputs(const sr::Call& call);

// A file of the scratch folder, at most so large; nothing where there is no such file.
std::optional<std::string> read_scratch(const sr::Call& call, const char* name, std::size_t most);

}  // namespace exec

#include "core/cli/inputs.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/cli/print.h"
#include "core/config/read_given.h"

namespace stagerun {
namespace {

Result<Given> read_json(const std::string& file, const std::string& text) {
  const auto values = parse_json(text);
  if (!values || values->members() == nullptr) {
    return Error{ErrorCode::usage,
                 fmt::format("--inputs {}: {}", file,
                             values ? "it holds no JSON object" : values.error().text),
                 "write it like {\"version\": \"2\"}, or as TOML in a file named *.toml"};
  }
  Given given;
  for (const auto& [name, value] : *values->members()) {
    given[name] = value.text() != nullptr ? *value.text() : render_json(value);
  }
  return given;
}

// A TOML file is told by its name: its problems are shown where they stand.
std::variant<Given, int> read_inputs_file(const Pipeline& pipeline, const Arguments& arguments) {
  const std::string& file = arguments.inputs_file;
  if (file.empty()) return Given{};
  auto text = read_file(file, limits::kPipelineBytes);
  if (!text) {
    return print_error({ErrorCode::usage, fmt::format("--inputs {}: {}", file, text.error().text),
                        "give a file of JSON or TOML"});
  }
  if (std::filesystem::path(file).extension() != ".toml") {
    auto given = read_json(file, *text);
    if (!given) return print_error(given.error());
    return *std::move(given);
  }
  const Source source{file, *std::move(text)};
  Diagnostics diagnostics;
  Given given = read_given(source, pipeline, diagnostics);
  if (diagnostics.empty()) return given;
  print_diagnostics(diagnostics, source, arguments.format == "json");
  return int{exit_usage};
}

}  // namespace

std::variant<Given, int> given_inputs(const Pipeline& pipeline, const Arguments& arguments) {
  Given given;
  for (const InputSpec& input : pipeline.inputs) {
    if (const char* value = std::getenv(("STAGERUN_INPUT_" + input.name).c_str())) {
      given[input.name] = value;
    }
  }
  auto of_file = read_inputs_file(pipeline, arguments);
  if (const int* status = std::get_if<int>(&of_file)) return *status;
  for (auto& [name, value] : std::get<Given>(of_file)) given[name] = std::move(value);
  for (const auto& [name, value] : arguments.inputs) given[name] = value;
  return given;
}

}  // namespace stagerun

#include "core/cli/print.h"

#include <cstdio>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/outcome.h"

namespace stagerun {
namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return exit_usage;
    case ErrorCode::plugin:
      return exit_plugin;
    case ErrorCode::corrupt:
      return exit_in_doubt;
    case ErrorCode::surroundings:
    case ErrorCode::busy:
      return exit_surroundings;
  }
  return exit_surroundings;
}

}  // namespace

void print_result(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_note(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void print_diagnostics(const Diagnostics& diagnostics, const Source& source, bool json) {
  if (json) return print_result(render_json_pretty(to_value(diagnostics, source)) + "\n");
  print_note(render(diagnostics, source));
}

int print_error(const Error& error) {
  print_note("stagerun: " + printable(error.text) + "\n");
  if (!error.hint.empty()) print_note("  " + error.hint + "\n");
  return status_of(error.code);
}

}  // namespace stagerun

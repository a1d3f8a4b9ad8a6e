// Where words go: results to stdout, everything else to stderr.
#pragma once

#include <string>

#include "core/base/diagnostic.h"
#include "core/base/result.h"

namespace stagerun {

void print_result(const std::string& text);
void print_note(const std::string& text);

// For people on stderr; as json on stdout.
void print_diagnostics(const Diagnostics& diagnostics, const Source& source, bool json);

// Says what happened and what to do next; returns the exit status that it means.
int print_error(const Error& error);

}  // namespace stagerun

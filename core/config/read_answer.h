// One answer of [rehearse]: what the world says to a request, or does for a command. Pure.
#pragma once

#include <string_view>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Words that begin with a method in capitals and a URL; all others are a command's.
bool is_request(std::string_view words);

// What is wrong with a URL, as a clause; "" where nothing is.
std::string url_problem(std::string_view url);

// `member`: the words, and what answers them.
RehearsedAnswer read_answer(const Member& member, Diagnostics& diagnostics);

}  // namespace stagerun

// Files of settings as docker, compose and the dotenv libraries read them: `NAME=value` lines,
// `export` before them, comments, quotes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace stagerun {

// The value of `name`; of several the last counts; nothing where there is none. Within single
// quotes everything is as it is; within double quotes \n, \r, \t, \", \\ and \$ mean what they mean
// in a shell's $'...', and a value may go on over lines in both; without quotes it ends at the
// line's end or at a # after a space. Nothing is put in for ${NAME}. An error, which names the line
// and never what stands in it, where a quote is not closed.
Result<std::optional<std::string>> find_in_dotenv(std::string_view text, std::string_view name);

}  // namespace stagerun

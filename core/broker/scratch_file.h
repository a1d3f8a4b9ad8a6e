// Files in a stage's scratch folder. The worker may write there, so nothing in it is to be trusted:
// what is opened is a plain file, reached by no link and known by no second name. The worker may
// put another thing in the folder's place, too: that is not followed either. The folder is made
// when something is put into it first.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace stagerun {

// A file's name and no path.
bool is_scratch_name(const std::string& name);

// The folder itself.
Result<Fd> open_scratch(const std::filesystem::path& scratch);

// For writing, empty. A file that is there already is emptied.
Result<Fd> create_in_scratch(const std::filesystem::path& scratch, const std::string& name);

// For reading.
Result<Fd> open_in_scratch(const std::filesystem::path& scratch, const std::string& name);

}  // namespace stagerun

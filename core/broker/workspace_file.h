// Files of the workspace: from a path in a request to a place that nobody can move elsewhere
// between the check and the act.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace stagerun {

struct EffectPlace;

// An entry of an open folder. All work on it goes through the folder's descriptor and follows no
// link: links of the path were followed when it was located.
struct WorkspaceFile {
  Fd folder;  // empty where the path's folder does not exist
  std::string name;
  std::string path;  // as the request has it, for people
};

// Errors with ErrorCode::usage: the path leads out of the workspace, into the runs that stagerun
// keeps, or names no file.
Result<WorkspaceFile> locate(const EffectPlace& place, const std::string& path);

// The whole of a file; refuses what is no plain file, or larger than `most` bytes.
Result<std::string> read_workspace_file(const EffectPlace& place, const std::string& path,
                                        std::size_t most);

}  // namespace stagerun

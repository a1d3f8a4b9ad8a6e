#include "core/base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace stagerun {

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code none;
  const auto parent = std::filesystem::temp_directory_path(none);
  std::string name = ((none ? "/tmp" : parent) / "stagerun-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return errno_error("cannot create " + name, errno);
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace stagerun

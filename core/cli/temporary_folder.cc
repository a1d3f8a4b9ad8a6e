#include "core/cli/temporary_folder.h"

#include <cstdlib>
#include <string>
#include <system_error>

namespace stagerun {

TemporaryFolder::TemporaryFolder() {
  std::error_code none;
  std::string name = (std::filesystem::temp_directory_path(none) / "stagerun-XXXXXX").string();
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code none;
  if (!path_.empty()) std::filesystem::remove_all(path_, none);
}

}  // namespace stagerun

#include "core/base/part.h"

#include <dlfcn.h>
#include <filesystem>
#include <system_error>

namespace stagerun {
namespace {

// Beside the plugins' folder: bin/stagerun, lib/stagerun/NAME.so.
std::filesystem::path part_file(const std::string& name) {
  std::error_code none;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
  return program.parent_path().parent_path() / "lib" / "stagerun" / (name + ".so");
}

}  // namespace

Error unusable_part(const std::string& why) {
  return Error{ErrorCode::surroundings, why, "install stagerun as a whole again"};
}

Result<void*> open_part(const std::string& name, const char* symbol) {
  void* const part = ::dlopen(part_file(name).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (part == nullptr) {
    const char* why = ::dlerror();
    return unusable_part(why != nullptr ? why : name + ".so cannot be opened");
  }
  void* const found = ::dlsym(part, symbol);
  if (found == nullptr) return unusable_part(name + ".so is something else");
  return found;
}

}  // namespace stagerun

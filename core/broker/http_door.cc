// Opens stagerun-http.so, which holds libcurl, on first use: libcurl and what it brings take longer
// to load than all the rest of stagerun takes to start.
#include <dlfcn.h>
#include <filesystem>
#include <system_error>

#include "core/broker/http_transport.h"

namespace stagerun {
namespace {

// Beside the plugins' folder: bin/stagerun, lib/stagerun/stagerun-http.so.
std::filesystem::path module_file() {
  std::error_code none;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
  return program.parent_path().parent_path() / "lib" / "stagerun" / "stagerun-http.so";
}

Error unusable(const std::string& why) {
  return Error{ErrorCode::surroundings, "HTTP cannot be spoken: " + why,
               "install stagerun as a whole again"};
}

}  // namespace

// Never closed: libcurl does not like to be.
Result<std::unique_ptr<HttpTransport>> open_http_transport(Loop& loop) {
  static void* const module = ::dlopen(module_file().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const char* why = ::dlerror();
    return unusable(why != nullptr ? why : "stagerun-http.so could not be opened before");
  }
  void* const symbol = ::dlsym(module, kOpenHttpTransport);
  if (symbol == nullptr) return unusable("stagerun-http.so is something else");
  const auto open = reinterpret_cast<OpenHttpTransport>(symbol);
  std::unique_ptr<HttpTransport> transport(open(loop, HttpLayout()));
  if (!transport)
    return unusable("stagerun-http.so is of another build, or libcurl cannot be used");
  return transport;
}

}  // namespace stagerun

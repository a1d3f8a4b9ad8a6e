#include "core/cli/user.h"

#include <array>
#include <climits>
#include <cstdlib>
#include <unistd.h>

#include <pwd.h>

#include "core/base/text.h"

namespace stagerun {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// On a runner the account is everybody's.
std::string ci_user() {
  if (variable("GITHUB_ACTIONS") == "true") return variable("GITHUB_ACTOR");
  return variable("GITLAB_CI") == "true" ? variable("GITLAB_USER_LOGIN") : "";
}

std::string account() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  ::getpwuid_r(::geteuid(), &entry, text.data(), text.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(::geteuid());
}

std::string machine() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size()) == 0 ? name.data() : "?";
}

}  // namespace

std::string user_name() {
  const std::string user = ci_user();
  return printable((user.empty() ? account() : user) + "@" + machine());
}

}  // namespace stagerun

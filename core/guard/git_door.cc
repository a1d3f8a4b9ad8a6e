// Opens stagerun-git.so, which holds libgit2, on first use.
#include "core/base/part.h"
#include "core/guard/git.h"

namespace stagerun {
namespace {

Error unusable(Error error) { return std::move(error).within("git cannot be asked"); }

}  // namespace

Result<std::unique_ptr<Git>> open_git() {
  auto symbol = open_part("stagerun-git", kOpenGit);
  if (!symbol) return unusable(std::move(symbol).error());
  std::unique_ptr<Git> git(reinterpret_cast<OpenGit>(*symbol)(GitLayout()));
  if (git) return git;
  return unusable(unusable_part("stagerun-git.so is of another build, or libgit2 is unusable"));
}

}  // namespace stagerun

// Git: what stagerun knows of the repository that holds the workspace. All of libgit2 is behind it,
// in stagerun-git.so, so that a pipeline which asks nothing of git never loads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/base/diagnostic.h"
#include "core/base/limits.h"
#include "core/base/result.h"

namespace stagerun {

struct GitQuestion {
  std::filesystem::path workspace;  // absolute; the repository is looked for from here upwards
  std::filesystem::path state;      // where runs are kept: what changes there does not count
  // What takes a look at every tag, at every file, and so is only answered where it is asked.
  bool tag = false;
  bool dirty = false;
  std::int64_t timeout_ms = limits::kGitTimeout;
};

// docs/pipeline.md says what each means; what is not there is told apart from what is empty.
struct GitFacts {
  std::optional<std::string> sha;     // none where the branch has no commit yet
  std::optional<std::string> branch;  // none where HEAD is detached
  std::optional<std::string> tag;
  std::optional<bool> dirty;  // none where there are no files: a bare repository

  friend bool operator==(const GitFacts&, const GitFacts&) = default;
};

class Git {
 public:
  virtual ~Git() = default;
  // Reads only, and starts nothing. A diagnostic has no place yet: whoever asked knows it.
  virtual std::variant<GitFacts, Diagnostic> read(const GitQuestion& question) = 0;
};

// How both sides of the door see what goes through it: a module of another build is turned away.
struct GitLayout {
  std::size_t question = sizeof(GitQuestion);
  std::size_t facts = sizeof(GitFacts);
  std::size_t diagnostic = sizeof(Diagnostic);

  friend bool operator==(const GitLayout&, const GitLayout&) = default;
};

// What stagerun-git.so exports: null where the layout is another, or libgit2 cannot be set up.
inline constexpr const char* kOpenGit = "stagerun_open_git";
using OpenGit = Git* (*)(const GitLayout& layout);

// Over libgit2, which is loaded now.
Result<std::unique_ptr<Git>> open_git();

}  // namespace stagerun

// NewFile: a file that is not yet what it is called: written beside its place, then put there as a
// whole. One that was left behind is removed by the next for the same place.
#pragma once

#include <optional>
#include <string>
#include <sys/stat.h>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace stagerun {

class NewFile {
 public:
  // In `folder`, which must stay open, for `name`. 0600.
  static Result<NewFile> create(const Fd& folder, const std::string& name);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  int fd() const { return file_.get(); }

  // Owner and mode as `former` has them, where there is one; `mode` instead where it is given. An
  // error where the owner cannot be kept: nobody who could read the file may lose that silently.
  Status set_mode(const std::optional<struct stat>& former, std::optional<mode_t> mode);
  Result<mode_t> mode() const;

  // To disk.
  Status sync();
  // To its name; `replaces` or where nothing is. An errno, 0 where it is there now.
  Result<int> put(bool replaces);

 private:
  NewFile(int folder, std::string name, std::string temporary, Fd file);
  Status check_ours() const;

  int folder_;
  std::string name_;
  std::string temporary_;  // empty once it is in its place
  Fd file_;
};

}  // namespace stagerun

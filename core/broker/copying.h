// Copying: reads an open file to its end, a piece at a time so that nobody waits for it, and copies
// what it reads. Not more than was there at the beginning: a file that grows has no end.
#pragma once

#include <cstdint>
#include <string>
#include <sys/stat.h>

#include "core/base/digest.h"
#include "core/base/fd.h"
#include "core/base/result.h"

namespace stagerun {

// Tells a file, and a state of it, from any other.
bool is_same_state(const struct stat& one, const struct stat& other);

class Copying {
 public:
  // Opens nothing; `from` is at its beginning and known by `info`. `to`: -1: it is only read. Not
  // owned, and must stay open.
  Copying(Fd from, const struct stat& info, int to);

  // The next piece; true once it was the last. An error too where the file was changed meanwhile.
  Result<bool> go_on();

  std::int64_t size() const { return info_.st_size; }
  // Of what was read; once it was the last. Call once.
  std::string digest() { return sha_.hex(); }

 private:
  Status check_unchanged() const;

  Fd from_;
  struct stat info_;
  int to_;
  std::int64_t done_ = 0;
  Sha256 sha_;
};

}  // namespace stagerun

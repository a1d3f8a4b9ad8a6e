// Lock: an advisory lock of PostgreSQL, held by a psql session while the database is changed, so
// that two runs do not upgrade at once. alembic itself locks nothing.
#pragma once

#include <cstdint>
#include <string>

#include "settings.h"

namespace alembic {

class Lock {
 public:
  Lock(sr::Call& call, const Settings& settings) : call_(call), settings_(settings) {}

  // False: there is nothing to lock. Throws Retry where somebody else holds it for too long.
  bool take();
  // Warns where the session had ended before, so that the lock was not held to the end.
  void release();

 private:
  sr::Json connection() const;
  void wait_until_held();

  sr::Call& call_;
  const Settings& settings_;
  std::uint64_t session_ = 0;  // 0: none
};

}  // namespace alembic

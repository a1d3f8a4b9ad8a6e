#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace stagerun {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr,
               "stagerun: a mistake in stagerun itself: %s does not hold (%s:%d). Nothing recorded "
               "is lost: `stagerun resume` continues.\n",
               expression, file, line);
  std::abort();
}

}  // namespace stagerun

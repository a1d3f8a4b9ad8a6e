#include "core/base/result.h"

#include <cstring>

namespace stagerun {

Error errno_error(const std::string& what, int error_number) {
  return Error{ErrorCode::surroundings, what + ": " + std::strerror(error_number), ""};
}

}  // namespace stagerun

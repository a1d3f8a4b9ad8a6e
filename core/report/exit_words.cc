#include "core/report/exit_words.h"

#include "core/model/outcome.h"

namespace stagerun {

std::string exit_words(int status) {
  switch (status) {
    case exit_succeeded:
      return "succeeded";
    case exit_writes_stand:
      return "failed; what was written stands, as the pipeline's policy says";
    case exit_usage:
      return "the command line or the pipeline is wrong; nothing was started";
    case exit_nothing_changed:
      return "failed, and nothing was changed";
    case exit_undone:
      return "failed, and everything that was written was undone";
    case exit_person_needed:
      return "failed, and something that was written could not be undone: a person is needed";
    case exit_conflict:
      return "conflict: somebody else changed the thing in the meantime; theirs was left alone";
    case exit_in_doubt:
      return "in doubt: something may or may not have happened, and it cannot be found out";
    case exit_plugin:
      return "a plugin is missing, broken or speaks another ABI";
    case exit_surroundings:
      return "stagerun's own surroundings failed; trying again may work";
    default:
      return "cancelled by a signal";
  }
}

}  // namespace stagerun

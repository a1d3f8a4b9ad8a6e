#include "backup.h"

#include <chrono>
#include <filesystem>

namespace alembic {
namespace {

[[noreturn]] void refuse(const std::string& text) {
  throw sr::Failed("alembic.backup", text, "make a backup first; nothing was changed");
}

std::int64_t age_ms(const sr::Call& call, const std::string& file) {
  std::error_code error;
  const auto written =
      std::filesystem::last_write_time(std::filesystem::path(call.workspace()) / file, error);
  if (error) refuse("the backup " + file + " cannot be looked at: " + error.message());
  const auto since_1970 = std::chrono::file_clock::to_sys(written).time_since_epoch();
  return call.now_ms() - std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

}  // namespace

void require_backup(sr::Call& call, const Backup& backup) {
  if (backup.file.empty()) return;
  const sr::FileState state = sr::File(call, backup.file).look();
  if (!state.exists()) refuse("there is no backup " + backup.file);
  if (state.size == 0) refuse("the backup " + backup.file + " is empty");
  if (!backup.sha256.empty() && backup.sha256 != state.digest) {
    refuse("the backup " + backup.file + " is not the one that was made: its sha256 is " +
           state.digest);
  }
  if (backup.max_age_ms > 0 && age_ms(call, backup.file) > backup.max_age_ms) {
    refuse("the backup " + backup.file + " is older than `max_age` allows");
  }
}

}  // namespace alembic

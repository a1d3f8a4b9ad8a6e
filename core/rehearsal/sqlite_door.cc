// Opens stagerun-sqlite.so, which holds SQLite, on first use.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/base/part.h"
#include "core/base/temporary_folder.h"
#include "core/rehearsal/database.h"
#include "core/rehearsal/sqlite_dump.h"

namespace stagerun::rehearsal {
namespace {

namespace fs = std::filesystem;

// https://www.sqlite.org/fileformat2.html#magic_header_string: with the zero at its end.
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::array<std::string_view, 3> kBeside = {"-wal", "-journal", "-shm"};

Status copy_part(const fs::path& from, const fs::path& to) {
  TRY_ASSIGN(const Fd source, open_file(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  TRY_ASSIGN(const Fd target, open_file(to, O_WRONLY | O_CREAT | O_EXCL));
  const int error = copy_rest(source.get(), target.get());
  if (error != 0) return errno_error("cannot copy " + from.string(), error);
  return {};
}

// Not the -shm: it is an index of the -wal, made anew where it lacks.
Status copy_database(const fs::path& from, const fs::path& to) {
  TRY(copy_part(from, to));
  for (const char* end : {"-wal", "-journal"}) {
    std::error_code none;
    const fs::path beside = from.string() + end;
    if (fs::is_regular_file(fs::symlink_status(beside, none))) {
      TRY(copy_part(beside, to.string() + end));
    }
  }
  return {};
}

bool take_row(void* taker, const char* bytes, std::size_t size) {
  auto& rows = *static_cast<std::vector<std::string>*>(taker);
  rows.push_back(sha256_hex({bytes, size}));
  return rows.size() <= limits::kDatabaseRows;
}

}  // namespace

Result<bool> is_database(const fs::path& file) {
  TRY_ASSIGN(const Fd fd, open_file(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  std::array<char, kMagic.size()> head{};
  const ssize_t count = ::pread(fd.get(), head.data(), head.size(), 0);
  if (count < 0) return errno_error("cannot read " + file.string(), errno);
  return std::string_view(head.data(), static_cast<std::size_t>(count)) == kMagic;
}

Result<std::optional<std::string>> database_digest(const fs::path& file) {
  auto symbol = open_part("stagerun-sqlite", kDumpSqlite);
  if (!symbol) return std::move(symbol).error().within("databases cannot be compared");
  TRY_ASSIGN(const TemporaryFolder folder, TemporaryFolder::make());
  const fs::path copy = folder.path() / "copy.db";
  TRY(copy_database(file, copy));
  std::vector<std::string> rows;
  const auto dump = reinterpret_cast<DumpSqlite>(*symbol);
  if (!dump(copy.c_str(), take_row, &rows)) return std::optional<std::string>();
  std::sort(rows.begin(), rows.end());
  Sha256 sha;
  for (const std::string& row : rows) sha.add(row);
  return std::optional<std::string>(sha.hex());
}

std::optional<std::string> database_beside(const std::string& path) {
  for (const std::string_view end : kBeside) {
    if (path.ends_with(end)) return path.substr(0, path.size() - end.size());
  }
  return std::nullopt;
}

}  // namespace stagerun::rehearsal

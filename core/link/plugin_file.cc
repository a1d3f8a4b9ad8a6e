#include "core/link/plugin_file.h"

#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/files.h"

namespace stagerun {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::optional<PluginFile::Stamp> stamp_of(const std::filesystem::path& plugin) {
  struct stat info {};
  if (::stat(plugin.c_str(), &info) != 0) return std::nullopt;
  return PluginFile::Stamp{info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim),
                           nanoseconds(info.st_ctim)};
}

Error untrusted(const std::string& what, const std::string& mend) {
  return Error{ErrorCode::plugin, what, fmt::format("a plugin runs with your rights: `{}`", mend)};
}

// The file, or one folder above it.
Status check_one(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Error{ErrorCode::plugin, errno_error("cannot look at " + path.string(), errno).text, ""};
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return untrusted(fmt::format("{} belongs to another user ({})", path.string(), info.st_uid),
                     fmt::format("chown {} {}", ::geteuid(), path.string()));
  }
  const bool sticky = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky) return {};
  return untrusted(fmt::format("{} can be written by other users", path.string()),
                   fmt::format("chmod go-w {}", path.string()));
}

Status check_way_to(const std::filesystem::path& path) {
  TRY(check_one(path));
  return path.has_relative_path() ? check_way_to(path.parent_path()) : Status();
}

}  // namespace

Status check_trust(const std::filesystem::path& plugin) {
  std::error_code error;
  const auto given = std::filesystem::absolute(plugin, error).lexically_normal();
  TRY(check_way_to(given));
  // Where links lead through other folders, those count as well.
  const auto real = std::filesystem::canonical(plugin, error);
  if (error) return Error{ErrorCode::plugin, "cannot find " + plugin.string(), ""};
  return real != given ? check_way_to(real) : Status();
}

Result<PluginFile> examine_plugin(const std::filesystem::path& plugin, const PluginFile* before) {
  TRY(check_trust(plugin));
  if (before != nullptr && is_unchanged(plugin, *before)) return *before;
  const auto stamp = stamp_of(plugin);
  auto digest = file_digest(plugin);
  if (!digest) return Error{ErrorCode::plugin, digest.error().text, ""};
  return PluginFile{*std::move(digest), stamp.value_or(PluginFile::Stamp{})};
}

bool is_unchanged(const std::filesystem::path& plugin, const PluginFile& file) {
  return stamp_of(plugin) == file.stamp;
}

}  // namespace stagerun

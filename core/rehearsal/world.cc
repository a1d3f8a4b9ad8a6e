#include "core/rehearsal/world.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/rehearsal/file_copy.h"

namespace stagerun::rehearsal {
namespace {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) { return printable(path.string()); }

bool can_be_copied(mode_t mode) { return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode); }

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path inner = path.lexically_relative(folder);
  return !inner.empty() && *inner.begin() != "..";
}

// By its text, and by where it ends, other links followed.
bool leads_out(const fs::path& workspace, const fs::path& link, const fs::path& target) {
  const fs::path by_text = (link.parent_path() / target).lexically_normal();
  if (target.is_absolute() || (!by_text.empty() && *by_text.begin() == "..")) return true;
  std::error_code circle;
  const fs::path end = fs::weakly_canonical(workspace / link.parent_path() / target, circle);
  return !circle && !is_within(end, workspace);
}

// What was never seen before: another number in each call, in this process.
std::uint64_t new_content() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

// `to` must not be copied into itself, over and over.
Status check_apart(const fs::path& workspace, const fs::path& state, const fs::path& to) {
  std::error_code none;
  const fs::path place = fs::weakly_canonical(to, none);
  const bool in_state = !state.empty() && is_within(place, workspace / state);
  if (none || !is_within(place, workspace) || in_state) return {};
  return Error{ErrorCode::usage,
               "the copy " + shown(to) + " would stand in the workspace that is copied",
               "let it stand elsewhere, or in the state folder"};
}

Status make_root(const fs::path& to) {
  if (to.has_parent_path()) TRY(make_folder(to.parent_path()));
  if (::mkdir(to.c_str(), 0700) == 0) return {};
  return errno_error("cannot create the folder " + shown(to), errno);
}

// Whatever somebody has put in its place, or nothing.
Status make_root_again(const fs::path& root) {
  struct stat info {};
  const bool is_there = ::lstat(root.c_str(), &info) == 0;
  if (is_there && S_ISDIR(info.st_mode)) return {};
  if (is_there && ::unlink(root.c_str()) != 0) {
    return errno_error("cannot remove " + shown(root), errno);
  }
  return make_root(root);
}

}  // namespace

Result<World> World::copy_of(const fs::path& workspace, const fs::path& state, const fs::path& to,
                             const TreeLimits& most) {
  std::error_code missing;
  const fs::path real = fs::canonical(workspace, missing);
  if (missing) return errno_error("cannot look into " + shown(workspace), missing.value());
  TRY(check_apart(real, state, to));
  TRY_ASSIGN(Tree tree, list_tree(real, state, most));
  TRY(make_root(to));
  World world(to);
  for (auto it = tree.begin(); it != tree.end();) {
    const auto& [path, entry] = *it;
    const bool is_link = S_ISLNK(entry.info.st_mode);
    if (is_link && leads_out(real, path, entry.target)) world.leading_out_.push_back(path);
    const bool is_copied = can_be_copied(entry.info.st_mode);
    if (!is_copied) world.left_out_.push_back(path);
    it = is_copied ? std::next(it) : tree.erase(it);
  }
  TRY(world.fill_from(real, known(tree, {})));
  return world;
}

Result<World> World::copy_to(const fs::path& to) {
  TRY(check_apart(fs::weakly_canonical(root_), "", to));
  TRY_ASSIGN(Tree tree, list_tree(root_, "", {}));
  std::erase_if(tree, [](const auto& row) { return !can_be_copied(row.second.info.st_mode); });
  items_ = known(tree, items_);
  TRY(let_time_pass());
  TRY(make_root(to));
  World world(to);
  world.leading_out_ = leading_out_;
  world.left_out_ = left_out_;
  TRY(world.fill_from(root_, items_));
  return world;
}

Status World::reset_to(const World& origin) {
  TRY(make_root_again(root_));
  TRY_ASSIGN(Tree tree, list_opened(root_));
  Items there = known(tree, items_);
  TRY(clear_away(there, origin.items_));
  items_ = std::move(there);
  return fill_from(origin.root_, origin.items_);
}

// What is there, with the numbers of what is as it was before, and new ones for the rest.
World::Items World::known(const Tree& tree, const Items& before) {
  Items items;
  for (const auto& [path, entry] : tree) {
    Item item{entry.info, entry.target, new_content()};
    const auto it = before.find(path);
    const bool is_known = it != before.end() && is_same_state(it->second.info, item.info);
    if (is_known) item.content = it->second.content;
    items.emplace(path, std::move(item));
  }
  return items;
}

// Permissions of folders are set at the end, whatever they are.
bool World::is_as(const Item& one, const Item& other) {
  const mode_t kind = one.info.st_mode & S_IFMT;
  if (kind != (other.info.st_mode & S_IFMT)) return false;
  if (S_ISDIR(kind)) return true;
  return S_ISLNK(kind) ? one.target == other.target : one.content == other.content;
}

// Removes what is not wanted, or not so; what is in a folder before the folder.
Status World::clear_away(Items& there, const Items& wanted) const {
  for (auto it = there.end(); it != there.begin();) {
    --it;
    const auto found = wanted.find(it->first);
    if (found != wanted.end() && is_as(it->second, found->second)) continue;
    const fs::path path = root_ / it->first;
    const bool is_folder = S_ISDIR(it->second.info.st_mode);
    const int status = is_folder ? ::rmdir(path.c_str()) : ::unlink(path.c_str());
    if (status != 0) return errno_error("cannot remove " + shown(path), errno);
    it = there.erase(it);
  }
  return {};
}

// What is here already is as it is wanted.
Status World::fill_from(const fs::path& from, const Items& wanted) {
  std::vector<std::string> made;
  for (const auto& [path, item] : wanted) {
    if (items_.contains(path)) continue;
    TRY(make(from, path, item));
    made.push_back(path);
  }
  TRY(close_folders(wanted));
  for (const std::string& path : made) {
    Item item = wanted.at(path);
    if (::lstat((root_ / path).c_str(), &item.info) != 0) {
      return errno_error("cannot look at " + shown(root_ / path), errno);
    }
    items_.emplace(path, std::move(item));
  }
  return let_time_pass();
}

Status World::make(const fs::path& from, const std::string& path, const Item& wanted) const {
  const fs::path to = root_ / path;
  if (S_ISREG(wanted.info.st_mode)) return copy_file_as(from / path, wanted.info, to);
  const int status = S_ISDIR(wanted.info.st_mode) ? ::mkdir(to.c_str(), 0700)
                                                  : ::symlink(wanted.target.c_str(), to.c_str());
  if (status != 0) return errno_error("cannot create " + shown(to), errno);
  return {};
}

// At the end, and the inner ones first: in a folder that is closed nothing can be made.
Status World::close_folders(const Items& wanted) const {
  for (auto it = wanted.rbegin(); it != wanted.rend(); ++it) {
    if (!S_ISDIR(it->second.info.st_mode)) continue;
    const fs::path path = root_ / it->first;
    struct stat info {};
    const mode_t mode = it->second.info.st_mode & 0777;
    const bool is_so = ::lstat(path.c_str(), &info) == 0 && (info.st_mode & 07777) == mode;
    if (is_so || ::chmod(path.c_str(), mode) == 0) continue;
    return errno_error("cannot set the permissions of " + shown(path), errno);
  }
  return {};
}

// A write in the same tick of the clock as ours would leave no other time than ours did.
Status World::let_time_pass() const {
  timespec last{};
  for (const auto& [path, item] : items_) {
    const bool counts = S_ISREG(item.info.st_mode) && is_later(item.info.st_ctim, last);
    if (counts) last = item.info.st_ctim;
  }
  return wait_for_tick(root_, last);
}

}  // namespace stagerun::rehearsal

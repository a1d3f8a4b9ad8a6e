// World: a scratch copy of a workspace, to be worked in and put back to what it was. Files with
// their bytes, permissions and times; links as links, never followed; folders, empty ones too.
//
// What is in it after it was made is anybody's to change, but nobody may be changing it, or the
// folder that it is copied from, while a function of this class runs (kill_descendants, first).
// Nothing outside of a world's own folder is ever written: a file is put back as a new one, for the
// one that stands there may have become a link to something else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "core/base/result.h"
#include "core/rehearsal/tree.h"

namespace stagerun::rehearsal {

class World {
 public:
  // Copies the workspace, without its state folder (a path from the workspace), into `to`, which is
  // made and must not be there yet. Sockets, pipes and devices are left out, and told: a copy of
  // one would have nobody at its other end. After an error `to` may be there in part.
  static Result<World> copy_of(const std::filesystem::path& workspace,
                               const std::filesystem::path& state, const std::filesystem::path& to,
                               const TreeLimits& most = {});

  // Another world that is what this one is now, the state folder and all. To go back to; or to go
  // on from, in another place.
  Result<World> copy_to(const std::filesystem::path& to);

  // Makes this world what `origin` was when it was made; nobody may have worked in that one. Cheap:
  // only what was changed since, by inode, size and both times, is copied.
  Status reset_to(const World& origin);

  const std::filesystem::path& root() const { return root_; }
  // Links that are absolute or lead out of the workspace. They are copied as they are: who follows
  // one leaves the world.
  const std::vector<std::string>& leading_out() const { return leading_out_; }
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  // What stands at a path, as this world last knew it.
  struct Item {
    struct stat info {};
    std::string target;
    // The same number: the same bytes, permissions and times, in whatever world. 0: not known.
    std::uint64_t content = 0;
  };
  using Items = std::map<std::string, Item>;

  explicit World(std::filesystem::path root) : root_(std::move(root)) {}

  static Items known(const Tree& tree, const Items& before);
  static bool is_as(const Item& one, const Item& other);
  Status fill_from(const std::filesystem::path& from, const Items& wanted);
  Status clear_away(Items& there, const Items& wanted) const;
  Status make(const std::filesystem::path& from, const std::string& path, const Item& wanted) const;
  Status close_folders(const Items& wanted) const;
  Status let_time_pass() const;

  std::filesystem::path root_;
  Items items_;
  std::vector<std::string> leading_out_;
  std::vector<std::string> left_out_;
};

}  // namespace stagerun::rehearsal

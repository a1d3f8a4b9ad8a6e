#include "core/rehearsal/fingerprint.h"

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/rehearsal/database.h"

namespace stagerun::rehearsal {
namespace {

using Kind = Thing::Kind;

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::file;
  if (S_ISLNK(mode)) return Kind::link;
  if (S_ISDIR(mode)) return Kind::folder;
  if (S_ISSOCK(mode)) return Kind::socket;
  return S_ISFIFO(mode) ? Kind::pipe : Kind::device;
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::file:
      return "file ";
    case Kind::database:
      return "database ";
    case Kind::link:
      return "link ";
    case Kind::folder:
      return "folder ";
    case Kind::socket:
      return "socket ";
    case Kind::pipe:
      return "pipe ";
    case Kind::device:
      break;
  }
  return "device ";
}

Status look_into(const std::filesystem::path& file, Thing& thing) {
  TRY_ASSIGN(const bool may_be, is_database(file));
  if (may_be) {
    TRY_ASSIGN(auto digest, database_digest(file));
    if (digest) {
      thing.kind = Kind::database;
      thing.content = *std::move(digest);
      return {};
    }
  }
  TRY_ASSIGN(thing.content, file_digest(file));
  return {};
}

Result<Thing> look_at_one(const std::filesystem::path& path, const TreeEntry& entry) {
  Thing thing{kind_of(entry.info.st_mode), entry.target, false};
  if (thing.kind != Kind::file) return thing;
  thing.executable = (entry.info.st_mode & S_IXUSR) != 0;
  TRY(look_into(path, thing));
  return thing;
}

bool belongs_to_database(const std::string& path, const Fingerprint& found) {
  const auto database = database_beside(path);
  const auto it = database ? found.find(*database) : found.end();
  return it != found.end() && it->second.kind == Kind::database;
}

std::string with_run(std::string text, std::string_view run_id) {
  constexpr std::string_view kRun = "RUN";
  for (std::size_t at = text.find(run_id); at != std::string::npos;
       at = text.find(run_id, at + kRun.size())) {
    text.replace(at, run_id.size(), kRun);
  }
  return text;
}

bool holds_bytes(Kind kind) { return kind == Kind::file || kind == Kind::database; }

class Comparison {
 public:
  void vanished(const std::string& path, const Thing& was) { say(was.kind, path, "vanished"); }
  void appeared(const std::string& path, const Thing& is) { say(is.kind, path, "appeared"); }

  void both(const std::string& path, const Thing& was, const Thing& is) {
    if (was == is) return;
    if (was.kind == is.kind) return say(is.kind, path, "changed");
    // A database that was broken, or one that was made of a file, is still the same file.
    if (holds_bytes(was.kind) && holds_bytes(is.kind)) return say(Kind::database, path, "changed");
    vanished(path, was);
    appeared(path, is);
  }

  std::vector<Difference> found() && { return std::move(found_); }

 private:
  void say(Kind kind, const std::string& path, const char* how) {
    found_.push_back({std::string(word(kind)) + printable(path), how, ""});
  }

  std::vector<Difference> found_;
};

}  // namespace

Result<Fingerprint> look_at(const std::filesystem::path& folder,
                            const std::filesystem::path& left_out, const TreeLimits& most) {
  TRY_ASSIGN(const Tree tree, list_tree(folder, left_out, most));
  Fingerprint found;
  for (const auto& [path, entry] : tree) {
    // A database's name is a beginning of theirs: it has been looked at by now.
    if (belongs_to_database(path, found)) continue;
    TRY_ASSIGN(found[path], look_at_one(folder / path, entry));
  }
  return found;
}

Fingerprint with_run_named(const Fingerprint& fingerprint, std::string_view run_id) {
  if (run_id.empty()) return fingerprint;
  Fingerprint named;
  for (const auto& [path, thing] : fingerprint) {
    Thing& copy = named[with_run(path, run_id)];
    copy = thing;
    if (copy.kind == Kind::link) copy.content = with_run(copy.content, run_id);
  }
  return named;
}

std::vector<Difference> differences(const Fingerprint& before, const Fingerprint& after) {
  Comparison comparison;
  auto was = before.begin();
  auto is = after.begin();
  while (was != before.end() || is != after.end()) {
    if (is == after.end() || (was != before.end() && was->first < is->first)) {
      comparison.vanished(was->first, was->second);
      ++was;
    } else if (was == before.end() || is->first < was->first) {
      comparison.appeared(is->first, is->second);
      ++is;
    } else {
      comparison.both(is->first, was->second, is->second);
      ++was;
      ++is;
    }
  }
  return std::move(comparison).found();
}

}  // namespace stagerun::rehearsal

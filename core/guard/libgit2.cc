// The door to libgit2, and all of stagerun-git.so. It only reads: no index is written, and libgit2
// starts no hook, filter, pager or credential helper. Of the environment only HOME (a user's own
// safe.directory and ignored files) and GIT_CEILING_DIRECTORIES count: what GIT_DIR and the like
// point to may be another repository than the workspace's.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <sys/stat.h>
#include <system_error>

#include <fmt/format.h>
#include <git2.h>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/guard/git.h"

static_assert(LIBGIT2_VER_MAJOR * 100 + LIBGIT2_VER_MINOR >= 105,
              "earlier ones open whatever repository anybody has put there");

namespace stagerun {
namespace {

template <typename T, void (*kFree)(T*)>
struct Freeing {
  void operator()(T* thing) const { kFree(thing); }
};
template <typename T, void (*kFree)(T*)>
using Owned = std::unique_ptr<T, Freeing<T, kFree>>;

using Repository = Owned<git_repository, ::git_repository_free>;
using Reference = Owned<git_reference, ::git_reference_free>;
using References = Owned<git_reference_iterator, ::git_reference_iterator_free>;
using Object = Owned<git_object, ::git_object_free>;
using Commit = Owned<git_commit, ::git_commit_free>;
using Tree = Owned<git_tree, ::git_tree_free>;
using Blob = Owned<git_blob, ::git_blob_free>;
using Index = Owned<git_index, ::git_index_free>;
using Diff = Owned<git_diff, ::git_diff_free>;

constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";
constexpr std::string_view kOwnState = ".stagerun";

// Calls one of libgit2's functions that give something to be freed as their first argument.
template <typename Thing, typename Call, typename... Arguments>
int get(Thing& thing, Call call, Arguments... arguments) {
  typename Thing::pointer raw = nullptr;
  const int status = call(&raw, arguments...);
  thing.reset(raw);
  return status;
}

std::string last_words() {
  const git_error* error = ::git_error_last();
  const bool has_words = error != nullptr && error->message != nullptr;
  return printable(has_words ? error->message : "libgit2 does not say why");
}

Diagnostic unreadable(const std::string& what, const std::string& hint) {
  return {"git.unreadable", {}, "git cannot be read: " + what, hint};
}

std::string hex(const git_oid& id) {
  std::array<char, GIT_OID_HEXSZ + 1> text{};
  ::git_oid_tostr(text.data(), text.size(), &id);
  return text.data();
}

// When to give up.
class Deadline {
 public:
  explicit Deadline(std::int64_t timeout_ms)
      : at_(Clock::now() + std::chrono::milliseconds(timeout_ms)) {}
  bool is_over() const { return Clock::now() >= at_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point at_;
};

// -- Tags ----------------------------------------------------------------------------------------

// As `git describe --tags --exact-match` chooses among several: annotated before lightweight, of
// those the newest, then the first by name.
struct Candidate {
  bool annotated = false;
  git_time_t at = 0;
  std::string name;

  bool is_better_than(const Candidate& other) const {
    if (annotated != other.annotated) return annotated;
    if (at != other.at) return at > other.at;
    return name < other.name;
  }
};

// The tag, where it leads to that commit in the end. One that leads to nothing leads elsewhere.
std::optional<Candidate> lead_to(git_repository* repository, git_reference* tag,
                                 const git_oid& commit) {
  const git_oid* target = ::git_reference_target(tag);
  if (target == nullptr) return std::nullopt;
  Candidate found;
  found.name = std::string_view(::git_reference_name(tag)).substr(kTags.size());
  if (::git_oid_equal(target, &commit) != 0) return found;
  // Packed references say where they lead; of others the object must be read.
  const git_oid* known = ::git_reference_target_peel(tag);
  if (known != nullptr && ::git_oid_equal(known, &commit) == 0) return std::nullopt;
  Object object;
  if (get(object, ::git_object_lookup, repository, target, GIT_OBJECT_TAG) != 0)
    return std::nullopt;
  Object end;
  if (get(end, ::git_object_peel, object.get(), GIT_OBJECT_COMMIT) != 0) return std::nullopt;
  if (::git_oid_equal(::git_object_id(end.get()), &commit) == 0) return std::nullopt;
  const git_signature* tagger = ::git_tag_tagger(reinterpret_cast<git_tag*>(object.get()));
  found.annotated = true;
  found.at = tagger != nullptr ? tagger->when.time : 0;
  return found;
}

// -- Changes -------------------------------------------------------------------------------------

// What libgit2's callbacks are given.
struct Search {
  const Deadline& deadline;
  std::string state;  // relative to the work tree, with a slash at its end; empty: not inside
  git_repository* repository = nullptr;
  git_index* index = nullptr;
  bool found = false;
  bool is_late = false;
};

bool is_own(std::string_view path, const Search& search) {
  if (!search.state.empty() && path.starts_with(search.state)) return true;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash < path.size() && path.substr(0, slash) == kOwnState) return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

// A sparse checkout leaves these files out on purpose.
bool is_left_out(const git_diff_delta& delta, git_index* index) {
  if (delta.status != GIT_DELTA_DELETED) return false;
  const git_index_entry* entry = ::git_index_get_bypath(index, delta.old_file.path, 0);
  return entry != nullptr && (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
}

// What a large file's pointer (git LFS) says of the file that stands in its place.
std::string pointed_digest(git_repository* repository, const git_oid& id) {
  constexpr std::string_view kBegin = "version https://git-lfs.github.com/spec/v1\noid sha256:";
  constexpr std::size_t kDigits = 64;
  Blob blob;
  if (get(blob, ::git_blob_lookup, repository, &id) != 0) return "";
  const std::string_view text(static_cast<const char*>(::git_blob_rawcontent(blob.get())),
                              static_cast<std::size_t>(::git_blob_rawsize(blob.get())));
  return text.starts_with(kBegin) ? std::string(text.substr(kBegin.size(), kDigits)) : "";
}

// The one filter that can be told without starting it. libgit2 compares such a file with its
// pointer, and takes it for changed, whenever its time stamp is not certain.
bool is_large_as_pointed(const git_diff_delta& delta, git_repository* repository) {
  if (delta.status != GIT_DELTA_MODIFIED || (delta.new_file.mode & S_IFMT) != S_IFREG) return false;
  const char* filter = nullptr;
  const int status = ::git_attr_get(&filter, repository, GIT_ATTR_CHECK_FILE_THEN_INDEX,
                                    delta.new_file.path, "filter");
  if (status != 0 || filter == nullptr || std::string_view(filter) != "lfs") return false;
  const std::string wanted = pointed_digest(repository, delta.old_file.id);
  if (wanted.empty()) return false;
  const std::filesystem::path root = ::git_repository_workdir(repository);
  const auto digest = file_digest(root / delta.new_file.path);
  return digest && *digest == wanted;
}

// The first change is as good as a thousand: the search ends there.
int on_change(const git_diff*, const git_diff_delta* delta, const char*, void* data) {
  auto& search = *static_cast<Search*>(data);
  const char* path = delta->new_file.path != nullptr ? delta->new_file.path : delta->old_file.path;
  if (is_own(path, search) || is_left_out(*delta, search.index)) return 1;
  if (is_large_as_pointed(*delta, search.repository)) return 1;
  search.found = true;
  return GIT_EUSER;
}

int on_file(const git_diff*, const char*, const char*, void* data) {
  auto& search = *static_cast<Search*>(data);
  search.is_late = search.deadline.is_over();
  return search.is_late ? GIT_EUSER : 0;
}

std::string relative_folder(const std::filesystem::path& folder, const char* root) {
  std::error_code none;
  const auto inner = std::filesystem::weakly_canonical(folder, none)
                         .lexically_relative(std::filesystem::weakly_canonical(root, none));
  const bool is_inside = !inner.empty() && *inner.begin() != ".." && inner != ".";
  return is_inside ? inner.string() + "/" : "";
}

// -- The whole -----------------------------------------------------------------------------------

// Reads the facts of one repository. Each part returns what is in its way, if anything is.
class Reader {
 public:
  explicit Reader(const GitQuestion& question)
      : question_(question), deadline_(question.timeout_ms) {}

  std::variant<GitFacts, Diagnostic> read() {
    auto problem = open();
    if (!problem) problem = read_head();
    if (!problem && question_.tag && facts_.sha) problem = read_tag();
    if (!problem && question_.dirty) problem = read_changes();
    if (problem) return *std::move(problem);
    return facts_;
  }

 private:
  using Problem = std::optional<Diagnostic>;

  Problem open() {
    const char* from = question_.workspace.c_str();
    const char* ceiling = std::getenv("GIT_CEILING_DIRECTORIES");
    const int status = get(repository_, ::git_repository_open_ext, from, 0u, ceiling);
    if (status == 0) return std::nullopt;
    const std::string words = last_words();
    // libgit2 1.5 says so of another user's repository where no safe.directory is set at all.
    const bool is_unsafe = words.find("safe.directory") != std::string::npos;
    if (status == GIT_EOWNER || (status == GIT_ENOTFOUND && is_unsafe)) return not_ours();
    if (status != GIT_ENOTFOUND) return refused(words);
    return Diagnostic{"git.no_repository",
                      {},
                      "the pipeline's folder is in no git repository",
                      "run it from a checkout, or make this an input: -i NAME=VALUE"};
  }

  // In a container the checkout often belongs to somebody else.
  Problem not_ours() const {
    std::error_code none;
    std::filesystem::path folder = question_.workspace;
    while (!std::filesystem::exists(folder / ".git", none) && folder.has_relative_path()) {
      folder = folder.parent_path();
    }
    if (!folder.has_relative_path()) folder = question_.workspace;  // in a bare repository
    const std::string shown = printable(folder.string());
    return Diagnostic{
        "git.owner",
        {},
        fmt::format("the git repository {} belongs to another user", shown),
        fmt::format("if you trust it: git config --global --add safe.directory {}", shown)};
  }

  static Problem refused(const std::string& words) {
    const bool by_digest = words.find("objectformat") != std::string::npos;
    return unreadable(words, by_digest ? "only repositories with SHA-1 objects can be read; make "
                                         "this an input: -i NAME=VALUE"
                                       : "see what `git status` says there");
  }

  Problem broken() const {
    return unreadable(
        fmt::format("{}: {}", printable(::git_repository_path(repository_.get())), last_words()),
        "see what `git fsck` says there");
  }

  Problem late(const char* what) const {
    return unreadable(
        fmt::format("{} took longer than {}", what, describe_duration(question_.timeout_ms)),
        "do without it, or make it an input: -i NAME=VALUE");
  }

  // Nothing else than UTF-8 gets into a plan.
  Problem keep(std::string_view name, std::optional<std::string>& place) const {
    if (!is_utf8(name)) {
      return unreadable(fmt::format("the name {} is not UTF-8", printable(name)),
                        "rename it, or make it an input: -i NAME=VALUE");
    }
    place = name;
    return std::nullopt;
  }

  Problem read_head() {
    git_repository* repository = repository_.get();
    Reference head;
    if (get(head, ::git_reference_lookup, repository, "HEAD") != 0) return broken();
    const char* target = ::git_reference_symbolic_target(head.get());
    if (target != nullptr && std::string_view(target).starts_with(kBranches)) {
      auto problem = keep(std::string_view(target).substr(kBranches.size()), facts_.branch);
      if (problem) return problem;
    }
    const int status = ::git_reference_name_to_id(&head_, repository, "HEAD");
    if (status == GIT_ENOTFOUND && target != nullptr) return std::nullopt;
    if (status != 0) return broken();
    if (get(commit_, ::git_commit_lookup, repository, &head_) != 0) return broken();
    facts_.sha = hex(head_);
    return std::nullopt;
  }

  Problem read_tag() {
    References tags;
    if (get(tags, ::git_reference_iterator_glob_new, repository_.get(), "refs/tags/*") != 0)
      return broken();
    std::optional<Candidate> best;
    for (;;) {
      Reference tag;
      const int status = get(tag, ::git_reference_next, tags.get());
      if (status == GIT_ITEROVER) break;
      if (status != 0) return broken();
      if (deadline_.is_over()) return late("looking through the tags");
      auto found = lead_to(repository_.get(), tag.get(), head_);
      if (found && (!best || found->is_better_than(*best))) best = std::move(found);
    }
    return best ? keep(best->name, facts_.tag) : std::nullopt;
  }

  Problem read_changes() {
    const char* root = ::git_repository_workdir(repository_.get());
    if (root == nullptr) return std::nullopt;
    Index index;
    if (get(index, ::git_repository_index, repository_.get()) != 0) return broken();
    Tree tree;
    if (commit_ && get(tree, ::git_commit_tree, commit_.get()) != 0) return broken();
    Search search{deadline_, relative_folder(question_.state, root), repository_.get(),
                  index.get()};
    git_diff_options options{};
    if (::git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION) != 0) return broken();
    options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS;
    options.notify_cb = &on_change;
    options.progress_cb = &on_file;
    options.payload = &search;
    Diff diff;
    int status =
        get(diff, ::git_diff_tree_to_index, repository_.get(), tree.get(), index.get(), &options);
    if (status == 0) {
      status = get(diff, ::git_diff_index_to_workdir, repository_.get(), index.get(), &options);
    }
    if (search.is_late) return late("looking for changes in the files");
    if (status != 0 && !search.found) return broken();
    facts_.dirty = search.found;
    return std::nullopt;
  }

  const GitQuestion& question_;
  const Deadline deadline_;
  Repository repository_;
  git_oid head_{};
  Commit commit_;
  GitFacts facts_;
};

class Libgit2 final : public Git {
 public:
  std::variant<GitFacts, Diagnostic> read(const GitQuestion& question) override {
    return Reader(question).read();
  }
};

// Extensions that change nothing about what is read here: objects that are fetched when they are
// needed, settings of one work tree (the index says by itself which files are left out), objects
// that must not be collected.
bool set_up() {
  if (::git_libgit2_init() < 0) return false;
  std::array<const char*, 3> known = {"partialclone", "worktreeconfig", "preciousobjects"};
  return ::git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, known.data(), known.size()) == 0;
}

}  // namespace
}  // namespace stagerun

// kOpenGit: the one symbol.
extern "C" __attribute__((visibility("default"))) stagerun::Git* stagerun_open_git(
    const stagerun::GitLayout& layout) {
  if (layout != stagerun::GitLayout()) return nullptr;
  static const bool ready = stagerun::set_up();
  return ready ? new stagerun::Libgit2() : nullptr;
}

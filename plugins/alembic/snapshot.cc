#include "snapshot.h"

#include <algorithm>
#include <fstream>

#include "ini.h"
#include "plugins/shared/digest.h"

namespace alembic {
namespace {

namespace fs = std::filesystem;

// Scripts are written by people. More than this is something else, and no business of a run's.
constexpr std::size_t kAllBytes = 32u << 20;
constexpr std::size_t kFiles = 10'000;
constexpr int kDepth = 16;

constexpr const char* kOriginal = "original.ini";
constexpr const char* kConfig = "alembic.ini";

// Says why, up through the calls that read.
struct Refusal {
  std::string why;
};

bool is_inside(const fs::path& folder, const fs::path& path) {
  const auto [end, _] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// With its links resolved; what leaves the workspace is refused.
fs::path inside(const fs::path& workspace, const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) throw Refusal{"cannot read " + path.string() + ": " + error.message()};
  if (is_inside(fs::canonical(workspace, error), real)) return real;
  throw Refusal{path.string() + " is outside the pipeline's folder"};
}

std::string read_file(const fs::path& path, std::size_t& budget) {
  std::error_code error;
  // A pipe would never end.
  if (!fs::is_regular_file(path, error)) throw Refusal{path.string() + " is no file"};
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  char buffer[16 * 1024];
  while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
    const auto count = static_cast<std::size_t>(file.gcount());
    if (count > budget) throw Refusal{"the scripts are larger than 32 MiB"};
    budget -= count;
    bytes.append(buffer, count);
  }
  if (file.eof()) return bytes;
  throw Refusal{"cannot read " + path.string()};
}

bool is_left_out(const fs::path& path) {
  const std::string name = path.filename().string();
  return name == "__pycache__" || name.starts_with('.') || name.ends_with(".pyc");
}

class FolderReader {
 public:
  FolderReader(const fs::path& workspace, std::size_t& budget)
      : workspace_(workspace), budget_(budget) {}

  ScriptFolder read(const fs::path& place) {
    ScriptFolder folder{place, {}};
    std::error_code error;
    if (!fs::is_directory(place, error)) throw Refusal{place.string() + " is no folder"};
    fs::recursive_directory_iterator entry(place, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (is_left_out(entry->path())) {
        entry.disable_recursion_pending();
      } else if (!entry->is_directory(error) || entry->is_symlink(error)) {
        take(*entry, folder);
      } else if (entry.depth() >= kDepth) {
        throw Refusal{entry->path().string() + " lies too deep"};
      }
    }
    if (error) throw Refusal{"cannot read " + place.string() + ": " + error.message()};
    std::sort(folder.files.begin(), folder.files.end());
    return folder;
  }

 private:
  void take(const fs::directory_entry& entry, ScriptFolder& folder) {
    std::error_code error;
    const fs::path real = inside(workspace_, entry.path());
    if (!fs::is_regular_file(real, error)) {
      throw Refusal{entry.path().string() + " is neither a file nor a folder of its own"};
    }
    if (folder.files.size() >= kFiles) throw Refusal{"there are more than 10000 scripts"};
    folder.files.emplace_back(entry.path().lexically_relative(folder.place).string(),
                              read_file(real, budget_));
  }

  const fs::path& workspace_;
  std::size_t& budget_;
};

// What stands between two version_locations, as alembic splits them.
std::string separator_of(const std::string& ini, const std::string& section) {
  auto name = ini_value(ini, section, "path_separator");
  if (!name) name = ini_value(ini, section, "version_path_separator");
  if (!name || *name == "space") return " ";
  if (*name == "os") return ":";
  if (*name == "newline") return "\n";
  return *name;
}

std::vector<std::string> split(std::string_view text, const std::string& separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    const std::size_t from = std::min(text.find_first_not_of(" \t\n"), end);
    if (end > from) parts.emplace_back(text.substr(from, end - from));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

class SetReader {
 public:
  SetReader(const fs::path& workspace, const fs::path& cwd) : workspace_(workspace), cwd_(cwd) {}

  ScriptSet read(const fs::path& ini, const std::string& section) {
    ScriptSet set;
    set.section = section.empty() ? "alembic" : section;
    set.ini_folder = ini.parent_path().lexically_normal();
    set.ini = read_file(inside(workspace_, ini), budget_);
    set.separator = separator_of(set.ini, set.section);
    const auto location = ini_value(set.ini, set.section, "script_location");
    if (!location) throw Refusal{ini.string() + " does not say `script_location`"};
    add(set, *location);
    const auto versions = ini_value(set.ini, set.section, "version_locations");
    const bool legacy = !ini_value(set.ini, set.section, "path_separator") &&
                        !ini_value(set.ini, set.section, "version_path_separator");
    for (const std::string& place :
         split(versions.value_or(""), legacy ? ", \n" : set.separator + "\n")) {
      add(set, place);
    }
    return set;
  }

 private:
  void add(ScriptSet& set, const std::string& location) {
    const auto place = interpolate(location, set.ini_folder.string());
    if (!place || (!place->starts_with('/') && place->find(':') != place->npos)) {
      throw Refusal{"`" + location + "` is no plain folder"};
    }
    FolderReader reader(workspace_, budget_);
    set.folders.push_back(reader.read(inside(workspace_, cwd_ / *place)));
  }

  const fs::path& workspace_;
  const fs::path& cwd_;
  std::size_t budget_ = kAllBytes;
};

void add_to(shared::Digest& digest, const std::string& name, const std::string& bytes) {
  digest.add(name);
  digest.add("\n" + std::to_string(bytes.size()) + "\n");
  digest.add(bytes);
}

// Not synced: a copy that a crash of the machine cut short has another digest, and is not used.
// Nobody else can read it: the run's folder is its owner's alone.
void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes << std::flush;
  if (!file) throw Refusal{"cannot write " + path.string()};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Refusal{"cannot make " + folder.string() + ": " + error.message()};
}

// The ini that points at the copies in `folder`.
std::string relocated_ini(const ScriptSet& set, const fs::path& folder) {
  std::vector<std::pair<std::string, std::string>> values;
  values.emplace_back("script_location", (folder / "0").string());
  std::string versions;
  for (std::size_t i = 1; i < set.folders.size(); ++i) {
    const std::string place = (folder / std::to_string(i)).string();
    if (place.find(set.separator) != place.npos) {
      throw Refusal{"the run's folder has `" + set.separator + "` in its path, which separates " +
                    "version_locations"};
    }
    // A line of a value that takes several is indented.
    const std::string between = set.separator == "\n" ? "\n  " : set.separator;
    versions += (versions.empty() ? "" : between) + place;
  }
  if (!versions.empty()) values.emplace_back("version_locations", versions);
  return relocate(set.ini, set.section, set.ini_folder.string(), values);
}

void write_set(const ScriptSet& set, const fs::path& folder, const fs::path& final_folder) {
  make_folder(folder);
  write_file(folder / kOriginal, set.ini);
  write_file(folder / kConfig, relocated_ini(set, final_folder));
  for (std::size_t i = 0; i < set.folders.size(); ++i) {
    const fs::path copy = folder / std::to_string(i);
    make_folder(copy);
    for (const auto& [name, bytes] : set.folders[i].files) {
      make_folder((copy / name).parent_path());
      write_file(copy / name, bytes);
    }
  }
}

}  // namespace

std::string ScriptSet::digest() const {
  shared::Digest digest;
  add_to(digest, kOriginal, ini);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    for (const auto& [name, bytes] : folders[i].files) {
      add_to(digest, std::to_string(i) + "/" + name, bytes);
    }
  }
  return digest.finish();
}

ReadScripts read_scripts(const fs::path& workspace, const fs::path& cwd, const fs::path& ini,
                         const std::string& section) {
  try {
    return {SetReader(workspace, cwd).read(ini, section), ""};
  } catch (const Refusal& refusal) {
    return {std::nullopt, refusal.why};
  }
}

std::string write_snapshot(const ScriptSet& set, const fs::path& folder) {
  const fs::path fresh = folder.string() + ".new";
  std::error_code error;
  try {
    fs::remove_all(fresh, error);
    write_set(set, fresh, folder);
    fs::remove_all(folder, error);
    fs::rename(fresh, folder, error);
    if (error) throw Refusal{"cannot rename " + fresh.string() + ": " + error.message()};
    return "";
  } catch (const Refusal& refusal) {
    return refusal.why;
  }
}

std::optional<std::string> snapshot_digest(const fs::path& folder) {
  std::size_t budget = kAllBytes;
  try {
    ScriptSet set;
    set.ini = read_file(folder / kOriginal, budget);
    std::error_code error;
    for (std::size_t i = 0; fs::is_directory(folder / std::to_string(i), error); ++i) {
      set.folders.push_back(FolderReader(folder, budget).read(folder / std::to_string(i)));
    }
    return set.digest();
  } catch (const Refusal&) {
    return std::nullopt;
  }
}

fs::path snapshot_config(const fs::path& folder) { return folder / kConfig; }

}  // namespace alembic

// How it works. The file is read here and written by the host, only where it still has the digest
// of what was read. Before that the host keeps a copy in the scratch folder, which is the baseline;
// a checkpoint says no more than its digest, and which keys change in which lines. The way back
// needs no record of what was written: it is the kept text, edited once more.
//
// What a file holds never leaves this process: new text without secrets goes through the scratch
// folder, and a value is compared with a secret by its HMAC.
#include "set.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "check_settings.h"
#include "plugins/shared/digest.h"
#include "set_settings.h"

namespace env {
namespace {

constexpr std::int64_t kFileBytes = 1 << 20;
constexpr const char* kKept = "before";
constexpr const char* kNew = "new";

std::optional<std::string> read_bytes(const std::filesystem::path& path) {
  std::error_code error;
  // Anything else could never end.
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return std::nullopt;
  return std::move(content).str();
}

std::filesystem::path in_scratch(const sr::Call& call, const char* name) {
  return std::filesystem::path(call.scratch()) / name;
}

// The file as it is now.
struct Current {
  std::string digest;
  std::optional<std::string> text;  // nothing: there is no file
};

Current read_current(sr::Call& call, const SetSettings& settings) {
  const sr::FileState state = sr::File(call, settings.file).look();
  if (!state.exists()) return {state.digest, std::nullopt};
  if (state.size > kFileBytes) {
    throw sr::Failed("env.too_large", settings.file + " is larger than 1 MiB",
                     "a file of settings is not; look at `file`");
  }
  auto text = read_bytes(std::filesystem::path(call.workspace()) / settings.file);
  if (!text || shared::sha256_hex(*text) != state.digest) {
    throw sr::Retry("env.busy", settings.file + " changed while it was read",
                    "somebody else writes it at this moment");
  }
  return {state.digest, std::move(text)};
}

// Compares and edits, key by key.
class Editor {
 public:
  Editor(sr::Call& call, const SetSettings& settings) : call_(call), settings_(settings) {}

  // Throws Failed where the text cannot be edited.
  template <typename Work>
  auto guarded(const Work& work) const {
    try {
      return work();
    } catch (const CannotEdit& cannot) {
      throw sr::Failed("env.format", settings_.file + ": " + cannot.what(),
                       "edit it by hand, or bring it into a plainer form");
    }
  }

  bool holds(const Document& document, const Wanted& wanted) const {
    const Entry* entry = document.find(wanted.path);
    if (wanted.removed || entry == nullptr) return wanted.removed && entry == nullptr;
    if (!entry->value) return false;
    const Scalar& value = *entry->value;
    if (!has_handle(wanted.value.text)) {
      const bool same_type = settings_.format_name == "dotenv" || value.type == wanted.value.type;
      return same_type && value.text == wanted.value.text;
    }
    return value.type == Type::text && sr::Secrets(call_).hmac_sha256(wanted.value.text, nonce()) ==
                                           shared::hmac_sha256_hex(nonce(), value.text);
  }

  bool holds_all(const std::string& text) const {
    const Document document = settings_.format->scan(text);
    for (const Wanted& wanted : settings_.wanted) {
      if (!holds(document, wanted)) return false;
    }
    return true;
  }

  std::string edit(std::string text) const {
    for (const Wanted& wanted : settings_.wanted) {
      const Document document = settings_.format->scan(text);
      if (holds(document, wanted)) continue;
      text = apply(text, document, wanted, wanted.removed ? Written{} : written_of(wanted));
    }
    return text;
  }

  // `base` with the values that our keys have in `current`: where that is `current` itself, nobody
  // has touched anything else.
  bool is_our_edit(const std::string& base, const std::string& current) const {
    const Document now = settings_.format->scan(current);
    std::string text = base;
    for (const Wanted& wanted : settings_.wanted) {
      const Document document = settings_.format->scan(text);
      if (holds(document, wanted)) continue;
      Written value;
      if (!wanted.removed) {
        value = written(*now.find(wanted.path)->value);
        value.value.type = wanted.value.type;
        value.is_secret = has_handle(wanted.value.text);
      }
      text = apply(text, document, wanted, value);
    }
    return text == current;
  }

 private:
  std::string nonce() const { return "env.set " + std::string(call_.run()); }

  std::string apply(const std::string& text, const Document& document, const Wanted& wanted,
                    const Written& value) const {
    if (wanted.removed) return settings_.format->remove(text, wanted.path);
    const auto spelling = settings_.format->spell(value, document.find(wanted.path));
    if (spelling) return settings_.format->set(text, wanted.path, *spelling);
    throw CannotEdit("the value of `" + wanted.key +
                     "` has characters that cannot be written there safely");
  }

  // Of a secret the host says which characters it has.
  Written written_of(const Wanted& wanted) const {
    const std::string& text = wanted.value.text;
    if (!has_handle(text)) return written(wanted.value);
    const sr::Secrets secrets(call_);
    const auto has = [&](const char* pattern) { return secrets.matches(text, pattern); };
    return {
        wanted.value,
        {has(kWordPattern), has(kNoSinglePattern), has(kNoDoublePattern), has(kNoExpansionPattern)},
        true};
  }

  sr::Call& call_;
  const SetSettings& settings_;
};

enum class Did { nothing, added, set, removed };

Did what_changes(const Editor& editor, const Document& document, const Wanted& wanted) {
  if (editor.holds(document, wanted)) return Did::nothing;
  if (wanted.removed) return Did::removed;
  return document.find(wanted.path) == nullptr ? Did::added : Did::set;
}

const char* word_for(Did did) {
  return did == Did::added ? "add" : did == Did::set ? "set" : did == Did::removed ? "remove" : "";
}

// What a person reads in the plan: new values that the author wrote down, never old ones.
void tell_change(sr::Call& call, const SetSettings& settings, const Wanted& wanted, Did did) {
  static constexpr const char* kDo[] = {"", "create", "update", "delete"};
  const std::string value = wanted.removed                  ? ""
                            : has_handle(wanted.value.text) ? " to a secret"
                                                            : " to `" + wanted.value.text + "`";
  const std::string what = std::string(word_for(did)) + " " + wanted.key + " in " + settings.file;
  call.change(kDo[static_cast<int>(did)], what + (did == Did::set ? value : ""));
}

std::string base_text(const SetSettings& settings, const Current& current) {
  return current.text.value_or(settings.format->empty_text());
}

sr::Json checkpoint_of(const Editor& editor, const SetSettings& settings, const Current& current) {
  const Document document = settings.format->scan(base_text(settings, current));
  sr::Json keys = sr::Json::array();
  for (const Wanted& wanted : settings.wanted) {
    const Did did = what_changes(editor, document, wanted);
    if (did == Did::nothing) continue;
    const Entry* entry = document.find(wanted.path);
    sr::Json key = sr::Json::object().set("key", wanted.key).set("did", word_for(did));
    if (entry != nullptr) key.set("line", entry->line);
    keys.push(key);
  }
  return sr::Json::object().set("before", current.digest).set("keys", keys);
}

// What became of our write in earlier attempts: false where it surely never happened.
bool may_have_written(const sr::Call& call) {
  for (const std::string& effect : call.items(call.pending())) {
    if (call.pick(effect, "/id") == "write") return true;
  }
  for (const std::string& effect : call.items(call.settled())) {
    const bool is_ours = call.pick(effect, "/id") == "write";
    if (is_ours && call.pick(effect, "/outcome/may_have_happened") != "false") return true;
  }
  return false;
}

void write(sr::Call& call, const SetSettings& settings, const std::string& text,
           const std::string& if_digest, const char* id) {
  const sr::File file(call, settings.file);
  if (has_handle(text)) {
    file.write(text, if_digest, id);
    return;
  }
  std::ofstream scratch(in_scratch(call, kNew), std::ios::binary | std::ios::trunc);
  scratch << text << std::flush;
  if (!scratch) {
    throw sr::Failed("env.scratch", "cannot write to the scratch folder",
                     "look at the run's folder: it must be writable");
  }
  file.write_from(kNew, if_digest, id);
}

void set_outputs(sr::Call& call, std::string_view checkpoint) {
  const auto changed = call.items(call.pick(checkpoint, "/keys").value_or("[]"));
  call.set("changed", changed.size());
}

void save_baseline(sr::Call& call, const SetSettings& settings, const Current& current,
                   const sr::Json& checkpoint) {
  if (current.text) {
    const sr::FileState kept = sr::File(call, settings.file).keep(kKept);
    if (kept.digest != current.digest) {
      throw sr::Retry("env.busy", settings.file + " changed while it was copied",
                      "somebody else writes it at this moment");
    }
  }
  call.checkpoint(checkpoint.text());
}

// The way back, once it is known that something may have been written.
class WayBack {
 public:
  WayBack(sr::Call& call, const SetSettings& settings)
      : call_(call), settings_(settings), editor_(call, settings) {}

  void run() {
    const std::string before = call_.pick(call_.last_checkpoint(), "/before").value_or("");
    const Current current = read_current(call_, settings_);
    if (current.digest == before) return;
    const bool was_there = before != sr::kAbsent;
    if (!current.text) {
      throw sr::Conflict("env.conflict", settings_.file + " is gone; somebody else removed it",
                         "put it back by hand; " + kept_place());
    }
    const std::string base = was_there ? read_kept(before) : settings_.format->empty_text();
    const auto ours = editor_.guarded([&] { return find_ours(base, *current.text); });
    if (ours.empty()) return;
    const bool exact = editor_.guarded([&] { return editor_.is_our_edit(base, *current.text); });
    const sr::File file(call_, settings_.file);
    if (exact && was_there) {
      file.write_from(kKept, current.digest, "undo");
    } else if (exact) {
      file.remove(current.digest, "undo");
    } else {
      const std::string text = editor_.guarded([&] { return put_back(base, *current.text, ours); });
      write(call_, settings_, text, current.digest, "undo");
    }
  }

 private:
  std::string kept_place() const {
    return "what it was is kept in " + in_scratch(call_, kKept).string();
  }

  std::string read_kept(const std::string& before) const {
    auto kept = read_bytes(in_scratch(call_, kKept));
    if (kept && shared::sha256_hex(*kept) == before) return *std::move(kept);
    throw sr::Failed(
        "env.kept",
        "the copy of " + settings_.file + (kept ? " was changed" : " is gone") +
            ", so it cannot be put back",
        "it was in " + in_scratch(call_, kKept).string() + "; put the file back by hand");
  }

  // The keys that still hold what we wrote. Those that hold what was there before are done.
  std::vector<const Wanted*> find_ours(const std::string& base, const std::string& text) const {
    const Document then = settings_.format->scan(base);
    const Document now = settings_.format->scan(text);
    std::vector<const Wanted*> ours;
    for (const Wanted& wanted : settings_.wanted) {
      if (editor_.holds(then, wanted) || is_old(then, now, wanted.path)) continue;
      if (!editor_.holds(now, wanted)) {
        throw sr::Conflict("env.conflict",
                           "somebody else has changed " + wanted.key + " in " + settings_.file +
                               " since; it was left alone",
                           "decide by hand what it must be; " + kept_place());
      }
      ours.push_back(&wanted);
    }
    return ours;
  }

  static bool is_old(const Document& then, const Document& now, const Path& path) {
    const Entry* old_entry = then.find(path);
    const Entry* entry = now.find(path);
    if (old_entry == nullptr || entry == nullptr) return old_entry == entry;
    return old_entry->value && old_entry->value == entry->value;
  }

  std::string put_back(const std::string& base, std::string text,
                       const std::vector<const Wanted*>& ours) const {
    const Document then = settings_.format->scan(base);
    for (const Wanted* wanted : ours) {
      const Entry* entry = then.find(wanted->path);
      text = entry == nullptr
                 ? settings_.format->remove(text, wanted->path)
                 : settings_.format->set(text, wanted->path,
                                         base.substr(entry->begin, entry->end - entry->begin));
    }
    return text;
  }

  sr::Call& call_;
  const SetSettings& settings_;
  Editor editor_;
};

}  // namespace

void Set::validate(sr::Call& call) { diagnose_set(call); }

void Set::plan(sr::Call& call) {
  const SetSettings settings = read_set_settings(call);
  const Editor editor(call, settings);
  const Current current = read_current(call, settings);
  if (!current.text && !settings.create) {
    call.warn(settings.file + " is not there yet; an earlier stage has to make it");
  }
  const std::string base = base_text(settings, current);
  editor.guarded([&] {
    const Document document = settings.format->scan(base);
    for (const Wanted& wanted : settings.wanted) {
      const Did did = what_changes(editor, document, wanted);
      if (did != Did::nothing) tell_change(call, settings, wanted, did);
    }
    // Said now, while nothing has happened yet.
    if (current.text || settings.create) editor.edit(base);
  });
}

void Set::apply(sr::Call& call) {
  const SetSettings settings = read_set_settings(call);
  const Editor editor(call, settings);
  const Current current = read_current(call, settings);
  if (!current.text && !settings.create) {
    throw sr::Failed("env.missing", "there is no file " + settings.file,
                     "`create = true` makes it; else look at `file`");
  }
  const std::string base = base_text(settings, current);
  const bool written_before = !call.last_checkpoint().empty() && may_have_written(call);
  if (editor.guarded([&] { return editor.holds_all(base); })) {
    set_outputs(call, call.last_checkpoint());
    if (!written_before) throw sr::Unchanged();
    return;
  }
  const std::string before = call.pick(call.last_checkpoint(), "/before").value_or("");
  if (written_before && before != current.digest) {
    throw sr::Conflict("env.conflict",
                       settings.file + " was written, and somebody else has changed it since",
                       "look at who did; then start again");
  }
  const std::string text = editor.guarded([&] { return editor.edit(base); });
  const sr::Json checkpoint =
      editor.guarded([&] { return checkpoint_of(editor, settings, current); });
  if (!written_before) save_baseline(call, settings, current, checkpoint);
  write(call, settings, text, current.digest, "write");
  set_outputs(call, checkpoint.text());
  call.receipt(checkpoint.text());
}

sr_status Set::verify(sr::Call& call) {
  const SetSettings settings = read_set_settings(call);
  const Editor editor(call, settings);
  const Current current = read_current(call, settings);
  const bool good = current.text && editor.guarded([&] { return editor.holds_all(*current.text); });
  if (!good) {
    throw sr::Failed("env.not_set", settings.file + " does not hold what was to be set");
  }
  set_outputs(call, call.last_checkpoint());
  return SR_OK;
}

void Set::rollback(sr::Call& call) {
  if (call.last_checkpoint().empty()) return;
  if (!may_have_written(call) && call.last_receipt().empty()) return;
  const SetSettings settings = read_set_settings(call);
  WayBack(call, settings).run();
}

}  // namespace env

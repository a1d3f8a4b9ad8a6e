// postgres.migrate: runs SQL files, all of them or none.
//
// How it works. The files are copied into the scratch folder, scanned there, and run from there by
// one psql, driven by a script of our own: a lock, then a transaction, then file by file, each with
// its row in the ledger. It is a file and not psql's input, because psql takes what stands before
// an input's end for a whole statement: half of a DELETE, where we were killed while we fed it.
// The ledger's rows are what verify and rollback go by.
#include <algorithm>

#include "dump.h"
#include "ledger.h"
#include "stages.h"

namespace postgres {
namespace {

constexpr std::int64_t kLockMs = 30'000;
constexpr const char* kScriptFile = "migrate.sql";
constexpr const char* kUndoScriptFile = "undo.sql";
// What our script prints; nothing else of it reaches stdout.
constexpr std::string_view kDone = "stagerun: done ";
constexpr std::string_view kFinished = "stagerun: finished";
constexpr const char* kMadeLedger = "new_ledger";
// psql's exit statuses: an error of its own, an error in the SQL (ON_ERROR_STOP).
constexpr int kOwnError = 1;
constexpr int kSqlError = 3;

struct Settings {
  Mode mode;
  Ledger ledger;
  std::string lock_timeout;
  std::string statement_timeout;
  std::int64_t lock_ms;
};

Settings read_settings(const sr::Call& call) {
  const std::int64_t lock_ms = duration_at(call, "/lock_timeout", kLockMs);
  return {mode_of(call), Ledger(call.config_or("/ledger", ""), call.config_or("/lock", "stagerun")),
          std::to_string(lock_ms), std::to_string(duration_at(call, "/statement_timeout", 0)),
          lock_ms};
}

// The key of apply, in every verb.
std::string key_of(const sr::Call& call) {
  constexpr std::string_view kSuffix = "/rollback";
  std::string key(call.key());
  if (call.verb() == SR_ROLLBACK && key.ends_with(kSuffix)) key.resize(key.size() - kSuffix.size());
  return key;
}

// An error of ours in the middle of a script: a text that is no number.
std::string raise_if(const std::string& variable, const std::string& text) {
  return "\\if :" + variable + "\nSELECT " + quote_literal(text) + "::int;\n\\endif\n";
}

// The psql script that drives the files.
class Script {
 public:
  Script(const sr::Call& call, const Settings& settings) : call_(call), settings_(settings) {
    text_ = "\\o /dev/null\n";
    set_timeouts();
  }

  void begin() { text_ += "BEGIN;\n" + settings_.ledger.take_lock(); }
  void commit() { text_ += "COMMIT;\n"; }
  void add(const std::string& sql) { text_ += sql; }

  // One file. What it sets for its session ends with it.
  void include(const SqlFile& file) {
    const bool inside = settings_.mode != Mode::none || call_.verb() == SR_ROLLBACK;
    text_ += "RESET SESSION AUTHORIZATION;\nRESET ALL;\n";
    set_timeouts();
    if (inside) text_ += "SELECT txid_current() AS stagerun_before \\gset\n";
    text_ += "\\i " + quote_psql(scratch_path(call_, file.kept)) + "\n";
    if (inside) {
      text_ += "SELECT txid_current() <> :stagerun_before AS stagerun_left \\gset\n";
      text_ += raise_if("stagerun_left", file.name + " ended the transaction that it ran in");
    }
    text_ += "RESET SESSION AUTHORIZATION;\nRESET ALL;\n";
    set_timeouts();
  }
  void say(std::string_view text) { text_ += "\\echo " + quote_psql(text) + "\n"; }

  const std::string& text() const { return text_; }

 private:
  void set_timeouts() {
    text_ += "SET lock_timeout = " + settings_.lock_timeout +
             ";\nSET statement_timeout = " + settings_.statement_timeout + ";\n";
  }

  const sr::Call& call_;
  const Settings& settings_;
  std::string text_;
};

std::string migrate_script(const sr::Call& call, const Settings& settings,
                           const std::vector<SqlFile>& files) {
  const Ledger& ledger = settings.ledger;
  Script script(call, settings);
  if (settings.mode == Mode::none) script.add(ledger.take_session_lock());
  if (settings.mode == Mode::all) script.begin();
  if (settings.mode == Mode::file && ledger.is_used()) script.begin();
  if (ledger.is_used()) script.add(ledger.create());
  if (settings.mode == Mode::file && ledger.is_used()) script.commit();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (settings.mode == Mode::file) script.begin();
    if (ledger.is_used()) {
      script.add(ledger.exists(files[i]) + " AS stagerun_there \\gset\n" +
                 raise_if("stagerun_there",
                          files[i].name + " was applied by somebody else in the meantime"));
    }
    script.include(files[i]);
    if (ledger.is_used()) script.add(ledger.insert(files[i], call.run(), call.key()));
    if (settings.mode == Mode::file) script.commit();
    script.say(std::string(kDone) + std::to_string(i + 1));
  }
  if (settings.mode == Mode::all) script.commit();
  script.say(kFinished);
  return script.text();
}

std::string undo_script(const sr::Call& call, const Settings& settings,
                        const std::vector<std::pair<SqlFile, SqlFile>>& undos, bool made_ledger) {
  Script script(call, settings);
  script.begin();
  for (const auto& [file, undo] : undos) {
    script.add(settings.ledger.exists(file, key_of(call)) + " AS stagerun_there \\gset\n" +
               "\\if :stagerun_there\n");
    script.include(undo);
    script.add(settings.ledger.erase(file, key_of(call)) + "\\endif\n");
  }
  if (made_ledger) script.add(settings.ledger.drop_empty());
  script.commit();
  script.say(kFinished);
  return script.text();
}

// What psql said, with the files' own names in it.
class Listener {
 public:
  Listener(sr::Call& call, const std::vector<SqlFile>& files) : call_(call), files_(files) {}

  void take(const std::string& stream, std::string text) {
    if (stream == "stdout" && text == kFinished) {
      finished = true;
    } else if (stream == "stdout" && text.starts_with(kDone)) {
      done = static_cast<std::size_t>(sr::number_in(std::string_view(text).substr(kDone.size())));
      call_.progress(done, files_.size(), done > 0 ? files_.at(done - 1).name : "");
    } else {
      rename(text);
      if (error.empty() && text.find("ERROR:") != text.npos) error = text;
      call_.info(text);
    }
  }

  bool finished = false;
  std::size_t done = 0;
  std::string error;

 private:
  void rename(std::string& text) const {
    for (const SqlFile& file : files_) {
      const std::string path = scratch_path(call_, file.kept);
      const std::size_t at = text.find(path + ":");
      if (at != text.npos) text.replace(at, path.size(), file.name);
    }
  }

  sr::Call& call_;
  const std::vector<SqlFile>& files_;
};

std::string what_stands(Mode mode, std::size_t done) {
  if (mode == Mode::all) return "the database took everything back";
  const std::string before =
      done == 0 ? "no file was applied before it" : std::to_string(done) + " files before it stand";
  return mode == Mode::file ? "the file was taken back; " + before
                            : before + ", and what it did itself until then stands";
}

// Runs a script; returns once the database has said that all of it was done.
void run_script(Client& client, const char* script, const std::string& purpose, const char* id,
                const std::vector<SqlFile>& files, Mode mode) {
  Listener listener(client.call(), files);
  const sr::Exit exit = client.call().run_process(
      client.script(script, purpose, id),
      [&](const std::string& stream, const std::string& text) { listener.take(stream, text); });
  if (exit.ok() && listener.finished) return;
  const Refusal refusal = explain(client.connection(), exit);
  const std::string text = listener.error.empty() ? refusal.text : listener.error;
  const bool none = refusal.code == "postgres.connect" && listener.done == 0;
  if (none) throw sr::Failed(refusal.code, text, "nothing was done");
  if (exit.status == kSqlError || exit.status == kOwnError) {
    throw sr::Failed("postgres.sql", text, what_stands(mode, listener.done));
  }
  throw sr::Unknown("postgres.unclear",
                    exit.ok() ? "psql ended well and did not finish its script" : text,
                    "look at what the files were to change");
}

const LedgerRow* find_row(const std::vector<LedgerRow>& rows, const SqlFile& file) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const LedgerRow& row) { return row.name == file.name; });
  return found == rows.end() ? nullptr : &*found;
}

// Those that the ledger does not hold. Throws where one was changed after it was applied.
std::vector<SqlFile> outstanding(const std::vector<SqlFile>& files,
                                 const std::vector<LedgerRow>& rows) {
  std::vector<SqlFile> left;
  for (const SqlFile& file : files) {
    const LedgerRow* row = find_row(rows, file);
    if (row == nullptr) {
      left.push_back(file);
    } else if (row->sha256 != file.sha256) {
      throw sr::Failed("postgres.drift", file.name + " was applied before, and is another one now",
                       "write what is new into a new file; its sha256 was " + row->sha256);
    }
  }
  return left;
}

std::vector<SqlFile> keep_and_scan(sr::Call& call, Mode mode) {
  std::vector<SqlFile> files = name_files(call, "/files");
  keep_files(call, files, "file");
  for (const SqlFile& file : files) {
    const auto sql = read_text(scratch_path(call, file.kept));
    if (!sql) throw sr::Failed("postgres.files", file.name + " cannot be read, or is too large");
    const auto fault = find_fault(*sql, mode);
    if (fault) {
      throw sr::Failed("postgres.sql", file.name + ": " + *fault,
                       "take it out, or put such files into a stage with transaction = \"none\"");
    }
  }
  return files;
}

std::vector<SqlFile> keep_undos(sr::Call& call, std::size_t count) {
  std::vector<SqlFile> undos = name_files(call, "/undo");
  if (undos.empty()) return undos;
  if (undos.size() != count) {
    throw sr::Failed("postgres.undo",
                     "there are " + std::to_string(count) + " files and " +
                         std::to_string(undos.size()) + " to undo them",
                     "`undo` names one file for each of `files`, in the same order");
  }
  keep_files(call, undos, "undo");
  for (const SqlFile& undo : undos) {
    const auto fault = find_fault(read_text(scratch_path(call, undo.kept)).value_or(""), Mode::all);
    if (fault) throw sr::Failed("postgres.sql", undo.name + ": " + *fault, "take it out");
  }
  return undos;
}

void require_backup(Client& client, bool may_wait) {
  sr::Call& call = client.call();
  const Required required{call.config_or("/require_backup/file", ""),
                          call.config_or("/require_backup/sha256", ""),
                          duration_at(call, "/require_backup/max_age", -1)};
  if (required.file.empty()) return;
  if (may_wait && (is_open(required.file) || is_open(required.sha256))) return;
  client.find_dump_tools();
  require(client, required);
}

void set_outputs(const sr::Call& call, const std::vector<SqlFile>& files, std::size_t applied) {
  call.set("applied", applied);
  call.set("skipped", files.size() - applied);
  call.set("last", files.empty() ? "" : files.back().name);
}

// What the host knows of psql's end in an earlier attempt.
enum class Fate { never, well, taken_back, unclear };

Fate fate_of(const sr::Call& call, Mode mode) {
  for (const std::string& effect : call.items(call.pending())) {
    if (call.pick(effect, "/id") == "migrate") return Fate::unclear;
  }
  for (const std::string& effect : call.items(call.settled())) {
    if (call.pick(effect, "/id") != "migrate") continue;
    const std::string status = call.pick(effect, "/outcome/status").value_or("");
    if (status == "0") return Fate::well;
    const bool told = status == "1" || status == "3";
    if (call.pick(effect, "/outcome/may_have_happened") == "false") return Fate::never;
    return told && mode == Mode::all ? Fate::taken_back : Fate::unclear;
  }
  return Fate::never;
}

sr_status verify_by_ledger(Client& client, const Settings& settings,
                           const std::vector<SqlFile>& files) {
  sr::Call& call = client.call();
  const auto rows = settings.ledger.read(client, settings.lock_ms);
  std::size_t applied = 0;
  for (const SqlFile& file : files) {
    const LedgerRow* row = find_row(rows, file);
    if (row != nullptr && row->key == call.key()) ++applied;
    if (row != nullptr && row->sha256 == file.sha256) continue;
    if (settings.mode == Mode::none && fate_of(call, settings.mode) == Fate::unclear) {
      throw sr::Unknown("postgres.unclear", file.name + " may be half applied",
                        "look at what it was to change");
    }
    throw sr::Failed("postgres.not_done", file.name + " was not applied");
  }
  set_outputs(call, files, applied);
  return SR_OK;
}

sr_status verify_by_fate(sr::Call& call, const Settings& settings,
                         const std::vector<SqlFile>& files) {
  switch (fate_of(call, settings.mode)) {
    case Fate::well:
      set_outputs(call, files, files.size());
      return SR_OK;
    case Fate::never:
    case Fate::taken_back:
      throw sr::Failed("postgres.not_done", "the files were not applied");
    default:
      throw sr::Unknown("postgres.unclear", "psql was started and nobody saw it end",
                        "look at what the files were to change; with a `ledger` it would be known");
  }
}

// The files of this run with their undo, the last first.
std::vector<std::pair<SqlFile, SqlFile>> pair_up(const sr::Call& call,
                                                 const std::vector<LedgerRow>& rows) {
  std::vector<std::pair<SqlFile, SqlFile>> undos;
  const auto kept = call.items(call.pick(call.last_checkpoint(), "/files").value_or("[]"));
  for (const std::string& entry : kept) {
    const SqlFile file{call.pick(entry, "/name").value_or(""), "", ""};
    const SqlFile undo{call.pick(entry, "/undo").value_or(""), "",
                       call.pick(entry, "/kept").value_or("")};
    const LedgerRow* row = find_row(rows, file);
    if (row != nullptr && row->key == key_of(call)) undos.insert(undos.begin(), {file, undo});
  }
  return undos;
}

// Whether somebody else has migrated since.
bool is_overtaken(const sr::Call& call, const std::vector<LedgerRow>& rows) {
  bool ours = false;
  for (const LedgerRow& row : rows) {
    if (row.key == key_of(call)) ours = true;
    if (ours && row.key != key_of(call)) return true;
  }
  return false;
}

}  // namespace

void Migrate::validate(sr::Call& call) {
  diagnose_connection(call);
  for (const char* pointer : {"/lock_timeout", "/statement_timeout", "/require_backup/max_age"}) {
    diagnose_duration(call, pointer);
  }
  diagnose_files(call, "/files");
  diagnose_files(call, "/undo");
  if (!call.has_config("/undo")) return;
  if (!call.has_config("/ledger")) {
    call.diagnose("/undo", "postgres.undo",
                  "without a ledger nobody could tell afterwards what is to be undone",
                  "add ledger = \"stagerun_migrations\"");
  }
  if (mode_of(call) == Mode::none) {
    call.diagnose("/undo", "postgres.undo",
                  "what ran without a transaction may be half done, which no file undoes",
                  "leave `undo` out, or `transaction`");
  }
}

void Migrate::plan(sr::Call& call) {
  const Settings settings = read_settings(call);
  Client client(call, read_connection(call));
  client.server_version();
  const auto files = keep_and_scan(call, settings.mode);
  keep_undos(call, files.size());
  require_backup(client, true);
  const auto rows = settings.ledger.is_used() ? settings.ledger.read(client, settings.lock_ms)
                                              : std::vector<LedgerRow>{};
  const auto left = outstanding(files, rows);
  for (const SqlFile& file : left) {
    call.change("run", file.name + " in " + client.connection().name, sr::Json(), file.sha256);
    for (const std::string& found : find_destructive(*read_text(scratch_path(call, file.kept)))) {
      call.warn(file.name + " destroys data: " + found);
      call.change("delete", file.name + ", " + found);
    }
  }
  if (left.size() < files.size()) {
    call.info(std::to_string(files.size() - left.size()) + " files were applied before");
  }
}

void Migrate::apply(sr::Call& call) {
  const Settings settings = read_settings(call);
  Client client(call, read_connection(call));
  const auto files = keep_and_scan(call, settings.mode);
  const auto undos = keep_undos(call, files.size());
  require_backup(client, false);
  const auto rows = settings.ledger.is_used() ? settings.ledger.read(client, settings.lock_ms)
                                              : std::vector<LedgerRow>{};
  const auto left = outstanding(files, rows);
  if (left.empty()) {
    set_outputs(call, files, 0);
    throw sr::Unchanged();
  }
  if (call.last_checkpoint().empty()) {
    sr::Json list = sr::Json::array();
    for (std::size_t i = 0; i < undos.size(); ++i) {
      list.push(sr::Json::object()
                    .set("name", files[i].name)
                    .set("undo", undos[i].name)
                    .set("kept", undos[i].kept));
    }
    const bool is_new = settings.ledger.is_used() && !settings.ledger.is_there(client);
    call.checkpoint(sr::Json::object().set("files", list).set(kMadeLedger, is_new).text());
  }
  write_scratch(call, kScriptFile, migrate_script(call, settings, left));
  run_script(client, kScriptFile, "migrate " + client.connection().name, "migrate", left,
             settings.mode);
  set_outputs(call, files, left.size());
  call.receipt(sr::Json::object().set("applied", left.size()).text());
}

sr_status Migrate::verify(sr::Call& call) {
  const Settings settings = read_settings(call);
  std::vector<SqlFile> files = name_files(call, "/files");
  if (!settings.ledger.is_used()) return verify_by_fate(call, settings, files);
  keep_files(call, files, "seen");
  Client client(call, read_connection(call));
  return verify_by_ledger(client, settings, files);
}

void Migrate::rollback(sr::Call& call) {
  const Settings settings = read_settings(call);
  if (!settings.ledger.is_used()) return;
  Client client(call, read_connection(call));
  const auto rows = settings.ledger.read(client, settings.lock_ms);
  const auto undos = pair_up(call, rows);
  const bool made = call.pick(call.last_checkpoint(), std::string("/") + kMadeLedger) == "true";
  if (undos.empty() && !(made && rows.empty())) return;
  if (is_overtaken(call, rows)) {
    throw sr::Conflict("postgres.overtaken",
                       "somebody has migrated " + client.connection().name + " since",
                       "undo it by hand, theirs first");
  }
  if (undos.empty() && !settings.ledger.is_there(client)) return;
  write_scratch(call, kUndoScriptFile, undo_script(call, settings, undos, made));
  std::vector<SqlFile> files;
  files.reserve(undos.size());
  for (const auto& [file, undo] : undos) files.push_back(undo);
  run_script(client, kUndoScriptFile, "undo the migration of " + client.connection().name, "undo",
             files, Mode::all);
}

}  // namespace postgres

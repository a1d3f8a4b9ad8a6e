// postgres.restore: puts an archive of postgres.backup back. Over the database that it came from,
// in one transaction; or into a new one, which then stands beside it.
//
// How it works. The archive is copied into the scratch folder and held against its sha256, so that
// what was looked at is what is restored. A new database carries this stage's key as its comment:
// that is how rollback knows that it is ours.
#include <algorithm>

#include "dump.h"
#include "stages.h"

namespace postgres {
namespace {

constexpr const char* kDumpFile = "dump";
constexpr const char* kCreateFile = "create.sql";
constexpr const char* kDropFile = "drop.sql";
constexpr const char* kTerminateFile = "terminate.sql";
constexpr std::size_t kShownNames = 20;
constexpr int kToolError = 1;

// Everything with rows or a definition that is not the server's own or an extension's.
constexpr const char* kRelations =
    "SELECT c.oid, format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_'"
    " AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
    " WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 2";

constexpr const char* kSessions =
    "SELECT pid, usename, application_name FROM pg_catalog.pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' ORDER BY pid";

bool terminates(const sr::Call& call) {
  return call.config_or("/terminate_connections", "false") == "true";
}

std::string into(const sr::Call& call) { return call.config_or("/into", ""); }

std::string comment_of(const sr::Call& call) {
  constexpr std::string_view kSuffix = "/rollback";
  std::string key(call.key());
  if (call.verb() == SR_ROLLBACK && key.ends_with(kSuffix)) key.resize(key.size() - kSuffix.size());
  return "stagerun " + key;
}

// The archive, in the scratch folder, and what it holds.
Listing keep_archive(Client& client) {
  sr::Call& call = client.call();
  const std::string file = call.config("/file");
  const sr::FileState state = sr::File(call, file).keep(kDumpFile);
  if (state.digest != call.config("/sha256")) {
    throw sr::Failed("postgres.archive",
                     file + " is not the archive that is meant: its sha256 is " + state.digest,
                     "somebody has changed it, or the sha256 is of another one");
  }
  client.find_dump_tools();
  const std::string path = scratch_path(call, kDumpFile);
  Listing listing = list_archive(client, path);
  read_through(client, path);
  return listing;
}

// Names the first of them.
std::string name_some(const Rows& rows, std::size_t column) {
  std::string text;
  for (std::size_t i = 0; i < rows.size() && i < kShownNames; ++i) {
    text += (i > 0 ? ", " : "") + rows[i].at(column);
  }
  return text + (rows.size() > kShownNames ? ", ..." : "");
}

[[noreturn]] void refuse_sessions(const Client& client, const Rows& sessions) {
  std::string who;
  for (const Row& row : sessions)
    who += (who.empty() ? "" : ", ") + row.at(1) + " (" + row.at(2) + ")";
  throw sr::Failed("postgres.in_use",
                   std::to_string(sessions.size()) + " sessions are connected to " +
                       client.connection().name + ": " + who.substr(0, 500),
                   "stop what uses it first, or say terminate_connections = true");
}

void run_sql(Client& client, const char* file, const std::string& sql, const std::string& purpose,
             const char* id) {
  write_scratch(client.call(), file, sql);
  const sr::Exit exit = client.call().run_process(client.script(file, purpose, id));
  if (exit.ok()) return;
  const Refusal refusal = explain(client.connection(), exit);
  if (exit.status > 0) throw sr::Failed(refusal.code, refusal.text);
  throw sr::Unknown(refusal.code, refusal.text);
}

void be_alone(Client& client) {
  const Rows sessions = client.query(kSessions);
  if (sessions.empty()) return;
  if (!terminates(client.call())) refuse_sessions(client, sessions);
  client.call().warn("ending " + std::to_string(sessions.size()) + " sessions");
  run_sql(client, kTerminateFile,
          "\\o /dev/null\nSELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
          " current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';\n",
          "end other sessions of " + client.connection().name, "terminate");
}

// As an argument that is a connection string, and nothing else.
std::string database_argument(const std::string& name) {
  return "--dbname=dbname=" + quote_psql(name);
}

void run_restore(Client& client, std::vector<std::string> options) {
  std::vector<std::string> argv = {"pg_restore", "--single-transaction", "--exit-on-error",
                                   "--no-password"};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.push_back(database_argument(client.connection().database));
  argv.push_back(scratch_path(client.call(), kDumpFile));
  const sr::Exit exit = client.call().run_process(
      client.request(argv, "restore " + client.connection().name, "restore"));
  if (exit.ok()) return;
  const std::string text = "pg_restore failed: " + last_error(exit.tail);
  if (exit.status == kToolError) {
    throw sr::Failed("postgres.restore", text, "the database took everything back");
  }
  throw sr::Unknown("postgres.unclear", text);
}

// What was there before and is there still, untouched: --clean only drops what the archive holds.
Rows survivors(const Rows& before, const Rows& after) {
  Rows left;
  for (const Row& row : after) {
    if (std::find(before.begin(), before.end(), row) != before.end()) left.push_back(row);
  }
  return left;
}

void set_outputs(const sr::Call& call, const std::string& database, std::string_view receipt) {
  call.set("database", database);
  for (const char* name : {"entries", "survivors"}) {
    call.set(name, sr::Json::raw(call.pick(receipt, std::string("/") + name).value_or("0")));
  }
}

void finish(sr::Call& call, const std::string& database, int entries, std::size_t survived) {
  const sr::Json receipt = sr::Json::object().set("entries", entries).set("survivors", survived);
  set_outputs(call, database, receipt.text());
  call.receipt(receipt.text());
}

void restore_over(Client& client) {
  const Listing listing = keep_archive(client);
  be_alone(client);
  const Rows before = client.query(kRelations);
  run_restore(client, {"--clean", "--if-exists"});
  const Rows left = survivors(before, client.query(kRelations));
  if (!left.empty()) {
    client.call().warn("was made after the backup, and is still there: " + name_some(left, 1));
  }
  finish(client.call(), client.connection().database, listing.entries, left.size());
}

struct Target {
  bool exists = false;
  bool ours = false;
};

Target look_at_target(Client& client) {
  const Rows rows = client.query(
      "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname "
      "= " +
      quote_literal(into(client.call())));
  if (rows.empty()) return {};
  return {true, rows[0].at(0) == comment_of(client.call())};
}

void drop_target(Client& client, const char* id) {
  const std::string name = into(client.call());
  run_sql(client, kDropFile, "DROP DATABASE IF EXISTS " + ("\"" + name + "\"") + ";\n",
          "drop the database " + name, id);
}

void restore_into(Client& client) {
  sr::Call& call = client.call();
  const std::string name = into(call);
  const Listing listing = keep_archive(client);
  const Target target = look_at_target(client);
  if (target.exists && !target.ours) {
    throw sr::Failed("postgres.exists", "there is a database " + name + " already",
                     "a restore replaces no database: choose another name for `into`");
  }
  if (call.last_checkpoint().empty()) call.checkpoint("there was no such database\n");
  if (target.exists) drop_target(client, "drop_half");  // of an attempt that was broken off
  run_sql(client, kCreateFile,
          "CREATE DATABASE \"" + name + "\" TEMPLATE template0;\nCOMMENT ON DATABASE \"" + name +
              "\" IS " + quote_literal(comment_of(call)) + ";\n",
          "create the database " + name, "create");
  Client inside(call, with_database(client.connection(), name));
  inside.find_dump_tools();
  run_restore(inside, {});
  finish(call, name, listing.entries, 0);
}

// How the effect of that id ended in an earlier attempt; nothing where it was never let through.
std::optional<std::string> status_of(const sr::Call& call, std::string_view id) {
  for (const std::string& effect : call.items(call.pending())) {
    if (call.pick(effect, "/id") == id) return "unclear";
  }
  for (const std::string& effect : call.items(call.settled())) {
    if (call.pick(effect, "/id") == id)
      return call.pick(effect, "/outcome/status").value_or("unclear");
  }
  return std::nullopt;
}

}  // namespace

void Restore::validate(sr::Call& call) {
  diagnose_connection(call);
  const std::string file = call.config_or("/file", "");
  if (!is_open(file) && !is_inside(file)) {
    call.diagnose("/file", "postgres.file", "the file is outside the pipeline's folder",
                  "give a path inside it, without a leading /");
  }
  if (call.has_config("/into") && call.has_config("/terminate_connections")) {
    call.diagnose("/terminate_connections", "postgres.contradiction",
                  "nobody is connected to a database that is new", "leave one of them out");
  }
}

void Restore::plan(sr::Call& call) {
  Client client(call, read_connection(call));
  client.server_version();
  const std::string file = call.config("/file");
  const bool is_new = !into(call).empty();
  if (is_new) {
    if (look_at_target(client).exists) {
      throw sr::Failed("postgres.exists", "there is a database " + into(call) + " already",
                       "a restore replaces no database: choose another name for `into`");
    }
    call.change("create", "the database " + into(call) + " from " + file);
    return;
  }
  call.change("update", client.connection().name + ": all that is in " + file + " as it was then");
  call.warn("what was made after the backup survives a restore; it is listed afterwards");
  const Rows sessions = client.query(kSessions);
  if (!sessions.empty()) {
    call.warn(std::to_string(sessions.size()) + " sessions are connected to it now" +
              (terminates(call) ? " and will be ended" : ": stop what uses it first"));
  }
}

void Restore::apply(sr::Call& call) {
  Client client(call, read_connection(call));
  into(call).empty() ? restore_over(client) : restore_into(client);
}

sr_status Restore::verify(sr::Call& call) {
  const auto status = status_of(call, "restore");
  if (!status) throw sr::Failed("postgres.not_done", "nothing was restored yet");
  if (*status == "0" && !call.last_receipt().empty()) {
    const std::string name = into(call);
    set_outputs(call, name.empty() ? read_connection(call).database : name, call.last_receipt());
    return SR_OK;
  }
  // One transaction: an error took all of it back. A new database is made anew, whatever it holds.
  if (*status == "1" || !into(call).empty()) {
    throw sr::Failed("postgres.not_done", "nothing was restored");
  }
  throw sr::Unknown("postgres.unclear", "pg_restore was started and nobody saw it end",
                    "look at the database: all of the backup is in it, or nothing");
}

void Restore::rollback(sr::Call& call) {
  if (into(call).empty() || !status_of(call, "create")) return;
  Client client(call, read_connection(call));
  const Target target = look_at_target(client);
  if (!target.exists) return;
  if (!target.ours) {
    throw sr::Conflict("postgres.changed",
                       "the database " + into(call) + " is not the one made here",
                       "it was left alone");
  }
  drop_target(client, "drop");
}

}  // namespace postgres

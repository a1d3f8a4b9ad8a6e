// postgres.backup: a verified archive of a database, as a file of the workspace.
//
// How it works. pg_dump writes into the scratch folder, where nobody takes half an archive for a
// whole one; only what was verified is published under its name, by one file/1 write, which is all
// that this stage changes. What the archive is goes into the checkpoint before that, so that verify
// can set the outputs again, and rollback knows what was made.
#include <cstring>
#include <filesystem>
#include <fstream>

#include "dump.h"
#include "stages.h"

namespace postgres {
namespace {

constexpr const char* kDumpFile = "dump";
constexpr const char* kPublishedFile = "published";
constexpr std::int64_t kLockMs = 60'000;

std::string target(const sr::Call& call) { return call.config("/file"); }

bool wants_full(const sr::Call& call) { return call.config_or("/verify", "list") == "full"; }

// Nothing, or why no archive can be published there.
void check_target(sr::Call& call) {
  const std::string file = target(call);
  if (sr::File(call, file).look().exists()) {
    throw sr::Failed("postgres.exists", file + " is there already, and a backup replaces nothing",
                     "give it a name of its own, or move the old one away");
  }
}

void dump(Client& client) {
  sr::Call& call = client.call();
  const std::int64_t wait = duration_at(call, "/lock_timeout", kLockMs);
  sr::ProcessRequest dumping = client.request({"pg_dump", "--format=custom", "--no-password",
                                               "--lock-wait-timeout=" + std::to_string(wait)},
                                              "dump " + client.connection().name);
  for (const std::string& name : call.config_list("/schemas")) {
    dumping.argv.push_back("--schema=" + name);
  }
  for (const std::string& name : call.config_list("/exclude_data")) {
    dumping.argv.push_back("--exclude-table-data=" + name);
  }
  dumping.output = "file";
  dumping.output_file = kDumpFile;
  const sr::Exit exit = call.run_process(dumping);
  if (exit.ok()) return;
  std::error_code ignored;
  std::filesystem::remove(scratch_path(call, kDumpFile), ignored);
  throw sr::Failed("postgres.dump", "pg_dump failed: " + last_error(exit.tail),
                   "nothing was left under " + target(call));
}

// What is in the scratch folder, once it is known to be good.
sr::Json inspect(Client& client, std::int64_t taken_ms) {
  sr::Call& call = client.call();
  const std::string path = scratch_path(call, kDumpFile);
  const auto least = std::max(sr::number_in<long long>(call.config_or("/min_bytes", "1")), 1LL);
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  if (bytes < least) {
    throw sr::Failed("postgres.too_small",
                     "the archive has " + std::to_string(bytes) + " bytes, and `min_bytes` is " +
                         std::to_string(least),
                     "is this the database that was meant?");
  }
  const Listing listing = list_archive(client, path);
  if (wants_full(call)) read_through(client, path);
  return sr::Json::object()
      .set("bytes", bytes)
      .set("entries", listing.entries)
      .set("taken_at", to_time_text(taken_ms))
      .set("server_version", version_text(client.server_version()))
      .set("database", listing.database);
}

void set_outputs(const sr::Call& call, std::string_view facts, const std::string& digest) {
  call.set("file", target(call));
  call.set("sha256", digest);
  call.set("verified", true);
  for (const char* name : {"bytes", "entries"}) {
    call.set(name, sr::Json::raw(call.pick(facts, std::string("/") + name).value_or("0")));
  }
  for (const char* name : {"taken_at", "server_version", "database"}) {
    call.set(name, call.pick(facts, std::string("/") + name).value_or(""));
  }
}

// Both files hold the same, and are there.
bool is_same(const std::string& one, const std::string& other) {
  std::ifstream first(one, std::ios::binary);
  std::ifstream second(other, std::ios::binary);
  std::vector<char> left(1u << 20);
  std::vector<char> right(left.size());
  while (first && second) {
    first.read(left.data(), static_cast<std::streamsize>(left.size()));
    second.read(right.data(), static_cast<std::streamsize>(right.size()));
    const auto count = static_cast<std::size_t>(first.gcount());
    if (first.gcount() != second.gcount()) return false;
    if (std::memcmp(left.data(), right.data(), count) != 0) return false;
  }
  return first.eof() && second.eof();
}

// Whether what stands under the name is what this stage made. Where nobody was told its digest any
// more, what was made is still in the scratch folder.
bool is_ours(sr::Call& call, const sr::FileState& state) {
  const std::string digest = call.pick(call.last_receipt(), "/sha256").value_or("");
  if (!digest.empty()) return state.digest == digest;
  sr::File(call, target(call)).keep(kPublishedFile);
  return is_same(scratch_path(call, kDumpFile), scratch_path(call, kPublishedFile));
}

bool was_published(const sr::Call& call) {
  for (const std::string_view list : {call.pending(), call.settled()}) {
    for (const std::string& effect : call.items(list)) {
      if (call.pick(effect, "/id") == "publish") return true;
    }
  }
  return !call.last_receipt().empty();
}

}  // namespace

void Backup::validate(sr::Call& call) {
  diagnose_connection(call);
  diagnose_duration(call, "/lock_timeout");
  const std::string file = call.config_or("/file", "");
  if (is_open(file) || is_inside(file)) return;
  call.diagnose("/file", "postgres.file", "the file is outside the pipeline's folder",
                "give a path inside it, without a leading /");
}

void Backup::plan(sr::Call& call) {
  Client client(call, read_connection(call));
  const std::string size = client.value("SELECT pg_database_size(current_database())");
  const std::string tool = client.find_dump_tools();
  call.info("back up " + client.connection().name + ": " + size +
            " bytes in the server, which is " + version_text(client.server_version()) + "; with " +
            tool);
  if (!is_open(target(call))) check_target(call);
  call.change("create", target(call) + ", a backup of " + client.connection().name);
}

void Backup::apply(sr::Call& call) {
  check_target(call);
  Client client(call, read_connection(call));
  client.find_dump_tools();
  const std::int64_t taken_ms = call.now_ms();
  dump(client);
  const sr::Json facts = inspect(client, taken_ms);
  call.checkpoint(facts.text());
  const sr::FileState made =
      sr::File(call, target(call)).write_from(kDumpFile, sr::kAbsent, "publish");
  set_outputs(call, facts.text(), made.digest);
  call.receipt(sr::Json::object().set("sha256", made.digest).set("facts", facts).text());
}

sr_status Backup::verify(sr::Call& call) {
  const sr::FileState state = sr::File(call, target(call)).look();
  if (!state.exists()) throw sr::Failed("postgres.not_done", target(call) + " is not there");
  if (!is_ours(call, state)) {
    throw sr::Failed("postgres.not_done", target(call) + " is not the backup that was made");
  }
  set_outputs(call, call.last_checkpoint(), state.digest);
  return SR_OK;
}

void Backup::rollback(sr::Call& call) {
  if (!was_published(call)) return;
  const sr::FileState state = sr::File(call, target(call)).look();
  if (!state.exists()) return;
  if (!is_ours(call, state)) {
    throw sr::Conflict("postgres.changed", target(call) + " is not the backup that was made",
                       "it was left alone");
  }
  sr::File(call, target(call)).remove(state.digest, "remove");
}

}  // namespace postgres

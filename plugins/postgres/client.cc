#include "client.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postgres {
namespace {

constexpr const char* kAnswerFile = "answer.csv";
// Of a query's answer; a check that needs more rows than that should count in SQL.
constexpr std::size_t kAnswerBytes = 8u << 20;
constexpr std::int64_t kAskMs = 60'000;
// psql's own exit status: the connection is gone, or was never there.
constexpr int kBadConnection = 2;

// All that the programs get of stagerun's own environment: none of the variables that would send
// them to another database than the pipeline says.
const std::vector<std::string>& inherited() {
  static const std::vector<std::string> kNames = {
      "PATH",          "HOME",         "USER",        "LOGNAME",      "TMPDIR",
      "PGSERVICEFILE", "PGSYSCONFDIR", "PGSSLCERT",   "PGSSLKEY",     "PGSSLCRL",
      "PGSSLROOTCERT", "KRB5CCNAME",   "KRB5_CONFIG", "SSL_CERT_FILE"};
  return kNames;
}

// The number behind "pg_dump (PostgreSQL) ".
int major_of(const std::string& version) {
  const std::size_t digit = version.find_first_of("0123456789");
  return digit == version.npos ? 0 : sr::number_in(std::string_view(version).substr(digit));
}

}  // namespace

Client::Client(sr::Call& call, Connection connection)
    : call_(call), connection_(std::move(connection)) {
  const std::string bin = call.config_or("/bin", "");
  if (bin.empty()) return;
  const std::string folder = bin.starts_with('/') ? bin : std::string(call.workspace()) + "/" + bin;
  path_ = folder + ":/usr/local/bin:/usr/bin:/bin";
}

sr::ProcessRequest Client::request(std::vector<std::string> argv, std::string purpose,
                                   std::string id) const {
  sr::ProcessRequest request{.purpose = std::move(purpose),
                             .id = std::move(id),
                             .argv = std::move(argv),
                             .env = connection_.env,
                             .inherit = inherited()};
  if (!path_.empty()) request.env.set("PATH", path_);
  return request;
}

sr::ProcessRequest Client::script(const std::string& scratch_name, std::string purpose,
                                  std::string id) const {
  return request({"psql", "-X", "--set=stagerun=write", "--set=ON_ERROR_STOP=1", "--no-password",
                  "--quiet", "--file=" + scratch_path(call_, scratch_name)},
                 std::move(purpose), std::move(id));
}

Answer Client::ask(const std::string& sql, std::int64_t timeout_ms, const std::string& before) {
  sr::ProcessRequest asking =
      request({"psql", "-X", "--set=stagerun=read", "--set=ON_ERROR_STOP=1", "--no-password",
               "--quiet", "--csv", "--tuples-only", "--pset=null=NULL", "--file=-"},
              "read from " + connection_.name);
  const std::string limit = std::to_string(timeout_ms);
  asking.input =
      "SET default_transaction_read_only = on;\nSET statement_timeout = " + limit +
      ";\nSET lock_timeout = " + limit +
      ";\n\\o /dev/null\nBEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n" + before +
      "\\o\n" + sql + "\n;\nROLLBACK;\n";
  asking.output = "file";
  asking.output_file = kAnswerFile;
  const sr::Exit exit = call_.run_process(asking);
  if (!exit.ok()) return {{}, explain(connection_, exit)};
  auto rows = read_csv(read_scratch(call_, kAnswerFile, kAnswerBytes));
  if (!rows)
    return {{}, Refusal{"postgres.answer", "psql's answer is not the CSV that was asked for"}};
  return {*std::move(rows), std::nullopt};
}

Rows Client::query(const std::string& sql) {
  Answer answer = ask(sql, kAskMs);
  if (answer.refusal) {
    throw sr::Failed(answer.refusal->code, answer.refusal->text,
                     answer.refusal->code == "postgres.connect"
                         ? "look at the address and the password; nothing was done"
                         : "");
  }
  return std::move(answer.rows);
}

std::string Client::value(const std::string& sql) {
  const Rows rows = query(sql);
  if (rows.size() == 1 && rows[0].size() == 1) return rows[0][0];
  throw sr::Failed("postgres.answer", "a question for one value got another answer");
}

int Client::server_version() {
  if (server_version_ == 0) server_version_ = sr::number_in(value("SHOW server_version_num"));
  return server_version_;
}

std::optional<std::string> Client::dump_version(const std::string& path) {
  sr::ProcessRequest asking = request({"pg_dump", "--version"}, "ask pg_dump for its version");
  if (!path.empty()) asking.env.set("PATH", path);
  try {
    std::string said;
    const sr::Exit exit = call_.run_process(
        asking, [&](const std::string&, const std::string& text) { said += text; });
    return exit.ok() && major_of(said) > 0 ? std::optional(said) : std::nullopt;
  } catch (const sr::Failed& failed) {
    if (failed.code() != "process.start") throw;
    return std::nullopt;  // there is none
  }
}

std::string Client::find_dump_tools() {
  const int server = server_version() / 10'000;
  // As Debian and the PGDG packages have it; PATH often holds another major's.
  const std::string packaged = "/usr/lib/postgresql/" + std::to_string(server) + "/bin";
  const std::vector<std::string> places =
      path_.empty() ? std::vector<std::string>{packaged, ""} : std::vector<std::string>{path_};
  std::string seen;
  for (const std::string& place : places) {
    const auto version = dump_version(place);
    if (!version) continue;
    if (major_of(*version) >= server) {
      path_ = place;
      return *version;
    }
    seen = *version;
  }
  if (seen.empty()) {
    throw sr::Failed(
        "postgres.no_tools", "there is no pg_dump that can be started",
        "install postgresql-client-" + std::to_string(server) + ", or name its folder with `bin`");
  }
  throw sr::Failed(
      "postgres.version",
      seen + " is older than the server, " + version_text(server_version()) +
          ", and would refuse it",
      "install postgresql-client-" + std::to_string(server) + ", or name its folder with `bin`");
}

std::string last_error(const std::string& tail) {
  std::string found;
  std::string last;
  std::istringstream lines(tail);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    last = line;
    const bool is_error = line.find("ERROR:") != line.npos || line.find("FATAL:") != line.npos ||
                          line.find(" error: ") != line.npos;
    if (is_error) found = line;
  }
  return found.empty() ? last : found;
}

Refusal explain(const Connection& connection, const sr::Exit& exit) {
  const std::string said = last_error(exit.tail);
  const bool connected = said.find("connection to server") == said.npos &&
                         said.find("could not translate host name") == said.npos;
  if (exit.status == kBadConnection && !connected) {
    return {"postgres.connect", "cannot connect to " + connection.name + ": " + said};
  }
  const std::string how = exit.status >= 0 ? "exited with " + std::to_string(exit.status)
                                           : "was ended by signal " + std::to_string(exit.signal);
  return {"postgres.sql", said.empty() ? "psql " + how : said};
}

std::string scratch_path(const sr::Call& call, const std::string& name) {
  return std::string(call.scratch()) + "/" + name;
}

std::string read_scratch(const sr::Call& call, const std::string& name, std::size_t most) {
  const std::string path = scratch_path(call, name);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw sr::Failed("postgres.scratch", "cannot read " + path + ": " + error.message());
  if (size > most) {
    throw sr::Failed("postgres.too_large", "there is more than " + std::to_string(most >> 20) +
                                               " MiB of it, which is the most that is read");
  }
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(content).str();
}

void write_scratch(const sr::Call& call, const std::string& name, const std::string& text) {
  const std::string path = scratch_path(call, name);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (file) return;
  throw sr::Failed("postgres.scratch", "cannot write " + path,
                   "look at the run's folder: it must be writable, and have room");
}

std::string version_text(int number) {
  const int major = number / 10'000;
  const int minor = major >= 10 ? number % 10'000 : number / 100 % 100;
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace postgres

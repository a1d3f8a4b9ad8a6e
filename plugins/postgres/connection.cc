#include "connection.h"

#include <algorithm>

namespace postgres {
namespace {

constexpr std::string_view kHandle = "sr-secret.";
constexpr std::int64_t kConnectMs = 10'000;
// What the server keeps of a client's name (NAMEDATALEN).
constexpr std::size_t kAppNameBytes = 60;

bool is_scheme(std::string_view scheme) {
  const std::string_view driver = scheme.substr(0, scheme.find('+'));  // postgresql+psycopg
  return driver == "postgres" || driver == "postgresql";
}

// Where and who, before it becomes variables.
struct Parts {
  std::string host{}, port{}, user{}, database{}, password{}, sslmode{}, sslrootcert{};
};

Parts take_url_apart(sr::Call& call, const std::string& url) {
  const sr::Secrets secrets(call);
  const auto part = [&](const char* name) { return secrets.url_part(url, name).value_or(""); };
  if (!is_scheme(part("scheme"))) {
    throw sr::Failed("postgres.url", "`url` is not the address of a PostgreSQL database",
                     "it must begin with postgresql://");
  }
  Parts parts{.host = part("host"),
              .port = part("port"),
              .user = part("user"),
              .database = part("path"),
              .password = part("password"),
              .sslmode = part("query.sslmode"),
              .sslrootcert = part("query.sslrootcert")};
  parts.database.erase(0, parts.database.starts_with('/') ? 1 : 0);
  // libpq takes them from there, too: a socket's folder has no other place in a URL.
  if (parts.host.empty()) parts.host = part("query.host");
  if (parts.port.empty()) parts.port = part("query.port");
  if (parts.database.empty()) {
    throw sr::Failed("postgres.url", "`url` names no database",
                     "put its name after the host: postgresql://user@host/NAME");
  }
  return parts;
}

std::string name_of(const Parts& parts, const std::string& service) {
  if (parts.host.empty() && !service.empty()) return "the service " + service;
  const std::string port = parts.port.empty() ? "" : ":" + parts.port;
  return parts.database + (parts.host.empty() ? "" : " at " + parts.host + port) +
         (parts.user.empty() ? "" : " as " + parts.user);
}

std::string to_seconds(std::int64_t duration_ms) {
  return std::to_string(std::max<std::int64_t>((duration_ms + 999) / 1000, 1));
}

sr::Json environment(const sr::Call& call, const std::string& place, const Parts& parts) {
  const std::int64_t wait = sr::duration_ms(call.config_or(place + "/connect_timeout", "10s"));
  const std::string app = "stagerun " + std::string(call.stage());
  // Dates and messages in one form, whatever this machine speaks.
  sr::Json env = sr::Json::object()
                     .set("PGAPPNAME", app.substr(0, kAppNameBytes))
                     .set("PGCLIENTENCODING", "UTF8")
                     .set("PGCONNECT_TIMEOUT", to_seconds(wait < 0 ? kConnectMs : wait))
                     .set("LC_ALL", "C.UTF-8")
                     .set("TZ", "UTC");
  const std::pair<const char*, std::string> variables[] = {
      {"PGHOST", parts.host},
      {"PGPORT", parts.port},
      {"PGUSER", parts.user},
      {"PGDATABASE", parts.database},
      {"PGPASSWORD", parts.password},
      {"PGSSLMODE", call.config_or(place + "/sslmode", parts.sslmode)},
      {"PGSSLROOTCERT", parts.sslrootcert},
      {"PGSERVICE", call.config_or(place + "/service", "")}};
  for (const auto& [name, value] : variables) {
    if (!value.empty()) env.set(name, value);
  }
  const std::string passfile = call.config_or(place + "/passfile", "");
  if (!passfile.empty()) {
    const bool absolute = passfile.starts_with('/');
    env.set("PGPASSFILE", absolute ? passfile : std::string(call.workspace()) + "/" + passfile);
  }
  return env;
}

bool has_password(std::string_view url) {
  const std::size_t begin = url.find("://");
  if (begin == url.npos) return false;
  const std::string_view authority = url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
  const std::string_view user = authority.substr(0, authority.rfind('@'));
  return user.size() < authority.size() && user.find(':') != user.npos;
}

void diagnose_url(sr::Call& call, const std::string& place) {
  const std::string url = call.config_or(place + "/url", "");
  if (is_open(url) || url.starts_with(kHandle)) return;
  if (!is_scheme(url.substr(0, std::min(url.find("://"), url.size())))) {
    call.diagnose(place + "/url", "postgres.url",
                  "this is not the address of a PostgreSQL database",
                  "for example ${{ secrets.DB_URL }}, or postgresql://user@host/database");
  } else if (has_password(url) || url.find("password=") != url.npos) {
    call.diagnose(place + "/url", "postgres.password", "a password stands in the pipeline file",
                  "make the whole address a secret: ${{ secrets.DB_URL }}");
  }
}

}  // namespace

Connection read_connection(sr::Call& call, const std::string& place) {
  const auto text = [&](const char* key) { return call.config_or(place + key, ""); };
  Parts parts;
  if (const std::string url = text("/url"); !url.empty()) {
    parts = take_url_apart(call, url);
  } else {
    parts = {.host = text("/host"),
             .port = text("/port"),
             .user = text("/user"),
             .database = text("/database"),
             .password = text("/password")};
  }
  return {environment(call, place, parts), parts.database, name_of(parts, text("/service"))};
}

Connection with_database(Connection connection, const std::string& database) {
  connection.env.set("PGDATABASE", database);
  connection.name = database + connection.name.substr(
                                   std::min(connection.database.size(), connection.name.size()));
  connection.database = database;
  return connection;
}

void diagnose_connection(sr::Call& call, const std::string& place) {
  const auto has = [&](const char* key) { return call.has_config(place + key); };
  const char* const others[] = {"/host", "/port", "/database", "/user", "/password", "/service"};
  if (has("/url")) {
    diagnose_url(call, place);
    for (const char* key : others) {
      if (!has(key)) continue;
      call.diagnose(place + key, "postgres.contradiction", "`url` says this already",
                    "leave one of them out");
    }
  } else if (!has("/service") && !has("/database")) {
    call.diagnose(place, "postgres.connection", "nothing says which database is meant",
                  "give `url`, or `host`, `user` and `database`, or `service`");
  }
  const std::string password = call.config_or(place + "/password", std::string(kHandle));
  if (!is_open(password) && !password.starts_with(kHandle)) {
    call.diagnose(place + "/password", "postgres.password",
                  "a password stands in the pipeline file",
                  "make it a secret: ${{ secrets.DB_PASSWORD }}, or use `passfile`");
  }
  diagnose_duration(call, (place + "/connect_timeout").c_str());
}

std::int64_t duration_at(const sr::Call& call, const char* pointer, std::int64_t fallback_ms) {
  const std::int64_t given = sr::duration_ms(call.config_or(pointer, ""));
  return given < 0 ? fallback_ms : given;
}

void diagnose_duration(sr::Call& call, const char* pointer) {
  const auto text = call.find_config(pointer);
  if (!text || is_open(*text) || sr::duration_ms(*text) >= 0) return;
  call.diagnose(pointer, "postgres.duration", "`" + *text + "` is not a duration",
                "for example 500ms, 30s or 15m");
}

}  // namespace postgres

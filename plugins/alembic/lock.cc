#include "lock.h"

#include <optional>

namespace alembic {
namespace {

// "stag", "alem". Whoever else migrates such a database can take the same lock.
constexpr const char* kKeys = "1937006951, 1634493805";
constexpr std::string_view kHeld = "stagerun: held";
constexpr std::string_view kHolder = "stagerun: holder ";

std::string script(std::int64_t timeout_ms) {
  return "SET lock_timeout = " + std::to_string(timeout_ms) +
         ";\n"
         "SELECT '" +
         std::string(kHolder) +
         "' || coalesce(nullif(a.application_name, ''), 'without a name') || ', pid ' || a.pid "
         "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND "
         "l.granted AND l.objsubid = 2 AND (l.classid::bigint, l.objid::bigint) = (" +
         kKeys + ") AND l.database = (SELECT oid FROM pg_database WHERE datname = " +
         "current_database());\n"
         "SELECT '" +
         std::string(kHeld) + "' FROM (SELECT pg_advisory_lock(" + kKeys + ")) AS taken;\n";
}

}  // namespace

// What libpq takes from the environment: a password has no business in an argv.
sr::Json Lock::connection() const {
  const sr::Secrets secrets(call_);
  sr::Json env = sr::Json::object();
  const auto add = [&](const char* variable, const char* part) {
    if (const auto value = secrets.url_part(settings_.url, part); value && !value->empty()) {
      env.set(variable, *value);
    }
  };
  add("PGHOST", "query.host");
  add("PGHOST", "host");
  add("PGPORT", "query.port");
  add("PGPORT", "port");
  add("PGUSER", "user");
  add("PGPASSWORD", "password");
  add("PGSSLMODE", "query.sslmode");
  add("PGSSLROOTCERT", "query.sslrootcert");
  std::string database = secrets.url_part(settings_.url, "path").value_or("");
  if (database.starts_with('/')) database.erase(0, 1);
  if (!database.empty()) env.set("PGDATABASE", database);
  return env.set("PGAPPNAME", "stagerun " + std::string(call_.key()))
      .set("PGCONNECT_TIMEOUT", "10");
}

bool Lock::take() {
  if (settings_.url.empty()) return false;
  const std::string scheme = sr::Secrets(call_).url_part(settings_.url, "scheme").value_or("");
  if (!scheme.starts_with("postgres")) {
    call_.info("nothing is locked: only PostgreSQL has advisory locks, and this is " + scheme);
    return false;
  }
  const sr::Json request =
      sr::Json::object()
          .set("argv",
               sr::Json::array({"psql", "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1"}))
          .set("purpose", "hold a lock on the database")
          .set("id", "lock")
          .set("stdin", true)
          .set("output", "lines")
          .set("env", connection());
  session_ = call_.start("process/1", request);
  call_.write(session_, script(settings_.lock_timeout_ms));
  wait_until_held();
  return true;
}

void Lock::wait_until_held() {
  std::string said;
  std::string holder;
  while (const auto event = call_.next()) {
    if (event->ticket != session_) continue;
    const std::string name = call_.pick(*event, "/event").value_or("");
    const std::string text = call_.pick(*event, "/text").value_or("");
    if (name == "started") continue;
    if (name == "line" && text == kHeld) return;
    if (name == "line" && text.starts_with(kHolder)) {
      holder = text.substr(kHolder.size());
      call_.info("waiting for the lock on the database, which is held by " + holder);
    } else if (name == "line") {
      said += (said.empty() ? "" : "\n") + text.substr(0, 500);
    } else {
      session_ = 0;
      const bool timed_out = said.find("lock timeout") != said.npos;
      if (timed_out) {
        throw sr::Retry("alembic.locked",
                        "somebody else is migrating this database: the lock is held by " +
                            (holder.empty() ? "another session" : holder),
                        "wait until that has ended, then start again; `lock_timeout` says how "
                        "long to wait");
      }
      throw sr::Failed("alembic.lock", "the database cannot be locked: psql ended", said);
    }
  }
  throw sr::Unknown("host.lost", "psql ended without an event");
}

void Lock::release() {
  if (session_ == 0) return;
  call_.write(session_, "");
  const sr::Event event = call_.finish(std::exchange(session_, 0));
  if (call_.pick(event, "/status") == "0") return;
  call_.warn("the lock on the database was lost on the way: " +
             call_.pick(event, "/tail").value_or(""));
}

}  // namespace alembic

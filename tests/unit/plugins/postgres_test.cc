// postgres: what is refused before anything is done, and what reaches the programs.
#include <gtest/gtest.h>

#include "tests/unit/plugins/postgres_case.h"

namespace stagerun {
namespace {

using Lines = std::vector<std::string>;
constexpr int kOk = 0, kFailed = 2, kInvalid = 7;
const std::string kHandle = "sr-secret.DB_URL.0123456789abcdef";

Lines diagnosed(const std::string& stage, const std::string& config) {
  return PostgresCase(stage, config).run(TestVerb::validate).diagnosed;
}

// What validate says of one SQL file.
Lines faults_of(const std::string& sql, const std::string& more = "") {
  const ScratchFolder folder;
  folder.write("1.sql", sql);
  const std::string path = (folder / "1.sql").string().substr(1);  // the workspace is "/"
  return diagnosed("migrate", R"({"database":"app","files":[")" + path + "\"]" + more + "}");
}

TEST(PostgresConnection, MustSayWhichDatabaseIsMeant) {
  const Lines fine;
  EXPECT_EQ(diagnosed("backup", R"({"file":"a"})"), (Lines{" postgres.connection"}));
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","service":"app"})"), fine);
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","host":"h","database":"app"})"), fine);
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","url":"${{ secrets.DB }}"})"), fine);
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","url":")" + kHandle + "\"}"), fine);
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","url":"postgresql+psycopg://u@h/db"})"), fine);
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","url":"mysql://u@h/db"})"),
            (Lines{"/url postgres.url"}));
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","url":"postgres://u@h/db","host":"h"})"),
            (Lines{"/host postgres.contradiction"}));
}

TEST(PostgresConnection, APasswordInThePipelineFileIsRefused) {
  for (const char* url :
       {"postgres://u:p@h/db", "postgres://u:p@x@h/db", "postgres://u@h/db?password=p"}) {
    EXPECT_EQ(diagnosed("backup", R"({"file":"a","url":")" + std::string(url) + "\"}"),
              (Lines{"/url postgres.password"}))
        << url;
  }
  EXPECT_EQ(diagnosed("backup", R"({"file":"a","database":"d","password":"p"})"),
            (Lines{"/password postgres.password"}));
}

TEST(PostgresConnection, UrlBecomesVariablesAndThePasswordIsOnlyInOne) {
  PostgresCase backup("backup", R"({"file":"a.dump","url":")" + kHandle + "\"}");
  backup.url = {{"scheme", "postgresql+psycopg2"},
                {"host", "db.example"},
                {"port", "6432"},
                {"user", "keeper"},
                {"path", "/app"},
                {"password", "sr-secret.DB_URL.password"},
                {"query.sslmode", "require"}};
  const TestOutcome outcome = backup.run(TestVerb::apply);
  ASSERT_EQ(outcome.status, kOk) << outcome.fail_text;
  for (const StartedEffect& effect : outcome.effects) {
    if (effect.kind != "process/1") continue;
    const Value& env = *effect.request.find("env");
    EXPECT_EQ(env.text_or("PGHOST"), "db.example");
    EXPECT_EQ(env.text_or("PGPORT"), "6432");
    EXPECT_EQ(env.text_or("PGUSER"), "keeper");
    EXPECT_EQ(env.text_or("PGDATABASE"), "app");
    EXPECT_EQ(env.text_or("PGSSLMODE"), "require");
    EXPECT_EQ(env.text_or("PGPASSWORD"), "sr-secret.DB_URL.password");
    EXPECT_EQ(render_json(*effect.request.find("argv")).find("sr-secret"), std::string::npos);
    EXPECT_EQ(effect.request.text_or("purpose").find("sr-secret"), std::string::npos);
    EXPECT_EQ(effect.request.text_or("input").find("sr-secret"), std::string::npos);
    // A variable of the person who runs it must not send it to another database.
    const std::string inherited = render_json(*effect.request.find("inherit"));
    for (const char* name : {"PGSERVICE\"", "PGHOSTADDR", "PGOPTIONS", "PGPASSFILE"}) {
      EXPECT_EQ(inherited.find(name), std::string::npos) << name;
    }
  }
}

TEST(PostgresMigrate, FilesThatLeaveTheirTransactionAreRefused) {
  const Lines refused{"/files/0 postgres.sql"};
  for (const char* sql :
       {"COMMIT;", "select 1; ROLLBACK;", "begin; select 1; end;", "START TRANSACTION;",
        "CREATE INDEX CONCURRENTLY i ON t (a);", "create unique index concurrently i on t(a)",
        "DROP INDEX CONCURRENTLY i;", "REINDEX (VERBOSE) TABLE CONCURRENTLY t;", "VACUUM;",
        "VACUUM (FULL) t;", "CREATE DATABASE d;", "ALTER SYSTEM SET a = 1;",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY;", "/* c */ -- d\nCOMMIT",
        "SELECT $$ it $$; COMMIT;", "SELECT E'it\\'s'; COMMIT;", "PREPARE TRANSACTION 'x';",
        "COPY t FROM stdin;\n1\tcommit;\n\\.\nCOMMIT;"}) {
    EXPECT_EQ(faults_of(sql), refused) << sql;
  }
}

TEST(PostgresMigrate, WhatOnlyLooksLikeItIsNotRefused) {
  for (const char* sql :
       {"SELECT 'COMMIT;';", "SELECT $$ COMMIT; $$;", "SELECT $a$ $$ COMMIT; $a$;",
        "-- COMMIT;\nSELECT 1;", "/* /* COMMIT; */ COMMIT; */ SELECT 1;",
        "SELECT \"commit\" FROM t;", "SAVEPOINT a; ROLLBACK TO a;", "ROLLBACK TO SAVEPOINT a;",
        "SELECT ';COMMIT;'';COMMIT;';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT CASE WHEN true THEN 1 "
        "END; END;",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);",
        "COPY t FROM stdin;\n1\tCOMMIT;\n\\.\n", "CREATE INDEX i ON t (a);", "\\echo hello\n"}) {
    EXPECT_EQ(faults_of(sql), Lines{}) << sql;
  }
}

TEST(PostgresMigrate, CommandsOfPsqlAreRefusedInEveryMode) {
  for (const char* sql : {"\\! rm -rf x", "\\q", "SELECT 1 \\gset", "\\i other.sql", "\\c other",
                          "\\unset ON_ERROR_STOP", "\\echo `id`", "SELECT 1; \\copy t from 'f'"}) {
    EXPECT_EQ(faults_of(sql), Lines{"/files/0 postgres.sql"}) << sql;
    EXPECT_EQ(faults_of(sql, R"(,"transaction":"none")"), Lines{"/files/0 postgres.sql"}) << sql;
  }
  EXPECT_EQ(faults_of("VACUUM; COMMIT;", R"(,"transaction":"none")"), Lines{});
}

TEST(PostgresMigrate, UndoNeedsALedgerAndATransaction) {
  const std::string start = R"({"database":"app","files":["a.sql"],"undo":["b.sql"])";
  EXPECT_EQ(diagnosed("migrate", start + "}"), (Lines{"/undo postgres.undo"}));
  EXPECT_EQ(diagnosed("migrate", start + R"(,"ledger":"m"})"), Lines{});
  EXPECT_EQ(diagnosed("migrate", start + R"(,"ledger":"m","transaction":"none"})"),
            (Lines{"/undo postgres.undo"}));
}

TEST(PostgresMigrate, FilesOutsideTheFolderAreRefused) {
  EXPECT_EQ(diagnosed("migrate", R"({"database":"app","files":["/a.sql","b/../../c.sql"]})"),
            (Lines{"/files/0 postgres.file", "/files/1 postgres.file"}));
}

TEST(PostgresCheck, EveryCheckCanFailAndOnlyAsks) {
  const auto say = [](const std::string& check) {
    return diagnosed("check", R"({"database":"app","checks":[)" + check + "]}");
  };
  EXPECT_EQ(say(R"({"sql":"SELECT 1","expect":{"value":1}})"), Lines{});
  EXPECT_EQ(say(R"({"sql":"SELECT 1"})"), Lines{"/checks/0 postgres.check"});
  for (const char* sql : {"DELETE FROM t", "SELECT 1; DROP TABLE t", "\\\\dt t",
                          "SELECT 1 \\\\gexec", "", "COMMIT", "DO $$ $$"}) {
    EXPECT_EQ(say(R"({"sql":")" + std::string(sql) + R"(","expect":{"rows":1}})"),
              Lines{"/checks/0/sql postgres.check"})
        << sql;
  }
  EXPECT_EQ(say(R"({"sql":"SELECT 1","expect":{"same_as_other":true}})"),
            Lines{"/checks/0/expect/same_as_other postgres.check"});
  EXPECT_EQ(diagnosed("check", R"({"database":"app"})"), Lines{" postgres.check"});
}

TEST(PostgresCheck, AsksInATransactionThatIsReadOnly) {
  PostgresCase check("check",
                     R"({"database":"app","checks":[{"sql":"SELECT 7","expect":{"value":7}}]})");
  const TestOutcome outcome = check.answer("SELECT 7", "7\n").run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  const Value& request = outcome.effects.back().request;
  EXPECT_EQ(render_json(*request.find("argv")).find(R"(["psql","-X","--set=stagerun=read")"), 0u);
  const std::string input = request.text_or("input");
  EXPECT_LT(input.find("READ ONLY"), input.find("SELECT 7"));
  EXPECT_EQ(input.find("COMMIT"), std::string::npos);
}

TEST(PostgresCheck, AllFailuresAreToldAtOnce) {
  PostgresCase check("check", R"({"database":"app","exists":["a","b"],"checks":[
      {"sql":"SELECT 1","expect":{"value":2}}, {"sql":"SELECT 2","expect":{"rows":2}},
      {"sql":"SELECT 3","expect":{"empty":true}}, {"sql":"SELECT 4","expect":{"at_least":1}},
      {"sql":"SELECT 5","expect":{"min":6}}, {"sql":"SELECT 6","expect":{"value":true}}]})");
  check.answer("to_regclass('a')", "t\n").answer("to_regclass('b')", "f\n");
  check.answer("SELECT 1", "1\n").answer("SELECT 2", "2\n").answer("SELECT 3", "3\n");
  check.answer("SELECT 5", "5\n").answer("SELECT 6", "t\n");
  const TestOutcome outcome = check.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_text,
            "6 checks fail: `b` does not exist; `SELECT 1`: it gave `1`, expected `2`; "
            "`SELECT 2`: it gave 1 rows, expected 2; `SELECT 3`: it gave 1 rows, expected none; "
            "the first is `3`; `SELECT 4`: it gave 0 rows, expected at least 1; "
            "`SELECT 5`: it gave 5, expected at least 6");
}

TEST(PostgresBackup, IsPublishedOnlyOnceItIsVerified) {
  PostgresCase backup("backup", R"({"file":"b/a.dump","database":"app","verify":"full"})");
  const TestOutcome outcome = backup.run(TestVerb::apply);
  ASSERT_EQ(outcome.status, kOk) << outcome.fail_text;
  std::string last;
  for (const StartedEffect& effect : outcome.effects) {
    const Value* argv = effect.request.find("argv");
    last += argv != nullptr ? *argv->items()->at(0).text() + " " : effect.kind + " ";
  }
  EXPECT_EQ(last, "file/1 psql pg_dump pg_dump pg_restore pg_restore file/1 ");
  EXPECT_TRUE(outcome.starts_after(wire::Type::checkpoint, "publish"));
  EXPECT_EQ(outcome.outputs.at("sha256"), "\"made\"");
  EXPECT_EQ(outcome.outputs.at("entries"), "1");
  EXPECT_EQ(outcome.outputs.at("verified"), "true");
  EXPECT_EQ(outcome.outputs.at("database"), "\"app\"");
}

TEST(PostgresBackup, FailureOfAnyToolLeavesNothingUnderTheName) {
  for (const char* program : {"pg_dump", "pg_restore"}) {
    PostgresCase backup("backup", R"({"file":"a.dump","database":"app"})");
    backup.exit[program] = 1;
    backup.tail = std::string(program) + ": error: No space left on device\n";
    const TestOutcome outcome = backup.run(TestVerb::apply);
    EXPECT_EQ(outcome.status, kFailed) << program;
    EXPECT_NE(outcome.fail_text.find("No space left"), std::string::npos) << outcome.fail_text;
    EXPECT_EQ(outcome.effect_ids().find("publish"), std::string::npos) << program;
    EXPECT_EQ(backup.digest.count("a.dump"), 0u);
  }
}

TEST(PostgresBackup, OlderToolIsRefusedInPlan) {
  PostgresCase backup("backup", R"({"file":"a.dump","database":"app","bin":"/opt/old"})");
  backup.dump_version = "pg_dump (PostgreSQL) 13.4";
  const TestOutcome outcome = backup.run(TestVerb::plan);
  EXPECT_EQ(outcome.fail_code, "postgres.version");
  EXPECT_EQ(outcome.fail_text,
            "pg_dump (PostgreSQL) 13.4 is older than the server, 15.18, and would refuse it");
}

TEST(PostgresBackup, ReplacesNothing) {
  PostgresCase backup("backup", R"({"file":"a.dump","database":"app"})");
  backup.digest["a.dump"] = "somebody's";
  EXPECT_EQ(backup.run(TestVerb::apply).fail_code, "postgres.exists");
}

}  // namespace
}  // namespace stagerun

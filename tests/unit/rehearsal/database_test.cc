// Databases are compared by what is in them. The databases are SQLite's own, made by its program.
#include <fstream>
#include <sys/stat.h>

#include "tests/unit/rehearsal/folder_case.h"

namespace stagerun::rehearsal {
namespace {

class DatabaseTest : public FolderCase {
 protected:
  void SetUp() override {
    FolderCase::SetUp();
    shell(
        sql("CREATE TABLE guest(name TEXT, nights, UNIQUE(name)); CREATE TABLE key(id INTEGER "
            "PRIMARY KEY AUTOINCREMENT, blob); CREATE VIEW long AS SELECT * FROM guest WHERE "
            "nights > 7; INSERT INTO guest VALUES('Ada', 3), ('Bo', NULL), ('Cy', 2.5); INSERT "
            "INTO key(blob) VALUES(x'00ff'), ('text'); PRAGMA user_version=4;"));
  }
  static std::string sql(const std::string& statements) {
    return "sqlite3 app.db \"" + statements + "\"";
  }
  // A writer that dies with what it has done still in app.db-wal, or in app.db-journal.
  static std::string dies_after(const std::string& statements) {
    return "sqlite3 app.db \"" + statements + "\" '.shell kill -9 $PPID' 2>/dev/null; true";
  }
  const Told changed_ = {"database app.db changed"};
};

TEST_F(DatabaseTest, WhatHoldsTheSameRowsIsTheSame) {
  EXPECT_EQ(changes_by(sql("DELETE FROM guest WHERE name = 'Ada'; INSERT INTO guest VALUES('Ada', "
                           "3); VACUUM;")),
            Told{});
  EXPECT_EQ(changes_by(sql("ANALYZE; PRAGMA journal_mode = WAL;")), Told{});
  EXPECT_EQ(changes_by("sqlite3 app.db .dump > dump.sql; v=$(sqlite3 app.db 'PRAGMA user_version');"
                       "rm app.db; sqlite3 app.db < dump.sql; sqlite3 app.db \"PRAGMA "
                       "user_version=$v\"; rm dump.sql"),
            Told{});
}

TEST_F(DatabaseTest, EveryDifferenceInMeaningIsSeen) {
  for (const char* statement :
       {"UPDATE guest SET nights = 4 WHERE name = 'Ada'", "UPDATE guest SET nights = '4'",
        "UPDATE guest SET nights = 4.25", "UPDATE guest SET nights = NULL",
        "UPDATE key SET blob = CAST(blob AS TEXT)", "UPDATE key SET blob = x'00fe' WHERE id = 1",
        "INSERT INTO guest VALUES('Di', 1)", "DELETE FROM guest WHERE name = 'Bo'",
        "PRAGMA user_version = 5", "PRAGMA application_id = 7", "CREATE INDEX i ON guest(nights)",
        "DROP VIEW long", "ALTER TABLE guest ADD COLUMN room", "UPDATE sqlite_sequence SET seq = 9",
        "CREATE TABLE empty(x)"}) {
    EXPECT_EQ(changes_by(sql(statement)), changed_) << statement;
  }
}

TEST_F(DatabaseTest, RowThatWaitsInTheLogIsSeen) {
  shell(sql("PRAGMA journal_mode = WAL"));
  EXPECT_EQ(changes_by(dies_after("INSERT INTO guest VALUES('Eve', 1)")), changed_);
  EXPECT_GT(fs::file_size(work_ / "app.db-wal"), 0u);
  EXPECT_EQ(changes_by(sql("PRAGMA wal_checkpoint(TRUNCATE)")), Told{}) << "it is the same row";
}

TEST_F(DatabaseTest, WriteThatWasBrokenOffHasNotHappened) {
  shell(
      "sqlite3 app.db 'CREATE TABLE many(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 "
      "FROM n LIMIT 20000) INSERT INTO many SELECT hex(randomblob(20)) FROM n'");
  // A cache of one page has it write into the file before it commits.
  EXPECT_EQ(changes_by(dies_after("PRAGMA cache_size = 1; BEGIN; UPDATE many SET x = 'spoilt';")),
            Told{});
  EXPECT_GT(fs::file_size(work_ / "app.db-journal"), 0u) << "or this test asks nothing";
}

TEST_F(DatabaseTest, LookingChangesNothingAndLeavesNothing) {
  shell(sql("PRAGMA journal_mode = WAL"));
  shell(dies_after("INSERT INTO guest VALUES('Eve', 1)"));
  const auto all = "stat -c '%n %i %s %y %z %a' . app.db*; sha256sum app.db*; ls -a";
  const support::TempFolder temp;
  ::setenv("TMPDIR", temp.path().c_str(), 1);
  shell(std::string("{ ") + all + "; } > ../before");
  EXPECT_EQ(look(work_).size(), 1u) << "what stands beside it is part of it";
  ::unsetenv("TMPDIR");
  shell(std::string("{ ") + all + "; } > ../after");
  EXPECT_EQ(read(folder_ / "before"), read(folder_ / "after"));
  EXPECT_TRUE(fs::is_empty(temp.path()));
}

TEST_F(DatabaseTest, BrokenOneIsTheFilesThatItIs) {
  const std::string spoil = "printf spoilt | dd of=app.db bs=1 seek=4096 conv=notrunc 2>/dev/null;";
  EXPECT_EQ(changes_by(spoil + "echo 1 > app.db-wal"),
            (Told{"database app.db changed", "file app.db-wal appeared"}));
  EXPECT_EQ(look(work_).at("app.db").kind, Thing::Kind::file);
  EXPECT_EQ(changes_by("printf x | dd of=app.db bs=1 seek=5000 conv=notrunc 2>/dev/null"),
            Told{"file app.db changed"});
}

TEST_F(DatabaseTest, TextThatOnlyBeginsLikeOneIsAFile) {
  shell("printf 'SQLite format 3\\000' > note; printf 'SQLite format 3' > short");
  EXPECT_EQ(look(work_).at("note").kind, Thing::Kind::file);
  EXPECT_EQ(look(work_).at("short").kind, Thing::Kind::file);
  EXPECT_EQ(changes_by("echo x >> note"), Told{"file note changed"});
}

TEST_F(DatabaseTest, TextIndexIsComparedByTheTablesThatKeepIt) {
  shell(sql("CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES('one two')"));
  EXPECT_EQ(look(work_).at("app.db").kind, Thing::Kind::database);
  EXPECT_EQ(changes_by(sql("INSERT INTO words VALUES('three')")), changed_);
}

TEST_F(DatabaseTest, ValueThatIsHugeOrMadeOutOfNothingIsNotWorkedOut) {
  shell(sql("CREATE TABLE trap(x, y AS (zeroblob(x))); INSERT INTO trap VALUES(1000)"));
  EXPECT_EQ(look(work_).at("app.db").kind, Thing::Kind::database);
  shell(sql("UPDATE trap SET x = 100000000"));
  EXPECT_EQ(look(work_).at("app.db").kind, Thing::Kind::file);
}

}  // namespace
}  // namespace stagerun::rehearsal

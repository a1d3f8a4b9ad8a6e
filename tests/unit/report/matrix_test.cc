#include "core/report/matrix.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/report/matrix_junit.h"
#include "core/report/matrix_text.h"
#include "core/report/matrix_value.h"

namespace stagerun {
namespace {

Scenario scenario(const std::string& fault, const std::string& set, const std::string& stage,
                  const std::string& outcome) {
  Scenario made;
  made.fault = fault;
  made.set = set;
  made.stage = stage;
  made.outcome = outcome;
  return made;
}

Rehearsal shop() {
  Rehearsal rehearsal;
  rehearsal.pipeline = "shop";
  rehearsal.pipeline_digest = "sha256:ab";
  rehearsal.seed = 7;
  rehearsal.changes = {{"file world/app.db", "changed", "migrate"},
                       {"process bin/serve.py", "appeared", ""}};
  rehearsal.estimates = {{"migrate", 40'000, 10'000}, {"serve", 1'500, 240'000}};
  rehearsal.no_return = "announce";
  rehearsal.unrehearsed = {"announce: nothing answers `bin/announce`"};
  Scenario good = scenario("good", "good", "", "went live");
  Scenario back = scenario("stages:migrate", "stages", "migrate", "went back");
  back.status = 6;
  Scenario incomplete = scenario("effects:migrate/1:lost", "effects", "migrate", "incomplete");
  incomplete.effect = "migrate/1";
  incomplete.status = 9;
  incomplete.left = {{"file world/app.db", "changed", "migrate"}};
  incomplete.by_hand = {"look whether app.db is migrated", "stagerun resume"};
  Scenario broken = scenario("crashes:it's", "crashes", "", "went back");
  broken.effect = "after_sync";
  broken.then = "rollback";
  broken.broken = {"the lock is not free", "a process is left"};
  Scenario same = scenario("effects:migrate/1:refused", "effects", "migrate", "nothing changed");
  rehearsal.scenarios = {good, back, incomplete, broken, same};
  return rehearsal;
}

TEST(Matrix, ForPeopleItIsAPageThatEndsInACount) {
  EXPECT_EQ(matrix_text(shop(), "my shop.toml"),
            "shop: rehearsed\n"
            "  digest      sha256:ab\n"
            "  seed        7\n"
            "\n"
            "the world after going live\n"
            "  changed   file world/app.db, by migrate\n"
            "  appeared  process bin/serve.py\n"
            "\n"
            "how long it takes\n"
            "  stage           forward            back\n"
            "  migrate          40.0 s          10.0 s\n"
            "  serve             1.5 s       4 min 0 s\n"
            "  rollback: 4 min 10 s\n"
            "  point of no return: announce\n"
            "\n"
            "UNREHEARSED: nobody knows yet what these do\n"
            "  ! announce: nothing answers `bin/announce`\n"
            "\n"
            "what becomes of each fault\n"
            "  set      stage    went live  went back  nothing changed  incomplete  broken\n"
            "  good     -                1          0                0           0       0\n"
            "  stages   migrate          0          1                0           0       0\n"
            "  effects  migrate          0          0                1           1       0\n"
            "    incomplete effects:migrate/1:lost\n"
            "        at       migrate/1, status 9\n"
            "        left     file world/app.db changed (by migrate)\n"
            "        by hand  look whether app.db is migrated\n"
            "        by hand  stagerun resume\n"
            "        replay   stagerun rehearse 'my shop.toml' --fault effects:migrate/1:lost\n"
            "  crashes  -                0          0                0           0       1\n"
            "    broken crashes:it's\n"
            "        at       after_sync, then rollback, status 0\n"
            "        broken   the lock is not free\n"
            "        broken   a process is left\n"
            "        replay   stagerun rehearse 'my shop.toml' --fault 'crashes:it'\\''s'\n"
            "\n"
            "5 scenarios: 1 went live, 1 went back, 1 nothing changed, 1 incomplete, 1 broken\n");
}

TEST(Matrix, WithoutAnythingToTellItStillSaysSo) {
  Rehearsal empty;
  empty.pipeline = "x";
  EXPECT_EQ(matrix_text(empty, "x.toml"),
            "x: rehearsed\n"
            "  digest      \n"
            "  seed        0\n"
            "\n"
            "the world after going live\n"
            "  nothing changed\n"
            "\n"
            "how long it takes\n"
            "  stage         forward            back\n"
            "  rollback: 0 ms\n"
            "  every stage that writes can go back\n"
            "\n"
            "0 scenarios: 0 went live, 0 went back, 0 nothing changed, 0 incomplete, 0 broken\n");
}

TEST(Matrix, ATextOfTheWorldCannotMoveTheCursor) {
  Rehearsal rehearsal = shop();
  const std::string strange = "a\x1b[2J\nb";
  rehearsal.pipeline = rehearsal.pipeline_digest = rehearsal.no_return = strange;
  rehearsal.changes = {{strange, strange, strange}};
  rehearsal.estimates = {{strange, 1, 1}};
  rehearsal.unrehearsed = {strange};
  for (Scenario& each : rehearsal.scenarios) {
    each.fault = each.stage = each.set = each.effect = each.then = strange;
    each.broken = each.by_hand = {strange};
    each.left = {{strange, strange, strange}};
  }
  const std::string text = matrix_text(rehearsal, strange);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\nb"), std::string::npos);
  EXPECT_NE(text.find("a\\x1b[2J\\x0ab"), std::string::npos);
}

TEST(Matrix, ItsTablesFitAHundredColumns) {
  Rehearsal rehearsal = shop();
  const std::string name(28, 'n');
  rehearsal.estimates = {{name, 359'999'000, 359'999'000}};
  rehearsal.scenarios = {scenario("f", "effects", name, "went live")};
  const std::string text = matrix_text(rehearsal, "x.toml");
  std::size_t longest = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  EXPECT_EQ(longest, 98u);
}

TEST(Matrix, AScenarioThatBreaksAnInvariantIsBrokenWhateverElseItIs) {
  Scenario made = scenario("f", "stages", "a", "went live");
  EXPECT_EQ(outcome_of(made), "went live");
  made.broken = {"a secret was written"};
  EXPECT_EQ(outcome_of(made), "broken");
}

TEST(Matrix, ForProgramsItIsJson) {
  Rehearsal rehearsal = shop();
  const std::vector<Scenario> all = rehearsal.scenarios;
  rehearsal.scenarios = {all[2], all[3]};
  EXPECT_EQ(
      render_json(matrix_value(rehearsal, "shop.toml")),
      R"({"pipeline":"shop","pipeline_digest":"sha256:ab","seed":7,"changes":[)"
      R"({"what":"file world/app.db","how":"changed","stage":"migrate"},)"
      R"({"what":"process bin/serve.py","how":"appeared","stage":null}],"estimates":[)"
      R"({"stage":"migrate","apply_ms":40000,"rollback_ms":10000},)"
      R"({"stage":"serve","apply_ms":1500,"rollback_ms":240000}],"rollback_ms":250000,)"
      R"("no_return":"announce","unrehearsed":["announce: nothing answers `bin/announce`"],)"
      R"("scenarios":[{"fault":"effects:migrate/1:lost","set":"effects","stage":"migrate",)"
      R"("effect":"migrate/1","then":null,"status":9,"outcome":"incomplete","invariants":[],)"
      R"("by_hand":["look whether app.db is migrated","stagerun resume"],"left":[)"
      R"({"what":"file world/app.db","how":"changed","stage":"migrate"}],)"
      R"("replay":"stagerun rehearse shop.toml --fault effects:migrate/1:lost"},)"
      R"({"fault":"crashes:it's","set":"crashes","stage":null,"effect":"after_sync",)"
      R"("then":"rollback","status":0,"outcome":"broken","invariants":["the lock is not free",)"
      R"("a process is left"],"by_hand":[],"left":[],)"
      R"("replay":"stagerun rehearse shop.toml --fault 'crashes:it'\\''s'"}],)"
      R"("counts":{"went live":0,"went back":0,"nothing changed":0,"incomplete":1,"broken":1},)"
      R"("broken":1})");
}

TEST(Matrix, ASeedThatNoSignedNumberHoldsIsText) {
  Rehearsal rehearsal;
  rehearsal.seed = UINT64_MAX;
  EXPECT_EQ(*matrix_value(rehearsal, "x").find("seed"), Value("18446744073709551615"));
  rehearsal.seed = INT64_MAX;
  EXPECT_EQ(*matrix_value(rehearsal, "x").find("seed"), Value(std::int64_t{INT64_MAX}));
}

TEST(Matrix, ForBuildServersItIsJunit) {
  EXPECT_EQ(
      matrix_junit(shop(), "a&b.toml"),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"shop\" tests=\"5\" failures=\"1\" errors=\"0\" skipped=\"0\" "
      "time=\"0.000\">\n"
      "  <testsuite name=\"shop\" tests=\"5\" failures=\"1\" errors=\"0\" skipped=\"0\" "
      "time=\"0.000\">\n"
      "    <properties>\n"
      "      <property name=\"pipeline\" value=\"a&amp;b.toml\"/>\n"
      "      <property name=\"pipeline_digest\" value=\"sha256:ab\"/>\n"
      "      <property name=\"seed\" value=\"7\"/>\n"
      "    </properties>\n"
      "    <testcase classname=\"good\" name=\"good\" time=\"0.000\"/>\n"
      "    <testcase classname=\"stages\" name=\"stages:migrate\" time=\"0.000\"/>\n"
      "    <testcase classname=\"effects\" name=\"effects:migrate/1:lost\" time=\"0.000\">\n"
      "      <system-out>stagerun rehearse 'a&amp;b.toml' --fault effects:migrate/1:lost&#10;"
      "left: file world/app.db changed (by migrate)&#10;"
      "by hand: look whether app.db is migrated&#10;by hand: stagerun resume</system-out>\n"
      "    </testcase>\n"
      "    <testcase classname=\"crashes\" name=\"crashes:it's\" time=\"0.000\">\n"
      "      <failure type=\"broken\" message=\"the lock is not free\">"
      "stagerun rehearse 'a&amp;b.toml' --fault 'crashes:it'\\''s'&#10;"
      "broken: the lock is not free&#10;broken: a process is left</failure>\n"
      "    </testcase>\n"
      "    <testcase classname=\"effects\" name=\"effects:migrate/1:refused\" time=\"0.000\"/>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

TEST(Matrix, AsJunitItIsBoundedHoweverMuchIsBroken) {
  Rehearsal rehearsal;
  Scenario broken = scenario("f", "stages", "a", "broken");
  broken.broken = {std::string(limits::kJunitTextBytes, '&')};
  rehearsal.scenarios.assign(2'000, broken);
  EXPECT_LT(matrix_junit(rehearsal, "x.toml").size(), limits::kJunitBytes);
}

}  // namespace
}  // namespace stagerun

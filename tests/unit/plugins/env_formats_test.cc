// env: single values of a text are set and removed, and every other byte stays what it is.
#include <gtest/gtest.h>

#include "plugins/env/format.h"
#include "tests/support/random.h"

namespace stagerun {
namespace {

using env::CannotEdit;
using env::Path;
using env::Scalar;
using env::Type;

std::string set_in(const char* name, const std::string& text, const char* key,
                   const Scalar& value) {
  const auto format = env::make_format(name);
  const Path path = format->parse_key(key).value();
  const auto document = format->scan(text);
  const auto spelling = format->spell(env::written(value), document.find(path));
  return spelling ? format->set(text, path, *spelling) : "(not written)";
}
std::string set_text(const char* name, const std::string& text, const char* key,
                     const char* value) {
  return set_in(name, text, key, {Type::text, value});
}
std::string remove_in(const char* name, const std::string& text, const char* key) {
  const auto format = env::make_format(name);
  return format->remove(text, format->parse_key(key).value());
}
// What scan, set or remove says where it will not.
template <typename Work>
std::string refusal(const Work& work) {
  try {
    return "done: " + work();
  } catch (const CannotEdit& cannot) {
    return cannot.what();
  }
}
Scalar value_in(const char* name, const std::string& text, const char* key) {
  const auto format = env::make_format(name);
  const auto document = format->scan(text);
  const env::Entry* entry = document.find(format->parse_key(key).value());
  return entry != nullptr && entry->value ? *entry->value : Scalar{Type::other, "(none)"};
}

TEST(EnvFormat, IsToldByTheFilesName) {
  for (const char* name : {".env", ".env.production", "config/.env", "a/prod.env"}) {
    EXPECT_EQ(env::format_of(name), "dotenv") << name;
  }
  EXPECT_EQ(env::format_of("a.env/x.json"), "json");
  EXPECT_EQ(env::format_of("x.yml"), "yaml");
  EXPECT_EQ(env::format_of("x.toml"), "toml");
  EXPECT_EQ(env::format_of("x.ini"), "");
}

TEST(EnvDotenv, ValuesAreSetInPlace) {
  const std::string text = "# head\r\nA=1 # note\r\nexport B = \"x y\"\r\n\r\nC='z'";
  EXPECT_EQ(set_text("dotenv", text, "A", "2"),
            "# head\r\nA=2 # note\r\nexport B = \"x y\"\r\n\r\nC='z'");
  EXPECT_EQ(set_text("dotenv", text, "B", "q"),
            "# head\r\nA=1 # note\r\nexport B = \"q\"\r\n\r\nC='z'");
  EXPECT_EQ(set_text("dotenv", text, "C", ""),
            "# head\r\nA=1 # note\r\nexport B = \"x y\"\r\n\r\nC=''");
  EXPECT_EQ(set_text("dotenv", text, "D", "a b"), text + "\r\nD='a b'\r\n");
  EXPECT_EQ(remove_in("dotenv", text, "B"), "# head\r\nA=1 # note\r\n\r\nC='z'");
  EXPECT_EQ(remove_in("dotenv", text, "X"), text);
}

TEST(EnvDotenv, EmptyValuesAndCommentsAreKeptApart) {
  EXPECT_EQ(set_text("dotenv", "A=\nB=x\n", "A", "1"), "A=1\nB=x\n");
  EXPECT_EQ(set_text("dotenv", "A= # why\n", "A", "1"), "A=1 # why\n");
  EXPECT_EQ(set_text("dotenv", "A=a#b\n", "A", "c"), "A=c\n");
  EXPECT_EQ(set_text("dotenv", "", "A", "1"), "A=1\n");
}

TEST(EnvDotenv, QuotesAreTakenWhereTheyAreNeeded) {
  EXPECT_EQ(set_text("dotenv", "A=1\n", "A", "it's"), "A=\"it's\"\n");
  EXPECT_EQ(set_text("dotenv", "A=1\n", "A", "$HOME"), "A='$HOME'\n");
  EXPECT_EQ(set_text("dotenv", "A=\"1\"\n", "A", "$HOME"), "A='$HOME'\n");
  EXPECT_EQ(set_text("dotenv", "A=1\n", "A", "é #"), "A='é #'\n");
  for (const char* hard : {"a\nb", "'\"", "it's $5", "back\\slash", "\x01", "\xff"}) {
    EXPECT_EQ(set_text("dotenv", "A=1\n", "A", hard), "(not written)") << hard;
  }
}

TEST(EnvDotenv, QuotedTextOfSeveralLinesIsOneValue) {
  const std::string text = "KEY=\"-----BEGIN\nA=2\n-----END\"\nA=1\n";
  EXPECT_EQ(set_text("dotenv", text, "A", "3"), "KEY=\"-----BEGIN\nA=2\n-----END\"\nA=3\n");
  EXPECT_EQ(remove_in("dotenv", text, "KEY"), "A=1\n");
  EXPECT_EQ(value_in("dotenv", R"(A="x\"y\n$z")", "A").text, "x\"y\n$z");
}

TEST(EnvDotenv, WhatReadersUnderstandDifferentlyIsRefused) {
  const auto set = [](const std::string& text) {
    return refusal([&] { return set_text("dotenv", text, "A", "1"); });
  };
  EXPECT_EQ(set("A=1\nB=2\nA=3\n"), "`A` stands there twice, in line 1 and in line 3");
  EXPECT_EQ(set("A: 1\n"),
            "`A` in line 1 is a line of another form than NAME=VALUE; only single values are "
            "replaced");
  EXPECT_EQ(set("B=1\nA=\"x\nB=2\n"), "line 2: a quote that is not closed");
  EXPECT_EQ(set("A='x'y\n"),
            "`A` in line 1 is a quoted text with more after it; only single values are replaced");
  EXPECT_NE(set("A=`x`\n").find("backquotes"), std::string::npos);
  EXPECT_EQ(set(std::string("B=\0\n", 4)), "line 1: a NUL byte");
  EXPECT_EQ(set_text("dotenv", "what is this\nB=`x`\n", "A", "1"), "what is this\nB=`x`\nA=1\n");
}

TEST(EnvJson, ValuesAreSetInPlace) {
  const std::string text =
      "{\n  \"a\": {\"b\" : 1,  \"c\": [1, {\"d\": null}]},\n  \"e\": \"x\"\n}\n";
  EXPECT_EQ(set_in("json", text, "a.b", {Type::integer, "2"}),
            "{\n  \"a\": {\"b\" : 2,  \"c\": [1, {\"d\": null}]},\n  \"e\": \"x\"\n}\n");
  EXPECT_EQ(
      set_text("json", text, "/a/c/1/d", "é\"\n"),
      "{\n  \"a\": {\"b\" : 1,  \"c\": [1, {\"d\": \"é\\\"\\u000a\"}]},\n  \"e\": \"x\"\n}\n");
  EXPECT_EQ(
      set_in("json", text, "f", {Type::boolean, "true"}),
      "{\n  \"a\": {\"b\" : 1,  \"c\": [1, {\"d\": null}]},\n  \"e\": \"x\",\n  \"f\": true\n}\n");
  EXPECT_EQ(set_text("json", "{\n}\n", "a", "b"), "{\n  \"a\": \"b\"\n}\n");
  EXPECT_EQ(set_text("json", "{}", "a", "b"), "{\"a\": \"b\"}");
  EXPECT_EQ(set_text("json", "{\"a/b\":1}", "/a~1b", "c"), "{\"a/b\":\"c\"}");
}

TEST(EnvJson, MembersAreRemovedWithTheirComma) {
  EXPECT_EQ(remove_in("json", "{\n  \"a\": 1,\n  \"b\": 2\n}", "a"), "{\n  \"b\": 2\n}");
  EXPECT_EQ(remove_in("json", "{\n  \"a\": 1,\n  \"b\": 2\n}", "b"), "{\n  \"a\": 1\n}");
  EXPECT_EQ(remove_in("json", "{ \"a\": 1 }", "a"), "{  }");
}

TEST(EnvJson, WhatIsNoJsonOrNoSingleValueIsRefused) {
  const auto set = [](const char* text, const char* key) {
    return refusal([&] { return set_text("json", text, key, "x"); });
  };
  EXPECT_EQ(set("{\"a\": 1, // why\n}", "a"),
            "line 1: this is not JSON: a key in quotes is missing");
  EXPECT_EQ(set("{\"a\": 1,}", "a"), "line 1: this is not JSON: a key in quotes is missing");
  EXPECT_EQ(set("{\"a\": 01}", "a"),
            "line 1: this is not JSON: neither a value nor a comment may stand like this");
  EXPECT_EQ(set("{\"a\": {}}", "a"), "`a` in line 1 is an object; only single values are replaced");
  EXPECT_EQ(set("{}", "a.b"), "there is no object `a` to put `b` in");
  EXPECT_EQ(set("{\"a\":1,\n\"a\":2}", "a"), "`a` stands there twice, in line 1 and in line 2");
  EXPECT_EQ(set("[1]", "/1"), "there is no object `` to put `1` in");
  EXPECT_EQ(set("{\"a\":\"", "a"), "line 1: this is not JSON: a text that is not closed");
  const std::string deep(100, '[');
  EXPECT_EQ(set(deep.c_str(), "a"), "line 1: this is not JSON: it is nested too deeply");
  EXPECT_EQ(refusal([] { return remove_in("json", "[1,2]", "/0"); }),
            "`0` is an item of an array; items stay");
}

constexpr const char* kToml = R"(# head
title = "x"  # why
[server]
port = 8080
name = 'a\b'
"odd key" = true

[server.limits] # l
max.size = 1_000
since = 1979-05-27 07:32:00
list = [ "]", # ]
  { a = 1 } ]
long = """
port = 1
"""
in = { a = 1 }

[[items]]
id = 1
[[items]]
id = 2
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(EnvToml, ValuesAreSetInPlace) {
  EXPECT_EQ(set_text("toml", kToml, "title", "y\""), replaced(kToml, "\"x\"", "\"y\\\"\""));
  EXPECT_EQ(set_in("toml", kToml, "server.port", {Type::integer, "9"}),
            replaced(kToml, "8080", "9"));
  EXPECT_EQ(set_text("toml", kToml, "server.name", "b"), replaced(kToml, "'a\\b'", "'b'"));
  EXPECT_EQ(set_text("toml", kToml, "/server/odd key", "b"),
            replaced(kToml, "key\" = true", "key\" = \"b\""));
  EXPECT_EQ(set_in("toml", kToml, "server.limits.max.size", {Type::integer, "5"}),
            replaced(kToml, "1_000", "5"));
  EXPECT_EQ(set_in("toml", kToml, "/items/1/id", {Type::integer, "5"}),
            replaced(kToml, "id = 2", "id = 5"));
}

TEST(EnvToml, NewKeysGoToTheirTable) {
  EXPECT_EQ(set_in("toml", kToml, "debug", {Type::boolean, "false"}),
            replaced(kToml, "# why\n", "# why\ndebug = false\n"));
  EXPECT_EQ(set_text("toml", kToml, "server.host", "h"),
            replaced(kToml, "= true\n", "= true\nhost = \"h\"\n"));
  EXPECT_EQ(set_text("toml", kToml, "/items/0/name", "h"),
            replaced(kToml, "id = 1\n", "id = 1\nname = \"h\"\n"));
  EXPECT_EQ(set_text("toml", kToml, "new.sub.key", "h"),
            std::string(kToml) + "\n[new.sub]\nkey = \"h\"\n");
  EXPECT_EQ(set_text("toml", "", "a", "h"), "a = \"h\"\n");
  EXPECT_EQ(set_text("toml", "[a.b]\nc = 1", "a.d", "h"), "[a.b]\nc = 1\n\n[a]\nd = \"h\"\n");
  EXPECT_EQ(remove_in("toml", kToml, "title"), replaced(kToml, "title = \"x\"  # why\n", ""));
}

TEST(EnvToml, WhatGoesOverLinesOrStandsInlineIsRefused) {
  const auto set = [](const char* key) {
    return refusal([&] { return set_text("toml", kToml, key, "x"); });
  };
  EXPECT_NE(set("server.limits.long").find("a text of several lines"), std::string::npos);
  EXPECT_NE(set("server.limits.list").find("an array"), std::string::npos);
  EXPECT_NE(set("server.limits.since").find("a date or a time"), std::string::npos);
  EXPECT_NE(set("server").find("a table"), std::string::npos);
  for (const char* key : {"server.limits.in.a", "server.limits.max.other", "items.id", "title.x"}) {
    EXPECT_NE(set(key).find("it cannot be made because of line"), std::string::npos) << set(key);
  }
  for (const char* bad : {"a = \n", "a = \"x\n", "a b = 1\n", "a = [1\n", "[a\n", "a = 1 b = 2\n",
                          "a = \"\"\"\n", "= 1\n"}) {
    EXPECT_EQ(refusal([&] { return set_text("toml", bad, "q", "x"); }).substr(0, 5), "line ")
        << bad;
  }
}

constexpr const char* kYaml = R"(---
# head
app:
  name: shop   # why
  debug: true
  'quoted key': 'it''s'
  empty:
  env:
    - name: A
      value: B
  list:
  - x
  text: |
    debug: false

    more
  flow: {a: 1,
    b: [2]}
  anchor: &x
    deep: 1
  alias: *x
  long: one
    two
  nested:
      port: 8080
top: "a\"b"
)";

TEST(EnvYaml, ValuesAreSetInPlace) {
  EXPECT_EQ(set_text("yaml", kYaml, "app.name", "bar"), replaced(kYaml, "name: shop", "name: bar"));
  EXPECT_EQ(set_in("yaml", kYaml, "app.debug", {Type::boolean, "false"}),
            replaced(kYaml, "debug: true", "debug: false"));
  EXPECT_EQ(set_text("yaml", kYaml, "app.debug", "false"),
            replaced(kYaml, "debug: true", "debug: \"false\""));
  EXPECT_EQ(set_text("yaml", kYaml, "/app/quoted key", "x"), replaced(kYaml, "'it''s'", "'x'"));
  EXPECT_EQ(set_text("yaml", kYaml, "app.empty", "x"), replaced(kYaml, "empty:", "empty: x"));
  EXPECT_EQ(set_in("yaml", kYaml, "app.nested.port", {Type::integer, "1"}),
            replaced(kYaml, "8080", "1"));
  EXPECT_EQ(set_text("yaml", kYaml, "top", "c: d"), replaced(kYaml, "\"a\\\"b\"", "\"c: d\""));
  EXPECT_EQ(value_in("yaml", kYaml, "/app/quoted key").text, "it's");
  EXPECT_EQ(value_in("yaml", kYaml, "top").text, "a\"b");
}

TEST(EnvYaml, NewKeysGoToTheirMapping) {
  EXPECT_EQ(set_text("yaml", kYaml, "app.nested.host", "h"),
            replaced(kYaml, "8080\n", "8080\n      host: h\n"));
  EXPECT_EQ(set_text("yaml", kYaml, "app.new", "12"),
            replaced(kYaml, "8080\n", "8080\n  new: \"12\"\n"));
  EXPECT_EQ(set_text("yaml", kYaml, "last", "yes"), std::string(kYaml) + "last: \"yes\"\n");
  EXPECT_EQ(set_text("yaml", "", "a", "b"), "a: b\n");
  EXPECT_EQ(remove_in("yaml", kYaml, "app.debug"), replaced(kYaml, "  debug: true\n", ""));
}

TEST(EnvYaml, WhatIsNotOneValueInItsLineIsRefused) {
  const auto set = [](const char* key) {
    return refusal([&] { return set_text("yaml", kYaml, key, "x"); });
  };
  for (const auto& [key, what] :
       std::vector<std::pair<const char*, const char*>>{{"app", "a mapping"},
                                                        {"app.env", "a list"},
                                                        {"app.list", "a list"},
                                                        {"app.text", "a text of several lines"},
                                                        {"app.flow", "a flow collection"},
                                                        {"app.anchor", "an anchor"},
                                                        {"app.alias", "an alias"},
                                                        {"app.long", "a text of several lines"}}) {
    EXPECT_NE(set(key).find(std::string(" is ") + what), std::string::npos) << set(key);
  }
  EXPECT_NE(set("app.anchor.deep").find("is an anchor"), std::string::npos);
  EXPECT_NE(set("nothing.here").find("there is no mapping"), std::string::npos);
  EXPECT_NE(refusal([] { return remove_in("yaml", kYaml, "app.nested.port"); }).find("be empty"),
            std::string::npos);
}

TEST(EnvYaml, TextsThatWouldBeAGuessAreRefusedAsAWhole) {
  for (const char* bad :
       {"a: 1\n---\nb: 2\n", "%YAML 1.2\n---\na: 1\n", "- a\n- b\n", "{a: 1}\n", "a:\n\tb: 1\n",
        "? a\n: b\n", "a: 1\n  b: 2\nc: 3\n\n...\n", "a: \"x\n", "a: [1\n", "a: b: c\n", "word\n",
        "a:\n    b: 1\n  c: 2\n", "a: 'x' y\n", "a: \"x\"\n  b: 1\n"}) {
    EXPECT_EQ(refusal([&] { return set_text("yaml", bad, "q", "x"); }).substr(0, 5), "line ")
        << bad;
  }
  EXPECT_EQ(refusal([] { return set_text("yaml", "a: 1\na: 2\n", "a", "x"); }),
            "`a` stands there twice, in line 1 and in line 2");
}

// -- Properties --------------------------------------------------------------------------------

// A text of a format: lines that hold keys k0.. and others around them.
std::string random_line(support::Random& random, const std::string& format, std::size_t key) {
  const std::string name = "k" + std::to_string(key);
  static const char* kDotenvValues[] = {"=1", "=\"a b\" # c", "='x'",   " = y",
                                        "=",  "=\"l1\nl2\"",  "=a#b  ", "=z # k1=2"};
  static const char* kTomlValues[] = {" = 1",   " = \"a#\" # c", "='x'",          " = true",
                                      " = 2.5", " = 0x1F",       "   = 'k1 = 2'", " = \"\""};
  static const char* kYamlValues[] = {": 1", ": \"a#\" # c", ": 'x''y'", ": true",
                                      ":",   ": a#b",        ":   word", ": \"k1: 2\""};
  const std::size_t form = random.below(8);
  if (format == "dotenv") return (random.chance(4) ? "export " : "") + name + kDotenvValues[form];
  return name + (format == "toml" ? kTomlValues : kYamlValues)[form];
}

std::string random_text(support::Random& random, const std::string& format) {
  if (format == "json") {
    static const char* kValues[] = {"1",    "\"a,b\"",          "true",
                                    "null", "[1, {\"k0\": 2}]", "{\"x\":\"}\"}"};
    std::string text = "{";
    const std::size_t count = 1 + random.below(6);
    for (std::size_t i = 0; i < count; ++i) {
      text += std::string(i == 0 ? "" : ",") + (random.chance(2) ? "\n  " : " ") + "\"k" +
              std::to_string(i) + "\"" + (random.chance(3) ? " :" : ":") +
              (random.chance(3) ? "" : " ") + kValues[random.below(i == 0 ? 4 : 6)];
    }
    return text + (random.chance(2) ? "\n}\n" : "}");
  }
  const std::string end = random.chance(3) ? "\r\n" : "\n";
  std::string text;
  const std::size_t count = 1 + random.below(6);
  for (std::size_t i = 0; i < count; ++i) {
    if (random.chance(3)) text += random.chance(2) ? end : "# k0=1: 2" + end;
    text += random_line(random, format, i) + (i + 1 == count && random.chance(3) ? "" : end);
  }
  return text;
}

class EnvProperty : public testing::TestWithParam<const char*> {};

TEST_P(EnvProperty, SettingAndPuttingBackGivesTheSameBytes) {
  const auto format = env::make_format(GetParam());
  support::Random random(20260101);
  int done = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_text(random, GetParam());
    const Path path = {"k" + std::to_string(random.below(7))};
    const auto document = format->scan(text);
    const env::Entry* entry = document.find(path);
    if (entry != nullptr && !entry->value) continue;
    const std::string value = std::string("v") + (random.chance(2) ? " w'" : "") + "9";
    const auto spelling = format->spell(env::written({Type::text, value}), entry);
    ASSERT_TRUE(spelling) << text;
    const std::string after = format->set(text, path, *spelling);
    ASSERT_EQ(format->set(after, path, *spelling), after);
    const auto written = format->scan(after);
    ASSERT_EQ(written.find(path)->value->text, value) << after;
    if (entry != nullptr) {
      // Nothing but the value differs, and its spelling puts it back.
      const std::string old_spelling = text.substr(entry->begin, entry->end - entry->begin);
      ASSERT_EQ(after.substr(0, entry->begin), text.substr(0, entry->begin));
      ASSERT_TRUE(after.ends_with(text.substr(entry->end)));
      if (!old_spelling.empty()) {
        ASSERT_EQ(format->set(after, path, old_spelling), text);
      }
    } else {
      // At most the line break that was missing at the end stays.
      const std::string back = format->remove(after, path);
      ASSERT_TRUE(back == text || (back.starts_with(text) && back.size() <= text.size() + 2))
          << text << "---\n"
          << back;
    }
    ++done;
  }
  EXPECT_GT(done, 1000);
}

TEST_P(EnvProperty, HostileTextsAreReadOrRefusedAndNeverDamaged) {
  const auto format = env::make_format(GetParam());
  support::Random random(42);
  static const std::string kPieces[] = {
      "a",  "k1", "=",  ":",  ": ", "\"", "'",      "\\", "#",    " #",   "\n",
      "\r", "\t", " ",  "  ", "[",  "]",  "{",      "}",  ",",    "-",    "- ",
      "|",  ">",  "&x", "*x", "!t", "`",  "\"\"\"", "1",  "true", "\xff", "\xEF\xBB\xBF",
      "."};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t count = random.below(14); count > 0; --count) {
      text += kPieces[random.below(std::size(kPieces))];
    }
    try {
      const std::string after = format->set(text, {"k1"}, "7");
      ASSERT_EQ(format->scan(after).find({"k1"})->value->text, "7") << text;
      const std::string gone = format->remove(after, {"k1"});
      ASSERT_EQ(format->scan(gone).find({"k1"}), nullptr) << text;
    } catch (const CannotEdit& cannot) {
      ASSERT_FALSE(std::string(cannot.what()).empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, EnvProperty, testing::Values("dotenv", "json", "toml", "yaml"));

}  // namespace
}  // namespace stagerun

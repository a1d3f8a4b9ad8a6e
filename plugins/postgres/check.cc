// postgres.check: questions to a database, and what must come of them. Only ever reads; everything
// that is wrong is told at once.
#include <algorithm>
#include <cmath>

#include "sql.h"
#include "stages.h"

namespace postgres {
namespace {

constexpr std::int64_t kStatementMs = 30'000;
constexpr std::size_t kShownBytes = 120;

struct Question {
  std::string place;  // "/checks/0"
  std::string name;   // for people
  std::string sql;
};

std::vector<Question> read_questions(const sr::Call& call) {
  std::vector<Question> questions;
  const std::size_t count = sr::json_elements(call.config_or("/checks", "[]")).size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string place = "/checks/" + std::to_string(i);
    const std::string sql = call.config(place + "/sql");
    questions.push_back({place, call.config_or(place + "/name", sql), sql});
  }
  return questions;
}

std::string shown(std::string text) {
  if (text.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end) + "...";
  }
  return "`" + text + "`";
}

std::optional<double> to_number(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool whole = error == std::errc() && stop == end && std::isfinite(number);
  return whole ? std::optional(number) : std::nullopt;
}

// PostgreSQL writes t and f.
std::string canonical(const std::string& value) {
  if (value == "true") return "t";
  return value == "false" ? "f" : value;
}

bool is_equal(const std::string& got, const std::string& wanted) {
  if (got == wanted || got == canonical(wanted)) return true;
  const auto left = to_number(got);
  const auto right = to_number(wanted);
  return left && right && *left == *right;
}

// Holds one answer against one `expect`; collects what is wrong.
class Judge {
 public:
  Judge(sr::Call& call, const Question& question, const Rows& rows,
        std::vector<std::string>& faults)
      : call_(call), question_(question), rows_(rows), faults_(faults) {}

  void judge() {
    judge_rows();
    judge_value();
  }

  // The one value of the answer; a fault where there is none.
  std::optional<std::string> scalar() {
    if (rows_.size() == 1 && rows_[0].size() == 1) return rows_[0][0];
    add("it was to give one value, and gave " + std::to_string(rows_.size()) + " rows");
    return std::nullopt;
  }

 private:
  std::optional<std::string> expected(const char* key) const {
    return call_.find_config(question_.place + "/expect/" + key);
  }
  void add(const std::string& fault) { faults_.push_back(shown(question_.name) + ": " + fault); }

  void judge_rows() {
    const auto count = static_cast<long long>(rows_.size());
    const std::string got = "it gave " + std::to_string(count) + " rows, expected ";
    const auto number = [&](const char* key) -> std::optional<long long> {
      const auto text = expected(key);
      return text ? std::optional(sr::number_in<long long>(*text)) : std::nullopt;
    };
    if (const auto n = number("rows"); n && count != *n) add(got + std::to_string(*n));
    if (const auto n = number("at_least"); n && count < *n)
      add(got + "at least " + std::to_string(*n));
    if (const auto n = number("at_most"); n && count > *n)
      add(got + "at most " + std::to_string(*n));
    const auto empty = expected("empty");
    if (empty == "true" && count != 0) add(got + "none; the first is " + first());
    if (empty == "false" && count == 0) add("it gave no rows");
  }

  std::string first() const {
    std::string text;
    for (const std::string& field : rows_[0]) text += (text.empty() ? "" : " | ") + field;
    return shown(text);
  }

  void judge_value() {
    const auto wanted = expected("value");
    const auto pattern = expected("matches");
    const auto least = expected("min");
    const auto most = expected("max");
    if (!wanted && !pattern && !least && !most) return;
    const auto got = scalar();
    if (!got) return;
    if (wanted && !is_equal(*got, *wanted))
      add("it gave " + shown(*got) + ", expected " + shown(*wanted));
    if (pattern && !sr::Secrets(call_).matches(*got, *pattern)) {
      add("it gave " + shown(*got) + ", which does not match " + shown(*pattern));
    }
    judge_range(*got, least, most);
  }

  void judge_range(const std::string& got, const std::optional<std::string>& least,
                   const std::optional<std::string>& most) {
    if (!least && !most) return;
    const auto number = to_number(got);
    if (!number) return add("it gave " + shown(got) + ", which is no number");
    if (least && *number < *to_number(*least))
      add("it gave " + got + ", expected at least " + *least);
    if (most && *number > *to_number(*most)) add("it gave " + got + ", expected at most " + *most);
  }

  sr::Call& call_;
  const Question& question_;
  const Rows& rows_;
  std::vector<std::string>& faults_;
};

// An output of that type, or a fault.
std::optional<sr::Json> to_json(const std::string& value, const std::string& type) {
  if (type == "string") return sr::Json(value);
  if (type == "boolean") {
    const std::string letter = canonical(value);
    if (letter == "t" || letter == "f") return sr::Json(letter == "t");
    return std::nullopt;
  }
  const auto number = to_number(value);
  if (!number || (type == "integer" && value.find_first_of(".eE") != value.npos))
    return std::nullopt;
  return type == "integer" ? sr::Json(sr::number_in<long long>(value)) : sr::Json(*number);
}

class Checking {
 public:
  explicit Checking(sr::Call& call)
      : call_(call),
        client_(call, read_connection(call)),
        timeout_ms_(duration_at(call, "/statement_timeout", kStatementMs)) {
    if (call.has_config("/other")) other_.emplace(call, read_connection(call, "/other"));
  }

  void run() {
    client_.server_version();  // no connection is one fault, not one of every check
    if (other_) other_->server_version();
    for (const std::string& table : call_.config_list("/exists")) look_for(table);
    const auto questions = read_questions(call_);
    for (const Question& question : questions) ask(question);
    if (faults_.empty()) return;
    std::string text = std::to_string(faults_.size()) +
                       (faults_.size() == 1 ? " check fails: " : " checks fail: ");
    for (std::size_t i = 0; i < faults_.size(); ++i) text += (i > 0 ? "; " : "") + faults_[i];
    throw sr::Failed("postgres.check", text, "the database is " + client_.connection().name);
  }

 private:
  void look_for(const std::string& table) {
    const Answer answer =
        client_.ask("SELECT to_regclass(" + quote_literal(table) + ") IS NOT NULL", timeout_ms_);
    if (answer.refusal) {
      faults_.push_back(shown(table) + ": " + answer.refusal->text);
    } else if (answer.rows != Rows{{"t"}}) {
      faults_.push_back(shown(table) + " does not exist");
    }
  }

  void ask(const Question& question) {
    const Answer answer = client_.ask(question.sql, timeout_ms_);
    if (answer.refusal) {
      faults_.push_back(shown(question.name) + ": " + answer.refusal->text);
      return;
    }
    Judge judge(call_, question, answer.rows, faults_);
    judge.judge();
    if (call_.config_or(question.place + "/expect/same_as_other", "") == "true") {
      compare(question, answer.rows);
    }
    set_output(question, judge);
  }

  void compare(const Question& question, const Rows& rows) {
    const Answer answer = other_->ask(question.sql, timeout_ms_);
    const std::string name = shown(question.name) + ": ";
    if (answer.refusal) {
      faults_.push_back(name + "on " + other_->connection().name + ": " + answer.refusal->text);
      return;
    }
    if (answer.rows == rows) return;
    const auto differs =
        std::mismatch(rows.begin(), rows.end(), answer.rows.begin(), answer.rows.end());
    faults_.push_back(name + "it gives " + std::to_string(rows.size()) + " rows here and " +
                      std::to_string(answer.rows.size()) + " in " + other_->connection().name +
                      "; they differ from row " + std::to_string(differs.first - rows.begin() + 1) +
                      " on");
  }

  void set_output(const Question& question, Judge& judge) {
    const std::string name = call_.config_or(question.place + "/name", "");
    const auto type = call_.find_config("/outputs/" + name);
    if (name.empty() || !type) return;
    const auto value = judge.scalar();
    if (!value) return;
    if (const auto json = to_json(*value, *type)) return call_.set(name, *json);
    faults_.push_back(shown(name) + ": it gave " + shown(*value) +
                      ", and the output is declared as " + *type);
  }

  sr::Call& call_;
  Client client_;
  std::optional<Client> other_;
  std::int64_t timeout_ms_;
  std::vector<std::string> faults_;
};

void diagnose_question(sr::Call& call, const Question& question) {
  const auto say = [&](const std::string& place, const char* text, const char* hint) {
    call.diagnose(question.place + place, "postgres.check", text, hint);
  };
  const Script script = read_script(question.sql);
  if (!is_open(question.sql)) {
    if (script.statements.size() != 1 || !script.commands.empty()) {
      say("/sql", "a check is one statement of SQL, without psql's own commands",
          "write one check for each");
    } else if (!asks(script.statements[0])) {
      say("/sql", "this statement does not ask anything", "begin with SELECT");
    }
  }
  if (call.config_or(question.place + "/expect/same_as_other", "") == "true" &&
      !call.has_config("/other")) {
    say("/expect/same_as_other", "there is no `other` to compare with",
        "add other = { url = ... }");
  }
  const bool named = call.has_config("/outputs/" + call.config_or(question.place + "/name", "-"));
  if (!named && call.config_or(question.place + "/expect", "{}") == "{}") {
    say("", "nothing is expected of this, so it cannot fail", "add `expect`");
  }
}

}  // namespace

void Check::validate(sr::Call& call) {
  diagnose_connection(call);
  if (call.has_config("/other")) diagnose_connection(call, "/other");
  diagnose_duration(call, "/statement_timeout");
  const auto questions = read_questions(call);
  if (questions.empty() && call.config_list("/exists").empty()) {
    call.diagnose("", "postgres.check", "there is nothing to check", "add `checks` or `exists`");
  }
  for (const Question& question : questions) diagnose_question(call, question);
  for (const auto& [name, type] : call.members(call.config_or("/outputs", "{}"))) {
    const bool known = std::any_of(questions.begin(), questions.end(),
                                   [&name = name](const Question& q) { return q.name == name; });
    if (known) continue;
    call.diagnose("/outputs/" + name, "postgres.output", "no check has this name",
                  "give one check the `name` of the output");
  }
}

void Check::plan(sr::Call& call) {
  const std::size_t count = read_questions(call).size() + call.config_list("/exists").size();
  call.info("check " + read_connection(call).name + ": " + std::to_string(count) + " questions");
}

void Check::apply(sr::Call& call) { Checking(call).run(); }

}  // namespace postgres

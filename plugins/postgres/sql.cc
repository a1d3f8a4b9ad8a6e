#include "sql.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace postgres {
namespace {

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

bool has_words(const std::string& words, std::string_view part) {
  return (" " + words + " ").find(" " + std::string(part) + " ") != std::string::npos;
}

bool begins(const std::string& words, std::string_view part) {
  return words == part || words.starts_with(std::string(part) + " ");
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Script read() {
    while (at_ < text_.size()) {
      if (!skip_space() && !skip_comment() && !take_quoted() && !take_dollars() &&
          !take_command() && !take_word()) {
        take_sign();
      }
    }
    finish();
    return std::move(script_);
  }

 private:
  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void advance(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
  }
  // Past the next occurrence, or to the end.
  void advance_past(std::string_view what) {
    const std::size_t found = text_.find(what, at_);
    advance(found == text_.npos ? text_.size() : found + what.size() - at_);
  }

  void add(std::string_view word) {
    if (words_.empty()) begin_ = line_;
    if (!words_.empty()) words_ += ' ';
    for (const char c : word) {
      words_ += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }

  bool skip_space() {
    if (std::isspace(static_cast<unsigned char>(text_[at_])) == 0) return false;
    advance(1);
    return true;
  }

  bool skip_comment() {
    if (sees("--")) {
      advance_past("\n");
      return true;
    }
    if (!sees("/*")) return false;
    int depth = 0;
    do {  // they nest
      depth += sees("/*") ? 1 : sees("*/") ? -1 : 0;
      advance(sees("/*") || sees("*/") ? 2 : 1);
    } while (depth > 0 && at_ < text_.size());
    return true;
  }

  bool take_quoted() {
    const char quote = text_[at_];
    if (quote != '\'' && quote != '"') return false;
    const bool escapes = quote == '\'' && at_ > 0 &&
                         (text_[at_ - 1] == 'E' || text_[at_ - 1] == 'e') &&
                         (at_ < 2 || !is_word(text_[at_ - 2]));
    const int line = line_;
    const std::size_t begin = at_;
    advance(1);
    while (at_ < text_.size()) {
      const bool doubled = text_[at_] == quote && text_.substr(at_ + 1).starts_with(quote);
      const bool escaped = escapes && text_[at_] == '\\';
      if (text_[at_] == quote && !doubled) break;
      advance(doubled || escaped ? 2 : 1);
    }
    advance(1);
    add(quote == '"' ? text_.substr(begin, at_ - begin) : "''");
    if (words_ == "''") begin_ = line;
    return true;
  }

  // $$ ... $$, $tag$ ... $tag$
  bool take_dollars() {
    if (text_[at_] != '$' || (at_ > 0 && is_word(text_[at_ - 1]))) return false;
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_word(text_[end]) && text_[end] != '$') ++end;
    const bool opens =
        end < text_.size() && text_[end] == '$' &&
        (end == at_ + 1 || std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) == 0);
    if (!opens) return false;
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    add("''");
    advance(tag.size());
    advance_past(tag);
    return true;
  }

  bool take_command() {
    if (text_[at_] != '\\') return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    script_.commands.push_back({std::string(text_.substr(at_, end - at_)), line_});
    advance(end - at_);
    return true;
  }

  bool take_word() {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    if (end == at_) return false;
    add(text_.substr(at_, end - at_));
    advance(end - at_);
    follow_body();
    return true;
  }

  // CREATE FUNCTION ... BEGIN ATOMIC ...; END: its semicolons end nothing.
  void follow_body() {
    if (!begins(words_, "CREATE")) return;
    if (words_.ends_with(" BEGIN ATOMIC")) body_ = 1;
    if (body_ > 0 && words_.ends_with(" CASE")) ++body_;
    if (body_ > 0 && words_.ends_with(" END")) --body_;
  }

  void take_sign() {
    const char sign = text_[at_];
    depth_ = std::max(0, depth_ + (sign == '(' ? 1 : sign == ')' ? -1 : 0));
    if (sign == ';' && depth_ == 0 && body_ == 0) {
      advance(1);
      skip_copied();
      return finish();
    }
    add(std::string_view(&sign, 1));
    advance(1);
  }

  // The rows that follow COPY ... FROM STDIN are no SQL.
  void skip_copied() {
    if (!begins(words_, "COPY") || !has_words(words_, "FROM STDIN")) return;
    advance_past("\n");
    while (at_ < text_.size()) {
      const std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
      advance_past("\n");
      if (line == "\\." || line == "\\.\r") return;
    }
  }

  void finish() {
    if (!words_.empty()) script_.statements.push_back({words_, begin_});
    words_.clear();
    depth_ = body_ = 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int begin_ = 1;
  int depth_ = 0;
  int body_ = 0;
  std::string words_;
  Script script_;
};

// Statements that refuse to run inside a transaction.
bool wants_none(const std::string& words) {
  constexpr std::array kBeginnings = {
      "VACUUM",           "CREATE DATABASE", "DROP DATABASE",       "CREATE TABLESPACE",
      "DROP TABLESPACE",  "ALTER SYSTEM",    "CREATE SUBSCRIPTION", "DROP SUBSCRIPTION",
      "REINDEX DATABASE", "REINDEX SYSTEM",  "DISCARD ALL"};
  if (words == "CLUSTER") return true;
  const bool index =
      has_words(words, "INDEX") || begins(words, "REINDEX") || has_words(words, "DETACH PARTITION");
  if (index && has_words(words, "CONCURRENTLY")) return true;
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](const char* beginning) { return begins(words, beginning); });
}

bool ends_transaction(const std::string& words) {
  constexpr std::array kBeginnings = {"BEGIN",    "START TRANSACTION",  "COMMIT", "END", "ABORT",
                                      "ROLLBACK", "PREPARE TRANSACTION"};
  if (begins(words, "ROLLBACK") && has_words(words, "TO")) return false;  // to a savepoint
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](const char* beginning) { return begins(words, beginning); });
}

bool drops_column_or_more(const std::string& words) {
  if (!begins(words, "ALTER") || !has_words(words, "DROP")) return false;
  std::string rest = words;
  for (const std::string_view kept :
       {"DROP NOT NULL", "DROP DEFAULT", "DROP IDENTITY", "DROP EXPRESSION"}) {
    for (std::size_t at; (at = rest.find(kept)) != rest.npos;) rest.erase(at, kept.size());
  }
  return has_words(rest, "DROP");
}

}  // namespace

Script read_script(std::string_view text) { return Reader(text).read(); }

std::optional<std::string> breaks_transaction(const Statement& statement) {
  if (ends_transaction(statement.words)) return "begins or ends a transaction of its own";
  if (wants_none(statement.words)) return "cannot run inside a transaction";
  return std::nullopt;
}

bool destroys(const Statement& statement) {
  const std::string& words = statement.words;
  if (begins(words, "DROP") || begins(words, "TRUNCATE")) return true;
  const bool is_data = begins(words, "DELETE") || begins(words, "WITH") || begins(words, "UPDATE");
  const bool of_all = begins(words, "UPDATE") || has_words(words, "DELETE FROM");
  if (is_data && of_all && !has_words(words, "WHERE")) return true;
  return drops_column_or_more(words);
}

bool asks(const Statement& statement) {
  constexpr std::array kBeginnings = {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "("};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](const char* word) { return begins(statement.words, word); });
}

bool is_harmless(const Statement& command) {
  constexpr std::array kNames = {"\\echo", "\\restrict", "\\unrestrict"};
  // Backquotes run a shell in any command's argument.
  if (command.words.find('`') != std::string::npos) return false;
  const std::string name = command.words.substr(0, command.words.find_first_of(" \t\r"));
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace postgres

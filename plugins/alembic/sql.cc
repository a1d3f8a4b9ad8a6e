#include "sql.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace alembic {
namespace {

constexpr std::string_view kUpgrade = "-- Running upgrade ";
constexpr std::string_view kDowngrade = "-- Running downgrade ";
// Of a statement, what decides what it is.
constexpr std::size_t kWordsThatDecide = 4096;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The revision of "-- Running upgrade a, b -> c" or "-- Running downgrade c -> a, b".
std::optional<std::string> read_header(std::string_view line) {
  const bool up = line.starts_with(kUpgrade);
  if (!up && !line.starts_with(kDowngrade)) return std::nullopt;
  line.remove_prefix(up ? kUpgrade.size() : kDowngrade.size());
  const std::size_t arrow = line.find("-> ");
  if (arrow == line.npos) return std::nullopt;
  return std::string(trim(up ? line.substr(arrow + 3) : line.substr(0, arrow)));
}

// Words in upper case; what stands in quotes is one word that begins with the quote, what is in a
// comment is none. Brackets, commas and the like end a word.
std::vector<std::string> words_of(std::string_view sql) {
  std::vector<std::string> words;
  sql = sql.substr(0, kWordsThatDecide);
  for (std::size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    if (sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size());
    } else if (sql.substr(i, 2) == "/*") {
      const std::size_t end = sql.find("*/", i + 2);
      i = end == sql.npos ? sql.size() : end + 2;
    } else if (c == '\'' || c == '"' || c == '`') {
      const std::size_t end = std::min(sql.find(c, i + 1), sql.size());
      words.emplace_back(sql.substr(i, end - i));
      i = end + 1;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      std::string word;
      for (; i < sql.size() &&
             (std::isalnum(static_cast<unsigned char>(sql[i])) || sql[i] == '_' || sql[i] == '.');
           ++i) {
        word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[i])));
      }
      words.push_back(std::move(word));
    } else {
      ++i;
    }
  }
  return words;
}

template <std::size_t kCount>
bool is_one_of(const std::string& word, const std::array<std::string_view, kCount>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// ALTER TABLE t DROP what: a column, unless it says otherwise.
bool drops_column(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 10> kNoData = {"CONSTRAINT", "DEFAULT", "NOT", "IDENTITY",
                                                        "EXPRESSION", "INDEX",   "KEY", "PRIMARY",
                                                        "FOREIGN",    "CHECK"};
  for (std::size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i] == "DROP" && !is_one_of(words[i + 1], kNoData)) return true;
  }
  return false;
}

// The table of "UPDATE t SET version_num=..." and its like; nothing where it is another statement.
std::optional<std::string> version_table(std::string_view line) {
  if (line.find("version_num") == line.npos) return std::nullopt;
  for (const std::string_view start : {"INSERT INTO ", "UPDATE ", "DELETE FROM "}) {
    if (!line.starts_with(start)) continue;
    const std::string_view rest = line.substr(start.size());
    return std::string(rest.substr(0, rest.find(' ')));
  }
  return std::nullopt;
}

class Reader {
 public:
  void take(std::string_view line) {
    if (const auto revision = read_header(line)) {
      statement_.clear();
      committed_ = false;
      preview_.revisions.push_back({*revision, {}, in_transaction_});
    } else if (line == "BEGIN;" || line == "COMMIT;") {
      statement_.clear();
      in_transaction_ = line == "BEGIN;";
      committed_ = committed_ || !in_transaction_;
    } else if (const auto table = version_table(line)) {
      // Whatever stood before it without an end is no SQL: something printed it.
      statement_.clear();
      table_ = *table;
      note_work();
    } else {
      take_text(line);
    }
  }
  SqlPreview finish() { return std::move(preview_); }

 private:
  void take_text(std::string_view line) {
    if (preview_.revisions.empty()) return;
    if (statement_.empty() && trim(line).empty()) return;
    statement_ += (statement_.empty() ? "" : "\n") + std::string(line);
    if (!trim(line).ends_with(';')) return;
    const bool is_own = !table_.empty() && statement_ == "DROP TABLE " + table_ + ";";
    if (!is_own) {
      preview_.revisions.back().statements.emplace_back(trim(statement_));
      note_work();
    }
    statement_.clear();
  }
  // Work after a commit in the same revision: the first part stands whatever becomes of it.
  void note_work() {
    if (committed_ && !preview_.revisions.empty()) preview_.revisions.back().is_atomic = false;
  }

  SqlPreview preview_;
  std::string statement_;
  std::string table_;
  bool in_transaction_ = false;
  bool committed_ = false;  // in this revision
};

}  // namespace

const RevisionSql* SqlPreview::find(std::string_view revision) const {
  const auto found = std::find_if(revisions.begin(), revisions.end(),
                                  [&](const auto& one) { return one.revision == revision; });
  return found != revisions.end() ? &*found : nullptr;
}

SqlPreview read_preview(const std::vector<std::string>& lines) {
  Reader reader;
  for (const std::string& line : lines) reader.take(line);
  return reader.finish();
}

bool is_destructive(std::string_view statement) {
  constexpr std::array<std::string_view, 3> kHoldsData = {"TABLE", "SCHEMA", "DATABASE"};
  const std::vector<std::string> words = words_of(statement);
  if (words.empty()) return false;
  if (words[0] == "TRUNCATE") return true;
  if (words.size() < 2) return false;
  if (words[0] == "DELETE" && words[1] == "FROM") return true;
  if (words[0] == "DROP") return is_one_of(words[1], kHoldsData);
  return words[0] == "ALTER" && words[1] == "TABLE" && drops_column(words);
}

bool is_same_sql(std::string_view one, std::string_view other) {
  const auto squeeze = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (!is_space(c)) out += c;
    }
    while (out.ends_with(';')) out.pop_back();
    return out;
  };
  return squeeze(one) == squeeze(other);
}

}  // namespace alembic

#include "tool.h"

#include <algorithm>
#include <cctype>

namespace alembic {
namespace {

// Of what it prints in one go; a longer preview is none that anybody reads.
constexpr std::size_t kKeptBytes = 4u << 20;
constexpr std::size_t kDetailsBytes = 1500;
constexpr std::string_view kFailed = "FAILED: ";
constexpr std::string_view kUnknown = "Can't locate revision identified by '";

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// "  FAILED: ..." and the lines that continue it.
std::string failed_line(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    const std::string_view words = trim(line);
    if (words.starts_with(kFailed)) {
      text = words.substr(kFailed.size());
    } else if (!text.empty() && line.starts_with("  ")) {
      text += " " + std::string(words);
    }
  }
  return text;
}

// What stands behind the last traceback: "sqlalchemy.exc.OperationalError: ..." and what follows.
std::vector<std::string> last_exception(const std::vector<std::string>& lines) {
  std::vector<std::string> found;
  bool in_trace = false;
  for (const std::string& line : lines) {
    if (line.starts_with("Traceback (most recent call last)")) {
      in_trace = true;
      found.clear();
    } else if (in_trace && !line.starts_with(' ') && !trim(line).empty()) {
      in_trace = false;
      found.push_back(line);
    } else if (!in_trace && !found.empty()) {
      found.push_back(line);
    }
  }
  return found;
}

// Of "[SQL: ...]", which may take several lines.
std::string failed_statement(const std::vector<std::string>& lines) {
  std::string sql;
  bool inside = false;
  for (const std::string& line : lines) {
    if (line.starts_with("[SQL: ")) inside = true;
    if (!inside) continue;
    sql += (sql.empty() ? line.substr(6) : "\n" + line);
    if (line.ends_with(']')) break;
  }
  if (sql.ends_with(']')) sql.pop_back();
  return sql;
}

std::string join(const std::vector<std::string>& lines, std::size_t from = 0) {
  std::string text;
  for (std::size_t i = from; i < lines.size() && text.size() < kDetailsBytes; ++i) {
    if (trim(lines[i]).empty()) continue;
    text += (text.empty() ? "" : "\n") + lines[i].substr(0, kDetailsBytes);
  }
  return text;
}

std::string how_it_ended(const sr::Exit& exit) {
  if (exit.status < 0) return "it was ended by signal " + std::to_string(exit.signal);
  return "it exited with " + std::to_string(exit.status);
}

// "alembic: error: argument ..."
std::string usage_error(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const std::size_t at = line.find(": error: ");
    if (at != line.npos) return line.substr(at + 9);
  }
  return "";
}

// The revision that a line of `alembic current` names: "a1b2" or "a1b2 (head)".
std::string current_revision(std::string_view line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view rest = line.substr(end);
  const bool fits = rest.empty() || (rest.starts_with(" (") && rest.ends_with(')'));
  return fits ? std::string(line.substr(0, end)) : "";
}

}  // namespace

Problem read_problem(const Output& output) {
  Problem problem;
  problem.text = failed_line(output.out);
  const std::vector<std::string> exception = last_exception(output.err);
  problem.sql = failed_statement(exception);
  const std::size_t at = problem.text.find(kUnknown);
  if (at != std::string::npos) {
    const std::string rest = problem.text.substr(at + kUnknown.size());
    problem.unknown_revision = rest.substr(0, rest.find('\''));
  }
  if (problem.text.empty() && !exception.empty()) {
    problem.text = exception.front();
    problem.details = join(exception, 1);
  }
  if (problem.text.empty()) problem.text = usage_error(output.err);
  if (problem.text.empty()) {
    problem.text = how_it_ended(output.exit);
    problem.details = output.exit.tail.substr(0, kDetailsBytes);
  }
  return problem;
}

sr::ProcessRequest Tool::request(const std::vector<std::string>& words) const {
  sr::ProcessRequest request;
  request.argv = settings_.command;
  if (!settings_.section.empty()) {
    request.argv.insert(request.argv.end(), {"-n", settings_.section});
  }
  for (const std::string& x : settings_.x) request.argv.insert(request.argv.end(), {"-x", x});
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.cwd = settings_.cwd;
  request.env = sr::Json::raw(settings_.env);
  // The scripts are read, never written to: not even compiled files beside them.
  request.env.set("PYTHONDONTWRITEBYTECODE", "1").set("ALEMBIC_CONFIG", scripts_.config);
  if (!scripts_.python_path.empty()) {
    const auto theirs = call_.pick(settings_.env, "/PYTHONPATH");
    request.env.set("PYTHONPATH", scripts_.python_path + (theirs ? ":" + *theirs : ""));
  }
  return request;
}

Output Tool::run(sr::ProcessRequest request, std::size_t expected) {
  Output output;
  std::size_t kept = 0;
  std::size_t done = 0;
  const bool writes = !request.id.empty();
  output.exit = call_.run_process(
      std::move(request), [&](const std::string& stream, const std::string& text) {
        call_.log(writes ? SR_INFO : SR_DEBUG, text);
        const std::size_t running = writes ? text.find("Running ") : text.npos;
        if (running != text.npos) call_.progress(++done, expected, text.substr(running));
        kept += text.size();
        output.cut = kept > kKeptBytes;
        if (!output.cut) (stream == "stderr" ? output.err : output.out).push_back(text);
      });
  return output;
}

Output Tool::read(const std::vector<std::string>& words, const char* purpose) {
  sr::ProcessRequest reading = request(words);
  reading.purpose = purpose;
  return run(std::move(reading), 0);
}

Graph Tool::history() {
  const Output output = read({"history"}, "list the revisions of the scripts");
  if (!output.exit.ok() || output.cut) {
    const Problem problem = read_problem(output);
    throw sr::Failed("alembic.history", "alembic cannot list the revisions: " + problem.text,
                     problem.details);
  }
  Graph graph;
  for (const std::string& line : output.out) {
    if (auto revision = read_history_line(line)) graph.add(*std::move(revision));
  }
  return graph;
}

Ids Tool::current(const Graph& graph) {
  const Output output = read({"current"}, "ask where the database is");
  if (!output.exit.ok()) {
    const Problem problem = read_problem(output);
    if (!problem.unknown_revision.empty()) {
      throw UnknownRevision("alembic.unknown_revision",
                            "the database is at revision `" + problem.unknown_revision +
                                "`, which these scripts do not have",
                            "the scripts are older than the database, or of another branch: take "
                            "the scripts that it was upgraded with");
    }
    throw sr::Failed("alembic.current",
                     "alembic cannot tell where the database is: " + problem.text, problem.details);
  }
  Ids ids;
  for (const std::string& line : output.out) {
    // What env.py prints is no revision of the scripts.
    const std::string id = current_revision(line);
    if (graph.find(id) != nullptr) ids.insert(id);
  }
  return ids;
}

std::optional<SqlPreview> Tool::preview(const std::string& direction, const std::string& from,
                                        const std::string& to) {
  why_not_ = "`preview` is false";
  if (!settings_.preview) return std::nullopt;
  const Output output = read({direction, "--sql", from + ":" + to}, "preview the SQL");
  if (output.exit.ok() && !output.cut) return read_preview(output.out);
  why_not_ = output.cut ? "it is larger than 4 MiB" : read_problem(output).text;
  return std::nullopt;
}

Output Tool::upgrade(const std::string& target, std::size_t expected) {
  sr::ProcessRequest upgrading = request({"upgrade", target});
  upgrading.id = "upgrade";
  upgrading.purpose = "upgrade the database to " + target;
  return run(std::move(upgrading), expected);
}

Output Tool::downgrade(const std::string& target, const std::string& id) {
  sr::ProcessRequest downgrading = request({"downgrade", target});
  downgrading.id = id;
  downgrading.purpose = "downgrade the database to " + target;
  return run(std::move(downgrading), 0);
}

}  // namespace alembic

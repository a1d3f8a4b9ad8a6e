#include "forecast.h"

#include <algorithm>

namespace alembic {
namespace {

// What a plan has room for; the host takes 1 MiB at most.
constexpr std::size_t kChanges = 500;
constexpr std::size_t kSqlBytes = 256u << 10;
constexpr std::size_t kStatementBytes = 160;

std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.size() <= most) return line;
  // Not in the middle of a character.
  while (most > 0 && (static_cast<unsigned char>(line[most]) & 0xC0) == 0x80) --most;
  return line.substr(0, most) + "...";
}

class Changes {
 public:
  Changes(sr::Call& call, const Route& route) : call_(call), route_(route) {}

  void tell(const std::optional<SqlPreview>& preview) {
    for (const std::string& id : route_.pending) {
      if (++told_ > kChanges) break;
      tell_revision(id, preview ? preview->find(id) : nullptr);
    }
    if (route_.pending.size() > kChanges) {
      call_.change("run", "and " + std::to_string(route_.pending.size() - kChanges) + " more");
    }
  }

 private:
  void tell_revision(const std::string& id, const RevisionSql* sql) {
    const Revision* revision = route_.graph.find(id);
    const std::string message = revision != nullptr ? revision->message : "";
    sr::Json change = sr::Json::object()
                          .set("do", "run")
                          .set("what", "upgrade to " + id +
                                           (message.empty() ? "" : ": " + one_line(message, 200)));
    if (sql != nullptr) change.set("after", text_of(*sql));
    call_.change(change);
    for (const std::string& statement :
         sql != nullptr ? sql->statements : std::vector<std::string>{}) {
      if (!is_destructive(statement) || ++told_ > kChanges) continue;
      call_.change("delete", one_line(statement, kStatementBytes) + " (revision " + id + ")");
    }
  }

  std::string text_of(const RevisionSql& sql) {
    std::string text;
    for (const std::string& statement : sql.statements) {
      sql_bytes_ += statement.size();
      if (sql_bytes_ > kSqlBytes) return text + "... (the rest is left out)\n";
      text += statement + "\n";
    }
    return text;
  }

  sr::Call& call_;
  const Route& route_;
  std::size_t told_ = 0;
  std::size_t sql_bytes_ = 0;
};

std::optional<SqlPreview> preview_upgrade(sr::Call& call, Tool& tool, const Route& route) {
  if (route.base.size() > 1) {
    call.info("no SQL is shown: the database is at several revisions, " + to_text(route.base));
    return std::nullopt;
  }
  auto preview = tool.preview("upgrade", to_text(route.base), route.target);
  if (!preview) call.info("no SQL is shown: " + tool.why_not());
  return preview;
}

// Those that do something on the way there and nothing on the way back.
Ids one_way(const Route& route, const SqlPreview& there, const SqlPreview& back) {
  Ids ids;
  for (const std::string& id : route.pending) {
    const RevisionSql* up = there.find(id);
    const RevisionSql* down = back.find(id);
    const bool does = up != nullptr && !up->statements.empty();
    if (does && down != nullptr && down->statements.empty()) ids.insert(id);
  }
  return ids;
}

void refuse_or_warn(sr::Call& call, const Settings& settings, const std::string& text) {
  if (settings.downgrade == Downgrade::lenient) return call.warn(text);
  throw sr::Failed(
      "alembic.no_way_back", text,
      "write its downgrade(); or say downgrade = \"lenient\" where nothing needs to be "
      "undone, or downgrade = \"never\"");
}

void check_way_back(sr::Call& call, const Settings& settings, Tool& tool, const Route& route,
                    const std::optional<SqlPreview>& there) {
  const auto way = route.graph.way_back(route.after, route.before);
  if (!way) {
    throw sr::Failed("alembic.no_way_back",
                     "alembic has no way back from " + to_text(route.goal()) + " to exactly " +
                         to_text(route.base),
                     "say downgrade = \"never\", and have a backup");
  }
  const bool simple = way->size() == 1 && route.goal() == Ids{route.target};
  if (!simple) {
    call.info("the way back takes " + std::to_string(way->size()) +
              " downgrades; their SQL is not shown");
    return;
  }
  const auto back = tool.preview("downgrade", route.target, way->front());
  if (!back && tool.why_not().starts_with("NotImplementedError")) {
    return refuse_or_warn(
        call, settings, "a revision cannot be undone: its downgrade() raises NotImplementedError");
  }
  if (!back) {
    return call.warn("whether it can be undone was not seen: " + tool.why_not());
  }
  const Ids stuck = there ? one_way(route, *there, *back) : Ids{};
  for (const std::string& id : stuck) {
    refuse_or_warn(call, settings,
                   "revision " + id + " cannot be undone: its downgrade() does nothing");
  }
}

}  // namespace

void forecast(sr::Call& call, const Settings& settings, Tool& tool, const Route& route) {
  const auto there = preview_upgrade(call, tool, route);
  Changes(call, route).tell(there);
  if (settings.downgrade != Downgrade::never) {
    check_way_back(call, settings, tool, route, there);
  }
}

}  // namespace alembic

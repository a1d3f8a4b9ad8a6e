// Sql: what `alembic upgrade --sql` and `downgrade --sql` print, revision by revision. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alembic {

// What one revision does. The bookkeeping of alembic's own table is left out.
struct RevisionSql {
  std::string revision;
  std::vector<std::string> statements;
  bool is_atomic = false;  // all of it in one transaction: it happens whole or not at all
};

struct SqlPreview {
  std::vector<RevisionSql> revisions;
  const RevisionSql* find(std::string_view revision) const;
};

SqlPreview read_preview(const std::vector<std::string>& lines);

// Does it throw data away? Judged by its first words; what a function does cannot be seen.
bool is_destructive(std::string_view statement);

// The same text but for blanks.
bool is_same_sql(std::string_view one, std::string_view other);

}  // namespace alembic

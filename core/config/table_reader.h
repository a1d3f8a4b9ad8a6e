// TableReader: holds one table of the file against the keys it may have. Reports everything that is
// wrong with it when it is made, and then gives out only what is right.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/config/keys.h"

namespace stagerun {

class TableReader {
 public:
  // `where` completes "unknown key `x` in ...". `place` is where a missing key would belong.
  // `table` must outlive this.
  TableReader(const Node& table, std::span<const KeySpec> keys, const std::string& where,
              const Span& place, Diagnostics& diagnostics);

  // The member, where it is there and of the right type.
  const Member* find(std::string_view key) const;

  std::string text_or(std::string_view key, std::string_view fallback) const;
  bool boolean_or(std::string_view key, bool fallback) const;
  std::optional<std::int64_t> duration_ms(std::string_view key) const;

  // The keys that are missing, wrong, or were probably meant by one that does not exist.
  const std::set<std::string>& wrong() const { return wrong_; }

 private:
  void check_member(const Member& member, std::span<const KeySpec> keys, const std::string& where,
                    Diagnostics& diagnostics);

  std::map<std::string_view, const Member*> valid_;
  std::set<std::string> wrong_;
};

}  // namespace stagerun

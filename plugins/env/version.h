// Version: what a tool says of itself, held against what is asked of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace env {

// 15.6.1 as {15, 6, 1}. What follows the numbers (-rc1, +build) is not looked at.
using Version = std::vector<std::uint64_t>;

// The first number with a dot in `line`, else the first number that stands alone or after a `v`.
std::optional<Version> find_version(std::string_view line);

// Parts joined by commas, all of which must hold: >=15, <17, ==1.2, !=1.3, ~>1.5 (at least 1.5,
// below 2), or 15 and 15.x: any that begins so. Nothing where `text` is none of that.
class Range {
 public:
  static std::optional<Range> parse(std::string_view text);
  bool holds(const Version& version) const;

 private:
  enum class Relation { begins, equal, unequal, less, at_most, more, at_least, compatible };
  struct Part {
    Relation relation;
    Version version;
  };
  static std::optional<Part> parse_part(std::string_view text);
  static bool holds(const Part& part, const Version& version);

  std::vector<Part> parts_;
};

}  // namespace env

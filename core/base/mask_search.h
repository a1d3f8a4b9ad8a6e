// MaskSearch: all places where any of many patterns stands in a text, in one pass.
//
// Wu and Manber, "A fast algorithm for multi-pattern searching", University of Arizona TR-94-17,
// 1994. A window of the shortest pattern's length moves over the text. Its last few bytes (a block)
// say by table how far the window may move on without missing a pattern: as far as the block stands
// from the end of a window in any pattern, or nearly the whole window where it stands in none. Only
// where that is zero are patterns compared: those whose first bytes are the window's.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace stagerun {

// From `begin` up to before `end`.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;

  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// Of stretches in the order of their begins: those that overlap or touch become one.
void join(std::vector<Stretch>& stretches);

// Patterns of which the shortest gives the window's length.
class MaskWindow {
 public:
  // `least`: no pattern is shorter. Blocks have two bytes where patterns may be short, else four.
  explicit MaskWindow(std::size_t least) : least_(least) {}

  // `pattern` must outlive this, and stand in it once.
  void add(std::string_view pattern);
  // Appends, in order of their begins, of each begin the longest.
  void find(std::string_view text, std::vector<Stretch>& found) const;

 private:
  struct Head {
    std::uint64_t key = 0;
    std::uint32_t first = 0;  // index + 1 of a pattern; 0: free
  };

  std::size_t block() const { return least_ < 8 ? 2 : 4; }
  bool is_full() const { return patterns_.size() * 4 > heads_.size(); }
  void rebuild();
  void insert(std::uint32_t index);
  std::uint64_t key_at(const char* bytes) const;
  std::size_t slot(std::uint64_t key) const;
  std::size_t longest_at(std::string_view rest) const;
  template <std::size_t block>
  void scan(std::string_view text, std::vector<Stretch>& found) const;

  std::size_t least_;
  std::size_t window_ = 0;
  unsigned bits_ = 0;                // of a block's hash
  std::vector<std::uint8_t> shift_;  // by block
  std::vector<Head> heads_;          // by the window's first bytes; open addressing
  std::vector<std::uint32_t> next_;  // the next with the same first bytes; index + 1
  std::vector<std::string_view> patterns_;
};

class MaskSearch {
 public:
  void add(std::string_view pattern);
  // In order; what overlaps or touches is one.
  std::vector<Stretch> find(std::string_view text) const;

 private:
  // A short pattern makes the window short, so those have a search of their own.
  MaskWindow short_{2};
  MaskWindow long_{8};
};

}  // namespace stagerun

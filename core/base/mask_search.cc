#include "core/base/mask_search.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"

namespace stagerun {
namespace {

// Longer windows put more blocks into the table, and move on hardly further.
constexpr std::size_t kWidest = 32;
// 2^32 and 2^64 divided by the golden ratio: Knuth's multiplicative hash.
constexpr std::uint32_t kSpread = 0x9E3779B1u;
constexpr std::uint64_t kWideSpread = 0x9E3779B97F4A7C15u;

template <std::size_t block>
std::size_t hash(const char* bytes, unsigned bits) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, block);
  return (word * kSpread) >> (32 - bits);
}

}  // namespace

// -- Building -------------------------------------------------------------------------------------

void MaskWindow::add(std::string_view pattern) {
  CHECK(pattern.size() >= least_);
  patterns_.push_back(pattern);
  next_.push_back(0);
  if (pattern.size() < window_ || is_full()) {
    rebuild();
  } else {
    insert(static_cast<std::uint32_t>(patterns_.size() - 1));
  }
}

// Tables for twice as many patterns, so that adding many costs little each.
void MaskWindow::rebuild() {
  window_ = kWidest;
  for (const std::string_view pattern : patterns_) window_ = std::min(window_, pattern.size());
  std::size_t slots = 64;
  while (slots < patterns_.size() * 8) slots *= 2;
  heads_.assign(slots, {});
  // A table that most blocks of a text find empty, and that fits into the nearest caches.
  bits_ = 14;
  while (bits_ < 20 && (std::size_t{1} << bits_) < patterns_.size() * (window_ - 1) * 8) ++bits_;
  const auto widest_shift = static_cast<std::uint8_t>(window_ - block() + 1);
  shift_.assign(std::size_t{1} << bits_, widest_shift);
  for (std::uint32_t i = 0; i < patterns_.size(); ++i) insert(i);
}

void MaskWindow::insert(std::uint32_t index) {
  const char* pattern = patterns_[index].data();
  for (std::size_t i = 0; i + block() <= window_; ++i) {
    const std::size_t at = block() == 2 ? hash<2>(pattern + i, bits_) : hash<4>(pattern + i, bits_);
    shift_[at] = std::min(shift_[at], static_cast<std::uint8_t>(window_ - block() - i));
  }
  Head& head = heads_[slot(key_at(pattern))];
  head.key = key_at(pattern);
  next_[index] = head.first;
  head.first = index + 1;
}

// -- Searching ------------------------------------------------------------------------------------

std::uint64_t MaskWindow::key_at(const char* bytes) const {
  std::uint64_t key = 0;
  std::memcpy(&key, bytes, std::min<std::size_t>(window_, 8));
  return key;
}

// Where the key stands, or would.
std::size_t MaskWindow::slot(std::uint64_t key) const {
  std::size_t at = (key * kWideSpread >> 32) & (heads_.size() - 1);
  while (heads_[at].first != 0 && heads_[at].key != key) at = (at + 1) & (heads_.size() - 1);
  return at;
}

// Of the patterns that `rest` begins with the longest's length; 0: there is none.
std::size_t MaskWindow::longest_at(std::string_view rest) const {
  std::size_t longest = 0;
  for (std::uint32_t i = heads_[slot(key_at(rest.data()))].first; i != 0; i = next_[i - 1]) {
    const std::string_view pattern = patterns_[i - 1];
    if (pattern.size() > longest && rest.starts_with(pattern)) longest = pattern.size();
  }
  return longest;
}

template <std::size_t block>
void MaskWindow::scan(std::string_view text, std::vector<Stretch>& found) const {
  const std::uint8_t* shift = shift_.data();
  const unsigned bits = bits_;
  const std::size_t to_block = window_ - block;
  const std::size_t end = text.size() - block + 1;
  for (std::size_t at = to_block; at < end;) {
    const std::size_t step = shift[hash<block>(text.data() + at, bits)];
    at += step;
    if (step != 0) continue;
    const std::size_t begin = at - to_block;
    const std::size_t length = longest_at(text.substr(begin));
    if (length > 0) found.push_back({begin, begin + length});
    ++at;
  }
}

void MaskWindow::find(std::string_view text, std::vector<Stretch>& found) const {
  if (patterns_.empty() || text.size() < window_) return;
  block() == 2 ? scan<2>(text, found) : scan<4>(text, found);
}

void MaskSearch::add(std::string_view pattern) {
  (pattern.size() < 8 ? short_ : long_).add(pattern);
}

void join(std::vector<Stretch>& stretches) {
  std::size_t count = 0;
  for (const Stretch& stretch : stretches) {
    if (count > 0 && stretch.begin <= stretches[count - 1].end) {
      stretches[count - 1].end = std::max(stretches[count - 1].end, stretch.end);
    } else {
      stretches[count++] = stretch;
    }
  }
  stretches.resize(count);
}

std::vector<Stretch> MaskSearch::find(std::string_view text) const {
  std::vector<Stretch> found;
  long_.find(text, found);
  const auto middle = static_cast<std::ptrdiff_t>(found.size());
  short_.find(text, found);
  std::inplace_merge(found.begin(), found.begin() + middle, found.end(),
                     [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  join(found);
  return found;
}

}  // namespace stagerun

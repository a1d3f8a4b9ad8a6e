#include "core/base/mask.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "core/base/limits.h"
#include "core/base/mask_forms.h"
#include "core/base/mask_search.h"

namespace stagerun {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// What the first byte of a character says of its length.
std::size_t announced(char byte) {
  const auto lead = static_cast<unsigned char>(byte);
  return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

// The begin of the character that place `at` is within, or would be if it went on; else `at`. Told
// by the bytes around it alone, so that it is the same however the text was cut.
std::size_t character_begin(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= 3 && back <= at; ++back) {
    const char byte = text[at - back];
    if (continues(byte)) continue;
    const bool is_within = announced(byte) > back && (at == text.size() || continues(text[at]));
    return is_within ? at - back : at;
  }
  return at;
}

// The end of that character; else `at`.
std::size_t character_end(std::string_view text, std::size_t at) {
  const std::size_t begin = character_begin(text, at);
  if (begin == at) return at;
  const std::size_t end = std::min(begin + announced(text[begin]), text.size());
  while (at < end && continues(text[at])) ++at;
  return at;
}

constexpr std::size_t kPairs = 1u << 16;
constexpr std::size_t kFours = 1u << 20;

// A few bytes as a place in a bit set of that many places (a power of two).
template <std::size_t bytes, std::size_t places>
std::size_t place_of(std::string_view text) {
  std::uint32_t word = 0;
  std::memcpy(&word, text.data(), bytes);
  const std::uint32_t spread = word * 0x9E3779B1u;
  return spread / ((std::uint64_t{1} << 32) / places);
}

}  // namespace

struct Mask::Finder {
  std::set<std::string, std::less<>> values;  // as they were given
  std::set<std::string, std::less<>> forms;
  MaskSearch search;
  // Of the forms: the longest's length, the bytes that any holds, the first of each. Those in
  // `pairs` and `fours` are hashed: what is not there is not the begin of a form.
  std::size_t longest = 0;
  std::array<bool, 256> bytes{};
  std::array<bool, 256> firsts{};
  std::bitset<kPairs> pairs;
  std::bitset<kFours> fours;

  void add(const std::string& form);
  std::vector<Stretch> stretches(std::string_view text) const;
  bool is_beginning(std::string_view end) const;
  std::size_t decided(std::string_view text) const;
};

void Mask::Finder::add(const std::string& form) {
  const auto [at, is_new] = forms.insert(form);
  if (!is_new) return;
  search.add(*at);
  longest = std::max(longest, form.size());
  for (const char c : form) bytes[static_cast<unsigned char>(c)] = true;
  firsts[static_cast<unsigned char>(form.front())] = true;
  static_assert(limits::kMaskedBytes >= 4);
  pairs.set(place_of<2, kPairs>(form));
  fours.set(place_of<4, kFours>(form));
}

// What is to be taken out, in order, whole characters only; what overlaps or touches is one.
std::vector<Stretch> Mask::Finder::stretches(std::string_view text) const {
  std::vector<Stretch> found = search.find(text);
  for (Stretch& stretch : found) {
    stretch = {character_begin(text, stretch.begin), character_end(text, stretch.end)};
  }
  join(found);
  return found;
}

// Whether a form begins with `end`, and goes on.
bool Mask::Finder::is_beginning(std::string_view end) const {
  if (!firsts[static_cast<unsigned char>(end.front())]) return false;
  if (end.size() >= 2 && !pairs.test(place_of<2, kPairs>(end))) return false;
  if (end.size() >= 4 && !fours.test(place_of<4, kFours>(end))) return false;
  const auto next = forms.upper_bound(end);
  return next != forms.end() && next->starts_with(end);
}

// Up to where nothing that comes can change what is to be taken out.
std::size_t Mask::Finder::decided(std::string_view text) const {
  const std::size_t least = text.size() - std::min(text.size(), longest > 0 ? longest - 1 : 0);
  std::size_t begin = text.size();
  while (begin > least && bytes[static_cast<unsigned char>(text[begin - 1])]) --begin;
  while (begin < text.size() && !is_beginning(text.substr(begin))) ++begin;
  // If nothing begins, a character may; and what begins may begin within one.
  return character_begin(text, begin);
}

Mask::Mask() : finder_(std::make_unique<Finder>()) {}
Mask::~Mask() = default;

// One value may be opened by every stage of a long pipeline, and its forms take a while to make.
void Mask::add(std::string_view secret) {
  if (!finder_->values.emplace(secret).second) return;
  for (const std::string& form : mask_forms(secret)) finder_->add(form);
}

bool Mask::is_empty() const { return finder_->forms.empty(); }

std::string Mask::apply(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (const Stretch& stretch : finder_->stretches(text)) {
    out += text.substr(at, stretch.begin - at);
    out += kMasked;
    at = stretch.end;
  }
  return out += text.substr(at);
}

Value Mask::apply(const Value& value) const {
  if (const auto* text = value.text()) return apply(std::string_view(*text));
  if (const auto* items = value.items()) {
    Value::Array masked;
    for (const Value& item : *items) masked.push_back(apply(item));
    return Value(std::move(masked));
  }
  if (const auto* members = value.members()) {
    Value::Object masked;
    for (const auto& [key, member] : *members)
      masked.emplace_back(apply(std::string_view(key)), apply(member));
    return Value(std::move(masked));
  }
  return value;
}

std::string MaskStream::add(std::string_view bytes) {
  held_ += bytes;
  return give(mask_.finder_->decided(held_));
}

std::string MaskStream::finish() {
  std::string out = give(held_.size());
  is_masking_ = false;
  masked_ = 0;
  return out;
}

std::string MaskStream::give(std::size_t decided) {
  std::string out;
  std::size_t at = is_masking_ ? character_end(held_, masked_) : 0;
  for (const Stretch& stretch : mask_.finder_->stretches(held_)) {
    if (stretch.begin >= decided) break;
    if (!is_masking_ || stretch.begin > at) {
      out.append(held_, at, stretch.begin - at);
      out += kMasked;
      is_masking_ = true;
    }
    at = std::max(at, stretch.end);
  }
  if (at < decided) {
    out.append(held_, at, decided - at);
    at = decided;
    is_masking_ = false;
  }
  masked_ = at - decided;
  held_.erase(0, decided);
  return out;
}

}  // namespace stagerun

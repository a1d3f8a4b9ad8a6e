#include "core/broker/output.h"

#include <utility>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// How many of the bytes at the front are one character; 0: the first is none.
std::size_t character_length(std::string_view bytes) {
  for (std::size_t length = 1; length <= 4 && length <= bytes.size(); ++length) {
    if (is_utf8(bytes.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string as_utf8(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    text += length > 0 ? bytes.substr(0, length) : "\xEF\xBF\xBD";
    bytes.remove_prefix(length > 0 ? length : 1);
  }
  return text;
}

void Lines::add(std::string_view bytes) {
  if (bytes.empty()) return;
  if (std::exchange(after_cr_, false) && bytes.front() == '\n') bytes.remove_prefix(1);
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    pending_.append(bytes.substr(0, end));
    cut_long();
    if (end == std::string_view::npos) return;
    take_(as_utf8(std::exchange(pending_, {})));
    after_cr_ = bytes[end] == '\r' && end + 1 == bytes.size();
    bytes.remove_prefix(bytes.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
}

void Lines::finish() {
  if (!pending_.empty()) take_(as_utf8(std::exchange(pending_, {})));
}

void Lines::cut_long() {
  while (pending_.size() > limits::kLineBytes) {
    std::size_t cut = limits::kLineBytes;
    for (int step = 0; step < 3 && continues(pending_[cut]); ++step) --cut;
    take_(as_utf8(std::string_view(pending_).substr(0, cut)));
    pending_.erase(0, cut);
  }
}

void Tail::add(std::string_view bytes) {
  if (bytes.size() > limits::kTailBytes) bytes.remove_prefix(bytes.size() - limits::kTailBytes);
  bytes_.append(bytes);
  if (bytes_.size() > limits::kTailBytes) bytes_.erase(0, bytes_.size() - limits::kTailBytes);
}

std::string Tail::text() const {
  std::string text = bytes_;
  // The first character may have been cut; it is no fault of the tool.
  std::size_t begin = 0;
  if (text.size() == limits::kTailBytes) {
    while (begin < 3 && continues(text[begin])) ++begin;
  }
  text = as_utf8(std::string_view(text).substr(begin));
  if (text.size() <= limits::kTailBytes) return text;
  std::size_t cut = text.size() - limits::kTailBytes;
  while (continues(text[cut])) ++cut;
  return text.substr(cut);
}

}  // namespace stagerun

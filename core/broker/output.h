// A tool's output: as lines, and its end. Bytes come in pieces of any size.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace stagerun {

// Bytes that are not UTF-8 become U+FFFD.
std::string as_utf8(std::string_view bytes);

// Splits at LF, CR LF and CR (a progress bar's), each taken as the end of one line. A line longer
// than limits::kLineBytes comes in pieces, never cut within a character.
class Lines {
 public:
  using Take = std::function<void(const std::string& line)>;
  explicit Lines(Take take) : take_(std::move(take)) {}

  void add(std::string_view bytes);
  // A last line that has no end.
  void finish();

 private:
  void cut_long();

  Take take_;
  std::string pending_;
  bool after_cr_ = false;
};

// The last limits::kTailBytes.
class Tail {
 public:
  void add(std::string_view bytes);
  std::string text() const;

 private:
  std::string bytes_;
};

}  // namespace stagerun

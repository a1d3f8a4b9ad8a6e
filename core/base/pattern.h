// Pattern: a regular expression that a pipeline or a plugin brings along. The door to std::regex.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stagerun {

class Pattern {
 public:
  // ECMAScript without back-references, so that matching takes time in proportion to the text.
  // Where `text` is none, is_valid() is false and problem() says why.
  explicit Pattern(const std::string& text);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  bool is_valid() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

  // True where the pattern is found anywhere in `text`, as JSON Schema has it. False too for a text
  // over limits::kPatternTextBytes, and for an invalid pattern.
  bool is_found_in(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
  std::string problem_;
};

}  // namespace stagerun

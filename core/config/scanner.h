// Scanner: the words of an expression. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/value.h"

namespace stagerun {

struct Token {
  enum class Kind {
    end,
    word,      // a reference, or a function's name
    literal,   // a string, a number, true, false, null
    symbol,    // an operator, a parenthesis, a comma; `in` too
    unclosed,  // a quote without its end
    strange,   // anything else
  };
  Kind kind = Kind::end;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view text;  // as written
  Value literal;
};

class Scanner {
 public:
  // From `begin` to before `end` of `text`, which must outlive this.
  Scanner(std::string_view text, std::size_t begin, std::size_t end)
      : text_(text.substr(0, end)), at_(begin) {}

  Token next();

 private:
  Token take(Token::Kind kind, std::size_t length);
  Token take_string();
  Token take_word();

  std::string_view text_;
  std::size_t at_;
};

}  // namespace stagerun

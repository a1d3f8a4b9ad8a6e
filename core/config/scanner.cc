#include "core/config/scanner.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace stagerun {
namespace {

// Longer ones first.
constexpr std::array<std::string_view, 12> kSymbols = {"==", "!=", "<=", ">=", "&&", "||",
                                                       "<",  ">",  "!",  "(",  ")",  ","};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
         c == '.';
}

template <typename Number>
std::optional<Value> number(std::string_view word) {
  Number value{};
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size()) return std::nullopt;
  return Value(value);
}

}  // namespace

Token Scanner::take(Token::Kind kind, std::size_t length) {
  Token token{kind, at_, at_ + length, text_.substr(at_, length), {}};
  at_ += length;
  return token;
}

Token Scanner::next() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  if (at_ == text_.size()) return take(Token::Kind::end, 0);
  if (text_[at_] == '\'') return take_string();
  for (const std::string_view symbol : kSymbols) {
    if (text_.substr(at_).starts_with(symbol)) return take(Token::Kind::symbol, symbol.size());
  }
  if (is_word_byte(text_[at_])) return take_word();
  // All bytes of one character, so that a caret never stands in its middle.
  std::size_t length = 1;
  while (at_ + length < text_.size() && (text_[at_ + length] & '\xC0') == '\x80') ++length;
  return take(Token::Kind::strange, length);
}

// Two quotes inside mean one.
Token Scanner::take_string() {
  std::string value;
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] != '\'') {
      value += text_[i];
    } else if (i + 1 < text_.size() && text_[i + 1] == '\'') {
      value += text_[i++];
    } else {
      Token token = take(Token::Kind::literal, i + 1 - at_);
      token.literal = std::move(value);
      return token;
    }
  }
  return take(Token::Kind::unclosed, text_.size() - at_);
}

Token Scanner::take_word() {
  std::size_t length = 1;
  while (at_ + length < text_.size() && is_word_byte(text_[at_ + length])) ++length;
  Token token = take(Token::Kind::word, length);
  const std::string_view word = token.text;
  std::optional<Value> literal;
  if (is_digit(word[0]) || word[0] == '-') {
    literal = number<std::int64_t>(word);
    if (!literal) literal = number<double>(word);
    if (literal && literal->number() != nullptr && !std::isfinite(*literal->number())) {
      literal.reset();
    }
    if (!literal) token.kind = Token::Kind::strange;
  }
  if (word == "true" || word == "false") literal = Value(word == "true");
  if (word == "null") literal = Value();
  if (word == "in") token.kind = Token::Kind::symbol;
  if (!literal) return token;
  token.kind = Token::Kind::literal;
  token.literal = *std::move(literal);
  return token;
}

}  // namespace stagerun

// Result<T>: a value, or the reason why the world did not give one.
// A strict subset of std::expected, so that it can become an alias one day (ADR 0002).
// Never used for wrong input (that is a Diagnostic) nor for our own mistakes (that is CHECK).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace stagerun {

// What kind of failure, as far as the caller acts on it. The exit status is drawn from it in cli.
enum class ErrorCode {
  usage,         // what was asked for is wrong
  plugin,        // a plugin is missing, broken or speaks another ABI
  surroundings,  // the machine under us failed: disk, processes, state store
  busy,          // somebody else holds what we need
  corrupt,       // what is on disk cannot be what was written
};

// What happened, and what to do next. Both are whole phrases for a person.
struct Error {
  ErrorCode code = ErrorCode::surroundings;
  std::string text;
  std::string hint;

  // The same error seen from one level up: "reading the journal: no such file".
  Error within(const std::string& context) && {
    text = context + ": " + text;
    return std::move(*this);
  }
};

// Appends what errno says. Call at once after the failing call.
Error errno_error(const std::string& what, int error_number);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return *failure(); }
  const Error& error() const& { return *failure(); }
  Error&& error() && { return std::move(*failure()); }

 private:
  T& value() {
    CHECK(has_value());
    return *std::get_if<0>(&content_);
  }
  const T& value() const {
    CHECK(has_value());
    return *std::get_if<0>(&content_);
  }
  Error* failure() {
    CHECK(!has_value());
    return std::get_if<1>(&content_);
  }
  const Error* failure() const {
    CHECK(!has_value());
    return std::get_if<1>(&content_);
  }

  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit, as in the primary template

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  Error& error() & { return failure(); }
  const Error& error() const& {
    CHECK(!has_value());
    return *error_;
  }
  Error&& error() && { return std::move(failure()); }

 private:
  Error& failure() {
    CHECK(!has_value());
    return *error_;
  }

  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace stagerun

#define STAGERUN_JOIN_(a, b) a##b
#define STAGERUN_JOIN(a, b) STAGERUN_JOIN_(a, b)

// TRY(call): returns from the enclosing function with the error, if there is one.
#define TRY(expression)                                      \
  do {                                                       \
    auto try_result_ = (expression);                         \
    if (!try_result_) return std::move(try_result_).error(); \
  } while (false)

// TRY_ASSIGN(auto text, read_file(path)): the same, and keeps the value.
#define TRY_ASSIGN(declaration, expression)                                                    \
  auto STAGERUN_JOIN(try_, __LINE__) = (expression);                                           \
  if (!STAGERUN_JOIN(try_, __LINE__)) return std::move(STAGERUN_JOIN(try_, __LINE__)).error(); \
  declaration = *std::move(STAGERUN_JOIN(try_, __LINE__))

// Result<T>: the answer of something that the world may refuse (a file, a fork, the bytes of a
// plan). It holds a value or an Error; the user's mistakes are diagnostics instead, and our own
// are SUP_CHECK.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace sup::schema {

struct Error {
  std::string message;   // one line, says what was tried and why it failed
  int error_number = 0;  // errno, or 0
};

template <class T>
class Result {
 public:
  // Implicit on purpose, so that functions return a value or an Error as it is.
  Result(T value) : state_(std::move(value)) {}

  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  T& value() { return std::get<0>(state_); }

  const T& value() const { return std::get<0>(state_); }

  T& operator*() { return value(); }

  const T& operator*() const { return value(); }

  T* operator->() { return &value(); }

  const T* operator->() const { return &value(); }

  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

struct Nothing {};

using Status = Result<Nothing>;

}  // namespace sup::schema

// Aborts with the place when we are wrong ourselves. Not for input of any kind.
#define SUP_CHECK(condition, message)                                                   \
  do {                                                                                  \
    if (!(condition)) {                                                                 \
      std::fprintf(stderr, "%s:%d: internal error: %s\n", __FILE__, __LINE__, message); \
      std::abort();                                                                     \
    }                                                                                   \
  } while (false)

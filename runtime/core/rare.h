// An optional whose absence costs a pointer: for what few of many rows have.
#pragma once

#include <memory>
#include <utility>

namespace sup::core {

template <class T>
class Rare {
 public:
  Rare() = default;
  Rare(Rare&&) noexcept = default;
  Rare& operator=(Rare&&) noexcept = default;

  Rare(const Rare& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}

  Rare& operator=(const Rare& other) {
    value_ = other ? std::make_unique<T>(*other) : nullptr;
    return *this;
  }

  ~Rare() = default;

  template <class... Arguments>
  T& emplace(Arguments&&... arguments) {
    value_ = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    return *value_;
  }

  void reset() { value_.reset(); }

  bool has_value() const { return value_ != nullptr; }

  explicit operator bool() const { return has_value(); }

  T& operator*() { return *value_; }

  const T& operator*() const { return *value_; }

  T* operator->() { return value_.get(); }

  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace sup::core

// Rows in order, in one or two pieces of memory: what two threads have made is not copied together.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace sup::compiler {

template <class T>
class Halves {
 public:
  std::size_t size() const { return first_.size() + second_.size(); }

  const T& operator[](std::size_t index) const {
    return index < first_.size() ? first_[index] : second_[index - first_.size()];
  }

  const std::vector<T>& first() const { return first_; }

  const std::vector<T>& second() const { return second_; }

  // The first of them, while it is the only one.
  std::vector<T>& only() { return first_; }

  // The only one of another becomes the second.
  void append(Halves&& other) { second_ = std::move(other.first_); }

  std::vector<T>& appended() { return second_; }

 private:
  std::vector<T> first_;
  std::vector<T> second_;
};

}  // namespace sup::compiler

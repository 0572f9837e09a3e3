// Rows in order, in one or two pieces of memory: what two threads have made is not copied together.
#pragma once

#include <cstddef>
#include <utility>

#include "schema/memory.h"

namespace sup::compiler {

template <class T>
class Halves {
 public:
  std::size_t size() const { return first_.size() + second_.size(); }

  const T& operator[](std::size_t index) const {
    return index < first_.size() ? first_[index] : second_[index - first_.size()];
  }

  const schema::RegionVector<T>& first() const { return first_; }

  const schema::RegionVector<T>& second() const { return second_; }

  // The first of them, while it is the only one.
  schema::RegionVector<T>& only() { return first_; }

  // The only one of another becomes the second.
  void append(Halves&& other) { second_ = std::move(other.first_); }

  schema::RegionVector<T>& appended() { return second_; }

 private:
  schema::RegionVector<T> first_;
  schema::RegionVector<T> second_;
};

}  // namespace sup::compiler

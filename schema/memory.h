// Memory that is about to be written from end to end.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sup::schema {

// Has the pages of very much memory before they are touched, by two threads. A page that is found
// when it is touched for the first time takes longer than what is then done with it, most of all
// where the machine is a guest whose host has to find it, too. Less memory is left alone, and so is
// all of it with one processor, or where the kernel does not know how to (before Linux 5.14).
void have_memory(void* begin, std::size_t bytes);

// Bytes of a region that all such arrays share, so that they lie in pages of 2 MB where there are
// any: the array by itself may be smaller than one, or begin in the middle. Filling such a page
// costs a fifth of what 512 small ones cost, or less. What is given back is used again when the
// whole region is free. With sanitizers each is taken from the heap, where they see its ends. Of
// any thread. Throws std::bad_alloc.
void* take_from_region(std::size_t bytes);
void give_back_to_region(void* begin, std::size_t bytes) noexcept;

// For arrays of as many elements as a configuration has lines, settings or sections. Smaller ones
// are taken from the heap.
template <class T>
class RegionAllocator {
 public:
  using value_type = T;

  RegionAllocator() = default;

  template <class U>
  RegionAllocator(const RegionAllocator<U>& /*other*/) noexcept {}

  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(take_from_region(count * sizeof(T)));
  }

  void deallocate(T* begin, std::size_t count) noexcept {
    give_back_to_region(begin, count * sizeof(T));
  }

  bool operator==(const RegionAllocator& /*other*/) const noexcept { return true; }
};

template <class T>
using RegionVector = std::vector<T, RegionAllocator<T>>;

// For programs that take much memory in small pieces and end soon: it is asked of the system in
// large steps. What a second thread allocates else costs a system call for each page. What is not
// used of a step is not touched. Called before the first thread is made.
void take_memory_in_large_steps();

// While it is there, small pieces that this thread takes lie in a page of 2 MB, where there are
// any: the rest of the small pages before it is left out. Without effect in programs that do not
// take_memory_in_large_steps(), as those that live long, and with sanitizers.
class LargePageAhead {
 public:
  LargePageAhead();
  LargePageAhead(const LargePageAhead&) = delete;
  LargePageAhead& operator=(const LargePageAhead&) = delete;
  ~LargePageAhead();

 private:
  std::vector<void*> left_out_;
};

}  // namespace sup::schema

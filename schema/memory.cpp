#include "schema/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "schema/parallel.h"

namespace sup::schema {

namespace {

constexpr std::size_t very_much = std::size_t{1} << 20U;

// Of the whole pages; those on the borders are left alone. What the kernel does not do is no harm.
void advise(char* begin, std::size_t bytes, int advice) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(begin) % page) % page;
  if (bytes > skipped) ::madvise(begin + skipped, (bytes - skipped) / page * page, advice);
}

// From here on arrays are taken from a region.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t large_array = static_cast<std::size_t>(-1);
#else
constexpr std::size_t large_array = std::size_t{128} << 10U;
#endif
constexpr std::size_t large_page = std::size_t{2} << 20U;

// Addresses only: what is not touched takes no memory.
constexpr std::size_t usual_region = std::size_t{64} << 20U;

struct Region {
  char* begin = nullptr;
  std::size_t size = 0;
  std::size_t used = 0;    // from the beginning on
  std::size_t arrays = 0;  // that are not given back
};

class Regions {
 public:
  // Null: the system gives none.
  void* take(std::size_t bytes) {
    const std::size_t wanted = rounded(bytes, alignof(std::max_align_t));
    const std::scoped_lock lock(mutex_);
    if (regions_.empty() || regions_.back().size - regions_.back().used < wanted) {
      if (!add(std::max(usual_region, rounded(wanted, large_page)))) return nullptr;
    }
    Region& last = regions_.back();
    void* const taken = last.begin + last.used;
    last.used += wanted;
    ++last.arrays;
    return taken;
  }

  // False: it is none of theirs.
  bool give_back(void* begin, std::size_t bytes) noexcept {
    const std::scoped_lock lock(mutex_);
    char* const place = static_cast<char*>(begin);
    const auto found = std::find_if(regions_.begin(), regions_.end(), [&](const Region& region) {
      return place >= region.begin && place < region.begin + region.size;
    });
    if (found == regions_.end()) return false;
    if (--found->arrays == 0) {
      ::munmap(found->begin, found->size);
      regions_.erase(found);
    } else if (place + rounded(bytes, alignof(std::max_align_t)) == found->begin + found->used) {
      found->used = static_cast<std::size_t>(place - found->begin);  // the last one
    }
    return true;
  }

 private:
  static std::size_t rounded(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  bool add(std::size_t size) {
    void* const mapped = ::mmap(nullptr, size + large_page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return false;
    // From the border of a large page on; what is before and behind goes back.
    char* const begin = static_cast<char*>(mapped);
    const std::size_t before =
        (large_page - reinterpret_cast<std::uintptr_t>(begin) % large_page) % large_page;
    if (before != 0) ::munmap(begin, before);
    if (before != large_page) ::munmap(begin + before + size, large_page - before);
    ::madvise(begin + before, size, MADV_HUGEPAGE);
    regions_.push_back({.begin = begin + before, .size = size});
    return true;
  }

  std::mutex mutex_;
  std::vector<Region> regions_;
};

Regions& regions() {
  static Regions all;
  return all;
}

}  // namespace

void* take_from_region(std::size_t bytes) {
  if (bytes >= large_array) {
    if (void* const taken = regions().take(bytes)) return taken;
  }
  return ::operator new(bytes);
}

void give_back_to_region(void* begin, std::size_t bytes) noexcept {
  if (bytes >= large_array && regions().give_back(begin, bytes)) return;
  ::operator delete(begin);
}

void have_memory(void* begin, std::size_t bytes) {
  constexpr int madv_populate_write = 23;
  if (bytes < very_much) return;
  char* const first = static_cast<char*>(begin);
  advise(first, bytes, MADV_HUGEPAGE);
  if (!has_second_processor()) return;
  const std::size_t half = bytes / 2;
  do_both([&] { advise(first, half, madv_populate_write); },
          [&] { advise(first + half, bytes - half, madv_populate_write); });
}

namespace {

// Written before the first thread is made.
bool takes_large_steps = false;

}  // namespace

void take_memory_in_large_steps() {
  constexpr int step = 4 * 1024 * 1024;
  ::mallopt(M_TOP_PAD, step);
  takes_large_steps = true;
}

#ifdef __SANITIZE_ADDRESS__

LargePageAhead::LargePageAhead() = default;

#else

LargePageAhead::LargePageAhead() {
  if (!takes_large_steps) return;
  // What glibc gives a page of its own begins above this size.
  constexpr std::size_t piece = std::size_t{120} << 10U;
  constexpr std::size_t most_pieces = large_page / piece + 1;
  char* border = nullptr;
  for (std::size_t size = piece; left_out_.size() <= most_pieces;) {
    void* const taken = std::malloc(size);
    if (taken == nullptr) return;
    left_out_.push_back(taken);
    char* const end = static_cast<char*>(taken) + size;
    if (border == nullptr)
      border = end + (large_page - reinterpret_cast<std::uintptr_t>(end) % large_page) % large_page;
    constexpr std::size_t small = 4096;
    if (end > border || border < end + small) break;
    size = std::min(piece, static_cast<std::size_t>(border - end) - small / 2);
  }
  ::madvise(border, large_page, MADV_HUGEPAGE);
}

#endif

LargePageAhead::~LargePageAhead() {
  for (void* const piece : left_out_) std::free(piece);
}

}  // namespace sup::schema

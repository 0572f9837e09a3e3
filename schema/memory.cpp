#include "schema/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

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

}  // namespace

void prefer_large_pages(void* begin, std::size_t bytes) {
  if (bytes >= very_much) advise(static_cast<char*>(begin), bytes, MADV_HUGEPAGE);
}

void have_memory(void* begin, std::size_t bytes) {
  constexpr int madv_populate_write = 23;
  prefer_large_pages(begin, bytes);
  if (bytes < very_much || !has_second_processor()) return;
  char* const first = static_cast<char*>(begin);
  const std::size_t half = bytes / 2;
  do_both([&] { advise(first, half, madv_populate_write); },
          [&] { advise(first + half, bytes - half, madv_populate_write); });
}

void take_memory_in_large_steps() {
  constexpr int step = 4 * 1024 * 1024;
  ::mallopt(M_TOP_PAD, step);
}

}  // namespace sup::schema

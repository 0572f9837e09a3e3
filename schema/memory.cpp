#include "schema/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "schema/parallel.h"

namespace sup::schema {

namespace {

// A page on the border is left alone.
void have_whole_pages(char* begin, std::size_t bytes) {
  constexpr int madv_populate_write = 23;
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(begin) % page) % page;
  if (bytes > skipped)
    ::madvise(begin + skipped, (bytes - skipped) / page * page, madv_populate_write);
}

}  // namespace

void have_memory(void* begin, std::size_t bytes) {
  constexpr std::size_t very_much = std::size_t{1} << 20U;
  if (bytes < very_much || !has_second_processor()) return;
  char* const first = static_cast<char*>(begin);
  const std::size_t half = bytes / 2;
  do_both([&] { have_whole_pages(first, half); },
          [&] { have_whole_pages(first + half, bytes - half); });
}

void take_memory_in_large_steps() {
  constexpr int step = 4 * 1024 * 1024;
  ::mallopt(M_TOP_PAD, step);
}

}  // namespace sup::schema

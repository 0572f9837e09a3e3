#include "compiler/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace sup::compiler {

void expect_inputs(const std::vector<std::string>& paths) {
  constexpr std::size_t small = std::size_t{512} << 10U;
  constexpr std::size_t most = std::size_t{1} << 30U;
  constexpr std::size_t bytes_for_each_byte = 16;
  constexpr std::uintptr_t large_page = std::uintptr_t{2} << 20U;
  std::size_t size = 0;
  for (const std::string& path : paths) {
    struct stat info {};

    if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode))
      size += static_cast<std::size_t>(info.st_size);
  }
  if (size < small) return;
  const std::size_t wanted =
      std::min(size, most / bytes_for_each_byte) * bytes_for_each_byte + large_page;
  // One step of the heap that holds it all, and nothing that is mapped apart.
  ::mallopt(M_TOP_PAD, static_cast<int>(wanted));
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(wanted));
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(most));
  void* probe = std::malloc(std::size_t{1} << 20U);
  const auto first = reinterpret_cast<std::uintptr_t>(probe);
  const auto begin = (first + large_page - 1) / large_page * large_page;
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0)) / large_page * large_page;
  std::free(probe);
  if (probe == nullptr || end <= begin) return;
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  // What comes first would lie in small pages. Never touched and never freed, so that it costs
  // addresses only.
  [[maybe_unused]] static void* volatile before_large_pages = nullptr;
  before_large_pages = std::malloc(begin - first);
}

}  // namespace sup::compiler

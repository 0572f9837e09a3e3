#include "runtime/host/process_usage.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>

#include "runtime/host/system.h"

namespace sup::host {

std::optional<core::Machine::Usage> read_stat(std::string_view text, double ticks,
                                              std::int64_t page_bytes) {
  // Counted as proc(5) does, the state behind the name is the third field.
  constexpr int user_time = 14;
  constexpr int system_time = 15;
  constexpr int resident_pages = 24;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(name_end + 1);
  core::Machine::Usage usage;
  for (int field = 3; field <= resident_pages; ++field) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
      return std::nullopt;
    }
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    std::int64_t number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    if (field == user_time || field == system_time) {
      usage.cpu_seconds += static_cast<double>(number) / ticks;
    } else if (field == resident_pages) {
      usage.resident_bytes = number * page_bytes;
    }
  }
  return usage;
}

std::optional<core::Machine::Usage> process_usage(int pid) {
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/stat", pid);
  const Descriptor file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    return std::nullopt;
  }
  std::array<char, 1024> text;
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  if (count <= 0) {
    return std::nullopt;
  }
  return read_stat({text.data(), static_cast<std::size_t>(count)}, ticks, page_bytes);
}

}  // namespace sup::host

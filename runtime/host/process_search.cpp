#include "runtime/host/process_search.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace sup::host {

namespace {

// When a process was started is told in these.
core::Instant clock_tick() {
  return std::chrono::nanoseconds(std::chrono::seconds(1)) / std::max(::sysconf(_SC_CLK_TCK), 1L);
}

Descriptor open_pid(int pid) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// The error's number is errno's.
schema::Result<core::Instant> start_time(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> bytes{};
  const ssize_t got = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (got < 0) {
    return system_error("look at pid " + std::to_string(pid), errno);
  }
  const std::string text(bytes.data(), static_cast<std::size_t>(got));
  // The 22nd field; the second one, in parentheses, may have spaces.
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string field;
  for (int i = 3; i <= 22; ++i) {
    fields >> field;
  }
  return core::Instant(std::strtoll(field.c_str(), nullptr, 10) * clock_tick());
}

std::set<std::string> names_of(const std::vector<Descriptor>& pipes) {
  std::set<std::string> names;
  for (const Descriptor& each : pipes) {
    struct stat status {};

    if (::fstat(each.get(), &status) == 0 && S_ISFIFO(status.st_mode)) {
      names.insert("pipe:[" + std::to_string(status.st_ino) + "]");
    }
  }
  return names;
}

bool holds(int pid, const std::set<std::string>& names) {
  for (int number = 0; number < 3; ++number) {
    const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(number);
    std::array<char, 64> target{};
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length > 0 && names.contains({target.data(), static_cast<std::size_t>(length)})) {
      return true;
    }
  }
  return false;
}

}  // namespace

schema::Result<Descriptor> open_process(const SavedChild& child) {
  const auto is_gone = [](int error_number) {
    return error_number == ESRCH || error_number == ENOENT;
  };
  Descriptor process = open_pid(child.pid);
  if (!process && is_gone(errno)) {
    return Descriptor();
  }
  if (!process) {
    return system_error("look at pid " + std::to_string(child.pid), errno);
  }
  const schema::Result<core::Instant> started = start_time(child.pid);
  if (!started) {
    return is_gone(started.error().error_number) ? schema::Result<Descriptor>(Descriptor())
                                                 : started.error();
  }
  const core::Instant tick = clock_tick();
  const bool same = *started >= child.before - 2 * tick && *started <= child.after + 2 * tick;
  return same ? std::move(process) : Descriptor();
}

std::optional<FoundProcess> find_holder(const std::vector<Descriptor>& pipes) {
  const std::set<std::string> names = names_of(pipes);
  std::optional<FoundProcess> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator each("/proc", failed), end; !failed && each != end;
       each.increment(failed)) {
    const std::string name = each->path().filename().string();
    int pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) {
      continue;
    }
    Descriptor process = open_pid(pid);
    if (!process || ::getpgid(pid) != pid || !holds(pid, names)) {
      continue;
    }
    const schema::Result<core::Instant> started = start_time(pid);
    if (started && (!found || *started < found->started)) {
      found = FoundProcess{pid, *started, std::move(process)};
    }
  }
  return found;
}

}  // namespace sup::host

#include "runtime/host/auto_logs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <memory>

#include "runtime/host/system.h"
#include "schema/text.h"

namespace sup::host {

namespace {

constexpr std::size_t random_letters = 8;

// Together they leave room for the rest of a file name of 255 bytes, and for a backup's number.
constexpr std::size_t longest_name = 140;
constexpr std::size_t longest_identifier = 80;

std::string random_word() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  std::array<unsigned char, random_letters> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) < 0) {
    // Only before the kernel has any entropy; O_EXCL keeps names apart all the same.
    const auto ticks = static_cast<std::uint64_t>(now().wall.count());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<unsigned char>(ticks >> (8 * i));
    }
  }
  std::string word;
  for (const unsigned char byte : bytes) {
    word += letters[byte % letters.size()];
  }
  return word;
}

std::string file_safe(std::string_view text, std::size_t longest) {
  std::string safe(text.substr(0, longest));
  std::replace(safe.begin(), safe.end(), '/', '_');
  return safe;
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

}  // namespace

schema::Result<std::string> make_auto_log(const std::string& directory,
                                          std::string_view process_name, std::string_view channel,
                                          std::string_view identifier) {
  const std::string start = directory + "/" + file_safe(process_name, longest_name) + "-" +
                            std::string(channel) + "---" +
                            file_safe(identifier, longest_identifier) + "-";
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string path = start + random_word() + ".log";
    const Descriptor made(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (made) {
      return path;
    }
    if (errno != EEXIST) {
      break;
    }
  }
  const std::string name(channel);
  schema::Error error = system_error(
      "make a log of the " + name + " of " + std::string(process_name) + " in '" + directory + "'",
      errno);
  error.message += "; name another folder with childlogdir=, or say " + name + "_logfile=NONE or " +
                   name + "_logfile=/dev/" + name;
  return error;
}

bool is_auto_log_name(std::string_view file_name, std::string_view identifier) {
  // From the end: digits and a dot of a backup, ".log", the random word, the identifier.
  const std::size_t end = file_name.find_last_not_of("0123456789");
  if (end != std::string_view::npos && end + 1 < file_name.size() && file_name[end] == '.') {
    file_name = file_name.substr(0, end);
  }
  if (!file_name.ends_with(".log")) {
    return false;
  }
  file_name.remove_suffix(4);
  const std::string mark = "---" + file_safe(identifier, longest_identifier) + "-";
  const std::size_t place = file_name.rfind(mark);
  if (place == std::string_view::npos || place == 0) {
    return false;
  }
  const std::string_view word = file_name.substr(place + mark.size());
  return word.size() == random_letters && std::all_of(word.begin(), word.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || is_digit(letter) || letter == '_';
         });
}

void remove_auto_logs(const std::string& directory, std::string_view identifier,
                      const std::function<void(const std::string&)>& warn,
                      const std::set<std::string>& but) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(directory.c_str()), &::closedir);
  if (!folder) {
    warn("Could not clear childlog dir");
    return;
  }
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name(entry->d_name);
    if (is_auto_log_name(name, identifier)) {
      const std::string path = directory + "/" + std::string(name);
      const std::string original = path.substr(0, path.rfind(".log") + 4);
      if (!but.contains(original) && ::unlink(path.c_str()) != 0 && errno != ENOENT) {
        warn("Failed to clean up " + schema::python_repr(path));
      }
    }
  }
}

}  // namespace sup::host

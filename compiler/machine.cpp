#include "compiler/machine.h"

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "schema/text.h"

namespace sup::compiler {
namespace {

// Whether a line of a file like passwd has this name, or this number in its third field.
bool listed(const std::string& file, std::string_view wanted) {
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) {
    const auto fields = schema::split_list(line, ':');
    if (fields.size() > 2 && (fields[0] == wanted || fields[2] == wanted)) return true;
  }
  return false;
}

std::optional<unsigned> number(std::string_view text) {
  std::int64_t value = 0;
  bool overflow = false;
  if (!schema::read_python_int(text, 10, value, overflow) || value < 0 || value > 0xFFFFFFFFLL)
    return std::nullopt;
  return static_cast<unsigned>(value);
}

bool user_exists(std::string_view user) {
  if (const auto id = number(user)) return ::getpwuid(*id) != nullptr;
  return ::getpwnam(std::string(user).c_str()) != nullptr;
}

bool group_exists(std::string_view group) {
  if (const auto id = number(group)) return ::getgrgid(*id) != nullptr;
  return ::getgrnam(std::string(group).c_str()) != nullptr;
}

// As Python's expanduser: HOME first, then the user database.
std::optional<std::string> home(std::string_view user) {
  if (user.empty()) {
    if (const char* set = std::getenv("HOME")) return std::string(set);
    const passwd* entry = ::getpwuid(::getuid());
    return entry != nullptr ? std::optional<std::string>(entry->pw_dir) : std::nullopt;
  }
  const passwd* entry = ::getpwnam(std::string(user).c_str());
  return entry != nullptr ? std::optional<std::string>(entry->pw_dir) : std::nullopt;
}

std::vector<std::string> files_in(const std::string& folder) {
  constexpr std::size_t most = 10000;
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  while (!error && entries != std::filesystem::directory_iterator() && names.size() < most) {
    std::error_code unknown;
    if (entries->is_regular_file(unknown)) names.push_back(entries->path().filename().string());
    entries.increment(error);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> file_text(const std::string& path) {
  constexpr std::uintmax_t most = std::uintmax_t{1} << 20U;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > most || error) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<schema::FileFacts> file_facts(const std::string& path) {
  struct stat info {};

  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  schema::FileFacts facts;
  using Kind = schema::FileFacts::Kind;
  facts.kind = S_ISREG(info.st_mode)    ? Kind::regular
               : S_ISDIR(info.st_mode)  ? Kind::directory
               : S_ISSOCK(info.st_mode) ? Kind::socket
                                        : Kind::other;
  facts.mode = info.st_mode & 07777U;
  facts.user = info.st_uid;
  facts.group = info.st_gid;
  return facts;
}

std::optional<std::string> file_start(const std::string& path) {
  struct stat info {};

  // A FIFO or a device may keep its reader waiting.
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 256> start{};
  if (!file.read(start.data(), start.size()) && !file.eof()) return std::nullopt;
  return std::string(start.data(), static_cast<std::size_t>(file.gcount()));
}

std::optional<schema::UserFacts> user_facts(std::string_view user) {
  const auto id = number(user);
  const passwd* entry = id ? ::getpwuid(*id) : ::getpwnam(std::string(user).c_str());
  if (entry == nullptr) return std::nullopt;
  schema::UserFacts facts;
  facts.id = entry->pw_uid;
  facts.home = entry->pw_dir;
  std::array<gid_t, 256> groups{};
  int count = groups.size();
  const std::string name = entry->pw_name;
  if (::getgrouplist(name.c_str(), entry->pw_gid, groups.data(), &count) < 0)
    count = static_cast<int>(groups.size());
  facts.groups.assign(groups.begin(), groups.begin() + count);
  return facts;
}

// The fields of each line of a file like passwd.
template <class Function>
void each_line(const std::string& file, Function function) {
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) function(schema::split_list(line, ':'));
}

// The same from the files below a root.
std::optional<schema::UserFacts> listed_user(const std::string& root, std::string_view user) {
  std::optional<schema::UserFacts> facts;
  std::string name;
  each_line(root + "/etc/passwd", [&](const std::vector<std::string_view>& fields) {
    if (facts || fields.size() < 6 || (fields[0] != user && fields[2] != user)) return;
    const auto id = number(fields[2]);
    const auto group = number(fields[3]);
    if (!id || !group) return;
    facts = schema::UserFacts{*id, {*group}, std::string(fields[5])};
    name = fields[0];
  });
  if (!facts) return facts;
  each_line(root + "/etc/group", [&](const std::vector<std::string_view>& fields) {
    if (fields.size() < 4) return;
    const auto id = number(fields[2]);
    for (const std::string_view member : schema::split_list(fields[3]))
      if (id && member == name) facts->groups.push_back(*id);
  });
  return facts;
}

std::vector<std::string> names_of(const std::string& file) {
  std::vector<std::string> names;
  each_line(file, [&](const std::vector<std::string_view>& fields) {
    if (!fields.empty() && !fields[0].empty()) names.emplace_back(fields[0]);
  });
  return names;
}

// What the system gives a daemon that nobody gave a PATH.
constexpr const char* system_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace

schema::Facts machine_facts(const std::string& root) {
  schema::Facts facts;
  facts.environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  facts.host_name = host_name();
  facts.home = home;
  facts.user_exists = user_exists;
  facts.group_exists = group_exists;
  if (!root.empty()) {
    facts.user_exists = [root](std::string_view user) {
      return listed(root + "/etc/passwd", user);
    };
    facts.group_exists = [root](std::string_view group) {
      return listed(root + "/etc/group", group);
    };
  }
  facts.directory_exists = [root](const std::string& path) {
    // The kernel's, which an image has empty or not at all.
    constexpr std::array<std::string_view, 6> of_kernel = {"/dev",  "/dev/fd",    "/dev/shm",
                                                           "/proc", "/proc/1/fd", "/proc/self/fd"};
    if (!root.empty() && std::find(of_kernel.begin(), of_kernel.end(), path) != of_kernel.end())
      return true;
    struct stat info {};
    const std::string whole = root.empty() ? path : root + "/" + path;
    return ::stat(whole.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  };
  const auto below = [root](const std::string& path) {
    return root.empty() ? path : root + "/" + path;
  };
  facts.files_in = [below](const std::string& folder) { return files_in(below(folder)); };
  facts.file_text = [below](const std::string& path) { return file_text(below(path)); };
  facts.file = [root](const std::string& path) {
    return file_facts(root.empty() ? path : root + "/" + path);
  };
  facts.file_start = [root](const std::string& path) {
    return file_start(root.empty() ? path : root + "/" + path);
  };
  facts.user = user_facts;
  if (!root.empty()) facts.user = [root](std::string_view user) { return listed_user(root, user); };
  facts.user_names = [file = root + "/etc/passwd", names = std::vector<std::string>{}]() mutable {
    if (names.empty()) names = names_of(file);
    return names;
  };
  facts.group_names = [file = root + "/etc/group", names = std::vector<std::string>{}]() mutable {
    if (names.empty()) names = names_of(file);
    return names;
  };
  const char* path = std::getenv("PATH");
  facts.search_path = root.empty() && path != nullptr ? path : system_path;
  rlimit limit{};
  if (root.empty() && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY)
    facts.descriptor_limit = static_cast<std::int64_t>(limit.rlim_max);
  facts.is_privileged = ::geteuid() == 0;
  std::array<char, 4096> buffer{};
  facts.working_directory = "/";
  if (root.empty() && ::getcwd(buffer.data(), buffer.size()) != nullptr)
    facts.working_directory = buffer.data();
  return facts;
}

std::map<std::string, std::string, std::less<>> process_environment() {
  std::map<std::string, std::string, std::less<>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  return buffer.data();
}

}  // namespace sup::compiler

#include "compiler/machine.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

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
    struct stat info {};
    const std::string whole = root.empty() ? path : root + "/" + path;
    return ::stat(whole.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  };
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

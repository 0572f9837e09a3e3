#include "runtime/ctl/explain.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "runtime/ctl/process_info.h"

namespace sup::ctl {

std::string user_name(uid_t id) {
  const passwd* entry = ::getpwuid(id);
  return entry != nullptr ? entry->pw_name : std::to_string(id);
}

namespace {

namespace fs = std::filesystem;

std::string group_name(gid_t id) {
  const group* entry = ::getgrgid(id);
  return entry != nullptr ? entry->gr_name : std::to_string(id);
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> process_ids() {
  std::vector<std::string> ids;
  std::error_code error;
  for (fs::directory_iterator each("/proc", error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) ids.push_back(name);
  }
  return ids;
}

// As it was started.
std::vector<std::string> arguments_of(const std::string& pid) {
  std::vector<std::string> words;
  std::istringstream text(contents("/proc/" + pid + "/cmdline"));
  for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
  // Where a program has cleared its last words, as suprun does after an upgrade.
  while (!words.empty() && words.back().empty()) words.pop_back();
  return words;
}

std::string working_folder(const std::string& pid) {
  std::error_code ignored;
  return fs::read_symlink("/proc/" + pid + "/cwd", ignored).string();
}

// "pid 12 of root in /srv/web: supervisord -c x.conf"
std::string described(const std::string& pid) {
  struct stat about {};

  const bool is_known = ::stat(("/proc/" + pid).c_str(), &about) == 0;
  const std::string folder = working_folder(pid);
  std::string text = "pid " + pid + (is_known ? " of " + user_name(about.st_uid) : "") +
                     (folder.empty() ? "" : " in " + folder) + ":";
  for (const std::string& word : arguments_of(pid)) text += " " + word;
  return text;
}

// The process that has this socket open; only root sees those of others.
std::string holder_of(const std::string& inode) {
  const std::string wanted = "socket:[" + inode + "]";
  for (const std::string& pid : process_ids()) {
    std::error_code error;
    for (fs::directory_iterator each("/proc/" + pid + "/fd", error), end; !error && each != end;
         each.increment(error)) {
      std::error_code ignored;
      if (fs::read_symlink(each->path(), ignored) == wanted) return described(pid);
    }
  }
  return "a process that cannot be looked at from here";
}

// The flags of a socket in /proc/net/unix.
constexpr std::string_view listening = "00010000";

// Supervisor binds PATH.PID and links it to PATH: the kernel knows it by its first name.
bool is_name_of(std::string_view bound, std::string_view path) {
  return bound == path ||
         (bound.starts_with(path) && bound.size() > path.size() + 1 && bound[path.size()] == '.' &&
          bound.find_first_not_of("0123456789", path.size() + 1) == std::string_view::npos);
}

// Lines of /proc/net/unix: address, counts, flags, type, state, inode, path.
std::string unix_listener(const std::string& path) {
  std::istringstream lines(contents("/proc/net/unix"));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() == 8 && words[3] == listening && is_name_of(words[7], path))
      return holder_of(words[6]);
  }
  return {};
}

// Lines of /proc/net/tcp: number, local address, remote one, state, four more, inode.
std::string tcp_listener(const std::string& port) {
  unsigned number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), ":%04X", number);
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(contents(file));
    for (std::string line; std::getline(lines, line);) {
      const std::vector<std::string> words = words_of(line);
      if (words.size() > 9 && words[1].ends_with(digits.data()) && words[3] == "0A") {
        return holder_of(words[9]);
      }
    }
  }
  return {};
}

// Where something listens on this machine, by the number of its socket.
std::map<std::string, std::string> listening_places() {
  std::map<std::string, std::string> places;
  std::istringstream unix_lines(contents("/proc/net/unix"));
  for (std::string line; std::getline(unix_lines, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() != 8 || words[3] != listening) continue;
    std::string path = words[7];
    const std::string shorter = path.substr(0, path.rfind('.'));
    std::error_code ignored;
    if (is_name_of(path, shorter) && fs::exists(shorter, ignored)) path = shorter;
    places["socket:[" + words[6] + "]"] = "unix://" + path;
  }
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(contents(file));
    for (std::string line; std::getline(lines, line);) {
      const std::vector<std::string> words = words_of(line);
      if (words.size() < 10 || words[3] != "0A") continue;
      const std::string digits = words[1].substr(words[1].rfind(':') + 1);
      unsigned number = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
      places["socket:[" + words[9] + "]"] = "port " + std::to_string(number);
    }
  }
  return places;
}

std::string places_of(const std::string& pid, const std::map<std::string, std::string>& all) {
  std::set<std::string> places;
  std::error_code error;
  for (fs::directory_iterator each("/proc/" + pid + "/fd", error), end; !error && each != end;
       each.increment(error)) {
    std::error_code ignored;
    const auto found = all.find(fs::read_symlink(each->path(), ignored).string());
    if (found != all.end()) places.insert(found->second);
  }
  std::string text;
  for (const std::string& place : places) text += (text.empty() ? "" : ", ") + place;
  return text;
}

bool is_daemon(const std::vector<std::string>& words) {
  if (words.size() > 1 && words[1] == "--keep") return false;  // a keeper serves nobody
  return std::any_of(words.begin(), words.begin() + std::min<std::ptrdiff_t>(std::ssize(words), 2),
                     [](const std::string& word) {
                       const std::string name = fs::path(word).filename().string();
                       return name == "supervisord" || name == "suprun";
                     });
}

// Whether a word of its command line is the configuration's name: "x.conf", "-cx.conf",
// "--configuration=x.conf".
bool runs_file(const std::string& pid, const std::vector<std::string>& words,
               const fs::path& file) {
  const fs::path folder = working_folder(pid);
  return std::any_of(words.begin() + 1, words.end(), [&](const std::string& word) {
    const std::size_t start = word.starts_with("--")   ? word.find('=') + 1
                              : word.starts_with("-c") ? 2
                                                       : 0;
    std::error_code ignored;
    return word.size() > start && fs::equivalent(folder / word.substr(start), file, ignored);
  });
}

// Daemons that run on this machine; the one of this configuration first.
std::string daemons(const Settings& settings) {
  constexpr std::size_t most_daemons = 5;
  const std::string pidfile = settings.pidfile ? settings.pidfile() : "";
  const std::string known = pidfile.empty() ? "" : contents(pidfile);
  std::vector<std::string> found;
  std::size_t ours = 0;  // stand at the front
  for (const std::string& pid : process_ids()) {
    const std::vector<std::string> words = arguments_of(pid);
    if (!is_daemon(words)) continue;
    const bool is_ours =
        known == pid + "\n" || (!settings.configuration_file.empty() &&
                                runs_file(pid, words, settings.configuration_file));
    found.insert(is_ours ? found.begin() : found.end(), pid);
    ours += is_ours ? 1 : 0;
  }
  if (found.empty()) return "  neither suprun nor supervisord runs here, as far as can be seen\n";
  const std::map<std::string, std::string> all = listening_places();
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), most_daemons); ++i) {
    const std::string places = places_of(found[i], all);
    list += (i < ours ? "  runs here with this configuration: " : "  runs here: ") +
            described(found[i]) + (places.empty() ? "" : "; listens on " + places) + "\n";
  }
  if (found.size() > most_daemons) {
    list += "  and " + std::to_string(found.size() - most_daemons) + " more\n";
  }
  return list;
}

std::string permissions(mode_t mode) {
  constexpr std::string_view letters = "rwxrwxrwx";
  std::string text;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    text += (mode >> (8 - i) & 1U) != 0 ? letters[i] : '-';
  }
  return text;
}

std::string about_socket(const Settings& settings, const std::string& path,
                         const Failure& failure) {
  if (!failure.hint.empty() && path.size() >= sizeof sockaddr_un::sun_path) {
    return "";
  }

  struct stat about {};

  if (::stat(path.c_str(), &about) != 0) {
    const int number = errno;
    const std::string folder = fs::path(path).parent_path().string();
    std::error_code ignored;
    if (number == EACCES) {
      return "  the folder of " + path + " may not be looked into by " + user_name(::geteuid()) +
             "\n";
    }
    return fs::exists(folder, ignored)
               ? "  there is no " + path + "\n" + daemons(settings) +
                     "  start the daemon, or name the socket that it has: -s unix:///PATH\n"
               : "  there is no folder " + folder + "\n" + daemons(settings);
  }
  if (!S_ISSOCK(about.st_mode)) {
    return "  " + path + " is no socket\n";
  }
  std::string text = "  " + path + " is a socket of " + user_name(about.st_uid) + ":" +
                     group_name(about.st_gid) + ", " + permissions(about.st_mode) + "\n";
  const std::string holder = unix_listener(path);
  text += holder.empty()
              ? "  nobody listens on it: its daemon has ended, or was killed\n" + daemons(settings)
              : "  on it listens " + holder + "\n";
  if (failure.is_system(EACCES) || failure.is_system(EPERM)) {
    text += "  it may not be used by " + user_name(::geteuid()) +
            ": try sudo, or chmod= and chown= in [unix_http_server]\n";
  }
  return text;
}

std::string about_port(const Settings& settings, const Address& address, const Failure& failure) {
  if (failure.python_class == "socket.gaierror") {
    return "  there is no address for the name " + address.host + "\n";
  }
  const bool is_local = address.host == "localhost" || address.host.starts_with("127.") ||
                        address.host == "::1" || address.host == "0.0.0.0";
  const bool has_answered = failure.kind != Failure::Kind::system;
  if (!is_local && has_answered) {
    return "";
  }
  if (!is_local) {
    return "  does the daemon run on " + address.host + ", and may port " + address.port +
           " be reached from here?\n";
  }
  const std::string holder = tcp_listener(address.port);
  if (holder.empty() && has_answered) {
    return "";
  }
  return holder.empty()
             ? "  nobody listens on port " + address.port + " here\n" + daemons(settings) +
                   "  is there an [inet_http_server] with this port?\n"
             : "  on port " + address.port + " listens " + holder + "\n";
}

// Where the configuration that names the address lets its daemon listen, if that is elsewhere.
std::string about_other_address(const Settings& settings) {
  if (!settings.served_urls || !settings.url_origin.starts_with("serverurl=")) return {};
  const std::vector<std::string> urls = settings.served_urls();
  const auto is_this = [&](const std::string& url) {
    // A port is one, whatever its host is called.
    const bool is_unix = url.starts_with("unix:");
    return is_unix ? url == settings.url
                   : !settings.url.starts_with("unix:") &&
                         url.substr(url.rfind(':')) == ":" + parse_address(settings.url).port;
  };
  if (urls.empty() || std::any_of(urls.begin(), urls.end(), is_this)) return {};
  std::string list;
  for (const std::string& url : urls) list += (list.empty() ? "" : ", ") + url;
  return "  but the daemon of this configuration listens on " + list + "\n";
}

}  // namespace

std::string explanation(const Settings& settings, const Failure& failure) {
  std::string text = "no answer from " + settings.url + ": " + exception_text(failure) +
                     "\n  the address is from " + settings.url_origin + "\n";
  if (failure.kind == Failure::Kind::http && failure.code == unauthorised) {
    text += settings.credentials.username && settings.credentials.password
                ? "  the server does not know this user name and password\n"
                : "  the server wants a user name and password: -u and -p, or username= and "
                  "password= in [supervisorctl]\n";
    return text;
  }
  if (!failure.hint.empty()) {
    text += "  " + failure.hint + "\n";
  } else if (failure.is_system(ECONNRESET) || failure.is_system(EPIPE)) {
    text +=
        "  it ended the connection while it was asked, as a server may that speaks TLS (https)\n";
  }
  if (failure.kind == Failure::Kind::http && failure.hint.empty()) {
    return text;
  }
  try {
    const Address address = parse_address(settings.url);
    if (failure.kind == Failure::Kind::system) text += about_other_address(settings);
    text += address.is_unix() ? about_socket(settings, address.path, failure)
                              : about_port(settings, address, failure);
  } catch (const Failure&) {
    text += "  an address is unix:///PATH or http://HOST:PORT\n";
  }
  return text;
}

void explain_failure(const Settings& settings, const Failure& failure) {
  const std::string text = "supctl: " + explanation(settings, failure);
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace sup::ctl

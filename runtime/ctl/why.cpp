// The command why: all that is known of a process's state, gathered in one place.
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/explain.h"
#include "runtime/ctl/resources.h"
#include "runtime/ctl/targets.h"
#include "schema/permissions.h"
#include "schema/states.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::ctl {

namespace {

constexpr std::size_t label_width = 14;
constexpr std::size_t shown_lines = 6;
constexpr int log_bytes = 1 << 16;

// Lines with a label each, for people and as a record.
class Report {
 public:
  Report(Session& session, const ProcessInfo& info) : session_(session), record_(record_of(info)) {}

  // `place`: where to change it.
  void add(std::string_view label, const std::string& text, const std::string& place = {}) {
    session_.output.line("  " + padded(label, label_width) + text +
                         (place.empty() ? "" : "  (" + place + ")"));
    std::string key(label);
    std::replace(key.begin(), key.end(), ' ', '_');
    record_.push_back({key, text});
    if (!place.empty()) record_.push_back({key + "_place", place});
  }

  void add_lines(std::string_view label, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    session_.output.line("  " + std::string(label));
    rpc::Array texts;
    for (const std::string& line : lines) {
      session_.output.line("    " + line);
      texts.emplace_back(line);
    }
    std::string key(label);
    std::replace(key.begin(), key.end(), ' ', '_');
    record_.push_back({key, std::move(texts)});
  }

  void finish() { session_.output.record(std::move(record_)); }

 private:
  Session& session_;
  rpc::Struct record_;
};

std::string moment(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

std::string ago(std::int64_t seconds) {
  struct Unit {
    std::int64_t length;
    std::string_view name;
  };

  constexpr std::array units{
      Unit{86400, "day"   },
      Unit{3600,  "hour"  },
      Unit{60,    "minute"},
      Unit{1,     "second"}
  };
  for (const Unit& unit : units) {
    const std::int64_t count = seconds / unit.length;
    if (count > 0) {
      return std::to_string(count) + " " + std::string(unit.name) + (count > 1 ? "s" : "") + " ago";
    }
  }
  return "just now";
}

// Fault or not, an answer or nothing: what cannot be had is left out.
std::optional<rpc::Value> try_call(Session& session, std::string_view method,
                                   rpc::Array parameters) {
  try {
    return session.call(method, std::move(parameters));
  } catch (const Failure& failure) {
    if (failure.kind != Failure::Kind::fault && failure.kind != Failure::Kind::http) throw;
    return std::nullopt;
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : schema::split_list(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::vector<std::string> last(std::vector<std::string> lines) {
  if (lines.size() > shown_lines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(shown_lines));
  }
  return lines;
}

// Whether the line names it as a word of its own: exited: web (…), spawned: 'web' with pid.
bool names(const std::string& line, const std::string& name) {
  constexpr std::string_view ends = " ':(),";
  for (std::size_t at = line.find(name); at != std::string::npos; at = line.find(name, at + 1)) {
    const bool begins = at > 0 && ends.find(line[at - 1]) != std::string_view::npos;
    const std::size_t end = at + name.size();
    if (begins && (end == line.size() || ends.find(line[end]) != std::string_view::npos)) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> log_lines(Session& session, std::string_view method,
                                   rpc::Array parameters) {
  const std::optional<rpc::Value> text = try_call(session, method, std::move(parameters));
  return text && text->is<std::string>() ? lines_of(*text->get<std::string>())
                                         : std::vector<std::string>();
}

// The settings that the daemon runs it with; an empty value if it does not tell.
rpc::Value settings_of(Session& session, const ProcessInfo& info) {
  const std::optional<rpc::Value> all = try_call(session, "supervisor.getAllConfigInfo", {});
  const rpc::Array* list = all ? all->get<rpc::Array>() : nullptr;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (text_member((*list)[i], "group") == info.group &&
        text_member((*list)[i], "name") == info.name) {
      return (*list)[i];
    }
  }
  return {};
}

// PATH of the daemon, if it may be looked at; else ours.
std::string search_path(std::int64_t daemon) {
  std::ifstream file("/proc/" + std::to_string(daemon) + "/environ", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  for (const std::string_view each : schema::split_list(all, '\0')) {
    if (each.starts_with("PATH=")) return std::string(each.substr(5));
  }
  const char* own = std::getenv("PATH");
  return own != nullptr ? own : "";
}

// Why the kernel does not execute a script; "" of what is none, or can be executed.
std::string about_script(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 256> bytes{};
  file.read(bytes.data(), bytes.size());
  std::string_view begin(bytes.data(), static_cast<std::size_t>(file.gcount()));
  begin = begin.substr(0, begin.find('\n'));
  // What is no text is for the kernel alone to judge, as is what cannot be read.
  if (begin.empty() || begin.find('\0') != std::string_view::npos || begin[0] == '\x7F') return "";
  if (!begin.starts_with("#!")) {
    return path + " is a text without #! and an interpreter in its first line";
  }
  // Ended by blanks alone, so that a CR belongs to it.
  begin.remove_prefix(std::min(begin.find_first_not_of(" \t", 2), begin.size()));
  std::string interpreter(begin.substr(0, begin.find_first_of(" \t")));
  std::error_code error;
  if (interpreter.empty() || std::filesystem::exists(interpreter, error)) return "";
  const bool has_return = interpreter.ends_with('\r');
  if (has_return) interpreter.pop_back();
  return path + " names the interpreter " + interpreter +
         (has_return ? " with a CR behind it, as its lines end with CR LF"
                     : ", which is not there");
}

std::string about_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return "there is no " + path;
  if (std::filesystem::is_directory(path, error)) return path + " is a folder";
  return ::access(path.c_str(), X_OK) == 0 ? "" : path + " is not executable";
}

// What is wrong with the executable, on this machine; "" if nothing.
void check_command(Report& report, const std::string& command, const std::string& directory,
                   std::int64_t daemon, const std::string& place) {
  std::string unused;
  const std::optional<std::vector<std::string>> words = schema::split_command(command, unused);
  if (!words || words->empty()) {
    report.add("wrong", "the command cannot be split into words", place);
    return;
  }
  const std::string& file = words->front();
  if (file.find('/') != std::string::npos) {
    const bool is_relative = file[0] != '/' && !directory.empty() && directory != "none";
    const std::string path = is_relative ? directory + "/" + file : file;
    std::string wrong = about_file(path);
    if (wrong.empty()) wrong = about_script(path);
    if (!wrong.empty()) report.add("wrong", wrong, place);
    return;
  }
  const std::string path = search_path(daemon);
  for (const std::string_view folder : schema::split_list(path, ':')) {
    const std::string found = std::string(folder) + "/" + file;
    if (!about_file(found).empty()) continue;
    const std::string wrong = about_script(found);
    if (!wrong.empty()) report.add("wrong", wrong, place);
    return;
  }
  report.add("wrong", file + " is in no folder of PATH", place);
  report.add("PATH", path);
}

// Whom it runs as: without user=, as the daemon.
std::optional<schema::UserFacts> runs_as(const Settings& ours, const rpc::Value& settings,
                                         std::int64_t daemon) {
  if (!ours.user || !ours.file) return std::nullopt;
  const rpc::Value* uid = settings.member("uid");
  if (uid != nullptr && uid->is<std::int64_t>()) {
    return ours.user(std::to_string(*uid->get<std::int64_t>()));
  }
  const auto its_folder = ours.file("/proc/" + std::to_string(daemon));
  return its_folder ? ours.user(std::to_string(its_folder->user)) : std::nullopt;
}

// The folder on the way to this one, or this one, that the user may not enter; "" if there is none,
// or an access control list decides.
std::string closed_folder(const Settings& ours, const std::string& directory,
                          const schema::UserFacts& user) {
  constexpr unsigned enter = 1;
  if (!directory.starts_with('/')) return "";
  std::filesystem::path folder;
  for (const std::filesystem::path& part : std::filesystem::path(directory)) {
    folder /= part;
    const auto found = ours.file(folder);
    if (!found) return "";
    if (schema::permits(*found, user, enter)) continue;
    const bool has_list = ::getxattr(folder.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
    return has_list ? "" : folder.string();
  }
  return "";
}

std::string numbers(const rpc::Value* list) {
  std::string text;
  const rpc::Array* items = list != nullptr ? list->get<rpc::Array>() : nullptr;
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    const std::int64_t* number = (*items)[i].get<std::int64_t>();
    text += (i > 0 ? "," : "") + std::to_string(number != nullptr ? *number : 0);
  }
  return text;
}

bool never_restarts(const rpc::Value& settings) {
  const rpc::Value* value = settings.member("autorestart");
  const bool* restarts = value != nullptr ? value->get<bool>() : nullptr;
  return restarts != nullptr && !*restarts;
}

std::string restarts_of(const rpc::Value& settings) {
  const rpc::Value* value = settings.member("autorestart");
  const std::string* text = value != nullptr ? value->get<std::string>() : nullptr;
  if (text != nullptr) return *text;
  return never_restarts(settings) ? "false" : "true";
}

// What its state means and what to do.
std::string advice(const ProcessInfo& info, const rpc::Value& settings) {
  using schema::ProcessState;
  const std::string start = "`supctl start " + info.full_name() + "`";
  switch (static_cast<ProcessState>(info.state)) {
    case ProcessState::RUNNING: return "it runs; nothing is to be done";
    case ProcessState::STARTING:
      return "it runs, but not yet for startsecs; until then an exit counts as a failed start";
    case ProcessState::STOPPING:
      return "it was told to stop by " +
             schema::signal_name(static_cast<int>(number_member(settings, "stopsignal"))) +
             "; SIGKILL follows after stopwaitsecs=" +
             std::to_string(number_member(settings, "stopwaitsecs"));
    case ProcessState::BACKOFF:
      return "a start failed; the next try comes by itself, until startretries are used up";
    case ProcessState::STOPPED:
      return info.start == 0 ? (flag_member(settings, "autostart")
                                    ? "it was not started yet: " + start
                                    : "autostart=false, and nobody started it: " + start)
                             : "somebody stopped it: " + start;
    case ProcessState::EXITED:
      return (never_restarts(settings)
                  ? "it ended, and autorestart=false never starts it again: "
                  : "it ended, and autorestart does not start it again after this exit status: ") +
             start;
    case ProcessState::FATAL:
      return "it was given up after startretries; mend what is wrong, then " + start;
    case ProcessState::UNKNOWN: break;
  }
  return "the daemon does not know its state; `supctl stop` and `supctl start` may help";
}

void add_times(Report& report, const ProcessInfo& info) {
  if (info.start != 0) {
    report.add("last start", moment(info.start) + ", " + ago(info.now - info.start));
  }
  if (info.stop != 0 && info.stop >= info.start) {
    // Of a start that failed, Supervisor forgets the status; the daemon's log has it.
    const bool is_known =
        static_cast<schema::ProcessState>(info.state) == schema::ProcessState::EXITED;
    std::string how;
    if (is_known) {
      how = info.exit_status < 0 ? "by a signal, "
                                 : "with status " + std::to_string(info.exit_status) + ", ";
    }
    report.add("last exit", how + moment(info.stop) + ", " + ago(info.now - info.stop));
  }
}

// How it ended, of suprun's history of a process.
std::string how_ended(const rpc::Value& exit) {
  if (flag_member(exit, "unknown")) return "in a way that nobody saw";
  const std::int64_t signal = number_member(exit, "signal");
  if (signal < 0) return "with status " + std::to_string(number_member(exit, "status"));
  return "by " + schema::signal_name(static_cast<int>(signal)) +
         (flag_member(exit, "core_dumped") ? " (core dumped)" : "");
}

// One that is given up although nothing failed: it does its work and ends before startsecs.
void add_early_end(Report& report, const ProcessInfo& info, const rpc::Value& exit,
                   const rpc::Value& settings) {
  using schema::ProcessState;
  const auto state = static_cast<ProcessState>(info.state);
  const bool is_failing = state == ProcessState::FATAL || state == ProcessState::BACKOFF;
  const bool is_good = !flag_member(exit, "unknown") && number_member(exit, "signal") < 0 &&
                       number_member(exit, "status") == 0;
  const std::int64_t startsecs = number_member(settings, "startsecs");
  if (!is_failing || !is_good || startsecs <= 0) return;
  report.add("wrong", "it ends with status 0, but before startsecs=" + std::to_string(startsecs) +
                          ", which counts as a failed start; what is to run once has startsecs=0 " +
                          "and autorestart=false");
}

// The last exits, the newest at the end; supervisord keeps none.
void add_exits(Report& report, Session& session, const ProcessInfo& info,
               const rpc::Value& settings) {
  const std::string name = info.group + ":" + info.name;
  const std::optional<rpc::Value> history = try_call(session, "suprun.getProcessHistory", {name});
  const rpc::Value* exits = history ? history->member("exits") : nullptr;
  const rpc::Array* list = exits != nullptr ? exits->get<rpc::Array>() : nullptr;
  std::vector<std::string> lines;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const rpc::Value& exit = (*list)[i];
    const rpc::Value* lasted = exit.member("lasted");
    const double* seconds = lasted != nullptr ? lasted->get<double>() : nullptr;
    std::array<char, 32> after{};
    std::snprintf(after.data(), after.size(), "%.1f", seconds != nullptr ? *seconds : 0.0);
    lines.push_back(moment(number_member(exit, "at")) + " " + how_ended(exit) + ", after " +
                    after.data() + " seconds");
  }
  report.add_lines("its last exits", last(std::move(lines)));
  if (list != nullptr && !list->empty()) add_early_end(report, info, list->back(), settings);
}

void add_settings(Report& report, const ProcessInfo& info, const rpc::Value& settings,
                  const Settings& ours, std::int64_t daemon) {
  const auto place = [&](std::string_view option) {
    return ours.place_of ? ours.place_of(info.group, info.name, option) : std::string();
  };
  if (settings.is_nil()) {
    return;
  }
  const std::string command = text_member(settings, "command");
  report.add("command", command, place("command"));
  const std::string directory = text_member(settings, "directory");
  if (!directory.empty() && directory != "none") {
    report.add("directory", directory, place("directory"));
  }
  if (daemon != 0) {
    check_command(report, command, directory, daemon, place("command"));
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(directory, error);
    if (!directory.empty() && directory != "none" && !is_folder &&
        error != std::errc::permission_denied) {
      report.add("wrong", "there is no folder " + directory, place("directory"));
    } else if (const auto user = runs_as(ours, settings, daemon)) {
      const std::string closed = closed_folder(ours, directory, *user);
      if (!closed.empty()) {
        report.add("wrong",
                   "user " + user_name(user->id) + ", as whom it runs, may not enter " + closed,
                   place("directory"));
      }
    }
  }
  // Of two settings, the place of the one that is written; else of the section.
  const std::string section = place("");
  const std::string retries = place("startretries");
  report.add("tries",
             "startretries=" + std::to_string(number_member(settings, "startretries")) +
                 ", each has to stay up for startsecs=" +
                 std::to_string(number_member(settings, "startsecs")),
             retries != section ? retries : place("startsecs"));
  const std::string codes = numbers(settings.member("exitcodes"));
  report.add("expects", "exitcodes=" + codes, place("exitcodes"));
  report.add("restarts", "autorestart=" + restarts_of(settings), place("autorestart"));
}

void explain_process(Session& session, const ProcessInfo& info, std::int64_t daemon,
                     bool reads_log) {
  const std::string name = info.group + ":" + info.name;
  session.output.line(info.full_name() + " is " + info.state_name +
                      (info.description.empty() ? "" : ": " + info.description));
  Report report(session, info);
  const rpc::Value settings = settings_of(session, info);
  add_times(report, info);
  add_exits(report, session, info, settings);
  add_settings(report, info, settings, session.settings, daemon);
  std::vector<std::string> told = reads_log
                                      ? log_lines(session, "supervisor.readLog", {-log_bytes, 0})
                                      : std::vector<std::string>();
  std::erase_if(told, [&](const std::string& line) { return !names(line, info.name); });
  report.add_lines("the daemon said", last(std::move(told)));
  std::vector<std::string> errors =
      log_lines(session, "supervisor.readProcessStderrLog", {name, -log_bytes / 16, 0});
  const bool is_stderr = !errors.empty();
  if (!is_stderr) {
    errors = log_lines(session, "supervisor.readProcessStdoutLog", {name, -log_bytes / 16, 0});
  }
  report.add_lines(is_stderr ? "its stderr ends with" : "its stdout ends with",
                   last(std::move(errors)));
  report.add("so", advice(info, settings));
  report.finish();
}

}  // namespace

bool run_why(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  const std::vector<std::string> names = words_of(argument);
  if (names.empty()) {
    session.misused("Error: why requires a process name", "why", status::invalid_arguments);
    return false;
  }
  const std::vector<ProcessInfo> all = process_infos(session.call("supervisor.getAllProcessInfo"));
  const std::int64_t daemon = local_daemon(session);
  // The daemon's log is not for those who may see single programs, and a denial would be logged.
  const bool reads_log = sees_all(session, all.size());
  for (const ProcessInfo* info : named(session, all, names, status::generic)) {
    explain_process(session, *info, daemon, reads_log);
  }
  return false;
}

}  // namespace sup::ctl

#include "lint/paths.h"

#include <algorithm>
#include <array>

#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::array daemon_channels = {
    LogChannel{"logfile", "logfile_maxbytes", "logfile_backups", {}, {}, {}, false}
};

constexpr std::array process_channels = {
    LogChannel{"stdout_logfile", "stdout_logfile_maxbytes", "stdout_logfile_backups",
               "stdout_syslog", "stdout_capture_maxbytes", "stdout_events_enabled", false},
    LogChannel{"stderr_logfile", "stderr_logfile_maxbytes", "stderr_logfile_backups",
               "stderr_syslog", "stderr_capture_maxbytes", "stderr_events_enabled", true }
};

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The number of the open descriptor that a path stands for: /dev/fd/1, /proc/self/fd/1,
// /proc/1/fd/1. Empty if it is none.
std::string_view descriptor(std::string_view path) {
  constexpr std::string_view devices = "/dev/fd/";
  constexpr std::string_view processes = "/proc/";
  if (path.starts_with(devices)) {
    path.remove_prefix(devices.size());
  } else if (path.starts_with(processes)) {
    path.remove_prefix(processes.size());
    const std::size_t slash = path.find('/');
    const std::string_view owner = path.substr(0, slash);
    if (slash == std::string_view::npos || (owner != "self" && !is_number(owner))) return {};
    path.remove_prefix(slash);
    if (!path.starts_with("/fd/")) return {};
    path.remove_prefix(4);
  } else {
    return {};
  }
  return is_number(path) ? path : std::string_view{};
}

bool is_process(SectionKind kind) {
  return kind == SectionKind::program || kind == SectionKind::fcgi_program ||
         kind == SectionKind::eventlistener;
}

}  // namespace

std::span<const LogChannel> log_channels(SectionKind kind) {
  if (kind == SectionKind::supervisord) return daemon_channels;
  if (is_process(kind)) return process_channels;
  return {};
}

bool redirects_stderr(const Context& context, const ConfigSection& section) {
  return section.name->kind != SectionKind::eventlistener &&
         context.is_on(section, "redirect_stderr");
}

std::optional<Log> read_log(const Context& context, const ConfigSection& section,
                            const LogChannel& channel) {
  if (channel.is_stderr && redirects_stderr(context, section)) return std::nullopt;
  Log log{&channel, section.find(channel.logfile), {}};
  const bool is_daemon = section.name->kind == SectionKind::supervisord;
  if (log.entry == nullptr) {
    if (is_daemon)
      log.target = {schema::LogKind::file, schema::SupervisordOptions::defaults().logfile};
    return log;
  }
  if (!is_daemon) {
    auto target = context.read<schema::LogTarget>(section, *log.entry);
    if (!target) return std::nullopt;
    log.target = std::move(*target);
    return log;
  }
  // AUTO and NONE are names of files here.
  auto path = context.read<schema::FilePath>(section, *log.entry);
  if (!path) return std::nullopt;
  if (schema::equals_ignoring_case(*path, "syslog"))
    log.target = {schema::LogKind::syslog, {}};
  else
    log.target = {schema::LogKind::file, std::move(*path)};
  return log;
}

LogHint hint_of(const ConfigEntry* entry) {
  if (entry == nullptr) return LogHint::automatic;
  // No template can change what stands before it.
  constexpr std::size_t longest_prefix = 6;  // of "/proc/"
  const std::string_view value = entry->value.substr(0, entry->value.find('%'));
  if (!value.starts_with('/') || value.starts_with("//") || value.size() < longest_prefix ||
      value.starts_with("/dev/") || value.starts_with("/proc/") || value.starts_with("/./")) {
    return LogHint::unknown;
  }
  return LogHint::file;
}

bool is_constant_path(const ConfigEntry& entry) {
  return !entry.is_template && entry.value.starts_with('/');
}

bool is_on_disk(const Context& context, const ConfigSection& section, const LogChannel& channel) {
  if (channel.is_stderr && redirects_stderr(context, section)) return false;
  if (section.name->kind != SectionKind::supervisord) {
    const ConfigEntry* entry = section.find(channel.logfile);
    if (hint_of(entry) != LogHint::unknown) return true;
    if (is_constant_path(*entry)) return !is_device(entry->value);
  }
  const auto log = read_log(context, section, channel);
  if (!log) return false;
  return log->target.kind == schema::LogKind::automatic ||
         (log->target.kind == schema::LogKind::file && !log->target.path.empty() &&
          !is_device(log->target.path));
}

std::optional<std::int64_t> log_limit(const Context& context, const ConfigSection& section,
                                      const LogChannel& channel) {
  if (section.find(channel.maxbytes) == nullptr)
    return schema::SupervisordOptions::defaults().logfile_maxbytes;  // that of all logs
  return context.read<schema::ByteSize>(section, channel.maxbytes);
}

std::optional<std::int64_t> log_backups(const Context& context, const ConfigSection& section,
                                        const LogChannel& channel) {
  if (section.find(channel.backups) == nullptr)
    return schema::SupervisordOptions::defaults().logfile_backups;  // that of all logs
  return context.read<schema::Integer>(section, channel.backups);
}

bool is_device(std::string_view path) {
  return path.starts_with("/dev/") || !descriptor(path).empty();
}

bool is_stream(std::string_view path) {
  return is_standard_output(path) || is_standard_error(path) || !descriptor(path).empty() ||
         path.starts_with("/dev/tty") || path.starts_with("/dev/pts/") || path == "/dev/console";
}

bool is_standard_output(std::string_view path) {
  return path == "/dev/stdout" || descriptor(path) == "1";
}

bool is_standard_error(std::string_view path) {
  return path == "/dev/stderr" || descriptor(path) == "2";
}

std::string plain_path(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/') {
      if (!plain.empty() && plain.back() == '/') continue;
      if (path.substr(i, 3) == "/./") {
        ++i;
        continue;
      }
    }
    plain += path[i];
  }
  return plain;
}

}  // namespace sup::lint

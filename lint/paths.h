// Logs and their paths: what several rules ask about the options that name log files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lint/context.h"

namespace sup::lint {

// The options of one log. All but the first three are empty for the daemon's own log.
struct LogChannel {
  OptionName logfile;
  OptionName maxbytes;
  OptionName backups;
  OptionName syslog;
  OptionName capture;
  OptionName events;
  bool is_stderr = false;
};

// The logs of sections of this kind: one of [supervisord], two where processes run, else none.
std::span<const LogChannel> log_channels(SectionKind kind);

// One log of a section.
struct Log {
  const LogChannel* channel = nullptr;
  const ConfigEntry* entry = nullptr;  // that names it, maybe inherited; null: by default
  schema::LogTargetValue target;
};

// Where a log goes; nothing when it is not known, or when nothing is written there because
// standard error is redirected.
std::optional<Log> read_log(const Context& context, const ConfigSection& section,
                            const LogChannel& channel);

// What can be said of a log before its value is read, which costs more. Only when nothing is known
// the value has to be read.
enum class LogHint : std::uint8_t {
  unknown,
  automatic,  // it is not written, and AUTO
  file        // an absolute path that is neither a device nor a descriptor
};

LogHint hint_of(const ConfigEntry* entry);

// Whether the path of a process's log is known as it is written: a constant that is absolute.
bool is_constant_path(const ConfigEntry& entry);

// Whether a log is a file that grows: an AUTO one or one with a path; false when it is not known.
bool is_on_disk(const Context& context, const ConfigSection& section, const LogChannel& channel);

// Calls `function(log)` for each log of the section that is known.
template <class Function>
void each_log(const Context& context, const ConfigSection& section, Function function) {
  for (const LogChannel& channel : log_channels(section.name->kind))
    if (const auto log = read_log(context, section, channel)) function(*log);
}

// Size at which a log is rotated, and how many rotated ones are kept; the default where nothing is
// written, nothing when it is not known.
std::optional<std::int64_t> log_limit(const Context& context, const ConfigSection& section,
                                      const LogChannel& channel);
std::optional<std::int64_t> log_backups(const Context& context, const ConfigSection& section,
                                        const LogChannel& channel);

// Whether standard error is written to standard output. Listeners may not.
bool redirects_stderr(const Context& context, const ConfigSection& section);

// A file that is no regular one: below /dev, or a descriptor in /proc.
bool is_device(std::string_view path);

// A device that cannot be rotated: a standard stream, an open descriptor or a terminal.
bool is_stream(std::string_view path);

// The standard output of whoever opens it, which children share with the daemon: /dev/stdout and
// its other names.
bool is_standard_output(std::string_view path);

// The same for standard error.
bool is_standard_error(std::string_view path);

// Without doubled slashes and /./ parts, for comparing.
std::string plain_path(std::string_view path);

}  // namespace sup::lint

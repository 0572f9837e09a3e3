// log: events as lines of JSON.

#include <cstdio>

#include "runtime/listeners/event_text.h"
#include "runtime/listeners/event_tool.h"
#include "runtime/listeners/line_log.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"

namespace sup::listeners {

namespace {

constexpr const char* log_name = "log";

std::string log_help() {
  return "Writes events as lines of JSON, to a file or to the system's log.\n"
         "\n"
         "Usage: suplance log [OPTION...] FILE\n"
         "       suplance log [OPTION...] --syslog FACILITY\n"
         "\n"
         "    [eventlistener:history]\n"
         "    command=suplance log /var/log/supervisor/events.json\n"
         "    events=PROCESS_STATE,SUPERVISOR_STATE_CHANGE\n"
         "\n" +
         argument_help(arguments_of(log_name));
}

class LogListener : public Listener {
 public:
  LogListener(EventFilter filter, LineSink& sink)
      : filter_(std::move(filter)), sink_(sink), origin_{.host = host_name()} {}

  bool handle(const Event& event) override {
    if (!filter_.lets_through(event)) return true;
    const std::string line =
        event_json({.event = event, .milliseconds = milliseconds_now()}, origin_);
    const schema::Status written = sink_.write(line);
    // To reject the event would bring it again and again, and hold back all others.
    if (!written) log_line(log_name, written.error().message + "; not logged: " + line);
    return true;
  }

 private:
  EventFilter filter_;
  LineSink& sink_;
  Origin origin_;
};

schema::Result<std::unique_ptr<LineSink>> sink_of(const CommandLine& line) {
  if (const auto name = line.value("syslog")) {
    if (!line.words.empty()) return schema::Error{"either a file or --syslog, not both"};
    const std::optional<int> facility = facility_from_name(*name);
    if (!facility)
      return schema::Error{"--syslog " + *name + ": daemon, user, local0 to local7 … is expected"};
    SystemLogSettings settings{.facility = *facility};
    settings.socket = line.value("syslog-socket").value_or(settings.socket);
    settings.tag = line.value("tag").value_or(settings.tag);
    return system_log(std::move(settings));
  }
  if (line.words.size() != 1) return schema::Error{"one file is expected, or --syslog"};
  FileLogSettings settings{.path = line.words[0]};
  if (const auto size = line.value("maxbytes")) {
    const auto bytes = byte_size(*size);
    if (!bytes) return schema::Error{"--maxbytes " + *size + ": a size is expected, such as 50MB"};
    settings.maximum_bytes = *bytes;
  }
  if (auto wrong = take_number(line, "backups", 0, settings.backups)) return schema::Error{*wrong};
  return open_file_log(std::move(settings));
}

}  // namespace

int log(int count, char** arguments) {
  const CommandLine line = read_command_line(log_name, count, arguments);
  if (line.has("help")) {
    std::fputs(log_help().c_str(), stdout);
    return 0;
  }
  if (line.mistake) return refuse_arguments(log_name, *line.mistake);
  schema::Result<EventFilter> filter = read_filter(line);
  if (!filter) return refuse_arguments(log_name, filter.error().message);
  if (!is_under_supervisor()) {
    return refuse_arguments(log_name, "this is an event listener, to be started by a supervisor");
  }
  const schema::Result<std::unique_ptr<LineSink>> sink = sink_of(line);
  if (!sink) return refuse_arguments(log_name, sink.error().message);
  Workers workers;
  LogListener listener(std::move(*filter), **sink);
  return run_listener({.name = log_name}, listener, workers, nullptr);
}

}  // namespace sup::listeners

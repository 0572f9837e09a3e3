#include "runtime/rpc/process_info.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "runtime/core/concat.h"
#include "runtime/rpc/status_table.h"

namespace sup::rpc {

namespace {

void append_two_digits(std::string& text, std::int64_t number) {
  text += static_cast<char>('0' + number / 10 % 10);
  text += static_cast<char>('0' + number % 10);
}

// Python's str() of a timedelta.
std::string duration(std::int64_t seconds) {
  const std::int64_t days = seconds / 86400;
  std::string text = days == 0 ? "" : core::concat(days, days == 1 ? " day, " : " days, ");
  text += std::to_string(seconds / 3600 % 24);
  text += ':';
  append_two_digits(text, seconds / 60 % 60);
  text += ':';
  append_two_digits(text, seconds % 60);
  return text;
}

// "%b %d %I:%M %p", whatever the locale.
std::string moment(const std::tm& time) {
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::string text = months[static_cast<std::size_t>(std::clamp(time.tm_mon, 0, 11))];
  text += ' ';
  append_two_digits(text, time.tm_mday);
  text += ' ';
  append_two_digits(text, time.tm_hour % 12 == 0 ? 12 : time.tm_hour % 12);
  text += ':';
  append_two_digits(text, time.tm_min);
  text += time.tm_hour < 12 ? " AM" : " PM";
  return text;
}

}  // namespace

std::string describe(const core::Machine& machine, const core::ProcessStatus& status,
                     std::string_view name, std::int64_t start, std::int64_t stop,
                     std::int64_t now) {
  using schema::ProcessState;
  switch (status.state) {
    case ProcessState::RUNNING:
      return core::concat("pid ", status.pid, ", uptime ",
                          duration(std::max<std::int64_t>(now - start, 0)));
    case ProcessState::FATAL:
    case ProcessState::BACKOFF:
      return status.spawn_error.empty() ? core::concat("unknown error (try \"tail ", name, "\")")
                                        : status.spawn_error;
    case ProcessState::STOPPED:
    case ProcessState::EXITED: return start == 0 ? "Not started" : moment(machine.local_time(stop));
    default: return {};
  }
}

void write_process_info(const Context& context, core::ProcessId process, core::Now now,
                        Writer& out) {
  const core::ProcessStatus status = context.supervisor.status(process);
  const schema::Process& spec = context.supervisor.spec(process);
  const std::int64_t start = whole_seconds(status.started_wall);
  const std::int64_t stop = whole_seconds(status.stopped_wall);
  const std::int64_t seconds = whole_seconds(now.wall);
  const std::string& output = context.machine.log_path(process, core::Channel::standard_output);
  out.begin_struct();
  out.text_member("name", spec.name);
  out.text_member("group", spec.group);
  out.integer_member("start", start);
  out.integer_member("stop", stop);
  out.integer_member("now", seconds);
  out.integer_member("state", static_cast<std::int64_t>(status.state));
  out.text_member("statename", schema::state_name(status.state));
  out.text_member("spawnerr", status.spawn_error);
  out.integer_member("exitstatus", status.exit_status);
  out.text_member("logfile", output);
  out.text_member("stdout_logfile", output);
  out.text_member("stderr_logfile",
                  context.machine.log_path(process, core::Channel::standard_error));
  out.integer_member("pid", status.pid);
  out.text_member("description",
                  describe(context.machine, status, spec.name, start, stop, seconds));
  out.end_struct();
}

void append_status(const Context& context, core::ProcessId process, core::Now now,
                   std::string& table) {
  const core::ProcessStatus status = context.supervisor.status(process);
  const schema::Process& spec = context.supervisor.spec(process);
  append_status_row(spec.group, spec.name, status.state, status.pid,
                    describe(context.machine, status, spec.name, whole_seconds(status.started_wall),
                             whole_seconds(status.stopped_wall), whole_seconds(now.wall)),
                    table);
}

std::string full_name(const schema::Process& process) {
  return process.group == process.name ? process.name
                                       : core::concat(process.group, ":", process.name);
}

}  // namespace sup::rpc

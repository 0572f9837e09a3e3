// exec: a command for each event.

#include <algorithm>
#include <cstdio>
#include <deque>

#include "runtime/listeners/event_text.h"
#include "runtime/listeners/event_tool.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

constexpr const char* exec_name = "exec";
constexpr std::size_t variable_maximum = 8192;
constexpr std::size_t variables_maximum = 64;

std::string exec_help() {
  return "Runs a command for each event, with the event in its environment and on its standard "
         "input.\n"
         "\n"
         "Usage: suplance exec [OPTION...] COMMAND [ARGUMENT...]\n"
         "\n"
         "    [eventlistener:page]\n"
         "    command=suplance exec -p db --unexpected /usr/local/bin/page-somebody\n"
         "    events=PROCESS_STATE_EXITED\n"
         "\n" +
         argument_help(arguments_of(exec_name));
}

struct Settings {
  std::vector<std::string> command;
  bool gives_json = false;
  int jobs = 1;
  int timeout_seconds = 60;
  int waiting = 1000;
  EventFilter filter;
};

// What a listener's own environment has, and the event.
std::vector<std::string> variables_of(const EventRecord& record) {
  std::vector<std::string> variables;
  const auto add = [&](std::string_view name, std::string_view value) {
    std::string text = "EVENT_" + schema::upper(name) + "=";
    // An environment holds no NUL, and not much: all of it is on the standard input.
    text += value.substr(0, std::min(value.find('\0'), variable_maximum));
    if (variables.size() < variables_maximum) variables.push_back(std::move(text));
  };
  add("name", record.event.name);
  add("serial", record.event.serial);
  add("pool", record.event.pool);
  add("server", record.event.server);
  add("time", utc_stamp(record.milliseconds));
  add("text", event_sentence(record));
  for (const EventField& field : record.event.fields()) {
    const bool is_name = field.key.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                         std::string_view::npos;
    if (is_name) add(field.key, field.value);
  }
  return variables;
}

class ExecListener : public Listener {
 public:
  ExecListener(Settings settings, Workers& workers)
      : settings_(std::move(settings)), workers_(workers), host_(host_name()) {}

  bool handle(const Event& event) override {
    if (!settings_.filter.lets_through(event)) return true;
    waiting_.push_back({.event = event, .milliseconds = milliseconds_now()});
    start_some();
    while (waiting_.size() > static_cast<std::size_t>(settings_.waiting)) {
      log_line(exec_name, "too many events wait; no command for " + shown(waiting_.front()));
      waiting_.pop_front();
    }
    return true;
  }

  void report_rest() const {
    for (const EventRecord& record : waiting_) {
      log_line(exec_name, "no command before the end for " + shown(record));
    }
    for (const std::string& each : running_) {
      log_line(exec_name, "still running at the end: the command for " + each);
    }
  }

 private:
  static std::string shown(const EventRecord& record) {
    return record.event.header + " " + schema::python_repr(record.event.payload.substr(0, 200));
  }

  void start_some() {
    while (!waiting_.empty() && running_.size() < static_cast<std::size_t>(settings_.jobs)) {
      const EventRecord record = std::move(waiting_.front());
      waiting_.pop_front();
      const std::string name = shown(record);
      running_.push_back(name);
      const bool is_started =
          workers_.start([this, record] { return run(record); }, Seconds(settings_.timeout_seconds),
                         [this, name](const WorkResult& result) { finished(name, result); });
      if (!is_started) finished(name, {});
    }
  }

  // In a child.
  std::string run(const EventRecord& record) const {
    const std::string input = settings_.gives_json
                                  ? event_json(record, {.host = host_}) + "\n"
                                  : record.event.header + "\n" + record.event.payload;
    const ShellResult result = run_command(settings_.command, input, false, variables_of(record));
    if (result.status < 0) return "could not be started: " + result.output;
    return result.status == 0 ? "" : status_text(result.status);
  }

  void finished(const std::string& name, const WorkResult& result) {
    running_.erase(std::find(running_.begin(), running_.end(), name));
    const std::string wrong =
        result.is_complete ? result.output
                           : "was ended after " + std::to_string(settings_.timeout_seconds) + " s";
    if (!wrong.empty()) log_line(exec_name, settings_.command.front() + " " + wrong + ": " + name);
    start_some();
  }

  Settings settings_;
  Workers& workers_;
  std::string host_;
  std::deque<EventRecord> waiting_;
  std::vector<std::string> running_;
};

std::optional<std::string> read(const CommandLine& line, Settings& settings) {
  settings.command = line.words;
  if (settings.command.empty()) return "which command?";
  if (line.has("shell")) {
    if (line.words.size() > 1) return "--shell: the command is one word, in quotes";
    settings.command = {"/bin/sh", "-c", line.words[0]};
  }
  if (auto wrong = take_number(line, "jobs", 1, settings.jobs)) return wrong;
  if (settings.jobs > 64) return "--jobs: 64 at most";
  if (auto wrong = take_number(line, "timeout", 1, settings.timeout_seconds)) return wrong;
  if (auto wrong = take_number(line, "waiting", 1, settings.waiting)) return wrong;
  settings.gives_json = line.has("json");
  schema::Result<EventFilter> filter = read_filter(line);
  if (!filter) return filter.error().message;
  settings.filter = std::move(*filter);
  return std::nullopt;
}

}  // namespace

int exec(int count, char** arguments) {
  const CommandLine line = read_command_line(exec_name, count, arguments);
  if (line.has("help")) {
    std::fputs(exec_help().c_str(), stdout);
    return 0;
  }
  if (line.mistake) return refuse_arguments(exec_name, *line.mistake);
  Settings settings;
  if (const auto wrong = read(line, settings)) return refuse_arguments(exec_name, *wrong);
  if (!is_under_supervisor()) {
    return refuse_arguments(exec_name, "this is an event listener, to be started by a supervisor");
  }
  Workers workers;
  ExecListener listener(std::move(settings), workers);
  const int status = run_listener({.name = exec_name}, listener, workers, nullptr);
  listener.report_rest();
  return status;
}

}  // namespace sup::listeners

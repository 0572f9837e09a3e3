#include "runtime/listeners/event_tool.h"

#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"
#include "schema/events.h"

namespace sup::listeners {

int refuse_arguments(std::string_view tool, const std::string& text) {
  log_line(tool, text);
  log_line(tool, "`suplance " + std::string(tool) + " --help` tells the options");
  return exit_usage;
}

schema::Result<EventFilter> read_filter(const CommandLine& line) {
  EventFilter filter{.events = line.values("event"),
                     .programs = line.values("program"),
                     .groups = line.values("group"),
                     .expected = std::nullopt};
  for (const std::string& type : filter.events) {
    // Plug-ins have events of their own.
    if (schema::event_from_name(type) ||
        type.find_first_of("abcdefghijklmnopqrstuvwxyz ,") == std::string::npos) {
      continue;
    }
    return schema::Error{"--event " + type +
                         ": the name of one type is expected, such as PROCESS_STATE"};
  }
  if (line.has("expected") && line.has("unexpected")) {
    return schema::Error{"either --expected or --unexpected; without, both come"};
  }
  if (line.has("expected") || line.has("unexpected")) filter.expected = line.has("expected");
  return filter;
}

std::optional<std::string> take_number(const CommandLine& line, const char* name, int minimum,
                                       int& place) {
  const auto value = line.value(name);
  if (!value) return std::nullopt;
  const std::optional<int> number = whole_number(*value);
  if (!number || *number < minimum) {
    return "--" + std::string(name) + " " + *value + ": a number from " + std::to_string(minimum) +
           " on is expected";
  }
  place = *number;
  return std::nullopt;
}

schema::Result<std::string> read_secret(const CommandLine& line, std::string_view tool,
                                        const char* name, const char* variable) {
  const std::string file_option = std::string(name) + "-file";
  if (const auto file = line.value(file_option)) return first_line(*file);
  if (const auto given = line.value(name)) {
    log_line(tool, "--" + std::string(name) +
                       " is seen by all users of this machine; give it by --" + file_option +
                       " or in the environment as " + variable);
    return *given;
  }
  return environment(variable);
}

std::optional<std::string> take_queue(const CommandLine& line, OutboxSettings& settings) {
  settings.folder = line.value("queue").value_or("");
  int maximum = static_cast<int>(settings.maximum);
  if (auto wrong = take_number(line, "queue-maximum", 1, maximum)) return wrong;
  settings.maximum = static_cast<std::size_t>(maximum);
  if (const auto expiry = line.value("expiry")) {
    const auto seconds = duration_seconds(*expiry);
    if (!seconds) return "--expiry " + *expiry + ": a time is expected, such as 90s, 5m, 3h, 1d";
    settings.expiry = Seconds(*seconds);
  }
  return std::nullopt;
}

std::vector<EventRecord> records_of(const Outbox::Texts& texts) {
  std::vector<EventRecord> records;
  for (const std::string& text : texts) {
    // The queue has checked them.
    if (schema::Result<EventRecord> record = parse_record(text))
      records.push_back(std::move(*record));
  }
  return records;
}

Outbox::Handlers event_handlers() {
  return {.deliver = {},
          .shown =
              [](const std::string& text) {
                const std::size_t end = text.find('\n');
                return end == std::string::npos ? text : text.substr(end + 1);
              },
          .check =
              [](const std::string& text) {
                const schema::Result<EventRecord> record = parse_record(text);
                return record ? schema::Status(schema::Nothing{}) : schema::Status(record.error());
              }};
}

EventRecord sample_record() {
  Event event;
  const std::string payload = "processname:test groupname:test from_state:RUNNING expected:0 pid:1";
  parse_header(
      "ver:3.0 server:supervisor serial:0 pool:test poolserial:0 "
      "eventname:PROCESS_STATE_EXITED len:" +
          std::to_string(payload.size()),
      event);
  event.payload = payload;
  return {.event = std::move(event), .milliseconds = milliseconds_now()};
}

bool QueueingListener::handle(const Event& event) {
  if (!filter_.lets_through(event)) return true;
  const auto record = deduplicator_.take({.event = event, .milliseconds = milliseconds_now()},
                                         std::chrono::steady_clock::now());
  if (record) outbox_.add(print_record(*record));
  return true;
}

void QueueingListener::add(const std::vector<EventRecord>& records) {
  for (const EventRecord& record : records) outbox_.add(print_record(record));
}

void QueueingListener::wake(Instant now) {
  const auto due = deduplicator_.deadline();
  if (due && *due <= now) add(deduplicator_.due(now));
}

void QueueingListener::stop() { add(deduplicator_.flush()); }

int listen_to_queue(const std::string& tool, Listener& listener, Workers& workers, Outbox& outbox) {
  const schema::Status loaded = outbox.load();
  if (!loaded) {
    log_line(tool, loaded.error().message);
    return 1;
  }
  return run_listener({.name = tool}, listener, workers, &outbox);
}

}  // namespace sup::listeners

#include "runtime/http/metrics.h"

#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "runtime/http/problem.h"
#include "runtime/rpc/xmlrpc.h"
#include "schema/events.h"

namespace sup::http {

namespace {

// A process as most families need it, so that it is asked about once.
struct Row {
  std::string labels;
  core::ProcessId id = 0;
  core::ProcessStatus status;
  core::ProcessHistory history;
  std::optional<core::Machine::Usage> usage;
};

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::int64_t whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }

std::vector<Row> read_processes(Site& site) {
  std::vector<Row> rows;
  rows.reserve(site.interface.lexical_order().size());
  for (const core::ProcessId process : site.interface.lexical_order()) {
    const schema::Process& spec = site.supervisor.spec(process);
    Row& row = rows.emplace_back();
    append_label(row.labels, "group", spec.group);
    append_label(row.labels, "name", spec.name);
    row.id = process;
    row.status = site.supervisor.status(process);
    row.history = site.supervisor.history(process);
    if (row.status.pid != 0) {
      row.usage = site.machine.usage(row.status.pid);
    }
  }
  return rows;
}

void write_daemon(Site& site, const std::vector<Row>& rows, MetricsText& out) {
  std::string labels;
  append_label(labels, "version", SUP_VERSION);
  append_label(labels, "identifier", site.supervisor.resolved().supervisord.identifier);
  out.family("suprun_build_info", "gauge", "The daemon that answers; always 1.");
  out.sample(labels, std::int64_t{1});
  out.family("supervisor_state", "gauge",
             "State of the daemon: 1 running, 0 restarting, -1 shutting down.");
  out.sample({}, static_cast<std::int64_t>(site.supervisor.state()));
  out.family("supervisor_start_time_seconds", "gauge",
             "When the daemon began to serve, since 1970.");
  out.sample({}, seconds(site.interface.since()));
  std::map<schema::ProcessState, std::int64_t> counts;
  using State = schema::ProcessState;
  for (const State state : {State::STOPPED, State::STARTING, State::RUNNING, State::BACKOFF,
                            State::STOPPING, State::EXITED, State::FATAL, State::UNKNOWN}) {
    counts[state] = 0;
  }
  for (const Row& row : rows) {
    ++counts[row.status.state];
  }
  out.family("supervisor_processes", "gauge", "How many processes are in each state.");
  for (const auto& [state, count] : counts) {
    labels.clear();
    append_label(labels, "state", schema::state_name(state));
    out.sample(labels, count);
  }
}

void write_states(const std::vector<Row>& rows, MetricsText& out) {
  out.family("supervisor_process_up", "gauge", "Whether the process is RUNNING.");
  for (const Row& row : rows) {
    out.sample(row.labels, std::int64_t{row.status.state == schema::ProcessState::RUNNING});
  }
  out.family("supervisor_process_state", "gauge",
             "State: 0 STOPPED, 10 STARTING, 20 RUNNING, 30 BACKOFF, 40 STOPPING, 100 EXITED, "
             "200 FATAL, 1000 UNKNOWN.");
  for (const Row& row : rows) {
    out.sample(row.labels, static_cast<std::int64_t>(row.status.state));
  }
  out.family("supervisor_process_starts_total", "counter",
             "Starts, the failed ones included; more than one: it was started again.");
  for (const Row& row : rows) {
    out.sample(row.labels, whole(row.history.starts));
  }
  out.family("supervisor_process_spawn_failures_total", "counter",
             "Starts that failed before the program ran.");
  for (const Row& row : rows) {
    out.sample(row.labels, whole(row.history.spawn_failures));
  }
  out.family("supervisor_process_start_time_seconds", "gauge",
             "When the process that runs was started, since 1970.");
  for (const Row& row : rows) {
    if (row.status.pid != 0) {
      out.sample(row.labels, seconds(row.status.started_wall));
    }
  }
}

void write_exits(const std::vector<Row>& rows, MetricsText& out) {
  out.family("supervisor_process_exit_status", "gauge",
             "Status of the last exit; -1: by a signal, or not known.");
  for (const Row& row : rows) {
    if (!row.history.exits.empty()) {
      const core::ExitStatus& exit = row.history.exits.back().status;
      out.sample(row.labels, std::int64_t{exit.by_signal || exit.unknown ? -1 : exit.number});
    }
  }
  out.family("supervisor_process_exit_signal", "gauge",
             "Signal that ended the process last; 0: it was none.");
  for (const Row& row : rows) {
    if (!row.history.exits.empty()) {
      const core::ExitStatus& exit = row.history.exits.back().status;
      out.sample(row.labels, std::int64_t{exit.by_signal ? exit.number : 0});
    }
  }
}

void write_usage(Site& site, const std::vector<Row>& rows, MetricsText& out) {
  out.family("supervisor_process_cpu_seconds_total", "counter",
             "Processor time of the process that runs, without its children.");
  for (const Row& row : rows) {
    if (row.usage) {
      out.sample(row.labels, row.usage->cpu_seconds);
    }
  }
  out.family("supervisor_process_resident_memory_bytes", "gauge",
             "Resident memory of the process, without its children.");
  for (const Row& row : rows) {
    if (row.usage) {
      out.sample(row.labels, row.usage->resident_bytes);
    }
  }
  out.family("supervisor_process_log_bytes", "gauge", "Size of the log file that is written now.");
  for (const Row& row : rows) {
    for (const core::Channel channel :
         {core::Channel::standard_output, core::Channel::standard_error}) {
      const std::string& path = site.machine.log_path(row.id, channel);
      const auto size = path.empty() ? std::nullopt : site.machine.file_size(path);
      if (size) {
        std::string labels = row.labels;
        append_label(labels, "channel",
                     channel == core::Channel::standard_output ? "stdout" : "stderr");
        out.sample(labels, *size);
      }
    }
  }
}

void append_double(std::string& out, double value) {
  std::array<char, 400> digits;
  // No exponents: people read the limits of the histogram.
  const char* end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed)
          .ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void write_histogram(const std::string& labels, const core::Durations& durations,
                     MetricsText& out) {
  const std::int64_t count = whole(durations.count());
  std::int64_t below = 0;
  for (std::size_t i = 0; i < core::Durations::limits.size(); ++i) {
    below += whole(durations.counts[i]);
    std::string with_limit = labels + ",le=\"";
    append_double(with_limit, core::Durations::limits[i]);
    out.sample(with_limit + "\"", below, "_bucket");
  }
  out.sample(labels + ",le=\"+Inf\"", count, "_bucket");
  out.sample(labels, durations.seconds, "_sum");
  out.sample(labels, count, "_count");
}

struct Pool {
  std::string labels;
  core::PoolStatus status;
};

void write_pools(Site& site, MetricsText& out) {
  const core::Instant now = site.machine.now().steady;
  std::vector<Pool> pools;
  for (const core::GroupId group : site.supervisor.groups()) {
    if (auto status = site.supervisor.pool_status(group)) {
      Pool& pool = pools.emplace_back();
      pool.status = std::move(*status);
      append_label(pool.labels, "group", site.supervisor.group_spec(group).name);
    }
  }
  out.family("supervisor_pool_queued_events", "gauge", "Events that wait for a listener.");
  for (const Pool& pool : pools) {
    out.sample(pool.labels, whole(pool.status.queued));
  }
  out.family("supervisor_pool_queue_limit", "gauge",
             "How many events may wait in memory: buffer_size, and more until those of the "
             "daemon's start were given out. With events_spool further ones wait on disk.");
  for (const Pool& pool : pools) {
    out.sample(pool.labels, whole(pool.status.limit));
  }
  out.family("supervisor_pool_oldest_event_age_seconds", "gauge",
             "How long the oldest event waits.");
  for (const Pool& pool : pools) {
    out.sample(pool.labels, pool.status.oldest ? seconds(now - *pool.status.oldest) : 0.0);
  }
  const auto counter = [&](std::string_view name, std::string_view help,
                           std::uint64_t core::PoolStatus::*which) {
    out.family(name, "counter", help);
    for (const Pool& pool : pools) {
      out.sample(pool.labels, whole(pool.status.*which));
    }
  };
  counter("supervisor_pool_accepted_events_total", "Events that came into the pool.",
          &core::PoolStatus::accepted);
  counter("supervisor_pool_delivered_events_total", "Events that a listener was done with.",
          &core::PoolStatus::delivered);
  counter("supervisor_pool_redelivered_events_total",
          "Answers that were not OK: the event is sent again.", &core::PoolStatus::rejected);
  counter("supervisor_pool_dropped_events_total", "Events that were pushed out of a full pool.",
          &core::PoolStatus::dropped);
  out.family("supervisor_pool_event_duration_seconds", "histogram",
             "Events from their coming to the answer of the listener that was done with them.");
  for (const Pool& pool : pools) {
    write_histogram(pool.labels, pool.status.durations, out);
  }
  out.family("supervisor_listener_held_event_seconds", "gauge",
             "How long a listener works on its event; 0: on none.");
  const auto each_listener = [&](const auto& say) {
    for (const Pool& pool : pools) {
      for (const core::ListenerStatus& listener : pool.status.listeners) {
        std::string labels = pool.labels;
        append_label(labels, "name", site.supervisor.spec(listener.process).name);
        say(labels, listener);
      }
    }
  };
  each_listener([&](const std::string& labels, const core::ListenerStatus& listener) {
    out.sample(labels, listener.held ? seconds(now - listener.held_since) : 0.0);
  });
  out.family("supervisor_listener_protocol_violations_total", "counter",
             "How often a listener broke the protocol.");
  each_listener([&](const std::string& labels, const core::ListenerStatus& listener) {
    out.sample(labels, whole(listener.violations));
  });
}

void write_events(Site& site, MetricsText& out) {
  out.family("supervisor_events_total", "counter",
             "Events by type; TICK and output while somebody wants them.");
  for (const schema::EventRow& row : schema::event_rows()) {
    if (!row.is_abstract) {
      std::string labels;
      append_label(labels, "type", row.name);
      out.sample(labels, whole(site.supervisor.event_count(row.type)));
    }
  }
}

void write_clients(const Site& site, MetricsText& out) {
  out.family("supervisor_event_clients", "gauge", "Clients of the event stream.");
  out.sample({}, static_cast<std::int64_t>(site.events.clients()));
}

void write_calls(Site& site, MetricsText& out) {
  const auto rows = rpc::methods();
  const std::vector<rpc::CallFigures>& figures = site.interface.figures();
  const auto each = [&](const auto& say) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (figures[i].answers.count() > 0) {
        std::string method(rows[i].space);
        method.append(".").append(rows[i].name);
        std::string labels;
        append_label(labels, "method", method);
        say(labels, figures[i]);
      }
    }
  };
  out.family("supervisor_rpc_request_duration_seconds", "histogram",
             "Calls by method, over XML-RPC and JSON, from the call to its answer.");
  each([&](const std::string& labels, const rpc::CallFigures& call) {
    write_histogram(labels, call.answers, out);
  });
  out.family("supervisor_rpc_faults_total", "counter", "Calls that were answered with a fault.");
  each([&](const std::string& labels, const rpc::CallFigures& call) {
    out.sample(labels, whole(call.faults));
  });
}

}  // namespace

void append_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) {
    labels += ',';
  }
  labels.append(name).append("=\"");
  while (!value.empty()) {
    // UTF-8 is the rule of the format.
    const std::size_t length =
        static_cast<unsigned char>(value.front()) < 0x80 ? 1 : rpc::character_length(value);
    switch (length == 1 ? value.front() : ' ') {
      case '\\': labels += "\\\\"; break;
      case '"': labels += "\\\""; break;
      case '\n': labels += "\\n"; break;
      default:
        labels += length > 0 ? value.substr(0, length) : std::string_view("\xEF\xBF\xBD");
        break;
    }
    value.remove_prefix(length > 0 ? length : 1);
  }
  labels += '"';
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  out_.append("# HELP ").append(name).append(" ").append(help);
  out_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::begin(std::string_view labels, std::string_view suffix) {
  out_.append(name_).append(suffix);
  if (!labels.empty()) {
    out_.append("{").append(labels).append("}");
  }
  out_ += ' ';
}

void MetricsText::sample(std::string_view labels, std::int64_t value, std::string_view suffix) {
  begin(labels, suffix);
  std::array<char, 24> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out_ += '\n';
}

void MetricsText::sample(std::string_view labels, double value, std::string_view suffix) {
  begin(labels, suffix);
  append_double(out_, value);
  out_ += '\n';
}

void answer_metrics(Site& site, Request& request, Response& response) {
  if (!is_question(request, response)) {
    return;
  }
  response.headers = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
  MetricsText out(response.body);
  const std::vector<Row> rows = read_processes(site);
  write_daemon(site, rows, out);
  write_states(rows, out);
  write_exits(rows, out);
  write_usage(site, rows, out);
  write_pools(site, out);
  write_events(site, out);
  write_clients(site, out);
  write_calls(site, out);
}

}  // namespace sup::http

#include "runtime/core/exit_rule.h"

#include <algorithm>

#include "runtime/core/concat.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

using schema::ProcessState;

namespace {

bool is_name_of(std::string_view name, const schema::Process& process) {
  return name == process.group || name == concat(process.group, ":*") ||
         name == concat(process.group, ":", process.name);
}

}  // namespace

bool ExitRule::has(const schema::Process& process) const {
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return is_name_of(name, process); });
}

schema::Status read_exit_names(std::string_view text, ExitRule& rule) {
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    if (name.empty()) return schema::Error{.message = "a name is empty"};
    rule.names.emplace_back(name);
    if (comma == std::string_view::npos) return schema::Nothing{};
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> unknown_names(const ExitRule& rule, const schema::Resolved& plan) {
  std::vector<std::string> unknown;
  for (const std::string& name : rule.names) {
    const bool is_known = std::ranges::any_of(plan.groups, [&](const schema::Group& group) {
      return std::ranges::any_of(group.processes, [&](const schema::Process& process) {
        return is_name_of(name, process);
      });
    });
    if (!is_known) unknown.push_back(name);
  }
  return unknown;
}

// What a shell says of it. One that failed is told as failed, whatever it said itself.
int Supervisor::Implementation::status_of_end(ProcessId process) const {
  constexpr int failure = 1;
  constexpr int not_started = 127;
  constexpr int by_signal = 128;
  const ProcessEntry& entry = processes_[process];
  const ProcessRecord& record = entry.record;
  const bool failed = record.state == ProcessState::FATAL;
  const bool has_ended = !entry.exits.empty() && record.stopped.steady > record.started.steady;
  if (!has_ended) return failed ? not_started : 0;
  const ExitStatus& status = entry.exits.back().status;
  if (status.unknown) return failure;
  if (status.by_signal) return by_signal + status.number;
  return failed && status.number == 0 ? failure : status.number;
}

// Told of every change of state. What ends by our will, or comes again, does not count.
void Supervisor::Implementation::note_end(ProcessId process) {
  const ProcessEntry& entry = processes_[process];
  const bool failed = entry.record.state == ProcessState::FATAL;
  const bool ended = entry.record.state == ProcessState::EXITED && entry.record.deadline == never;
  if ((!failed && !ended) || entry.when_stopped != WhenStopped::stay || entry.next ||
      state_ != schema::SupervisorState::RUNNING || last_word_) {
    return;
  }
  if ((failed && exit_rule_.on_fatal) || exit_rule_.has(*entry.spec)) {
    last_word_ = {process, status_of_end(process)};
  }
}

void Supervisor::Implementation::leave_with_program() {
  const auto& [process, status] = *last_word_;
  log(Level::warn, concat(spec(process).name, " has ended for good (",
                          schema::state_name(processes_[process].record.state),
                          "), and the daemon ends with it, with exit status ", status));
  begin_stopping(schema::SupervisorState::SHUTDOWN);
}

// Of the daemon. When it was told to stop, the named programs were, too: theirs counts all the
// same.
int Supervisor::Implementation::exit_status() const {
  if (last_word_) return last_word_->status;
  for (const GroupId group : order_) {
    for (const ProcessId process : groups_[group].members) {
      const int status = exit_rule_.has(spec(process)) ? status_of_end(process) : 0;
      if (status != 0) return status;
    }
  }
  return 0;
}

void Supervisor::Implementation::report_unknown_names() {
  for (const std::string& name : unknown_names(exit_rule_, *resolved_)) {
    log(Level::warn,
        concat("there is no ", name, " any more, with which the daemon was to end (--exit-with)"));
  }
}

void Supervisor::end_with(ExitRule rule) { implementation_->exit_rule_ = std::move(rule); }

}  // namespace sup::core

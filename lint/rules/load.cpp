// SUP1403, SUP1404, SUP1405: much at once. Asked with matters of style.
#include <algorithm>
#include <array>

#include "lint/facts/layout.h"
#include "lint/include_patterns.h"
#include "lint/lint.h"
#include "lint/references.h"
#include "schema/events.h"

namespace sup::lint {

namespace {

// Listeners of superlance that send mail or ask web servers, which takes its time.
constexpr std::array<std::string_view, 6> slow_listeners = {
    "httpok", "crashmail", "crashmailbatch", "crashsms", "fatalmailbatch", "memmon"};

bool is_slow(std::string_view command) {
  for (std::size_t at = 0; at < command.size();) {
    const std::size_t end = std::min(command.find_first_of(" \t\n", at), command.size());
    const std::string_view word = file_name(command.substr(at, end - at));
    if (std::find(slow_listeners.begin(), slow_listeners.end(), word) != slow_listeners.end())
      return true;
    at = end + 1;
  }
  return false;
}

void check_listeners(const Context& context, Diagnostics& out) {
  const auto tick = schema::event_from_name("TICK_5");
  const std::int64_t usual = 10;  // events; a larger buffer is somebody's choice
  const ConfigSection* first = nullptr;
  for (const ConfigSection* listener : context.references().sections(SectionKind::eventlistener)) {
    const ConfigSection& section = *listener;
    const ConfigEntry* events = section.find("events");
    const ConfigEntry* command = section.find("command");
    if (events == nullptr || command == nullptr || !is_slow(command->value)) continue;
    const auto types = context.read<schema::EventList>(section, *events);
    if (!types || std::find(types->begin(), types->end(), *tick) == types->end() ||
        context.read<schema::Integer>(section, "buffer_size").value_or(usual) > usual)
      continue;
    if (first == nullptr) {
      first = &section;
      continue;
    }
    out.report(slow_listener_on_tick5.rule, context.value_place(*events),
               section.display() + " is slow and called every 5 seconds, as is " +
                   first->display() + "; events that it is late for are dropped")
        .with_hint("write `TICK_60`")
        .label(first->headers.front(), "the other one");
  }
}

void check_start(const Context& context, Diagnostics& out) {
  constexpr std::int64_t many = 100;
  const ConfigSection* daemon = context.config().find("supervisord");
  if (daemon == nullptr) return;
  const std::int64_t count = processes_at_start(context);
  if (count <= many) return;
  out.report(many_start_at_once.rule, daemon->headers.front(),
             std::to_string(count) + " processes are started in one go when the daemon starts")
      .with_hint("let some have autostart=false, and start these in waves by supervisorctl");
}

void check_retries(const Context& context, Diagnostics& out) {
  constexpr std::int64_t many_retries = 1000;
  constexpr std::int64_t many_processes = 50;
  // One more second before each attempt: so many in the first minute.
  constexpr std::int64_t in_a_minute = 10;
  std::int64_t processes = 0;
  const ConfigEntry* shown = nullptr;
  for (const GroupMember& member : context.layout().members()) {
    const ConfigEntry* retries = member.section->find("startretries");
    if (retries == nullptr ||
        context.read<schema::Integer>(*member.section, *retries).value_or(0) < many_retries)
      continue;
    if (shown == nullptr) shown = retries;
    processes = sum(processes, member.count());
  }
  if (processes < many_processes) return;
  out.report(zero_second_retry_storm.rule, context.value_place(*shown),
             std::to_string(processes) +
                 " processes are started again for ever when they fail; "
                 "together that is about " +
                 std::to_string(product(processes, in_a_minute)) + " starts in the first minute")
      .with_hint("let `startsecs` be longer, or `startretries` smaller");
}

}  // namespace

const LintRule slow_listener_on_tick5 = {
    .rule = {"SUP1403", "slow-listener-on-tick5", Severity::info,
             "several slow listeners that are called every 5 seconds"},
    .check = check_listeners,
    .looks_at_whole = true,
    .is_optional = true
};

const LintRule many_start_at_once = {
    .rule = {"SUP1404", "many-start-at-once", Severity::info,
             "a hundred processes and more that start together"},
    .check = check_start,
    .looks_at_whole = true,
    .is_optional = true
};

const LintRule zero_second_retry_storm = {
    .rule = {"SUP1405", "zero-second-retry-storm", Severity::info,
             "many processes that are started again for ever"},
    .check = check_retries,
    .looks_at_whole = true,
    .is_optional = true
};

}  // namespace sup::lint

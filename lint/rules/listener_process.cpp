// SUP611, SUP616, SUP617, SUP619, SUP635: options of the process of a listener that harm its work.
#include <algorithm>
#include <string>

#include "lint/lint.h"
#include "lint/listeners.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using schema::EventType;

bool is_listener(const ConfigSection& section) {
  return section.name->kind == SectionKind::eventlistener;
}

void check_loop(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const auto types = events_of(context, section);
  if (!types || times_delivered(*types, EventType::PROCESS_LOG_STDERR) == 0 ||
      !context.is_on(section, "stderr_events_enabled")) {
    return;
  }
  const ConfigEntry& entry = *section.find("stderr_events_enabled");
  if (entry.from_default) return;
  auto& diagnostic =
      out.report(listener_log_feedback_loop.rule, context.key_span(entry),
                 section.display() + " gets what it writes to standard error as an event; one " +
                     "line for each event never ends");
  diagnostic.with_hint("remove it");
  add_removal(context, diagnostic, entry, true);
}

void check_restart(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  if (!is_listener(section) ||
      context.read<schema::AutoRestart>(section, entry) != schema::AutoRestartValue::never ||
      context.read<schema::Integer>(section, "startsecs") == std::int64_t{0}) {
    return;
  }
  auto& diagnostic = out.report(listener_not_restarted.rule, context.value_place(entry),
                                section.display() + " is not started again when it ends; its " +
                                    "events then fill the buffer and are dropped");
  diagnostic.with_hint("write `true`");
  if (context.is_single_line(entry))
    diagnostic.fix("write `true`", context.value_span(entry), "true", true);
}

// The group of programs that is stopped last: the lowest priority from that of listeners on. What
// is below is to outlive the listeners.
std::optional<std::int64_t> lowest_priority(const Context& context, std::int64_t listeners) {
  std::optional<std::int64_t> lowest;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.name) continue;
    const SectionKind kind = section.name->kind;
    const bool is_program = kind == SectionKind::program || kind == SectionKind::fcgi_program;
    if (kind != SectionKind::group && !is_program) continue;
    const std::string_view name = schema::strip(section.name->name);
    if (is_program && context.group_of(name) != name) continue;
    std::optional<std::int64_t> priority = schema::ProcessOptions::defaults().priority;
    if (section.find("priority") != nullptr)
      priority = context.read<schema::Integer>(section, "priority");
    if (priority && *priority > listeners && (!lowest || *priority < *lowest)) lowest = priority;
  }
  return lowest;
}

void check_priorities(const Context& context, Diagnostics& out) {
  constexpr std::int64_t usual = -1;  // of listeners
  if (context.config().fragment) return;
  std::optional<std::int64_t> lowest;
  for (const ConfigSection* listener : context.listeners()) {
    const ConfigSection& section = *listener;
    const auto types = events_of(context, section);
    if (!types || (times_delivered(*types, EventType::PROCESS_STATE_STOPPING) == 0 &&
                   times_delivered(*types, EventType::PROCESS_STATE_STOPPED) == 0)) {
      continue;
    }
    const ConfigEntry* entry = section.find("priority");
    if (entry == nullptr || entry->from_default) continue;
    const auto priority = context.read<schema::Integer>(section, *entry);
    if (!priority || *priority <= usual) continue;
    if (!lowest) lowest = lowest_priority(context, usual);
    if (!lowest) return;
    if (*lowest > *priority) continue;
    auto& diagnostic = out.report(listener_stops_too_early.rule, context.value_place(*entry),
                                  section.display() + " is stopped before programs that it " +
                                      "watches, and does not see how they stop");
    diagnostic.with_hint("remove it; the default is -1");
    add_removal(context, diagnostic, *entry, false);
  }
}

// Groups come up by priority, and with each goes a PROCESS_GROUP_ADDED that those who come up later
// do not get. Other events wait in the pool, which is there before any program starts.
void check_late(const Context& context, Diagnostics& out) {
  constexpr std::int64_t usual = -1;  // of listeners
  if (context.config().fragment) return;
  for (const ConfigSection* listener : context.listeners()) {
    const auto types = events_of(context, *listener);
    if (!types || times_delivered(*types, EventType::PROCESS_GROUP_ADDED) == 0) continue;
    const ConfigEntry* entry = listener->find("priority");
    if (entry == nullptr || entry->from_default) continue;
    const auto priority = context.read<schema::Integer>(*listener, *entry);
    const auto lowest = lowest_priority(context, usual);
    if (!priority || !lowest || *priority <= *lowest) continue;
    auto& diagnostic =
        out.report(listener_starts_too_late.rule, context.value_place(*entry),
                   listener->display() + " comes up after programs that it watches, and gets no " +
                       "PROCESS_GROUP_ADDED of theirs");
    diagnostic.with_hint("remove it; the default is -1");
    add_removal(context, diagnostic, *entry, false);
  }
}

void check_pool(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_listener(section)) return;
  const ConfigEntry& entry = *section.find("numprocs");
  const auto count = context.read<schema::Integer>(section, entry);
  const CommandLine* command = command_of(context, section);
  if (entry.from_default || !count || *count < 2 || command == nullptr) return;
  const KnownListener* known = known_listener(*command);
  if (known == nullptr || !known->is_ordered) return;
  out.report(listener_pool_order.rule, context.value_place(entry),
             std::to_string(*count) + " processes of " + section.display() +
                 " share the events; to " + std::string(known->name) + " their order matters")
      .with_hint("write `1`");
}

}  // namespace

const LintRule listener_log_feedback_loop = {
    .rule = {"SUP611",           "listener-log-feedback-loop", Severity::warning,
             "a listener that gets its own output as events"},
    .check_section = check_loop,
    .options = {"stderr_events_enabled"}
};

const LintRule listener_not_restarted = {
    .rule = {"SUP616",           "listener-not-restarted", Severity::warning,
             "a listener that is not started again"},
    .check_value = check_restart,
    .options = {"autorestart"}
};

const LintRule listener_stops_too_early = {
    .rule = {"SUP617", "listener-stops-too-early", Severity::info,
             "a listener that is stopped before what it watches"},
    .check = check_priorities,
    .looks_at_whole = true
};

const LintRule listener_starts_too_late = {
    .rule = {"SUP635", "listener-starts-too-late", Severity::info,
             "a listener that comes up after what it watches"},
    .check = check_late,
    .looks_at_whole = true
};

const LintRule listener_pool_order = {
    .rule = {"SUP619",        "listener-pool-order", Severity::info,
             "several processes of a listener that needs the order of events"},
    .check_section = check_pool,
    .options = {"numprocs"}
};

}  // namespace sup::lint

// SUP1202, SUP1203: how a container ends. Asked with --container.
#include <algorithm>
#include <string>

#include "lint/facts/stop_time.h"
#include "lint/lint.h"
#include "lint/listeners.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

using schema::EventType;

// Whether a listener may notice that a program has died for good.
bool has_watcher(const Context& context) {
  return std::any_of(
      context.listeners().begin(), context.listeners().end(), [&](const ConfigSection* listener) {
        const auto types = events_of(context, *listener);
        return !types || times_delivered(*types, EventType::PROCESS_STATE_FATAL) != 0 ||
               times_delivered(*types, EventType::PROCESS_STATE_EXITED) != 0;
      });
}

void check_watcher(const Context& context, Diagnostics& out) {
  if (!context.options().container || !context.references().is_complete() ||
      context.daemon() == nullptr) {
    return;
  }
  const auto& sections = context.config().sections;
  const bool has_program = std::any_of(sections.begin(), sections.end(), [](const auto& section) {
    return section.is_process() && section.name->kind != SectionKind::eventlistener;
  });
  if (!has_program || has_watcher(context)) return;
  out.report(container_hides_dead_program.rule, context.daemon()->headers.front(),
             "the container stays up when a program has ended for good, and nobody is told")
      .with_hint(
          "add a listener for PROCESS_STATE_FATAL that ends supervisord (suprun has `--exit-with` "
          "for that), or a health check");
}

void check_stop(const Context& context, Diagnostics& out) {
  // What docker gives a container unless it is told otherwise.
  constexpr std::int64_t usual = 10;
  if (!context.options().container || context.config().fragment || context.daemon() == nullptr)
    return;
  const auto limit = context.options().stop_timeout;
  const bool by_priority = stops_by_priority(context);
  const std::int64_t seconds = stop_time(stop_waves(context));
  if (seconds <= limit.value_or(usual)) return;
  out.report(worst_case_stop_time.rule, limit ? Severity::warning : Severity::info,
             context.daemon()->headers.front(),
             "it may take " + std::to_string(seconds) +
                 " seconds to stop all programs, as groups are stopped " +
                 (by_priority ? "priority by priority" : "one after the other") +
                 "; the container has " + std::to_string(limit.value_or(usual)) +
                 (limit ? "" : " by default") + ", then all that is left is killed")
      .with_hint(by_priority ? "lower `stopwaitsecs`, or give it more time"
                             : "put the programs into one group (with suprun, "
                               "`shutdown_by_priority=true` in [supervisord] does as well), lower "
                               "`stopwaitsecs`, or give it more time");
}

}  // namespace

const LintRule container_hides_dead_program = {
    .rule = {"SUP1202", "container-hides-dead-program", Severity::info,
             "a container that outlives its programs"},
    .check = check_watcher,
    .looks_at_whole = true
};

const LintRule worst_case_stop_time = {
    .rule = {"SUP1203", "worst-case-stop-time", Severity::info,
             "how long it may take to stop a container"},
    .check = check_stop,
    .looks_at_whole = true
};

}  // namespace sup::lint

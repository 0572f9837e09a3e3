// SUP606: a buffer that overflows before the listener can take its first event.
#include <optional>
#include <string>

#include "lint/edits.h"
#include "lint/facts/boot_events.h"
#include "lint/lint.h"
#include "lint/listeners.h"

namespace sup::lint {

namespace {

using schema::EventType;

void check_listener(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const BootEvents& waiting) {
  const ConfigEntry& events = *section.find("events");
  const ConfigEntry* written = waiting.buffer_size.entry;
  const auto size = waiting.buffer_size.value;
  if (!size || *size < 1 || waiting.total <= *size) return;
  const auto lost = waiting.lost();
  std::string names;
  for (const EventType type : lost)
    names += (names.empty() ? "" : ", ") + std::string(schema::event_name(type));
  const CommandLine* command = command_of(context, section);
  const bool is_harmless = lost.size() == 1 && lost.front() == EventType::PROCESS_STATE_STARTING &&
                           command != nullptr && known_listener(*command) != nullptr;
  const std::string text = std::to_string(waiting.total);
  auto& diagnostic = out.report(
      event_buffer_too_small_for_boot.rule, is_harmless ? Severity::info : Severity::warning,
      written != nullptr ? context.value_place(*written) : context.value_place(events),
      "up to " + text + " events wait for " + section.display() +
          " before it can take the first, and its buffer holds " + std::to_string(*size) +
          "; the oldest are lost (" + names + ")");
  diagnostic.with_hint("write " + in_backticks("buffer_size=" + text) + " or more");
  if (!events.from_default)
    offer_option(context, diagnostic, section, "buffer_size", text, events, true);
}

void check_listener_buffer(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  std::optional<Boot> boot;
  for (const ConfigSection* listener : context.listeners()) {
    const ConfigSection& section = *listener;
    if (section.find("events_spool") != nullptr) continue;  // what has no room waits on disk
    if (!boot) boot.emplace(context);
    if (const auto waiting = boot->events_for(section))
      check_listener(context, out, section, *waiting);
  }
}

}  // namespace

const LintRule event_buffer_too_small_for_boot = {
    .rule = {"SUP606", "event-buffer-too-small-for-boot", Severity::warning,
             "a buffer that overflows while programs start"},
    .check = check_listener_buffer,
    .looks_at_whole = true
};

}  // namespace sup::lint

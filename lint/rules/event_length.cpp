// SUP626: listeners that count bytes and are told characters.
#include <algorithm>
#include <string>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/listeners.h"

namespace sup::lint {

namespace {

using schema::EventType;

// Whether texts of others are in its events: all that Supervisor itself writes is ASCII but names.
bool hears_texts(const EventTypes& types) {
  const auto wants = [&](EventType type) { return times_delivered(types, type) > 0; };
  return wants(EventType::PROCESS_LOG_STDOUT) || wants(EventType::PROCESS_LOG_STDERR) ||
         wants(EventType::PROCESS_COMMUNICATION_STDOUT) ||
         wants(EventType::PROCESS_COMMUNICATION_STDERR) || wants(EventType::REMOTE_COMMUNICATION);
}

void check_event_length(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.name->kind != SectionKind::eventlistener || section.find("event_length") != nullptr)
    return;
  const CommandLine* command = command_of(context, section);
  if (command == nullptr || command->interpreter.empty() || runs_python(*command) ||
      known_listener(*command) != nullptr) {
    return;
  }
  const auto types = events_of(context, section);
  if (!types || !hears_texts(*types)) return;
  const ConfigEntry& events = *section.find("events");
  auto& diagnostic =
      out.report(event_length_in_characters.rule, context.value_place(events),
                 "the `len` of events counts characters and not bytes; if " + section.display() +
                     " reads as many bytes, it loses its place at the first letter beyond ASCII");
  diagnostic.with_hint("with suprun, add `event_length=bytes`");
  if (events.from_default) return;
  compiler::Fix fix;
  fix.title = "add `event_length=bytes`";
  insert_line(context, fix, events, "event_length=bytes");
  diagnostic.fixes.push_back(std::move(fix));
}

}  // namespace

const LintRule event_length_in_characters = {
    .rule = {"SUP626",        "event-length-in-characters", Severity::info,
             "a listener that is not Python and gets texts of programs"},
    .check_section = check_event_length,
    .options = {"events"}
};

}  // namespace sup::lint

// SUP620, SUP621, SUP625: subscriptions that do not fit what the listener does.
#include <algorithm>
#include <string>

#include "lint/lint.h"
#include "lint/listener_arguments.h"
#include "lint/listeners.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using schema::EventType;

// The tick that a batch tool acts on; nothing when what is written is none.
std::optional<EventType> own_tick(const CommandLine& command) {
  std::optional<std::string_view> name = command.value_of({"-e", "--tickEvent"});
  for (const Word& word : command.argv)
    if (word.text.starts_with("-e") && word.text.size() > 2) name = word.text.substr(2);
  if (!name) return EventType::TICK_60;
  const auto type = schema::event_from_name(*name);
  return type && *type != EventType::TICK && schema::event_is_a(*type, EventType::TICK)
             ? type
             : std::nullopt;
}

// Appends a type to the list of events.
void offer_event(const Context& context, Diagnostic& diagnostic, const ConfigEntry& events,
                 std::string_view missing) {
  if (!context.is_single_line(events) || events.from_default) return;
  const std::string text = std::string(events.value) + "," + std::string(missing);
  diagnostic.fix("add " + in_backticks(missing), context.value_span(events), text, true);
}

// Of what surely is one of superlance's, nothing will ever come.
Severity severity_of(const KnownListener& known, const CommandLine& command) {
  return known.needs_tick && is_installed(command) ? Severity::error : Severity::warning;
}

// -e of suplance's tools chooses among the events that come.
void check_own_filter(const Context& context, Diagnostics& out, const ConfigSection& section,
                      const EventTypes& types, const CommandLine& command) {
  const auto arguments = listener_arguments(command);
  if (!arguments || arguments->mistake()) return;
  const ListenerArguments::Given* last = nullptr;
  for (const auto& given : arguments->given()) {
    if (given.name != "event") continue;
    const auto type = schema::event_from_name(given.value);
    if (!type || subscribes_to(types, *type)) return;
    last = &given;
  }
  if (last == nullptr) return;
  out.report(superlance_wrong_events.rule,
             context.place_of(*section.find("command"), arguments->word_of(*last)),
             section.display() + " does nothing, as none of the events that " + arguments->tool() +
                 " is to act on are in `events`")
      .with_hint("add " + in_backticks(last->value) + " to `events`, or leave it out here");
}

void check_types(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const auto types = events_of(context, section);
  const CommandLine* command = command_of(context, section);
  if (!types || command == nullptr) return;
  check_own_filter(context, out, section, *types, *command);
  const KnownListener* known = known_listener(*command);
  if (known == nullptr) return;
  const ConfigEntry& events = *section.find("events");
  std::string missing;
  if (known->event != EventType::EVENT && !subscribes_to(*types, known->event))
    missing = schema::event_name(known->event);
  if (known->needs_tick && !subscribes_to(*types, EventType::TICK)) {
    const auto tick = known->is_exact ? own_tick(*command) : EventType::TICK_60;
    if (!tick) return;
    missing += (missing.empty() ? "" : ",") + std::string(schema::event_name(*tick));
  }
  if (missing.empty()) return;
  auto& diagnostic = out.report(
      superlance_wrong_events.rule, severity_of(*known, *command), context.value_place(events),
      section.display() + " does nothing, as " + std::string(known->name) +
          " does not get the events that it " + "acts on");
  diagnostic.with_hint("add " + in_backticks(missing));
  offer_event(context, diagnostic, events, missing);
}

void check_tick(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const auto types = events_of(context, section);
  const CommandLine* command = command_of(context, section);
  if (!types || command == nullptr) return;
  const KnownListener* known = known_listener(*command);
  if (known == nullptr || !known->is_exact || !subscribes_to(*types, EventType::TICK)) return;
  const auto tick = own_tick(*command);
  if (!tick || times_delivered(*types, *tick) != 0) return;
  const std::string name(schema::event_name(*tick));
  const auto other = std::find_if(types->begin(), types->end(), [](EventType type) {
    return schema::event_is_a(type, EventType::TICK);
  });
  out.report(superlance_tick_mismatch.rule, severity_of(*known, *command),
             context.value_place(*section.find("events")),
             section.display() + " never sends: " + std::string(known->name) + " acts on " + name +
                 " alone, and does not get it")
      .with_hint("write " + in_backticks(name) + ", or `-e " +
                 std::string(schema::event_name(*other)) + "` in the command");
}

void check_everything(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (context.config().fragment) return;
  const auto types = events_of(context, section);
  if (!types) return;
  const bool has_all = std::find(types->begin(), types->end(), EventType::EVENT) != types->end();
  const bool mixes = subscribes_to(*types, EventType::PROCESS_LOG) &&
                     subscribes_to(*types, EventType::PROCESS_STATE);
  if (!has_all && !mixes) return;
  out.report(subscribes_to_everything.rule, context.value_place(*section.find("events")),
             section.display() + (has_all ? " gets all events" : " gets output and states") +
                 " through one buffer; much output drives changes of state out of it")
      .with_hint(has_all ? "name the types that it needs" : "make two listeners of it");
}

}  // namespace

const LintRule superlance_wrong_events = {
    .rule = {"SUP620",           "superlance-wrong-events", Severity::warning,
             "a listener of superlance without the events that it acts on"},
    .check_section = check_types,
    .options = {"events"}
};

const LintRule superlance_tick_mismatch = {
    .rule = {"SUP621",           "superlance-tick-mismatch", Severity::warning,
             "a listener of superlance that waits for another tick"},
    .check_section = check_tick,
    .options = {"events"}
};

const LintRule subscribes_to_everything = {
    .rule = {"SUP625",        "subscribes-to-everything", Severity::info,
             "output and changes of state in one buffer"},
    .check_section = check_everything,
    .options = {"events"}
};

}  // namespace sup::lint

// SUP609, SUP610, SUP718: events that are never sent, and events that nobody gets.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "lint/lint.h"
#include "lint/listeners.h"
#include "lint/paths.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

using schema::EventType;

// Output becomes events by one of two switches of a channel.
enum class Source { log, communication };

constexpr std::array<std::array<EventType, 2>, 2> event_types = {
    {{EventType::PROCESS_LOG_STDOUT, EventType::PROCESS_LOG_STDERR},
     {EventType::PROCESS_COMMUNICATION_STDOUT, EventType::PROCESS_COMMUNICATION_STDERR}}
};

EventType event_type(Source source, bool is_stderr) {
  return event_types.at(static_cast<std::size_t>(source)).at(is_stderr ? 1 : 0);
}

const ConfigEntry* switch_of(const ConfigSection& section, const LogChannel& channel,
                             Source source) {
  return section.find(source == Source::log ? channel.events : channel.capture);
}

// Whether the switch is on; nothing when that is not known.
std::optional<bool> is_switched_on(const Context& context, const ConfigSection& section,
                                   const LogChannel& channel, Source source) {
  const ConfigEntry* entry = switch_of(section, channel, source);
  if (entry == nullptr) return false;
  // The standard output of a listener is its protocol; redirected output is on the other channel.
  const bool is_listener = section.name->kind == SectionKind::eventlistener;
  if ((is_listener && !channel.is_stderr) ||
      (channel.is_stderr && redirects_stderr(context, section))) {
    return false;
  }
  if (source == Source::log) return context.read<schema::Boolean>(section, *entry);
  const auto size = context.read<schema::ByteSize>(section, *entry);
  if (!size) return std::nullopt;
  return *size != 0;
}

// Which types of events some process may send.
class Senders {
 public:
  explicit Senders(const Context& context) {
    for (const ConfigSection& section : context.config().sections) {
      if (!section.is_process()) continue;
      for (const LogChannel& channel : log_channels(section.name->kind))
        for (const Source source : {Source::log, Source::communication})
          if (is_switched_on(context, section, channel, source).value_or(true))
            types_.push_back(event_type(source, channel.is_stderr));
      std::sort(types_.begin(), types_.end());
      types_.erase(std::unique(types_.begin(), types_.end()), types_.end());
    }
  }

  // Whether anything is sent that a subscription to `type` gets.
  bool sends(EventType type) const {
    return std::any_of(types_.begin(), types_.end(),
                       [&](EventType each) { return schema::event_is_a(each, type); });
  }

 private:
  EventTypes types_;
};

// The subscription of the listener to events that nobody sends, if there is one.
std::optional<EventType> dead_subscription(const EventTypes& types, EventType family,
                                           const Senders& senders) {
  for (const EventType type : types)
    if (schema::event_is_a(type, family) && !senders.sends(type)) return type;
  return std::nullopt;
}

// The options that make a process send events of the type.
std::string switches(EventType type, Source source) {
  const bool is_log = source == Source::log;
  const std::string of_stdout = is_log ? "`stdout_events_enabled`" : "`stdout_capture_maxbytes`";
  const std::string of_stderr = is_log ? "`stderr_events_enabled`" : "`stderr_capture_maxbytes`";
  if (type == event_type(source, false)) return of_stdout;
  if (type == event_type(source, true)) return of_stderr;
  return of_stdout + " or " + of_stderr;
}

void check_listeners(const Context& context, Diagnostics& out, Source source,
                     const LintRule& rule) {
  if (context.listeners().empty() || !context.references().is_complete()) return;
  const EventType family =
      source == Source::log ? EventType::PROCESS_LOG : EventType::PROCESS_COMMUNICATION;
  std::optional<Senders> senders;
  for (const ConfigSection* listener : context.listeners()) {
    const ConfigSection& section = *listener;
    const auto types = events_of(context, section);
    if (!types || !subscribes_to(*types, family)) continue;
    if (!senders) senders.emplace(context);
    const auto dead = dead_subscription(*types, family, *senders);
    // All events contain these too; that nobody sends them may well be known.
    const bool is_by_all = !dead && source == Source::log && times_delivered(*types, family) != 0 &&
                           !senders->sends(family);
    if (!dead && !is_by_all) continue;
    const EventType type = dead.value_or(family);
    out.report(rule.rule, is_by_all ? Severity::info : rule.rule.severity,
               context.value_place(*section.find("events")),
               section.display() + " never gets " + std::string(schema::event_name(type)) +
                   " events, as no program sets " + switches(type, source))
        .with_hint("set it in the programs that are to send them");
  }
}

void check_log_events(const Context& context, Diagnostics& out) {
  check_listeners(context, out, Source::log, log_event_never_emitted);
}

void check_communication_events(const Context& context, Diagnostics& out) {
  check_listeners(context, out, Source::communication, communication_event_never_emitted);
}

// What listeners get; nothing when that is not known, or when plug-ins may get events too.
std::optional<EventTypes> all_subscriptions(const Context& context) {
  EventTypes all;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.name) continue;
    if (section.name->kind == SectionKind::rpcinterface && section.name->name != "supervisor")
      return std::nullopt;
    if (section.name->kind != SectionKind::eventlistener) continue;
    const auto types = events_of(context, section);
    if (!types) return std::nullopt;
    all.insert(all.end(), types->begin(), types->end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void report_unused(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const LogChannel& channel, Source source, const EventTypes& types) {
  const ConfigEntry* entry = switch_of(section, channel, source);
  if (entry == nullptr || entry->from_default ||
      !is_switched_on(context, section, channel, source).value_or(false) ||
      times_delivered(types, event_type(source, channel.is_stderr)) != 0) {
    return;
  }
  // Capture in listeners is SUP605.
  if (source == Source::communication && section.name->kind == SectionKind::eventlistener) return;
  auto& diagnostic =
      out.report(events_or_capture_without_consumer.rule, context.key_span(*entry),
                 section.display() + " sends " +
                     std::string(schema::event_name(event_type(source, channel.is_stderr))) +
                     " events, which no listener gets");
  diagnostic.with_hint("remove it");
  add_removal(context, diagnostic, *entry, true);
}

// The switches, as a set.
schema::OptionSet all_switches() {
  schema::OptionSet set;
  for (const LogChannel& channel : log_channels(SectionKind::program)) {
    set[schema::find_option(SectionKind::program, channel.events)->id] = true;
    set[schema::find_option(SectionKind::program, channel.capture)->id] = true;
  }
  return set;
}

void check_consumers(const Context& context, Diagnostics& out) {
  const schema::OptionSet switches = all_switches();
  std::optional<EventTypes> types;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.is_process() || (section.options & switches).none()) continue;
    if (!types) {
      if (!context.references().is_complete()) return;
      types = all_subscriptions(context);
      if (!types) return;
    }
    for (const LogChannel& channel : log_channels(section.name->kind))
      for (const Source source : {Source::log, Source::communication})
        report_unused(context, out, section, channel, source, *types);
  }
}

}  // namespace

const LintRule log_event_never_emitted = {
    .rule = {"SUP609", "log-event-never-emitted", Severity::warning,
             "a listener for output that no program sends"},
    .check = check_log_events,
    .looks_at_whole = true
};

const LintRule communication_event_never_emitted = {
    .rule = {"SUP610", "communication-event-never-emitted", Severity::warning,
             "a listener for messages that no program sends"},
    .check = check_communication_events,
    .looks_at_whole = true
};

const LintRule events_or_capture_without_consumer = {
    .rule = {"SUP718", "events-or-capture-without-consumer", Severity::info,
             "output that becomes events which nobody gets"},
    .check = check_consumers,
    .looks_at_whole = true
};

}  // namespace sup::lint

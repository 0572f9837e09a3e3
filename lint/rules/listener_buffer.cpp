// SUP606: a buffer that overflows before the listener can take its first event.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/listeners.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using schema::EventType;

// A group as far as the events of the start depend on it.
struct Group {
  std::int64_t priority = 0;
  std::string_view name;

  bool operator<(const Group& other) const {
    return std::pair(priority, name) < std::pair(other.priority, other.name);
  }
};

// Processes that are started at once, and after how many seconds they count as running.
struct Started {
  std::int64_t count = 0;
  std::int64_t startsecs = 0;
};

// No count of events that matters is larger.
constexpr std::int64_t most = 1'000'000'000;

// What is started. Processes whose number is not known do not count.
struct Boot {
  std::vector<Group> groups;  // sorted
  std::vector<Started> started;
  std::int64_t processes = 0;

  explicit Boot(const Context& context) {
    std::unordered_set<std::string_view> names;
    const auto& defaults = schema::ProcessOptions::defaults();
    for (const ConfigSection& section : context.config().sections) {
      if (!section.name) continue;
      const std::string_view name = schema::strip(section.name->name);
      const bool is_group = section.name->kind == SectionKind::group;
      if (!is_group && !section.is_process()) continue;
      const bool is_own = is_group || section.name->kind == SectionKind::eventlistener ||
                          context.group_of(name) == name;
      if (is_own && names.insert(name).second) groups.push_back({priority(context, section), name});
      if (is_group || !flag_or(context, section, "autostart", true)) continue;
      const std::int64_t count = std::clamp<std::int64_t>(
          number_or(context, section, "numprocs", defaults.numprocs), 0, most);
      started.push_back({count, number_or(context, section, "startsecs", defaults.startsecs)});
      processes = std::min(most, processes + count);
    }
    std::sort(groups.begin(), groups.end());
  }

  static std::int64_t priority(const Context& context, const ConfigSection& section) {
    const bool is_listener = section.name->kind == SectionKind::eventlistener;
    return number_or(context, section, "priority",
                     is_listener ? std::int64_t{-1} : schema::ProcessOptions::defaults().priority);
  }

  // The value of an option, a default where nothing is written, 0 where it is not known.
  static std::int64_t number_or(const Context& context, const ConfigSection& section,
                                std::string_view key, std::int64_t fallback) {
    if (section.find(key) == nullptr) return fallback;
    return context.read<schema::Integer>(section, key).value_or(0);
  }

  static bool flag_or(const Context& context, const ConfigSection& section, std::string_view key,
                      bool fallback) {
    if (section.find(key) == nullptr) return fallback;
    return context.read<schema::Boolean>(section, key).value_or(false);
  }
};

// Events of one type, in the order in which they are queued.
struct Queued {
  EventType type;
  std::int64_t count;
};

std::vector<Queued> queued_at_boot(const Context& context, const ConfigSection& section,
                                   const EventTypes& types, const Boot& boot) {
  const Group own{Boot::priority(context, section), schema::strip(section.name->name)};
  const auto later =
      boot.groups.end() - std::lower_bound(boot.groups.begin(), boot.groups.end(), own);
  const std::int64_t startsecs =
      Boot::number_or(context, section, "startsecs", schema::ProcessOptions::defaults().startsecs);
  std::int64_t running = 0;
  if (times_delivered(types, EventType::PROCESS_STATE_RUNNING) != 0)
    for (const Started& each : boot.started)
      if (each.startsecs <= startsecs) running = std::min(most, running + each.count);
  std::vector<Queued> queued = {
      {EventType::PROCESS_GROUP_ADDED,             later         },
      {EventType::SUPERVISOR_STATE_CHANGE_RUNNING, 1             },
      {EventType::PROCESS_STATE_STARTING,          boot.processes},
      {EventType::PROCESS_STATE_RUNNING,           running       }
  };
  for (Queued& each : queued) each.count *= times_delivered(types, each.type);
  return queued;
}

// The oldest events are dropped first.
std::vector<EventType> lost_types(const std::vector<Queued>& queued, std::int64_t overflow) {
  std::vector<EventType> lost;
  for (const Queued& each : queued) {
    if (overflow <= 0) break;
    if (each.count > 0) lost.push_back(each.type);
    overflow -= each.count;
  }
  return lost;
}

void check_listener(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const EventTypes& types, const Boot& boot) {
  const ConfigEntry& events = *section.find("events");
  const ConfigEntry* written = section.find("buffer_size");
  std::int64_t size = schema::EventListenerOptions::defaults().buffer_size;
  if (written != nullptr) {
    const auto value = context.read<schema::Integer>(section, *written);
    if (!value || *value < 1) return;
    size = *value;
  }
  const auto queued = queued_at_boot(context, section, types, boot);
  std::int64_t needed = 0;
  for (const Queued& each : queued) needed += each.count;
  if (needed <= size) return;
  const auto lost = lost_types(queued, needed - size);
  std::string names;
  for (const EventType type : lost)
    names += (names.empty() ? "" : ", ") + std::string(schema::event_name(type));
  const CommandLine* command = command_of(context, section);
  const bool is_harmless = lost.size() == 1 && lost.front() == EventType::PROCESS_STATE_STARTING &&
                           command != nullptr && known_listener(*command) != nullptr;
  const std::string text = std::to_string(needed);
  auto& diagnostic = out.report(
      event_buffer_too_small_for_boot.rule, is_harmless ? Severity::info : Severity::warning,
      written != nullptr ? context.value_place(*written) : context.value_place(events),
      "up to " + text + " events wait for " + section.display() +
          " before it can take the first, and its buffer holds " + std::to_string(size) +
          "; the oldest are lost (" + names + ")");
  diagnostic.with_hint("write " + quoted("buffer_size=" + text) + " or more");
  if (!events.from_default)
    offer_option(context, diagnostic, section, "buffer_size", text, events, true);
}

void check(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  std::optional<Boot> boot;
  for (const ConfigSection* listener : context.listeners()) {
    const ConfigSection& section = *listener;
    const auto types = events_of(context, section);
    if (!types || !Boot::flag_or(context, section, "autostart", true)) continue;
    if (!boot) boot.emplace(context);
    check_listener(context, out, section, *types, *boot);
  }
}

}  // namespace

const LintRule event_buffer_too_small_for_boot = {
    .rule = {"SUP606", "event-buffer-too-small-for-boot", Severity::warning,
             "a buffer that overflows while programs start"},
    .explanation =
        "A listener gets no event before it is RUNNING itself and has said READY. Meanwhile all\n"
        "programs are started, and each of them makes two events. What the buffer does not hold\n"
        "is dropped, the oldest first.\n"
        "  [eventlistener:x]            with 14 programs add:\n"
        "  events=PROCESS_STATE         buffer_size=30\n",
    .check = check,
    .looks_at_whole = true
};

}  // namespace sup::lint

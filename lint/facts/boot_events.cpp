#include "lint/facts/boot_events.h"

#include <algorithm>

namespace sup::lint {

using schema::EventType;

Boot::Boot(const Context& context) : context_(context) {
  const Layout& layout = context.layout();
  for (const std::size_t index : layout.start_order()) order_.push_back(&layout.groups()[index]);
  for (const GroupMember& member : layout.members()) {
    if (!starts_by_itself(context, *member.section).value.value_or(false)) continue;
    started_.push_back({member.count(), startsecs(*member.section)});
    processes_ = sum(processes_, member.count());
  }
}

std::int64_t Boot::startsecs(const ConfigSection& section) const {
  return known_number(context_, section, "startsecs", schema::ProcessOptions::defaults().startsecs)
      .value.value_or(0);
}

std::optional<BootEvents> Boot::events_for(const ConfigSection& listener) const {
  const auto types = events_of(context_, listener);
  if (!types || !starts_by_itself(context_, listener).value.value_or(false)) return std::nullopt;
  // A listener hears of its own group and of those that are added after it.
  const auto own = std::find_if(order_.begin(), order_.end(), [&](const ProcessGroup* group) {
    return group->section == &listener;
  });
  std::int64_t running = 0;
  for (const Started& each : started_)
    if (each.startsecs <= startsecs(listener)) running = sum(running, each.count);
  BootEvents events;
  events.queued = {
      {EventType::PROCESS_GROUP_ADDED,             order_.end() - own},
      {EventType::SUPERVISOR_STATE_CHANGE_RUNNING, 1                 },
      {EventType::PROCESS_STATE_STARTING,          processes_        },
      {EventType::PROCESS_STATE_RUNNING,           running           }
  };
  for (QueuedEvents& each : events.queued) {
    each.count = product(each.count, times_delivered(*types, each.type));
    events.total = sum(events.total, each.count);
  }
  events.buffer_size = known_number(context_, listener, "buffer_size",
                                    schema::EventListenerOptions::defaults().buffer_size);
  return events;
}

std::vector<EventType> BootEvents::lost() const {
  std::int64_t overflow = total - *buffer_size.value;
  std::vector<EventType> types;
  for (const QueuedEvents& each : queued) {
    if (overflow <= 0) break;
    if (each.count > 0) types.push_back(each.type);
    overflow -= each.count;
  }
  return types;
}

}  // namespace sup::lint

#include "lint/facts/stop_time.h"

#include <algorithm>

namespace sup::lint {

KnownNumber stop_seconds(const Context& context, const ConfigSection& section) {
  return known_number(context, section, "stopwaitsecs",
                      schema::ProcessOptions::defaults().stopwaitsecs);
}

bool stops_by_priority(const Context& context) {
  const bool fallback = schema::SupervisordOptions::defaults().shutdown_by_priority;
  if (context.daemon() == nullptr) return fallback;
  return known<schema::Boolean>(context, *context.daemon(), "shutdown_by_priority", fallback)
      .value.value_or(fallback);
}

std::vector<StopWave> stop_waves(const Context& context) {
  const Layout& layout = context.layout();
  std::vector<StopWave> by_group(layout.groups().size());
  for (const GroupMember& member : layout.members()) {
    StopWave& wave = by_group[member.group];
    const KnownNumber seconds = stop_seconds(context, *member.section);
    const std::int64_t own = sum(seconds.value.value_or(0), 0);
    if (wave.slowest != nullptr && own <= wave.seconds) continue;
    wave.seconds = own;
    wave.slowest = member.section;
    wave.entry = seconds.entry;
  }
  const bool by_priority = stops_by_priority(context);
  std::vector<StopWave> waves;
  std::int64_t end = 0;
  const std::vector<std::size_t> order = layout.start_order();
  for (auto index = order.rbegin(); index != order.rend(); ++index) {
    StopWave& wave = by_group[*index];
    if (wave.slowest == nullptr) continue;
    wave.group = *index;
    const bool together =
        by_priority && !waves.empty() &&
        stop_together(layout.groups()[waves.back().group], layout.groups()[*index]);
    wave.before = together ? waves.back().before : end;
    end = std::max(end, sum(wave.before, wave.seconds));
    waves.push_back(wave);
  }
  return waves;
}

std::int64_t stop_time(const std::vector<StopWave>& waves) {
  std::int64_t end = 0;
  for (const StopWave& wave : waves) end = std::max(end, sum(wave.before, wave.seconds));
  return end;
}

}  // namespace sup::lint

#include "lint/facts/stop_time.h"

#include <algorithm>

namespace sup::lint {

KnownNumber stop_seconds(const Context& context, const ConfigSection& section) {
  return known_number(context, section, "stopwaitsecs",
                      schema::ProcessOptions::defaults().stopwaitsecs);
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
  std::vector<StopWave> waves;
  std::int64_t before = 0;
  const std::vector<std::size_t> order = layout.start_order();
  for (auto index = order.rbegin(); index != order.rend(); ++index) {
    StopWave& wave = by_group[*index];
    if (wave.slowest == nullptr) continue;
    wave.group = *index;
    wave.before = before;
    before = sum(before, wave.seconds);
    waves.push_back(wave);
  }
  return waves;
}

std::int64_t stop_time(const std::vector<StopWave>& waves) {
  return waves.empty() ? 0 : sum(waves.back().before, waves.back().seconds);
}

}  // namespace sup::lint

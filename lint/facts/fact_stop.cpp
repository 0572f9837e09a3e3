// How long it takes to stop, and whom a grace period kills.
#include <string>

#include "lint/facts/fact.h"
#include "lint/facts/stop_time.h"

namespace sup::lint {

namespace {

// The members of the group that are not surely gone after `grace` seconds, with why.
void add_killed(const FactSource& source, const StopWave& wave, std::int64_t grace,
                std::vector<std::string>& killed) {
  const Layout& layout = source.context().layout();
  for (const GroupMember& member : layout.members_of(wave.group)) {
    const KnownNumber seconds = stop_seconds(source.context(), *member.section);
    if (seconds.value && sum(wave.before, *seconds.value) > grace)
      killed.emplace_back(member.section->full_name);
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Fact fact_stop(const FactSource& source) {
  const Context& context = source.context();
  const Layout& layout = context.layout();
  const std::vector<StopWave> waves = stop_waves(context);
  Fact fact;
  fact.how =
      stops_by_priority(context)
          ? "groups of one priority stop at once (shutdown_by_priority=, suprun), the highest "
            "number first, listeners one after the other; each process may take its "
            "stopwaitsecs= before SIGKILL"
          : "groups stop one after the other, the highest priority number first, the members "
            "of one at once; each may take its stopwaitsecs= before SIGKILL; supervisord "
            "looks once a second, which may add a second for each group";
  source.need_groups(fact);
  for (const GroupMember& member : layout.members())
    source.need(fact, *member.section, stop_seconds(context, *member.section));
  const auto grace = source.options().stop_grace;
  std::vector<std::string> killed;
  std::int64_t number = 0;
  for (const StopWave& wave : waves) {
    const ProcessGroup& group = layout.groups()[wave.group];
    source.need(fact, *group.section, group.priority);
    if (grace) add_killed(source, wave, *grace, killed);
    FactRow row;
    row.fields = {
        field("order", ++number),
        {"group",       std::string(group.name),              "group " + std::string(group.name)                  },
        {"seconds",     wave.seconds,                         "up to " + std::to_string(wave.seconds) + " s"      },
        {"from_second", wave.before,                          "from second " + std::to_string(wave.before) + " on"},
        {"slowest",     std::string(wave.slowest->full_name), std::string(wave.slowest->full_name)                }
    };
    row.place = source.place(*wave.slowest, wave.entry);
    fact.rows.push_back(std::move(row));
  }
  const std::int64_t seconds = stop_time(waves);
  fact.fields = {hidden("seconds", seconds),
                 hidden("polling_seconds", static_cast<std::int64_t>(waves.size()))};
  fact.summary = "up to " + std::to_string(seconds) + " s until all have stopped";
  if (!grace) return fact;
  fact.fields.push_back(hidden("grace_seconds", *grace));
  fact.fields.push_back(hidden("killed_by_grace", killed));
  fact.summary += killed.empty() ? "; " + std::to_string(*grace) + " s are enough"
                                 : "; after " + std::to_string(*grace) +
                                       " s these may be killed: " + joined(killed);
  return fact;
}

}  // namespace sup::lint

// In which order groups start, and how long it takes until all run or are given up.
#include <algorithm>

#include "lint/facts/fact.h"
#include "lint/facts/layout.h"

namespace sup::lint {

namespace {

struct Timing {
  KnownNumber startsecs;
  KnownNumber startretries;

  Timing(const Context& context, const ConfigSection& section)
      : startsecs(known_number(context, section, "startsecs",
                               schema::ProcessOptions::defaults().startsecs)),
        startretries(known_number(context, section, "startretries",
                                  schema::ProcessOptions::defaults().startretries)) {}

  std::int64_t running() const { return sum(startsecs.value.value_or(0), 0); }

  // Each attempt lives until just before it would count, and the pause behind the n-th is n
  // seconds.
  std::int64_t given_up() const {
    const std::int64_t retries = sum(startretries.value.value_or(0), 0);
    return sum(product(sum(retries, 1), running()), retries % 2 == 0
                                                        ? product(retries / 2, retries + 1)
                                                        : product(retries, sum(retries, 1) / 2));
  }
};

// "web x4, worker" and the names of the sections.
FactField programs_of(const Layout& layout, std::size_t group) {
  std::vector<std::string> names;
  std::string text;
  for (const GroupMember& member : layout.members_of(group)) {
    names.emplace_back(member.section->full_name);
    text += (text.empty() ? "" : ", ") + std::string(member.section->full_name);
    if (!member.processes.value)
      text += " x?";
    else if (member.count() != 1)
      text += " x" + std::to_string(member.count());
  }
  return {"programs", std::move(names), std::move(text)};
}

}  // namespace

Fact fact_start(const FactSource& source) {
  const Context& context = source.context();
  const Layout& layout = context.layout();
  Fact fact;
  fact.how =
      "groups start by priority, then name, all at once: none waits for another; it runs after "
      "startsecs=, and is given up after startretries= attempts more that each fail as late as "
      "they can, with pauses of 1, 2, 3 ... seconds between them";
  source.need_groups(fact);
  std::int64_t running = 0;
  std::int64_t given_up = 0;
  const ConfigSection* slowest = nullptr;
  for (const GroupMember& member : layout.members()) {
    if (!starts_by_itself(context, *member.section).value.value_or(true)) continue;
    const Timing timing(context, *member.section);
    source.need(fact, *member.section, timing.startsecs);
    source.need(fact, *member.section, timing.startretries);
    running = std::max(running, timing.running());
    if (slowest == nullptr || timing.given_up() > given_up) slowest = member.section;
    given_up = std::max(given_up, timing.given_up());
  }
  std::int64_t number = 0;
  for (const std::size_t index : layout.start_order()) {
    const ProcessGroup& group = layout.groups()[index];
    source.need(fact, *group.section, group.priority);
    FactRow row;
    row.fields = {field("order", ++number), hidden("group", std::string(group.name))};
    if (group.priority.value)
      row.fields.push_back(
          {"priority", *group.priority.value, "priority " + std::to_string(*group.priority.value)});
    else
      row.fields.push_back({"priority", nullptr, "priority unknown"});
    row.fields.push_back(programs_of(layout, index));
    row.place = source.place(*group.section, group.priority.entry);
    fact.rows.push_back(std::move(row));
  }
  fact.fields = {hidden("running_after_seconds", running),
                 hidden("settled_after_seconds", given_up)};
  if (slowest == nullptr) {
    fact.summary = "nothing is started";
    return fact;
  }
  fact.fields.push_back(hidden("slowest", std::string(slowest->full_name)));
  fact.summary = "all run after " + std::to_string(running) +
                 " s if nothing fails; what fails is given up after about " +
                 std::to_string(given_up) + " s (" + std::string(slowest->full_name) + ")";
  return fact;
}

}  // namespace sup::lint

// How many processes there are, and of what.
#include "lint/facts/fact.h"
#include "lint/facts/layout.h"

namespace sup::lint {

Fact fact_processes(const FactSource& source) {
  const Context& context = source.context();
  const Layout& layout = context.layout();
  Fact fact;
  fact.how = "the sum of numprocs= over all programs, in each group that names them";
  source.need_processes(fact);
  for (const GroupMember& member : layout.members()) {
    const auto autostart = starts_by_itself(context, *member.section);
    source.need(fact, *member.section, autostart);
    FactRow row;
    row.fields = {field("section", member.section->display())};
    if (member.processes.value)
      row.fields.push_back({"processes", member.count(), counted(member.count(), "process")});
    else
      row.fields.push_back({"processes", nullptr, "an unknown number"});
    row.fields.push_back(hidden("group", std::string(layout.groups()[member.group].name)));
    if (autostart.value)
      row.fields.push_back(
          {"autostart", *autostart.value, *autostart.value ? "" : "not started by itself"});
    else
      row.fields.push_back({"autostart", nullptr, "autostart unknown"});
    row.place = source.place(*member.section, member.processes.entry);
    fact.rows.push_back(std::move(row));
  }
  const std::int64_t total = layout.processes();
  const std::int64_t at_start = processes_at_start(context);
  fact.fields = {hidden("total", total), hidden("at_start", at_start)};
  fact.summary = counted(total, "process") + " in " +
                 counted(static_cast<std::int64_t>(layout.groups().size()), "group") + ", " +
                 std::to_string(at_start) + " of them started with the daemon";
  return fact;
}

}  // namespace sup::lint

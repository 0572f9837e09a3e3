// How many descriptors the daemon needs, against what it may have.
#include "lint/facts/descriptors.h"
#include "lint/facts/fact.h"

namespace sup::lint {

Fact fact_descriptors(const FactSource& source) {
  const Context& context = source.context();
  const DescriptorNeed need = descriptor_need(context);
  Fact fact;
  fact.how =
      "three pipes and two logs for each process, less what is redirected or not a file, one for "
      "each listening socket, 10 for the daemon itself (suprun: 24); minfds= is what the daemon "
      "asks "
      "the system for";
  source.need_processes(fact);
  for (const GroupMember& member : context.layout().members()) {
    const std::int64_t each = descriptors_of_a_process(context, *member.section);
    FactRow row;
    row.fields = {
        field("section", member.section->display()),
        {"per_process", each, std::to_string(each) + " for each process"},
        hidden("total", product(each, member.count()))
    };
    row.place = source.place(*member.section, nullptr);
    fact.rows.push_back(std::move(row));
  }
  fact.fields = {hidden("needed", need.total()),
                 hidden("needed_by_suprun",
                        sum(need.total() - descriptors_of_the_daemon, descriptors_of_suprun)),
                 hidden("of_processes", need.of_processes), hidden("of_sockets", need.servers),
                 hidden("of_the_daemon", descriptors_of_the_daemon)};
  fact.summary = "about " + std::to_string(need.total()) + " needed";
  const ConfigSection* daemon = context.daemon();
  if (daemon != nullptr) {
    const KnownNumber minfds = known_number(context, *daemon, "minfds", default_minfds());
    source.need(fact, *daemon, minfds);
    if (minfds.value) {
      fact.fields.push_back(hidden("minfds", *minfds.value));
      const FactPlace place = source.place(*daemon, minfds.entry);
      fact.fields.push_back(hidden("minfds_place", place.file + ":" + std::to_string(place.line)));
      fact.summary += ", minfds asks for " + std::to_string(*minfds.value);
      if (need.total() > *minfds.value) fact.summary += ": too few";
    }
  }
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || !machine->descriptor_limit) return fact;
  fact.fields.push_back(hidden("hard_limit", *machine->descriptor_limit));
  fact.summary += "; the hard limit is " + std::to_string(*machine->descriptor_limit);
  return fact;
}

}  // namespace sup::lint

// Who runs what.
#include <map>

#include "lint/facts/fact.h"
#include "lint/facts/layout.h"

namespace sup::lint {

Fact fact_users(const FactSource& source) {
  const Context& context = source.context();
  Fact fact;
  fact.how =
      "user= of the program, else that of [supervisord], else whoever starts supervisord, who must "
      "be root to change to others";
  // Nothing: whoever starts it.
  std::optional<std::string> of_the_daemon;
  bool is_daemon_known = !context.config().fragment;
  if (const ConfigSection* daemon = context.daemon()) {
    if (const ConfigEntry* entry = daemon->find("user")) {
      of_the_daemon = context.read<schema::User>(*daemon, *entry);
      is_daemon_known = of_the_daemon.has_value();
      if (!of_the_daemon) source.add_unknown(fact, *daemon, *entry);
    }
  }
  std::map<std::string, std::int64_t> programs;
  std::int64_t inherited = 0;
  for (const GroupMember& member : context.layout().members()) {
    const ConfigEntry* entry = member.section->find("user");
    const auto own =
        entry != nullptr ? context.read<schema::User>(*member.section, *entry) : of_the_daemon;
    FactRow row;
    row.fields = {field("section", member.section->display())};
    if (own) {
      ++programs[*own];
      row.fields.push_back(field("user", *own));
    } else if (entry != nullptr || !is_daemon_known) {
      if (entry != nullptr) source.add_unknown(fact, *member.section, *entry);
      row.fields.push_back({"user", nullptr, entry != nullptr ? "unknown" : "that of the daemon"});
    } else {
      ++inherited;
      row.fields.push_back({"user", nullptr, "whoever starts the daemon"});
    }
    row.fields.push_back(
        {"inherited", entry == nullptr, entry == nullptr && own ? "that of [supervisord]" : ""});
    row.place = source.place(*member.section, entry);
    fact.rows.push_back(std::move(row));
  }
  std::vector<std::string> names;
  for (const auto& [name, count] : programs) names.push_back(name);
  fact.fields = {
      {"daemon", of_the_daemon ? FactValue(*of_the_daemon) : FactValue(nullptr), ""},
      hidden("users", names),
      hidden("run_as_starter", inherited)
  };
  for (const auto& [name, count] : programs)
    fact.summary +=
        (fact.summary.empty() ? "" : ", ") + name + " runs " + counted(count, "program");
  if (inherited != 0)
    fact.summary += (fact.summary.empty() ? "" : ", ") +
                    std::string("whoever starts the daemon (root by default) runs ") +
                    counted(inherited, "program");
  if (fact.summary.empty()) fact.summary = "no program runs";
  return fact;
}

}  // namespace sup::lint

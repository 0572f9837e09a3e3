// The sections that run no process: daemon, servers, extensions, groups, client.
#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "schema/plan_diff_values.h"

namespace sup::schema {
namespace {

class SectionDiffer {
 public:
  SectionDiffer(const DiffSide& before, const DiffSide& after, PlanDiff& result)
      : before_(before), after_(after), result_(result) {}

  void run() {
    compare_daemon();
    compare_servers();
    compare_interfaces();
    compare_groups();
  }

  void compare_clients() {
    const std::size_t known = result_.differences.size();
    compare_sections(DiffSubject::client, [](SectionKind kind) {
      return kind == SectionKind::supervisorctl || kind == SectionKind::ctlplugin;
    });
    // The client reads them whenever it starts; nothing has to.
    for (std::size_t i = known; i < result_.differences.size(); ++i) {
      Difference& made = result_.differences[i];
      for (ValueChange& value : made.values) value.restart = false;
      if (made.action == DiffAction::restart) made.action = DiffAction::in_place;
    }
  }

 private:
  // Keeps what differs; its action is that of its values unless it has one.
  void keep(Difference made) {
    if (made.action == DiffAction::unchanged) made.action = action_of(made.values);
    if (made.action != DiffAction::unchanged) result_.differences.push_back(std::move(made));
  }

  // -- daemon, servers, client --------------------------------------------------------------------

  void compare_daemon() {
    Difference made = difference_about(before_, after_, DiffSubject::daemon,
                                       std::string(section_row(SectionKind::supervisord).spelling));
    const auto daemon = [&](const DiffSide& side) {
      return BoundSection{&side,
                          side.section(made.section),
                          {{SupervisordOptions::block, &side.resolved().supervisord}}};
    };
    compare_bound(daemon(before_), daemon(after_), made.values);
    result_.daemon_restart |= action_of(made.values) == DiffAction::restart;
    keep(std::move(made));
  }

  static BoundSection bound_server(const DiffSide& side, const HttpServer& server) {
    BoundSection made{&side, side.section(server.section), {}};
    if (server.is_unix) {
      made.blocks.emplace_back(UnixHttpServerOptions::block, &server.unix_options);
    } else {
      made.blocks.emplace_back(InetHttpServerOptions::block, &server.inet_options);
    }
    return made;
  }

  static const HttpServer* find_server(const DiffSide& side, const std::string& section) {
    const auto& all = side.resolved().http_servers;
    const auto found = std::find_if(all.begin(), all.end(), [&](const HttpServer& server) {
      return server.section == section;
    });
    return found == all.end() ? nullptr : &*found;
  }

  void compare_servers() {
    for (const HttpServer& server : before_.resolved().http_servers)
      if (find_server(after_, server.section) == nullptr)
        keep_whole(DiffSubject::http_server, bound_server(before_, server), false);
    for (const HttpServer& server : after_.resolved().http_servers) {
      const HttpServer* old = find_server(before_, server.section);
      if (old == nullptr) {
        keep_whole(DiffSubject::http_server, bound_server(after_, server), true);
        continue;
      }
      Difference made = difference_about(before_, after_, DiffSubject::http_server, server.section);
      compare_bound(bound_server(before_, *old), bound_server(after_, server), made.values);
      keep(std::move(made));
    }
  }

  // A section that exists on one side.
  void keep_whole(DiffSubject subject, const BoundSection& section, bool added) {
    Difference made =
        difference_about(before_, after_, subject,
                         std::string(section.side->plan().sections[section.section].full_name));
    made.action = added ? DiffAction::add : DiffAction::remove;
    if (section.blocks.empty()) {
      compare_written(before_, added ? no_such_section : section.section, after_,
                      added ? section.section : no_such_section, made.values);
    } else {
      list_written(section, added, made.values);
    }
    result_.differences.push_back(std::move(made));
  }

  template <class Wanted>
  void compare_sections(DiffSubject subject, const Wanted& wanted) {
    for (const Section& section : before_.plan().sections)
      if (wanted(section.kind) && after_.section(section.full_name) == no_such_section)
        keep_whole(subject, {&before_, before_.section(section.full_name), {}}, false);
    for (const Section& section : after_.plan().sections) {
      if (!wanted(section.kind)) continue;
      if (before_.section(section.full_name) == no_such_section) {
        keep_whole(subject, {&after_, after_.section(section.full_name), {}}, true);
        continue;
      }
      Difference made = difference_about(before_, after_, subject, std::string(section.full_name));
      compare_written(before_, before_.section(section.full_name), after_,
                      after_.section(section.full_name), made.values);
      keep(std::move(made));
    }
  }

  // Extensions of the daemon are made once, by their factories.
  void compare_interfaces() {
    const std::size_t known = result_.differences.size();
    compare_sections(DiffSubject::rpcinterface,
                     [](SectionKind kind) { return kind == SectionKind::rpcinterface; });
    result_.daemon_restart |= result_.differences.size() > known;
  }

  // -- groups -------------------------------------------------------------------------------------

  struct BoundGroup {
    GroupOptions options;
    BoundSection section;
  };

  // The options of a [group:x] as bound: its programs as written, its priority.
  static void bind_group(const DiffSide& side, const Group& group, BoundGroup& out) {
    out.options = GroupOptions::defaults();
    const Section& section = side.plan().sections[group.section];
    const OptionRow& programs = *find_option(SectionKind::group, "programs");
    if (const Setting* setting = section.find(programs.id))
      programs.read(&out.options, setting->text, ReadContext{side.plan().target});
    out.options.priority = group.priority;
    out.section = {&side, group.section, {{GroupOptions::block, &out.options}}};
  }

  using GroupIndex = std::map<std::string_view, const Group*>;

  static GroupIndex groups_of(const DiffSide& side) {
    GroupIndex index;
    for (const Group& group : side.resolved().groups)
      if (group.kind == GroupKind::group)
        index.emplace(side.plan().sections[group.section].full_name, &group);
    return index;
  }

  void compare_groups() {
    const GroupIndex old_groups = groups_of(before_);
    const GroupIndex new_groups = groups_of(after_);
    BoundGroup old_bound;
    BoundGroup new_bound;
    for (const auto& [section, group] : old_groups) {
      if (new_groups.contains(section)) continue;
      bind_group(before_, *group, old_bound);
      keep_whole(DiffSubject::group, old_bound.section, false);
    }
    for (const auto& [section, group] : new_groups) {
      bind_group(after_, *group, new_bound);
      const auto old = old_groups.find(section);
      if (old == old_groups.end()) {
        keep_whole(DiffSubject::group, new_bound.section, true);
        continue;
      }
      bind_group(before_, *old->second, old_bound);
      Difference made = difference_about(before_, after_, DiffSubject::group, std::string(section));
      compare_bound(old_bound.section, new_bound.section, made.values);
      keep(std::move(made));
    }
  }

  const DiffSide& before_;
  const DiffSide& after_;
  PlanDiff& result_;
};

}  // namespace

DiffAction action_of(const std::vector<ValueChange>& values) {
  DiffAction action = DiffAction::unchanged;
  for (const ValueChange& value : values)
    action = std::max(action, value.restart ? DiffAction::restart : DiffAction::in_place);
  return action;
}

Difference difference_about(const DiffSide& before, const DiffSide& after, DiffSubject subject,
                            std::string section) {
  Difference made;
  made.subject = subject;
  made.before = before.origin(before.section(section));
  made.after = after.origin(after.section(section));
  made.section = std::move(section);
  return made;
}

void compare_sections(const DiffSide& before, const DiffSide& after, PlanDiff& result) {
  SectionDiffer(before, after, result).run();
}

void compare_clients(const DiffSide& before, const DiffSide& after, PlanDiff& result) {
  SectionDiffer(before, after, result).compare_clients();
}

}  // namespace sup::schema

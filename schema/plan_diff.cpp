#include "schema/plan_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "schema/plan_diff_values.h"
#include "schema/process_diff.h"

namespace sup::schema {
namespace {

// The processes that one section has in one group.
struct Unit {
  const Group* group = nullptr;
  std::size_t section = 0;
  std::vector<const Process*> processes;  // in order of start
};

// Units by group and section, and in order of start.
class Units {
 public:
  Units(const Plan& plan, const Resolved& resolved) : plan_(plan) {
    for (const Group& group : resolved.groups) {
      // A program with numprocs=0 is there, too.
      if (group.kind != GroupKind::group) unit(group, group.section);
      for (const Process& process : group.processes)
        unit(group, process.section).processes.push_back(&process);
    }
  }

  const std::vector<Unit>& all() const { return units_; }

  const Unit* find(std::string_view group, std::string_view section) const {
    const auto found = index_.find(key(group, section));
    return found == index_.end() ? nullptr : &units_[found->second];
  }

  std::string_view section_name(const Unit& unit) const {
    return plan_.sections[unit.section].full_name;
  }

  // Another group that runs the section, for programs that moved.
  std::string group_of(std::string_view section) const {
    const auto found = groups_.find(section);
    return found == groups_.end() ? std::string{} : std::string(found->second);
  }

 private:
  static std::string key(std::string_view group, std::string_view section) {
    return std::string(group) + '\0' + std::string(section);
  }

  Unit& unit(const Group& group, std::size_t section) {
    const std::string_view name = plan_.sections[section].full_name;
    const auto [found, fresh] = index_.try_emplace(key(group.name, name), units_.size());
    if (fresh) {
      units_.push_back({&group, section, {}});
      groups_.emplace(name, group.name);
    }
    return units_[found->second];
  }

  const Plan& plan_;
  std::vector<Unit> units_;
  std::map<std::string, std::size_t> index_;
  std::map<std::string_view, std::string_view> groups_;
};

BoundSection bound(const DiffSide& side, const Unit& unit, const Process* process) {
  BoundSection made{&side, unit.section, {}};
  if (process != nullptr) made.blocks.emplace_back(ProcessOptions::block, &process->options);
  if (process != nullptr && process->fcgi)
    made.blocks.emplace_back(FcgiOptions::block, process->fcgi.get());
  else if (unit.group->kind == GroupKind::fcgi_program)
    made.blocks.emplace_back(FcgiOptions::block, &unit.group->fcgi);
  if (unit.group->kind == GroupKind::eventlistener)
    made.blocks.emplace_back(EventListenerOptions::block, &unit.group->listener);
  return made;
}

// Changes of the processes of one program, those that say the same told once.
class Merged {
 public:
  void add(std::vector<ValueChange> changes) {
    for (ValueChange& change : changes) {
      const auto key = std::pair(change.option, change.variable);
      const auto [found, fresh] = index_.try_emplace(key, changes_.size());
      if (fresh) {
        changes_.push_back(std::move(change));
        continue;
      }
      ValueChange& known = changes_[found->second];
      known.per_process |=
          known.before.text != change.before.text || known.after.text != change.after.text;
    }
  }

  // What differs from process to process is told as it is written, if that says it.
  std::vector<ValueChange> take() {
    for (ValueChange& change : changes_) {
      if (!change.per_process || change.before.written == change.after.written) continue;
      for (DiffValue* value : {&change.before, &change.after})
        if (!value->written.empty()) value->text = value->written;
    }
    return std::move(changes_);
  }

 private:
  std::vector<ValueChange> changes_;
  std::map<std::pair<const OptionRow*, std::string>, std::size_t> index_;
};

class Differ {
 public:
  Differ(const DiffSide& before, const DiffSide& after)
      : before_(before),
        after_(after),
        old_units_(before.plan(), before.resolved()),
        new_units_(after.plan(), after.resolved()) {}

  PlanDiff run() {
    compare_sections(before_, after_, result_);
    for (const Unit& unit : old_units_.all())
      if (new_units_.find(unit.group->name, old_units_.section_name(unit)) == nullptr)
        remove_program(unit);
    for (const Unit& unit : new_units_.all()) {
      const Unit* old = old_units_.find(unit.group->name, new_units_.section_name(unit));
      if (old == nullptr) {
        add_program(unit);
      } else {
        compare_program(*old, unit);
      }
    }
    compare_clients(before_, after_, result_);
    order_steps();
    return std::move(result_);
  }

 private:
  // -- programs -----------------------------------------------------------------------------------

  void stop(const Unit& unit, const Process& process) {
    stops_.push_back(step(before_, unit, process, false));
  }

  void start(const Unit& unit, const Process& process, bool added) {
    starts_.push_back(step(after_, unit, process, true));
    starts_.back().added = added;
  }

  static DiffStep step(const DiffSide& side, const Unit& unit, const Process& process,
                       bool is_start) {
    DiffStep made;
    made.start = is_start;
    made.process = process_label(process);
    made.section = side.plan().sections[unit.section].full_name;
    made.group = unit.group->name;
    made.group_priority = unit.group->priority;
    made.priority = process.options.priority;
    made.autostart = process.options.autostart;
    return made;
  }

  Difference about_program(const DiffSide& side, const Unit& unit) const {
    Difference made = difference_about(before_, after_, DiffSubject::program,
                                       std::string(side.plan().sections[unit.section].full_name));
    made.group = unit.group->name;
    return made;
  }

  void remove_program(const Unit& unit) {
    Difference made = about_program(before_, unit);
    made.action = DiffAction::remove;
    made.moved = new_units_.group_of(made.section);
    const Process* first = unit.processes.empty() ? nullptr : unit.processes.front();
    list_written(bound(before_, unit, first), false, made.values);
    for (const Process* process : unit.processes) {
      made.removed.push_back(process_label(*process));
      stop(unit, *process);
    }
    result_.differences.push_back(std::move(made));
  }

  void add_program(const Unit& unit) {
    Difference made = about_program(after_, unit);
    made.action = DiffAction::add;
    made.moved = old_units_.group_of(made.section);
    const Process* first = unit.processes.empty() ? nullptr : unit.processes.front();
    list_written(bound(after_, unit, first), true, made.values);
    for (const Process* process : unit.processes) {
      made.added.push_back(process_label(*process));
      start(unit, *process, true);
    }
    result_.differences.push_back(std::move(made));
  }

  // Processes of both sides by name. Names that could not be bound are the same for all: then the
  // n-th stands for the n-th.
  static std::vector<std::pair<const Process*, const Process*>> pairs(const Unit& old,
                                                                      const Unit& now) {
    std::map<std::pair<std::string_view, int>, const Process*> known;
    std::map<std::string_view, int> seen;
    for (const Process* process : old.processes)
      known.emplace(std::pair(std::string_view(process->name), seen[process->name]++), process);
    seen.clear();
    std::vector<std::pair<const Process*, const Process*>> result;
    for (const Process* process : now.processes) {
      const auto found = known.find({process->name, seen[process->name]++});
      result.emplace_back(found == known.end() ? nullptr : found->second, process);
      if (found != known.end()) known.erase(found);
    }
    std::set<const Process*> left;
    for (const auto& [name, process] : known) left.insert(process);
    for (const Process* process : old.processes)
      if (left.contains(process)) result.emplace_back(process, nullptr);
    return result;
  }

  void compare_program(const Unit& old, const Unit& now) {
    Difference made = about_program(after_, now);
    Merged merged;
    const bool any_pair = !old.processes.empty() && !now.processes.empty();
    if (!any_pair) {
      std::vector<ValueChange> changes;
      compare_written(before_, old.section, after_, now.section, changes);
      merged.add(std::move(changes));
    }
    bool compared = false;
    for (const auto& [before, after] : pairs(old, now)) {
      if (before == nullptr) {
        made.added.push_back(process_label(*after));
        start(now, *after, true);
      } else if (after == nullptr) {
        made.removed.push_back(process_label(*before));
        stop(old, *before);
      } else {
        compare_process(old, *before, now, *after, made, merged);
        compared = true;
      }
    }
    if (any_pair && !compared) {
      // All names are new: the first ones show why.
      std::vector<ValueChange> changes;
      compare_bound(bound(before_, old, old.processes.front()),
                    bound(after_, now, now.processes.front()), changes);
      merged.add(std::move(changes));
    }
    made.values = merged.take();
    if (!made.restarted.empty())
      made.action = DiffAction::restart;
    else if (!made.values.empty() || !made.added.empty() || !made.removed.empty())
      made.action = DiffAction::in_place;
    if (made.action == DiffAction::unchanged)
      ++result_.unchanged;
    else
      result_.differences.push_back(std::move(made));
  }

  void compare_process(const Unit& old, const Process& before, const Unit& now,
                       const Process& after, Difference& made, Merged& merged) {
    std::vector<ValueChange> changes;
    compare_bound(bound(before_, old, &before), bound(after_, now, &after), changes);
    DiffAction action = DiffAction::unchanged;
    for (const ValueChange& change : changes) action = std::max(action, action_of(*change.option));
    merged.add(std::move(changes));
    if (action == DiffAction::in_place) made.in_place.push_back(process_label(after));
    if (action != DiffAction::restart) return;
    made.restarted.push_back(process_label(after));
    stop(old, before);
    start(now, after, false);
  }

  // -- order --------------------------------------------------------------------------------------

  // Supervisor's order of start: by the group's priority and name, then by the process's.
  void order_steps() {
    const auto earlier = [](const DiffStep& a, const DiffStep& b) {
      return std::tie(a.group_priority, a.group, a.priority, a.process) <
             std::tie(b.group_priority, b.group, b.priority, b.process);
    };
    std::stable_sort(stops_.begin(), stops_.end(), earlier);
    std::stable_sort(starts_.begin(), starts_.end(), earlier);
    result_.steps.assign(std::make_move_iterator(stops_.rbegin()),
                         std::make_move_iterator(stops_.rend()));
    result_.steps.insert(result_.steps.end(), std::make_move_iterator(starts_.begin()),
                         std::make_move_iterator(starts_.end()));
  }

  const DiffSide& before_;
  const DiffSide& after_;
  const Units old_units_;
  const Units new_units_;
  std::vector<DiffStep> stops_;  // in order of start
  std::vector<DiffStep> starts_;
  PlanDiff result_;
};

}  // namespace

std::string_view diff_action_name(DiffAction action) {
  switch (action) {
    case DiffAction::unchanged: return "unchanged";
    case DiffAction::in_place: return "change";
    case DiffAction::restart: return "restart";
    case DiffAction::add: return "add";
    case DiffAction::remove: return "remove";
  }
  return "unchanged";
}

PlanDiff diff(const Plan& before, const Resolved& before_bound, const Plan& after,
              const Resolved& after_bound) {
  const DiffSide old_side(before, before_bound);
  const DiffSide new_side(after, after_bound);
  return Differ(old_side, new_side).run();
}

std::string process_label(const Process& process) {
  return process.group == process.name ? process.name : process.group + ":" + process.name;
}

}  // namespace sup::schema

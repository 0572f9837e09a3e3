#include "lint/facts/layout.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_set>

#include "lint/references.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::int64_t priority_of_listeners = -1;

std::int64_t priority_of(const ProcessGroup& group) {
  return group.priority.value.value_or(schema::GroupOptions::defaults().priority);
}

}  // namespace

bool starts_before(const ProcessGroup& a, const ProcessGroup& b) {
  return std::tuple(priority_of(a), a.name) < std::tuple(priority_of(b), b.name);
}

bool stop_together(const ProcessGroup& a, const ProcessGroup& b) {
  const auto is_listener = [](const ProcessGroup& group) {
    return group.section->name->kind == SectionKind::eventlistener;
  };
  return !is_listener(a) && !is_listener(b) && priority_of(a) == priority_of(b);
}

Layout::Layout(const Context& context) {
  const References& references = context.references();
  const std::size_t most = context.config().sections.size();
  groups_.reserve(most);
  members_.reserve(most);
  for (const GroupMembers& group : references.groups()) {
    const std::size_t index = add_group(context, *group.section);
    if (!group.is_known) unknown_groups_.push_back(group.section);
    for (const Member& member : group.members) {
      const ConfigSection* program = references.program(member.name);
      if (program == nullptr) continue;
      add_member(context, *program, index);
    }
  }
  for (const SectionKind kind :
       {SectionKind::program, SectionKind::eventlistener, SectionKind::fcgi_program}) {
    for (const ConfigSection* section : references.sections(kind)) {
      if (references.memberships(*section) == 0)
        add_member(context, *section, add_group(context, *section));
    }
  }
}

std::size_t Layout::add_group(const Context& context, const ConfigSection& section) {
  const bool is_listener = section.name->kind == SectionKind::eventlistener;
  const std::int64_t fallback =
      is_listener ? priority_of_listeners : schema::GroupOptions::defaults().priority;
  groups_.push_back({schema::strip(section.name->name), &section,
                     known_number(context, section, "priority", fallback)});
  return groups_.size() - 1;
}

void Layout::add_member(const Context& context, const ConfigSection& section, std::size_t group) {
  members_.push_back({&section, group, processes_of(context, section)});
}

std::vector<std::size_t> Layout::start_order() const {
  std::vector<std::size_t> order(groups_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return starts_before(groups_[a], groups_[b]);
  });
  // Of groups with one name the daemon has the first.
  std::unordered_set<std::string_view> names;
  std::erase_if(order,
                [&](std::size_t index) { return !names.insert(groups_[index].name).second; });
  return order;
}

std::span<const GroupMember> Layout::members_of(std::size_t group) const {
  // Groups are made one after the other.
  const auto first = std::partition_point(members_.begin(), members_.end(),
                                          [&](const auto& member) { return member.group < group; });
  const auto last = std::partition_point(first, members_.end(),
                                         [&](const auto& member) { return member.group == group; });
  return {first, last};
}

std::int64_t Layout::processes() const {
  std::int64_t total = 0;
  for (const GroupMember& member : members_) total = sum(total, member.count());
  return total;
}

KnownNumber processes_of(const Context& context, const ConfigSection& section) {
  return known_number(context, section, "numprocs", schema::ProcessOptions::defaults().numprocs);
}

std::int64_t processes_at_start(const Context& context) {
  std::int64_t total = 0;
  for (const GroupMember& member : context.layout().members())
    if (starts_by_itself(context, *member.section).value.value_or(false))
      total = sum(total, member.count());
  return total;
}

Known<bool> starts_by_itself(const Context& context, const ConfigSection& section) {
  return known<schema::Boolean>(context, section, "autostart",
                                schema::ProcessOptions::defaults().autostart);
}

}  // namespace sup::lint

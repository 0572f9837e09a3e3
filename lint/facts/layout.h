// Which groups of processes a configuration makes, and what runs in them. Rules that count and
// supcheck --facts ask the same layout, so that they cannot disagree.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "lint/facts/amounts.h"

namespace sup::lint {

// A program in a group. One that several groups name runs in each of them.
struct GroupMember {
  const ConfigSection* section = nullptr;
  std::size_t group = 0;  // index into Layout::groups()
  KnownNumber processes;  // numprocs=, as written

  std::int64_t count() const {
    return std::clamp<std::int64_t>(processes.value.value_or(0), 0, largest_amount);
  }
};

// The processes of a section: numprocs=.
KnownNumber processes_of(const Context& context, const ConfigSection& section);

struct ProcessGroup {
  std::string_view name;
  const ConfigSection* section = nullptr;  // that makes it: a group, or a program in none
  KnownNumber priority;
};

class Layout {
 public:
  explicit Layout(const Context& context);

  // In no order.
  const std::vector<ProcessGroup>& groups() const { return groups_; }

  // Group by group, and those of one in the order in which it starts them.
  const std::vector<GroupMember>& members() const { return members_; }

  std::span<const GroupMember> members_of(std::size_t group) const;

  // Groups whose programs= hangs on what is not known.
  const std::vector<const ConfigSection*>& unknown_groups() const { return unknown_groups_; }

  // Indexes of groups in the order of start: by priority, then name. They stop in reverse.
  std::vector<std::size_t> start_order() const;

  // All processes; those whose number is not known do not count.
  std::int64_t processes() const;

 private:
  std::size_t add_group(const Context& context, const ConfigSection& section);
  void add_member(const Context& context, const ConfigSection& section, std::size_t group);

  std::vector<ProcessGroup> groups_;
  std::vector<GroupMember> members_;
  std::vector<const ConfigSection*> unknown_groups_;
};

// Whether a group starts before another one.
bool starts_before(const ProcessGroup& a, const ProcessGroup& b);

// Whether groups stop at once where shutdown_by_priority= is set: those of one priority, but for
// listeners.
bool stop_together(const ProcessGroup& a, const ProcessGroup& b);

// Processes that start with the daemon; those whose number is not known do not count.
std::int64_t processes_at_start(const Context& context);

// Whether the processes of a section start with the daemon.
Known<bool> starts_by_itself(const Context& context, const ConfigSection& section);

}  // namespace sup::lint

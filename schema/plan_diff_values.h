// The parts of plan_diff.h: comparing the values of one section on two sides, and the sections that
// run no process. Used there and where single values are explained.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/plan_diff.h"

namespace sup::schema {

constexpr std::size_t no_such_section = std::numeric_limits<std::size_t>::max();

// A plan and what it means on the machine. Both are borrowed.
class DiffSide {
 public:
  DiffSide(const Plan& plan, const Resolved& resolved);

  const Plan& plan() const { return plan_; }

  const Resolved& resolved() const { return resolved_; }

  std::size_t section(std::string_view full_name) const;
  Origin origin(std::size_t section) const;
  const Setting* setting(std::size_t section, OptionId option) const;
  bool is_open(std::size_t section, const Setting& setting) const;
  bool is_open_extra(std::size_t section, std::size_t extra) const;

  // The variables of an environment=: those that the bound value has, or, where it could not be
  // bound, those of the templates. `inherits`: with those of [supervisord].
  std::map<std::string, DiffValue> environment(std::size_t section, const OptionRow& option,
                                               const EnvironmentValue& bound, bool inherits) const;
  // Whether these variables are all bound.
  bool environment_is_bound(std::size_t section, const OptionRow& option, bool inherits) const;

 private:
  const Setting* daemon_environment() const;

  const Plan& plan_;
  const Resolved& resolved_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::set<std::pair<std::size_t, std::size_t>> open_;
  std::set<std::pair<std::size_t, std::size_t>> open_extras_;
};

// A section bound: the structs of its blocks.
struct BoundSection {
  const DiffSide* side = nullptr;
  std::size_t section = no_such_section;
  std::vector<std::pair<block::Block, const void*>> blocks;

  const void* options(block::Block block) const;
  DiffValue value(const OptionRow& option) const;
  std::map<std::string, DiffValue> environment(const OptionRow& option) const;
};

// Appends what differs between two sections of the same blocks.
void compare_bound(const BoundSection& before, const BoundSection& after,
                   std::vector<ValueChange>& changes);

// The same for sections that nobody binds: their settings and extras as written.
void compare_written(const DiffSide& before, std::size_t before_section, const DiffSide& after,
                     std::size_t after_section, std::vector<ValueChange>& changes);

// Appends what is written in one section, as all added or all removed.
void list_written(const BoundSection& bound, bool added, std::vector<ValueChange>& changes);

// The strongest of what values need.
DiffAction action_of(const std::vector<ValueChange>& values);

Difference difference_about(const DiffSide& before, const DiffSide& after, DiffSubject subject,
                            std::string section);

// Daemon, servers, extensions and groups; and the sections that only the client reads.
void compare_sections(const DiffSide& before, const DiffSide& after, PlanDiff& result);
void compare_clients(const DiffSide& before, const DiffSide& after, PlanDiff& result);

}  // namespace sup::schema

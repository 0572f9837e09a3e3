// SUP501, SUP502: names that are taken twice, so that one of the two never runs.
#include <bitset>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

#include "lint/lint.h"
#include "lint/references.h"
#include "schema/expand.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// Programs that some group names; nothing when a list depends on what is not known.
std::optional<std::set<std::string_view>> members_of_groups(const Context& context) {
  std::set<std::string_view> members;
  for (const GroupMembers& group : context.references().groups()) {
    if (group.programs != nullptr && !group.is_known) return std::nullopt;
    for (const Member& member : group.members) members.insert(member.name);
  }
  return members;
}

void check_groups(const Context& context, Diagnostics& out) {
  const auto sections = context.references().sections(SectionKind::group);
  const auto members = members_of_groups(context);
  if (!members || sections.empty()) return;
  std::map<std::string_view, const ConfigSection*> groups;
  for (const ConfigSection* section : sections)
    groups.emplace(schema::strip(section->name->name), section);
  for (const ConfigSection& section : context.config().sections) {
    if (!section.is_process() || section.name->kind == SectionKind::eventlistener) continue;
    const std::string_view name = schema::strip(section.name->name);
    const auto group = groups.find(name);
    if (name.empty() || group == groups.end() || members->contains(name)) continue;
    out.report(group_name_shadows_program.rule, section.headers.front(),
               section.display() +
                   " has the name of a group that it is not in; only one of the two is created")
        .label(group->second->headers.front(), "the group of that name");
  }
}

void check_listener_names(const Context& context, Diagnostics& out) {
  const auto members = members_of_groups(context);
  if (!members) return;
  std::unordered_map<std::string_view, const ConfigSection*> seen;
  seen.reserve(context.config().sections.size());
  // Supervisor creates the first by priority, and a listener's is -1; otherwise the order of kinds.
  const auto add = [&](SectionKind kind) {
    for (const ConfigSection& section : context.config().sections) {
      if (!section.is_process() || section.name->kind != kind) continue;
      const std::string_view name = schema::strip(section.name->name);
      if (name.empty() || (kind != SectionKind::eventlistener && members->contains(name))) continue;
      const auto [other, fresh] = seen.emplace(name, &section);
      if (fresh) continue;
      out.report(
             listener_name_shadows_program.rule, section.headers.front(),
             section.display() + " never runs: " + other->second->display() + " has the same name")
          .label(other->second->headers.front(), "this one is created");
    }
  };
  add(SectionKind::eventlistener);
  add(SectionKind::program);
  add(SectionKind::fcgi_program);
}

// Whether two sections that run processes may have one name at all: those of one kind only differ
// by blanks then.
class ListenerNames final : public Tally {
 public:
  void look_at(const Context&, const ConfigSection& section) override {
    if (!section.is_process()) return;
    const std::string_view name = section.name->name;
    has_blank_ |= schema::strip(name).size() != name.size();
    kinds_.set(static_cast<std::size_t>(section.name->kind));
  }

  void add(Tally& other) override {
    const auto& more = static_cast<ListenerNames&>(other);
    has_blank_ |= more.has_blank_;
    kinds_ |= more.kinds_;
  }

  void report(const Context& context, Diagnostics& out) override {
    if (has_blank_ || kinds_.count() > 1) check_listener_names(context, out);
  }

 private:
  bool has_blank_ = false;
  std::bitset<schema::section_kind_count> kinds_;  // of sections that run processes
};

std::unique_ptr<Tally> count_listener_names(const Context&) {
  return std::make_unique<ListenerNames>();
}

}  // namespace

const LintRule group_name_shadows_program = {
    .rule = {"SUP501", "group-name-shadows-program", Severity::error,
             "a group with the name of a program outside it"},
    .check = check_groups,
    .looks_at_whole = true
};

const LintRule listener_name_shadows_program = {
    .rule = {"SUP502", "listener-name-shadows-program", Severity::error,
             "two sections that run processes under one name"},
    .tally = count_listener_names
};

}  // namespace sup::lint

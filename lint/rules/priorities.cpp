// SUP819, SUP820: what priority= does not do.
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

void check_dependency(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  const ConfigEntry* first = nullptr;
  std::optional<std::int64_t> priority;
  for (const ConfigSection& section : context.sections()) {
    // Event listeners start before all others on purpose.
    if (!section.name || section.name->kind == SectionKind::eventlistener ||
        (!section.is_process() && section.name->kind != SectionKind::group))
      continue;
    const ConfigEntry* entry = section.find("priority");
    if (entry == nullptr || entry->from_default) continue;
    const auto value = context.read<schema::Integer>(section, *entry);
    if (!value) continue;
    if (!priority) {
      priority = *value;
      first = entry;
    } else if (*priority != *value) {
      out.report(priority_is_not_dependency.rule, context.key_span(*first),
                 "programs of lower priority are started first, but nothing waits until they are "
                 "ready: all are started at once")
          .with_hint("let programs wait for what they need")
          .label(context.key_span(*entry), "another priority");
      return;
    }
  }
}

void check_member(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  std::unordered_map<std::string_view, const ConfigSection*> group_of;
  std::size_t groups = 0;
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || section.name->kind != SectionKind::group) continue;
    ++groups;
    const ConfigEntry* programs = section.find("programs");
    if (programs == nullptr) continue;
    for (const std::string_view name : schema::split_list(programs->value))
      group_of.emplace(name, &section);
  }
  if (groups == 0) return;
  const auto group = [&](const ConfigSection& section) -> const ConfigSection* {
    if (section.name->kind == SectionKind::eventlistener) return nullptr;
    const auto found = group_of.find(schema::strip(section.name->name));
    return found == group_of.end() ? nullptr : found->second;
  };
  for (const ConfigSection& section : context.sections())
    if (section.is_process() && group(section) == nullptr) ++groups;
  if (groups < 2) return;
  std::unordered_set<const ConfigSection*> told;  // one member is enough to tell of a group
  for (const ConfigSection& section : context.sections()) {
    if (!section.is_process()) continue;
    const ConfigEntry* entry = section.find("priority");
    const ConfigSection* home = group(section);
    if (entry == nullptr || entry->from_default || home == nullptr ||
        home->find("priority") != nullptr || !told.insert(home).second)
      continue;
    out.report(member_priority_only_inside_group.rule, context.key_span(*entry),
               in_backticks(context.key_text(*entry)) + " of " + section.display() +
                   " orders the members of " + home->display() +
                   " only; among all others it starts with the group, at 999")
        .with_hint("give the group a `priority`")
        .label(home->headers.front(), "the group");
  }
}

}  // namespace

const LintRule priority_is_not_dependency = {
    .rule = {"SUP819", "priority-is-not-dependency", Severity::info,
             "priorities do not wait for one another"},
    .check = check_dependency,
    .looks_at_whole = true
};

const LintRule member_priority_only_inside_group = {
    .rule = {"SUP820", "member-priority-only-inside-group", Severity::info,
             "the priority of a group's member"},
    .check = check_member,
    .looks_at_whole = true
};

}  // namespace sup::lint

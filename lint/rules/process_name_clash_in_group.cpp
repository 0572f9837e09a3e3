// SUP512: two programs of one group whose processes have the same name.
#include <algorithm>
#include <unordered_map>

#include "lint/lint.h"
#include "lint/process_names.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

bool names_processes(const ConfigSection& program) {
  return program.find("process_name") != nullptr;
}

void check_group(const Context& context, Diagnostics& out, const GroupMembers& group) {
  std::vector<const ConfigSection*> programs;
  for (const Member& member : group.members) {
    const ConfigSection* program = context.references().program(member.name);
    if (program != nullptr) programs.push_back(program);
  }
  // Names of programs differ, so where none has another name for its processes those differ too.
  if (std::none_of(programs.begin(), programs.end(),
                   [](const ConfigSection* program) { return names_processes(*program); }))
    return;
  constexpr std::size_t most = 200000;  // names; so many processes cannot run
  std::unordered_map<std::string, const ConfigSection*> owners;
  for (const ConfigSection* program : programs) {
    if (owners.size() > most) return;
    const auto processes = process_names(context, *program);
    if (!processes) continue;
    for (const std::string& name : processes->names) {
      const auto [owner, is_new] = owners.emplace(name, program);
      if (is_new || owner->second == program) continue;
      const ConfigEntry* entry = program->find("process_name");
      out.report(process_name_clash_in_group.rule,
                 entry != nullptr ? context.value_place(*entry) : Span(program->headers.front()),
                 program->display() + " and " + owner->second->display() + " both name a process " +
                     in_backticks(name) + " in " + group.section->display() +
                     "; only one of the two runs")
          .with_hint("give them different names with process_name=")
          .label(owner->second->headers.front(), "the other one");
      break;
    }
  }
}

void check_process_name_clash_in_group(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  for (const GroupMembers& group : context.references().groups()) check_group(context, out, group);
}

}  // namespace

const LintRule process_name_clash_in_group = {
    .rule = {"SUP512", "process-name-clash-in-group", Severity::error,
             "two programs of a group with processes of one name"},
    .check = check_process_name_clash_in_group,
    .looks_at_whole = true
};

}  // namespace sup::lint

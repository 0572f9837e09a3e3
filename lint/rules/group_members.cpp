// SUP508, SUP510, SUP511, SUP513: what a group has in its list.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "lint/lint.h"
#include "lint/names.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

// The list without some of its members.
std::string list_without(const GroupMembers& group, const std::vector<bool>& dropped) {
  std::string text;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    if (dropped[i]) continue;
    if (!text.empty()) text += ',';
    text += group.members[i].name;
  }
  return text;
}

Span place_of(const Context& context, const GroupMembers& group, const Member& member) {
  return context.value_part(*group.programs, member.begin, member.length);
}

void check_empty(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || section.name->kind != SectionKind::group) continue;
    const ConfigEntry* programs = section.find("programs");
    if (programs != nullptr) {
      if (!programs->value.empty() || programs->from_default) continue;
      out.report(group_without_programs.rule, context.value_place(*programs),
                 section.display() + " has an empty list of programs; nothing can be done with it")
          .with_hint("name programs, separated by commas, or remove the section");
      continue;
    }
    // A misspelt list is told where it stands.
    const KeyJudge judge(context, section);
    if (std::any_of(section.entries.begin(), section.entries.end(), [&](const ConfigEntry& entry) {
          return entry.option() == nullptr && judge.suggest(entry.key()) == "programs";
        }))
      continue;
    out.report(group_without_programs.rule, section.headers.front(),
               section.display() + " has no `programs=`; the group is empty")
        .with_hint("write `programs=a,b`, or remove the section");
  }
}

// Whether processes of one program tell their groups apart, so that it can be in several.
bool knows_its_group(const ConfigSection& program) {
  return std::any_of(program.entries.begin(), program.entries.end(), [](const ConfigEntry& entry) {
    return !entry.overridden && entry.value.find("%(group_name)") != std::string_view::npos;
  });
}

void check_several(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;

  struct Place {
    const GroupMembers* group;
    const Member* member;
  };

  std::unordered_map<std::string_view, Place> first;
  for (const GroupMembers& group : context.references().groups()) {
    for (const Member& member : group.members) {
      const auto [known, is_new] = first.try_emplace(member.name, Place{&group, &member});
      if (is_new || known->second.group == &group) continue;
      const ConfigSection* program = context.references().program(member.name);
      if (program == nullptr || knows_its_group(*program)) continue;
      out.report(program_in_several_groups.rule, place_of(context, group, member),
                 program->display() +
                     " is in more than one group and runs once in each, with the "
                     "same ports and log files")
          .with_hint("leave it in one group")
          .label(place_of(context, *known->second.group, *known->second.member),
                 "here it is in " + known->second.group->section->display());
    }
  }
}

void check_member_twice(const Context& context, Diagnostics& out) {
  for (const GroupMembers& group : context.references().groups()) {
    std::unordered_set<std::string_view> seen;
    std::vector<bool> dropped(group.members.size());
    Diagnostic* diagnostic = nullptr;
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const Member& member = group.members[i];
      if (member.name.empty() || seen.insert(member.name).second) continue;
      dropped[i] = true;
      const Span place = place_of(context, group, member);
      if (diagnostic != nullptr) {
        if (diagnostic->labels.size() < compiler::most_labels)
          diagnostic->label(place, "and this one");
        continue;
      }
      diagnostic =
          &out.report(member_listed_twice.rule, place,
                      group.section->display() + " programs: " + in_backticks(member.name) +
                          " is listed twice; it runs once all the same");
      diagnostic->with_hint("remove it");
    }
    if (diagnostic == nullptr || !context.is_single_line(*group.programs)) continue;
    const std::string rest = list_without(group, dropped);
    diagnostic->fix("write " + in_backticks(rest), context.value_span(*group.programs), rest, true);
  }
}

void check_fcgi(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  for (const GroupMembers& group : context.references().groups()) {
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const Member& member = group.members[i];
      const ConfigSection* program = context.references().program(member.name);
      if (program == nullptr || program->name->kind != SectionKind::fcgi_program) continue;
      // A program and an fcgi-program of one name are the compiler's error.
      if (context.has_section("program:" + std::string(member.name))) continue;
      auto& diagnostic =
          out.report(fcgi_in_group_loses_socket.rule, place_of(context, group, member),
                     program->display() + " gets no socket as a member of " +
                         group.section->display() + "; Supervisor gives it a pipe instead");
      diagnostic.with_hint("take it out of the group");
      diagnostic.label(program->headers.front(), "the socket is never opened");
      if (!context.is_single_line(*group.programs) || group.members.size() < 2) continue;
      std::vector<bool> dropped(group.members.size());
      dropped[i] = true;
      diagnostic.fix("remove " + in_backticks(member.name), context.value_span(*group.programs),
                     list_without(group, dropped), false);
    }
  }
}

}  // namespace

const LintRule group_without_programs = {
    .rule = {"SUP508", "group-without-programs", Severity::warning, "a group of no programs"},
    .check = check_empty
};

const LintRule program_in_several_groups = {
    .rule = {"SUP510", "program-in-several-groups", Severity::warning,
             "a program that runs once for each of its groups"},
    .check = check_several,
    .looks_at_whole = true
};

const LintRule member_listed_twice = {
    .rule = {"SUP511", "member-listed-twice", Severity::warning,
             "a program twice in the list of one group"},
    .check = check_member_twice,
    .looks_at_whole = true
};

const LintRule fcgi_in_group_loses_socket = {
    .rule = {"SUP513", "fcgi-in-group-loses-socket", Severity::error,
             "an fcgi-program in a group, which gets no socket"},
    .check = check_fcgi,
    .looks_at_whole = true
};

}  // namespace sup::lint

// SUP1112: an entry of control= that lets nobody in.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/lint.h"
#include "schema/grantee.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

struct Complaint {
  std::string text;      // behind the entry; empty: there is none
  std::string fix = {};  // what to write instead; empty: take it out
};

Complaint unknown(const schema::Grantee& grantee, const schema::Facts& machine) {
  const auto& exists = grantee.is_group ? machine.group_exists : machine.user_exists;
  if (!exists || exists(grantee.name)) return {};
  const auto& names = grantee.is_group ? machine.group_names : machine.user_names;
  const std::vector<std::string> known = names ? names() : std::vector<std::string>{};
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string near(schema::nearest(grantee.name, views));
  return {schema::absence(grantee), near.empty() ? "" : schema::written({grantee.is_group, near})};
}

Complaint complaint_about(const Context& context, const ConfigSection& section,
                          std::string_view name) {
  const schema::Grantee grantee = schema::read_grantee(name);
  const std::size_t colon = name.find(':');
  const std::string_view behind =
      colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
  if (name == "*" || schema::equals_ignoring_case(name, "all"))
    return {"stands for nobody: users are named one by one, or by their groups"};
  if (grantee.is_group && grantee.name.empty()) return {"names no group"};
  if (name.starts_with('@') || name.starts_with('%'))
    return {"is no user; a group is written `group:NAME`", schema::written({true, name.substr(1)})};
  if (colon != std::string_view::npos && !grantee.is_group) {
    const bool is_group =
        schema::equals_ignoring_case(schema::strip(name.substr(0, colon)), "group");
    return {"is no user; a group is written `group:NAME`",
            is_group ? schema::written({true, behind}) : ""};
  }
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos)
    return {"is a number; users are compared by their names"};
  const schema::Facts* machine = context.machine();
  if (name != "user") return machine == nullptr ? Complaint{} : unknown(grantee, *machine);
  // Its own user is let in by any entry; this one stands for nobody else, where no account has
  // that name.
  const bool is_account = machine != nullptr && machine->user_exists && machine->user_exists(name);
  if (is_account || section.find("user") != nullptr) return {};
  return {"stands for the program's own user, and there is no `user=`"};
}

void check_control_names_nobody(const Context& context, Diagnostics& out,
                                const ConfigSection& section, const ConfigEntry& entry) {
  const auto text = context.text(section, entry);
  if (!text) return;
  for (const std::string_view name : schema::split_list(*text)) {
    const Complaint complaint = complaint_about(context, section, name);
    if (complaint.text.empty()) continue;
    const bool is_written = *text == entry.value && context.is_single_line(entry);
    const Span place =
        is_written ? context.value_part(entry, static_cast<std::size_t>(name.data() - text->data()),
                                        name.size())
                   : context.value_place(entry);
    auto& made = out.report(control_names_nobody.rule, place,
                            section.display() + " control: " + in_backticks(name) + " " +
                                complaint.text + "; nobody is let in by it");
    if (complaint.fix.empty()) {
      made.with_hint("remove it, or name a user");
      continue;
    }
    made.with_hint("did you mean " + in_backticks(complaint.fix) + "?");
    if (is_written && !entry.from_default)
      made.fix("write " + in_backticks(complaint.fix), place, complaint.fix, false);
  }
}

}  // namespace

const LintRule control_names_nobody = {
    .rule = {"SUP1112",          "control-names-nobody", Severity::warning,
             "an entry of `control` that lets nobody in"},
    .check_value = check_control_names_nobody,
    .options = {"control"}
};

}  // namespace sup::lint

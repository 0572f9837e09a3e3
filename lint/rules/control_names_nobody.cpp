// SUP1112: an entry of control= that lets nobody in.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/lint.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::string_view group_mark = "group:";

struct Complaint {
  std::string text;      // behind the entry; empty: there is none
  std::string fix = {};  // what to write instead; empty: take it out
};

Complaint unknown(std::string_view kind, std::string_view prefix, std::string_view name,
                  const std::function<bool(std::string_view)>& exists,
                  const std::function<std::vector<std::string>()>& names) {
  if (!exists || exists(name)) return {};
  const std::vector<std::string> known = names ? names() : std::vector<std::string>{};
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string near(schema::nearest(name, views));
  return {"is no " + std::string(kind) + " of this machine",
          near.empty() ? "" : std::string(prefix) + near};
}

// As Access::controls() of the daemon compares them.
Complaint complaint_about(const Context& context, const ConfigSection& section,
                          std::string_view name) {
  const std::size_t colon = name.find(':');
  const std::string_view behind =
      colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
  const std::string as_group = std::string(group_mark) + std::string(behind);
  if (name == "*" || schema::equals_ignoring_case(name, "all"))
    return {"stands for nobody: users are named one by one, or by their groups"};
  if (name == group_mark) return {"names no group"};
  if (name.starts_with('@') || name.starts_with('%'))
    return {"is no user; a group is written `group:NAME`",
            std::string(group_mark) + std::string(name.substr(1))};
  if (colon != std::string_view::npos && !name.starts_with(group_mark)) {
    const bool is_group =
        schema::equals_ignoring_case(schema::strip(name.substr(0, colon)), "group");
    return {"is no user; a group is written `group:NAME`", is_group ? as_group : ""};
  }
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos)
    return {"is a number; users are compared by their names"};
  if (name == "user" && section.find("user") == nullptr)
    return {"stands for the program's own user, and there is no `user=`"};
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || name == "user") return {};
  return name.starts_with(group_mark)
             ? unknown("group", group_mark, behind, machine->group_exists, machine->group_names)
             : unknown("user", "", name, machine->user_exists, machine->user_names);
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

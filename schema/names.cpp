#include "schema/names.h"

#include <algorithm>
#include <array>

namespace sup::schema {
namespace {

// The names beside variables, and the scopes that know them (config-syntax: where names are
// available).
struct NameRow {
  std::string_view name;
  unsigned scopes;
};

constexpr unsigned in(Scope scope) { return 1U << static_cast<unsigned>(scope); }

constexpr unsigned program_scopes =
    in(Scope::program) | in(Scope::program_environment) | in(Scope::process);
constexpr unsigned process_scopes = in(Scope::program_environment) | in(Scope::process);

constexpr std::array name_rows{
    NameRow{"here",           in(Scope::supervisord) | in(Scope::supervisord_environment) |
                        in(Scope::include) | in(Scope::server_file) |
                        in(Scope::supervisorctl_path) | in(Scope::group) | in(Scope::fcgi_socket) |
                        program_scopes            },
    NameRow{"host_node_name", in(Scope::include) | program_scopes    },
    NameRow{"program_name",   in(Scope::fcgi_socket) | program_scopes},
    NameRow{"group_name",     program_scopes                         },
    NameRow{"process_num",    process_scopes                         },
    NameRow{"numprocs",       process_scopes                         }
};

bool is_available(const NameRow& row, Scope scope, Target target) {
  // 4.4 reads [supervisord] environment with the host's name as well.
  if (row.name == "host_node_name" && scope == Scope::supervisord_environment)
    return target == Target::v4_4;
  if (row.name == "numprocs" && target == Target::v3_4) return false;
  return (row.scopes & in(scope)) != 0;
}

}  // namespace

std::vector<std::string_view> names_of(Scope scope, Target target) {
  std::vector<std::string_view> names;
  for (const NameRow& row : name_rows)
    if (is_available(row, scope, target)) names.push_back(row.name);
  return names;
}

void Names::set_global_environment(const EnvironmentValue& environment) {
  if (plan_.target == Target::v3_4) return;  // since 4.2.2
  for (const auto& [key, value] : environment) global_[key] = value;
}

NameStatus Names::find(std::string_view name, Scope scope, const NameValues& values,
                       TemplateValue& value) {
  if (name.starts_with("ENV_")) {
    const std::string variable(name.substr(4));
    if (scope == Scope::process && values.own_environment != nullptr &&
        plan_.target != Target::v3_4) {
      for (const auto& pair : *values.own_environment) {
        if (pair.first != variable) continue;
        value = std::string_view(pair.second);
        return NameStatus::defined;
      }
    }
    if (const auto found = global_.find(variable); found != global_.end()) {
      value = std::string_view(found->second);
      return NameStatus::defined;
    }
    auto [entry, fresh] = asked_.try_emplace(variable);
    if (fresh && facts_.environment) entry->second = facts_.environment(variable);
    if (!entry->second) return NameStatus::missing_variable;
    value = std::string_view(*entry->second);
    return NameStatus::defined;
  }
  const auto* row = std::find_if(name_rows.begin(), name_rows.end(),
                                 [&](const NameRow& known) { return known.name == name; });
  if (row == name_rows.end()) return NameStatus::unknown;
  if (!is_available(*row, scope, plan_.target)) return NameStatus::elsewhere;
  if (name == "here") value = std::string_view(plan_.here);
  if (name == "host_node_name") value = std::string_view(facts_.host_name);
  if (name == "program_name") value = values.program_name;
  if (name == "group_name") value = values.group_name;
  if (name == "process_num") value = values.process_num;
  if (name == "numprocs") value = values.numprocs;
  return NameStatus::defined;
}

}  // namespace sup::schema

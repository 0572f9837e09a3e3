// SUP913, SUP914, SUP919: names in environment=.
#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "lint/environments.h"
#include "lint/lint.h"

namespace sup::lint {

namespace {

// For the few that there mostly are, comparing costs less than remembering.
bool are_surely_different(const std::vector<EnvironmentPair>& pairs) {
  constexpr std::size_t few = 12;
  if (pairs.size() > few) return false;
  for (std::size_t i = 1; i < pairs.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (pairs[i].name == pairs[k].name) return false;
  return true;
}

void check_duplicate(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  const auto& pairs = context.environment_pairs(section, entry);
  if (!pairs || are_surely_different(*pairs)) return;
  std::unordered_map<std::string_view, const EnvironmentPair*> seen;
  for (const EnvironmentPair& pair : *pairs) {
    const auto [first, is_new] = seen.try_emplace(pair.name, &pair);
    if (is_new) continue;
    auto& diagnostic = out.report(environment_duplicate_key.rule,
                                  context.value_part(entry, pair.name_begin, pair.name.size()),
                                  in_backticks(pair.name) + " is set twice in " +
                                      section.display() + "; the last value counts");
    diagnostic.with_hint("keep one");
    diagnostic.label(
        context.value_part(entry, first->second->name_begin, first->second->name.size()),
        "set here before");
    if (context.is_single_line(entry) && first->second->separator == ",") {
      const EnvironmentPair& old = *first->second;
      diagnostic.fix(
          "remove the first",
          context.value_part(entry, old.name_begin, old.separator_begin + 1 - old.name_begin), "",
          false);
    }
    first->second = &pair;
  }
}

void check_name(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  const auto& pairs = context.environment_pairs(section, entry);
  if (!pairs) return;
  for (const EnvironmentPair& pair : *pairs) {
    if (is_variable_name(pair.name) || pair.name.find('%') != std::string_view::npos) continue;
    const Span place = context.value_part(entry, pair.name_begin, pair.name.size());
    const std::string_view name = pair.name;
    const bool is_quoted = name.find_first_of("\"'") != std::string_view::npos;
    if (is_quoted) {
      // From 4.4 on the quotes are taken away, as they are from values.
      if (context.options().target == schema::Target::v4_4) continue;
      auto& diagnostic = out.report(environment_odd_name.rule, place,
                                    "the quotes become a part of the name " + in_backticks(name) +
                                        " in " + section.display());
      const std::string_view inner = name.substr(1, name.size() < 2 ? 0 : name.size() - 2);
      diagnostic.with_hint("quote only the value");
      if (is_variable_name(inner) && context.source_text(place) == name)
        diagnostic.fix("remove the quotes", place, std::string(inner), true);
      continue;
    }
    if (name.front() == '\\' || name.front() == '\n') continue;  // SUP128 speaks of it
    // Java and others read names with dots and dashes; a shell cannot.
    const bool is_usable =
        name.find_first_not_of(
            "-.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
            std::string_view::npos &&
        (name.front() < '0' || name.front() > '9');
    out.report(
           environment_odd_name.rule, is_usable ? Severity::info : Severity::warning, place,
           in_backticks(name) + " in " + section.display() + " is no name that a shell could read")
        .with_hint("use letters, digits and underscores");
  }
}

void check_reserved(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  if (entry.value.find("SUPERVISOR_") == std::string_view::npos) return;
  const auto& pairs = context.environment_pairs(section, entry);
  if (!pairs) return;
  constexpr std::array<std::string_view, 4> reserved = {
      "SUPERVISOR_ENABLED", "SUPERVISOR_SERVER_URL", "SUPERVISOR_PROCESS_NAME",
      "SUPERVISOR_GROUP_NAME"};
  for (const EnvironmentPair& pair : *pairs) {
    if (std::find(reserved.begin(), reserved.end(), pair.name) == reserved.end()) continue;
    out.report(reserved_variable.rule, context.value_part(entry, pair.name_begin, pair.name.size()),
               in_backticks(pair.name) + " in " + section.display() +
                   " replaces what Supervisor tells its programs")
        .with_hint(pair.name == "SUPERVISOR_SERVER_URL" ? "write `serverurl=` instead"
                                                        : "choose another name");
  }
}

}  // namespace

const LintRule environment_duplicate_key = {
    .rule = {"SUP913", "environment-duplicate-key", Severity::warning,
             "a variable that is set twice"},
    .check_value = check_duplicate,
    .type = schema::Environment::name
};

const LintRule environment_odd_name = {
    .rule = {"SUP914", "environment-odd-name", Severity::warning,
             "a variable with an unusual name"},
    .check_value = check_name,
    .type = schema::Environment::name
};

const LintRule reserved_variable = {
    .rule = {"SUP919", "reserved-variable", Severity::info,
             "a variable that Supervisor itself sets"},
    .check_value = check_reserved,
    .type = schema::Environment::name
};

}  // namespace sup::lint

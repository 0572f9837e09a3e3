// SUP1501, SUP1502, SUP1506 to SUP1508: how options and values are spelt. Asked with --style.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

template <class Type>
bool reads_alike(std::string_view a, std::string_view b, schema::Target target) {
  typename Type::Storage first{};
  typename Type::Storage second{};
  return !Type::read(a, {target}, first) && !Type::read(b, {target}, second) && first == second;
}

bool is_default(std::string_view value, const schema::OptionRow& option, schema::Target target) {
  const std::string_view text = *option.default_text;
  if (value == text) return true;
  if (schema::is_template(value)) return false;
  if (option.type == schema::Boolean::name)
    return reads_alike<schema::Boolean>(value, text, target);
  if (option.type == schema::Integer::name)
    return reads_alike<schema::Integer>(value, text, target);
  if (option.type == schema::ByteSize::name)
    return reads_alike<schema::ByteSize>(value, text, target);
  if (option.type == schema::Octal::name) return reads_alike<schema::Octal>(value, text, target);
  if (option.type == schema::Signal::name) return reads_alike<schema::Signal>(value, text, target);
  return option.type == schema::LogTarget::name &&
         reads_alike<schema::LogTarget>(value, text, target);
}

// Whether the option has another default here than its row says.
bool has_own_default(const Context& context, const ConfigSection& section,
                     const schema::OptionRow& option) {
  if (option.name == "priority") return section.name->kind == SectionKind::eventlistener;
  if (option.name == "exitcodes") return context.options().target < schema::Target::v4_2;
  return option.name == "killasgroup";  // that of stopasgroup
}

void check_defaults(const Context& context, Diagnostics& out) {
  // A default in the file itself is another one.
  if (context.has_section("DEFAULT")) return;
  context.each_entry([&](const ConfigSection& section, const ConfigEntry& entry) {
    const schema::OptionRow* option = entry.option();
    if (option == nullptr || !option->default_text || section.has_overridden ||
        has_own_default(context, section, *option) ||
        !is_default(entry.value, *option, context.options().target)) {
      return;
    }
    auto& diagnostic = out.report(
        redundant_default.rule, context.key_span(entry),
        in_backticks(context.key_text(entry)) + " of " + section.display() + " has its default");
    diagnostic.with_hint("remove it");
    add_removal(context, diagnostic, entry, true);
  });
}

// Pairs of words for booleans.
std::size_t boolean_family(std::string_view word) {
  constexpr std::array<std::array<std::string_view, 2>, 6> families = {
      {{"true", "false"}, {"yes", "no"}, {"on", "off"}, {"1", "0"}, {"t", "f"}, {"y", "n"}}
  };
  for (std::size_t i = 0; i < families.size(); ++i)
    for (const std::string_view each : families.at(i))
      if (schema::equals_ignoring_case(word, each)) return i;
  return families.size();
}

void check_booleans(const Context& context, Diagnostics& out) {
  struct First {
    const ConfigEntry* entry;
    std::size_t family;
    bool is_reported = false;
  };

  std::map<std::uint32_t, First> files;
  context.each_entry([&](const ConfigSection&, const ConfigEntry& entry) {
    if (entry.option() == nullptr || entry.option()->type != schema::Boolean::name) return;
    const std::size_t family = boolean_family(schema::strip(entry.value));
    if (family == boolean_family("none")) return;  // no word for a boolean
    First& first = files.try_emplace(entry.file, First{&entry, family}).first->second;
    if (first.family == family || first.is_reported) return;
    first.is_reported = true;
    out.report(mixed_boolean_spelling.rule, context.value_place(entry),
               in_backticks(entry.value) + " here and " + in_backticks(first.entry->value) +
                   " elsewhere in this file")
        .with_hint("use one pair of words for all")
        .label(context.value_place(*first.entry), "the first one");
  });
}

void check_case(const Context& context, Diagnostics& out) {
  context.each_entry([&](const ConfigSection&, const ConfigEntry& entry) {
    const std::string_view key = context.key_text(entry);
    if (entry.option() == nullptr || key == entry.key()) return;
    const std::string text(entry.key());
    out.report(uppercase_option.rule, context.key_span(entry),
               in_backticks(key) + " is written in lower case as a rule")
        .with_hint("write " + in_backticks(text))
        .fix("write " + in_backticks(text), context.key_span(entry), text, true);
  });
}

// Values of environment= without quotes, as tokens; nothing when the list is not understood.
std::vector<schema::EnvironmentToken> unquoted_values(std::string_view text,
                                                      schema::Target target) {
  std::vector<schema::EnvironmentToken> tokens;
  std::vector<schema::EnvironmentToken> found;
  if (schema::lex_environment(text, target, tokens)) return {};
  for (std::size_t i = 0; i < tokens.size(); i += 4) {
    if (i + 2 >= tokens.size() || tokens[i + 1].text != "=") return {};
    if (i + 3 < tokens.size() && tokens[i + 3].text != ",") return {};
    const auto& value = tokens[i + 2];
    const std::string_view written = text.substr(value.begin, value.end - value.begin);
    if (written.find_first_of("\"'\\") == std::string_view::npos && !written.empty())
      found.push_back(value);
  }
  return found;
}

void check_environment(const Context& context, Diagnostics& out, const ConfigSection& section,
                       const ConfigEntry& entry) {
  const auto values = unquoted_values(entry.value, context.options().target);
  if (values.empty()) return;
  const auto& first = values.front();
  auto& diagnostic =
      out.report(unquoted_environment_value.rule,
                 context.value_part(entry, first.begin, first.end - first.begin),
                 "a value of the environment of " + section.display() + " stands without quotes");
  diagnostic.with_hint("put values into double quotes");
  if (!context.is_single_line(entry)) return;
  std::string text(entry.value);
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    text.insert(value->end, "\"");
    text.insert(value->begin, "\"");
  }
  diagnostic.fix("quote all values", context.value_span(entry), text, true);
}

void check_events(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  if (entry.is_template || !context.read<schema::EventList>(section, entry)) return;
  std::string text = schema::upper(entry.value);
  if (text == entry.value) return;
  auto& diagnostic = out.report(event_name_lower_case.rule, context.value_place(entry),
                                "event types are written in upper case as a rule");
  diagnostic.with_hint("write " + in_backticks(text));
  if (context.is_single_line(entry))
    diagnostic.fix("write upper case", context.value_span(entry), text, true);
}

}  // namespace

const LintRule redundant_default = {
    .rule = {"SUP1501", "redundant-default", Severity::style,
             "an option that is set to its default"},
    .check = check_defaults
};

const LintRule mixed_boolean_spelling = {
    .rule = {"SUP1502", "mixed-boolean-spelling", Severity::style, "true here and yes there"},
    .check = check_booleans,
    .looks_at_whole = true
};

const LintRule uppercase_option = {
    .rule = {"SUP1506", "uppercase-option", Severity::style, "an option in upper case"},
    .check = check_case
};

const LintRule unquoted_environment_value = {
    .rule = {"SUP1507", "unquoted-environment-value", Severity::style,
             "a value of environment= without quotes"},
    .check_value = check_environment,
    .type = schema::Environment::name
};

const LintRule event_name_lower_case = {
    .rule = {"SUP1508", "event-name-lower-case", Severity::style, "an event type in lower case"},
    .check_value = check_events,
    .type = schema::EventList::name
};

}  // namespace sup::lint

// SUP911, SUP912, SUP917, SUP918: values of environment= that are not what stands there.
#include <string>

#include "lint/environments.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

template <class Function>
void each_pair(const Context& context, const ConfigSection& section, const ConfigEntry& entry,
               Function function) {
  const auto& pairs = context.environment_pairs(section, entry);
  if (!pairs) return;
  for (const EnvironmentPair& pair : *pairs) function(pair);
}

void check_truncated(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  each_pair(context, section, entry, [&](const EnvironmentPair& pair) {
    if (!pair.is_cut()) return;
    const std::string_view meant =
        entry.value.substr(pair.value_begin, pair.meant_end - pair.value_begin);
    const std::size_t read_end = pair.value_begin + pair.value.size();
    const bool is_secret = is_secret_name(pair.name);
    auto& diagnostic = out.report(
        environment_value_truncated.rule,
        context.value_part(entry, read_end, pair.meant_end - read_end),
        in_backticks(pair.name) + " of " + section.display() + " gets only " +
            (is_secret ? std::string("the part before this") : in_backticks(pair.value)) +
            "; a value with such a character needs quotes");
    if (meant.find_first_of("\"'\\") != std::string_view::npos) {
      diagnostic.with_hint(meant.find('\'') == std::string_view::npos
                               ? "put the whole value into single quotes"
                               : "put the whole value into quotes");
      return;
    }
    diagnostic.with_hint("put the whole value into double quotes");
    const Span place = context.value_part(entry, pair.value_begin, meant.size());
    if (context.source_text(place) == meant)
      diagnostic.fix("put the value into quotes", place, "\"" + std::string(meant) + "\"", true);
  });
}

void check_separator(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  if (!context.has_any(entry, ";|&")) return;
  each_pair(context, section, entry, [&](const EnvironmentPair& pair) {
    if (pair.is_cut() || pair.separator.empty() || pair.separator == ",") return;
    const Span place = context.value_part(entry, pair.separator_begin, pair.separator.size());
    auto& diagnostic =
        out.report(environment_odd_separator.rule, place,
                   in_backticks(pair.separator) + " separates variables of " + section.display() +
                       " by accident only, as Supervisor takes any sign there");
    diagnostic.with_hint("write `,`");
    diagnostic.fix("write `,`", place, ",", true);
  });
}

// The end of "$NAME" or "${NAME}" at `at`, or 0.
std::size_t variable_end(std::string_view text, std::size_t at) {
  const bool is_braced = at + 1 < text.size() && text[at + 1] == '{';
  const std::size_t begin = at + (is_braced ? 2 : 1);
  std::size_t end = begin;
  while (end < text.size() && is_variable_name(text.substr(begin, end + 1 - begin))) ++end;
  if (end == begin || (is_braced && (end == text.size() || text[end] != '}'))) return 0;
  return end + (is_braced ? 1 : 0);
}

void check_variable(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  if (!context.has_any(entry, "$")) return;
  each_pair(context, section, entry, [&](const EnvironmentPair& pair) {
    // Prompts and formats are read by a shell later; in secrets a $ is a character.
    if (pair.is_cut() || is_secret_name(pair.name) || pair.name.starts_with("PS") ||
        pair.name.find("PROMPT") != std::string_view::npos ||
        pair.name.find("FORMAT") != std::string_view::npos)
      return;
    for (std::size_t at = pair.value.find('$'); at != std::string_view::npos;
         at = pair.value.find('$', at + 1)) {
      const std::size_t end = variable_end(pair.value, at);
      if (end == 0 || (at > 0 && pair.value[at - 1] == '\\')) continue;
      const std::string_view written = pair.value.substr(at, end - at);
      const std::string name(
          written.substr(written[1] == '{' ? 2 : 1, written.size() - (written[1] == '{' ? 3 : 1)));
      const Span place = context.value_part(entry, pair.value_begin + at, written.size());
      auto& diagnostic =
          out.report(environment_literal_variable.rule, place,
                     in_backticks(pair.name) + " of " + section.display() + " gets " +
                         in_backticks(written) + " as it stands; nothing replaces it");
      const std::string wanted = "%(ENV_" + name + ")s";
      diagnostic.with_hint("write " + in_backticks(wanted));
      diagnostic.fix("write " + in_backticks(wanted), place, wanted, false);
      return;
    }
  });
}

void check_stripping(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  // Only quotes inside quotes and backslashes are read in two ways.
  const bool has_both = context.has_any(entry, "'") && context.has_any(entry, "\"");
  if (!has_both && !context.has_any(entry, "\\")) return;
  const auto text = context.text(section, entry);
  if (!text) return;
  schema::EnvironmentValue before;
  schema::EnvironmentValue after;
  if (schema::Environment::read(*text, {schema::Target::v4_3}, before) ||
      schema::Environment::read(*text, {schema::Target::v4_4}, after) ||
      before.size() != after.size())
    return;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].first != after[i].first || before[i].second == after[i].second) continue;
    const auto& pairs = context.environment_pairs(section, entry);
    if (!pairs) return;
    for (const EnvironmentPair& pair : *pairs) {
      if (pair.name != before[i].first || pair.is_cut()) continue;
      const bool is_secret = is_secret_name(pair.name);
      out.report(environment_quote_stripping.rule,
                 context.value_part(entry, pair.value_begin, pair.value.size()),
                 in_backticks(pair.name) + " of " + section.display() +
                     " differs between versions" +
                     (is_secret ? ", as its quotes are read in two ways"
                                : ": " + in_backticks(before[i].second) + " up to 4.3, " +
                                      in_backticks(after[i].second) + " from 4.4"))
          .with_hint("avoid quotes at the ends of values, and backslashes");
      break;
    }
  }
}

}  // namespace

const LintRule environment_value_truncated = {
    .rule = {"SUP911", "environment-value-truncated", Severity::warning,
             "a value of environment= that is cut off"},
    .check_value = check_truncated,
    .type = schema::Environment::name
};

const LintRule environment_odd_separator = {
    .rule = {"SUP912", "environment-odd-separator", Severity::warning,
             "variables that are not separated by commas"},
    .check_value = check_separator,
    .type = schema::Environment::name
};

const LintRule environment_literal_variable = {
    .rule = {"SUP917", "environment-literal-variable", Severity::warning,
             "a shell's variable in a value"},
    .check_value = check_variable,
    .type = schema::Environment::name
};

const LintRule environment_quote_stripping = {
    .rule = {"SUP918", "environment-quote-stripping", Severity::warning,
             "quotes in a value that versions read differently"},
    .check_value = check_stripping,
    .type = schema::Environment::name
};

}  // namespace sup::lint

// SUP1305, SUP1306: values of environment= that Supervisor 4.4 reads otherwise than 4.3.
#include <algorithm>
#include <array>

#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// What such a change is: a matter of the version that was asked for, else good to know.
Severity severity_for(const Context& context) {
  const bool is_asked =
      context.options().target_is_explicit && context.options().target >= schema::Target::v4_4;
  return is_asked ? Severity::warning : Severity::info;
}

bool looks_secret(std::string_view name) {
  constexpr std::array<std::string_view, 5> words = {"PASS", "SECRET", "TOKEN", "KEY",
                                                     "CREDENTIAL"};
  const std::string upper = schema::upper(name);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return upper.find(word) != std::string::npos; });
}

// A name whose value differs, or null; both lists have the same names in the same order.
const std::pair<std::string, std::string>* first_difference(const schema::EnvironmentValue& before,
                                                            const schema::EnvironmentValue& after) {
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i)
    if (before[i] != after[i]) return &before[i];
  return nullptr;
}

// Whether it is written so that both readings are surely the same: no backslash, and quotes only
// around whole values.
bool means_the_same(std::string_view text) {
  constexpr std::string_view quotes = "\"'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' || static_cast<signed char>(text[i]) < 0) return false;
    if (text[i] != '"' && text[i] != '\'') continue;
    const std::size_t close = text.find(text[i], i + 1);
    if (i == 0 || text[i - 1] != '=' || close == std::string_view::npos) return false;
    const std::string_view inner = text.substr(i + 1, close - i - 1);
    if (inner.find('\\') != std::string_view::npos) return false;
    if (!inner.empty() && (quotes.find(inner.front()) != std::string_view::npos ||
                           quotes.find(inner.back()) != std::string_view::npos))
      return false;
    if (close + 1 < text.size() &&
        std::string_view(", \t\r\n").find(text[close + 1]) == std::string_view::npos)
      return false;
    i = close;
  }
  return true;
}

void check_quoting(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  if (means_the_same(entry.value)) return;
  const auto text = context.text(section, entry);
  if (!text) return;
  schema::EnvironmentValue before;
  schema::EnvironmentValue after;
  const auto refused_before = schema::Environment::read(*text, {schema::Target::v4_3}, before);
  const auto refused_after = schema::Environment::read(*text, {schema::Target::v4_4}, after);
  if (refused_before && refused_after) return;
  const bool is_new = context.options().target >= schema::Target::v4_4;
  // What the target refuses is an error of the compiler.
  if (is_new ? refused_after.has_value() : refused_before.has_value()) return;
  if (!refused_before && !refused_after && before == after) return;
  std::string message = section.display() + " environment: ";
  const auto* difference = first_difference(before, after);
  if (refused_before || refused_after) {
    message += refused_before ? "Supervisor up to 4.3 refuses what 4.4 reads, as quotes and "
                                "backslashes mean something else there"
                              : "Supervisor 4.4 refuses this, as quotes and backslashes mean "
                                "something else there";
  } else if (difference == nullptr || looks_secret(difference->first)) {
    message +=
        "Supervisor up to 4.3 and 4.4 read quotes and backslashes differently; the values "
        "are not the same";
  } else {
    const auto other = std::find_if(after.begin(), after.end(), [&](const auto& pair) {
      return pair.first == difference->first;
    });
    message += "Supervisor up to 4.3 reads " + difference->first + " as " +
               in_backticks(difference->second) + ", 4.4 as " +
               in_backticks(other == after.end() ? "" : other->second);
  }
  auto& diagnostic = out.report(environment_quoting_changes.rule, severity_for(context),
                                context.value_place(entry), std::move(message));
  diagnostic.with_hint("quotes around a value without quotes and backslashes mean the same to all");
}

void check_percent(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  constexpr std::string_view four = "%%%%";
  if (section.name->kind != SectionKind::supervisord ||
      context.options().target < schema::Target::v4_4)
    return;
  const std::size_t at = entry.value.find(four);
  if (at == std::string_view::npos) return;
  const Span place = context.value_part(entry, at, four.size());
  auto& diagnostic =
      out.report(double_percent_changes.rule, severity_for(context), place,
                 section.display() +
                     " environment: four `%` are one for Supervisor up to 4.3, and two for 4.4");
  diagnostic.with_hint("write `%%` for 4.4");
  if (context.source_text(place) == four) diagnostic.fix("write `%%`", place, "%%", false);
}

}  // namespace

const LintRule environment_quoting_changes = {
    .rule = {"SUP1305", "environment-quoting-changes", Severity::warning,
             "a value of environment= that 4.4 reads otherwise"},
    .check_value = check_quoting,
    .type = schema::Environment::name
};

const LintRule double_percent_changes = {
    .rule = {"SUP1306",          "double-percent-changes", Severity::warning,
             "four percent signs, which are one or two"},
    .check_section =
        [](const Context& context, Diagnostics& out, const ConfigSection& section) {
          const ConfigEntry* entry = section.find("environment");
          if (entry != nullptr && !entry->from_default)
            check_percent(context, out, section, *entry);
             },
    .options = {"environment"}
};

}  // namespace sup::lint

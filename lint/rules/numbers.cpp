// SUP1303, SUP1308: numbers that other platforms and readers take differently.
#include <algorithm>
#include <array>

#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

void check_signal(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  if (entry.value.empty() || entry.value.find_first_not_of("0123456789") != std::string_view::npos)
    return;
  const auto signal = context.read<schema::Signal>(section, entry);
  constexpr std::array<int, 8> same_everywhere = {0, 1, 2, 3, 6, 9, 14, 15};  // as POSIX says
  if (!signal ||
      std::find(same_everywhere.begin(), same_everywhere.end(), *signal) != same_everywhere.end())
    return;
  const std::string name = schema::Signal::print(*signal);
  auto& diagnostic =
      out.report(numeric_signal.rule, context.value_place(entry),
                 section.display() + " " + std::string(entry.key()) + ": signal " +
                     std::string(entry.value) + " may be another one on other platforms");
  diagnostic.with_hint("write " + in_backticks(name));
  if (context.is_single_line(entry) && name != entry.value)
    diagnostic.fix("write " + in_backticks(name), context.value_span(entry), name, true);
}

// The number in plain digits, what stands behind it kept; empty if it is plain already.
std::string plain_number(std::string_view text) {
  if (text.find_first_not_of("-0123456789KMGBkmgb ") == std::string_view::npos) return {};
  std::string_view number = text;
  while (!number.empty() &&
         std::string_view("KMGBkmgb ").find(number.back()) != std::string_view::npos)
    number.remove_suffix(1);
  std::int64_t value = 0;
  bool overflow = false;
  if (!schema::read_python_int(number, 10, value, overflow)) return {};
  return std::to_string(value) + std::string(text.substr(number.size()));
}

void check_number(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  if (entry.value.find('%') != std::string_view::npos) return;
  const std::string plain = plain_number(entry.value);
  if (plain.empty()) return;
  auto& diagnostic = out.report(python_only_number.rule, context.value_place(entry),
                                section.display() + " " + std::string(entry.key()) + ": " +
                                    in_backticks(entry.value) + " is a number to Python alone");
  diagnostic.with_hint("write " + in_backticks(plain));
  if (context.is_single_line(entry))
    diagnostic.fix("write " + in_backticks(plain), context.value_span(entry), plain, true);
}

}  // namespace

const LintRule numeric_signal = {
    .rule = {"SUP1303", "numeric-signal", Severity::style, "a signal by its number"},
    .check_value = check_signal,
    .type = schema::Signal::name
};

const LintRule python_only_number = {
    .rule = {"SUP1308",                                   "python-only-number", Severity::style,
             "a number in a form that only Python reads"},
    .check_value = check_number,
    .type = {schema::Integer::name, schema::ByteSize::name                    }
};

}  // namespace sup::lint

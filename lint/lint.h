// Opinions about configurations: what Supervisor accepts in silence and what surely was not meant.
// What makes a faithful plan impossible is an error of the compiler instead.
//
// A rule is one file in lint/rules/ that defines one LintRule, one row in rules.def, and the page
// that explains it, docs/rules/<id>.md; there is no registration at run time. A rule looks at a
// finished compilation and reports; it knows no other rule. Where a rule explains a compiler error
// better than the compiler can, lint() drops that error, so that one mistake gives one message.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "compiler/diagnostics.h"
#include "lint/context.h"

namespace sup::lint {

// Names of value types, one or some.
struct ValueTypes {
  constexpr ValueTypes() = default;

  constexpr ValueTypes(std::string_view first,  // NOLINT(google-explicit-constructor)
                       std::string_view second = {}, std::string_view third = {})
      : names{first, second, third} {}

  constexpr bool contains(std::string_view name) const {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  std::array<std::string_view, 3> names{};
};

// What a rule counts in all sections before it has something to say. Sections are looked at a few
// at a time, by all rules that want to see them, as they may be more than a processor keeps at
// hand; and by two threads, each with a tally of its own, in no particular order.
class Tally {
 public:
  Tally() = default;
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  Tally(Tally&&) = delete;
  Tally& operator=(Tally&&) = delete;
  virtual ~Tally() = default;

  // Called for each section that Supervisor reads.
  virtual void look_at(const Context& context, const ConfigSection& section) = 0;
  // Takes over what another tally of the rule has counted.
  virtual void add(Tally& other) = 0;
  virtual void report(const Context& context, compiler::Diagnostics& out) = 0;
};

struct LintRule {
  compiler::Rule rule;

  // A rule has one of the following four.

  // Called with some sections after the other in Context::sections(), or once with all of them.
  void (*check)(const Context& context, compiler::Diagnostics& out) = nullptr;
  bool looks_at_whole = false;
  // Asked with matters of style only, whatever its severity.
  bool is_optional = false;

  // Called for each section that sets one of `options`.
  void (*check_section)(const Context& context, compiler::Diagnostics& out,
                        const ConfigSection& section) = nullptr;

  // Called for each entry of `options` that counts and is written in its section. What it finds
  // must follow from the option and the value alone, so that equal values are looked at once.
  void (*check_value)(const Context& context, compiler::Diagnostics& out,
                      const ConfigSection& section, const ConfigEntry& entry) = nullptr;

  // Makes what counts for the rule, or nothing when there is nothing to count.
  std::unique_ptr<Tally> (*tally)(const Context& context) = nullptr;

  // By name; none: all of these value types. An option of these kinds of section only, if any.
  std::array<OptionName, 8> options{};
  ValueTypes type{};
};

#define LINT_RULE(name) extern const LintRule name;
#include "lint/rules.def"
#undef LINT_RULE

// Whether a rule asks what only all sections together can tell.
bool is_about_all(const LintRule& rule);

// Whether a rule is off by default.
bool is_optional(const LintRule& rule);

// All rules in the order of rules.def.
std::span<const LintRule* const> lint_rules();

// Rules of compiler and lint by id.
std::vector<const compiler::Rule*> all_rules();

// By id or name, in any case; null if there is none.
const compiler::Rule* find_rule(std::string_view id_or_name);

// Whether a rule of the compiler says that a required option is missing.
bool is_about_missing_option(std::string_view id);

// Everything that is to be said about a compilation, sorted: the compiler's diagnostics, less those
// that a rule explains, and those of all rules.
compiler::Diagnostics lint(const compiler::Compilation& compilation, const LintOptions& options);

}  // namespace sup::lint

// Which rules speak about a file, and how loud: what settings and command line say of rules, worked
// out once for all of them.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "compiler/diagnostics.h"
#include "lint/settings.h"

namespace sup::lint {

class Selection {
 public:
  // All rules that are not optional.
  Selection() : Selection({}, false) {}

  // `layers`: what says something of rules, later ones above earlier ones. A `select` starts anew;
  // within a layer the narrower selector wins, and `ignore` where both are equally narrow.
  Selection(std::span<const Settings* const> layers, bool style);

  // Whether the rule is to be asked.
  bool runs(const compiler::Rule& rule) const;

  // Whether those rules run that do so when nobody says anything about rules but whether matters of
  // style count.
  bool is_usual(bool style) const { return is_usual_ && style_ == style; }

  // Number of rules that are to be asked.
  std::size_t count() const { return count_; }

  // The severity that a finding is reported with; nothing: it is not reported.
  std::optional<Severity> severity_of(const compiler::Diagnostic& finding) const;

 private:
  struct State {
    bool on = false;
    bool chosen = false;  // by name: also matters of style are reported
    std::optional<Severity> severity;
  };

  static void apply(const Settings& layer, const compiler::Rule& rule, State& state);

  using RuleState = std::pair<const compiler::Rule*, State>;

  bool runs(const State& state) const;
  // Null for rules that are neither the compiler's nor lint's.
  const State* state_of(const compiler::Rule* rule) const;

  std::vector<RuleState> states_;  // in order of the addresses
  bool style_ = false;
  std::size_t count_ = 0;
  bool is_usual_ = true;
};

// Whether no faithful plan can be built because of this: an error of the compiler about the text.
// Such an error is always reported. What only a machine or a list of variables lacks is not one.
bool prevents_plan(const compiler::Diagnostic& finding);

}  // namespace sup::lint

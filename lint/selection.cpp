#include "lint/selection.h"

#include <algorithm>
#include <functional>

#include "lint/lint.h"

namespace sup::lint {

namespace {

Aim best_aim(const std::optional<RuleSelectors>& selectors, const compiler::Rule& rule) {
  Aim best = Aim::none;
  if (!selectors) return best;
  for (const RuleSelector& selector : *selectors) best = std::max(best, selector.aim_at(rule));
  return best;
}

}  // namespace

void Selection::apply(const Settings& layer, const compiler::Rule& rule, State& state) {
  if (layer.select) state.on = state.chosen = false;
  const Aim selected = std::max(best_aim(layer.select, rule), best_aim(layer.extend_select, rule));
  const Aim ignored = best_aim(layer.ignore, rule);
  if (selected > ignored) {
    state.on = state.chosen = true;
  } else if (ignored != Aim::none) {
    state.on = state.chosen = false;
  }
  if (!layer.severity) return;
  const RuleSeverity* best = nullptr;
  for (const RuleSeverity& row : *layer.severity) {
    const Aim aim = row.rules.aim_at(rule);
    if (aim != Aim::none && (best == nullptr || aim >= best->rules.aim_at(rule))) best = &row;
  }
  if (best == nullptr) return;
  if (!best->level) {
    state.on = state.chosen = false;
    return;
  }
  state.severity = best->level;
  // A level for a rule itself is a wish to hear of it.
  const bool names_it = best->rules.aim_at(rule) == Aim::rule && ignored != Aim::rule;
  if (names_it && *best->level != Severity::style) state.on = state.chosen = true;
}

Selection::Selection(std::span<const Settings* const> layers, bool style) : style_(style) {
  const auto add = [&](const compiler::Rule& rule, bool is_optional) {
    State state;
    state.on = !is_optional || style;
    for (const Settings* layer : layers) apply(*layer, rule, state);
    states_.emplace_back(&rule, state);
    count_ += runs(state) ? 1 : 0;
    is_usual_ = is_usual_ && runs(state) == (!is_optional || style);
  };
  states_.reserve(compiler::compiler_rules().size() + lint_rules().size());
  for (const compiler::Rule* rule : compiler::compiler_rules()) add(*rule, false);
  for (const LintRule* rule : lint_rules()) add(rule->rule, is_optional(*rule));
  std::ranges::sort(states_, std::less<>(), &RuleState::first);
}

const Selection::State* Selection::state_of(const compiler::Rule* rule) const {
  const auto found = std::ranges::lower_bound(states_, rule, std::less<>(), &RuleState::first);
  return found == states_.end() || found->first != rule ? nullptr : &found->second;
}

bool Selection::runs(const State& state) const {
  return state.on && (state.severity != Severity::style || style_ || state.chosen);
}

bool Selection::runs(const compiler::Rule& rule) const {
  const State* const state = state_of(&rule);
  return state == nullptr || runs(*state);
}

std::optional<Severity> Selection::severity_of(const compiler::Diagnostic& finding) const {
  const State* const state = state_of(finding.rule);
  if (state == nullptr) return finding.severity;
  if (!state->on) return std::nullopt;
  const Severity severity = state->severity.value_or(finding.severity);
  if (severity == Severity::style && !style_ && !state->chosen) return std::nullopt;
  return severity;
}

bool prevents_plan(const compiler::Diagnostic& finding) {
  if (finding.severity != Severity::error) return false;
  const auto& rules = compiler::compiler_rules();
  if (std::find(rules.begin(), rules.end(), finding.rule) == rules.end()) return false;
  return family_prefix(finding.rule->id) != "SUP10" && finding.rule->id != "SUP407";
}

}  // namespace sup::lint

#include "lint/rule_selector.h"

#include <algorithm>
#include <vector>

#include "lint/lint.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

bool is_family(std::string_view text) {
  const auto rules = all_rules();
  return std::any_of(rules.begin(), rules.end(),
                     [&](const compiler::Rule* rule) { return family_prefix(rule->id) == text; });
}

}  // namespace

std::string_view family_prefix(std::string_view id) {
  constexpr std::size_t digits_of_a_member = 2;
  return id.substr(0, id.size() - std::min(id.size(), digits_of_a_member));
}

std::optional<RuleSelector> RuleSelector::from_text(std::string_view text) {
  RuleSelector made;
  made.text_ = text;
  if (schema::equals_ignoring_case(text, "all")) return made;
  made.rule_ = find_rule(text);
  if (made.rule_ != nullptr) return made;
  constexpr std::size_t longest = 16;  // of a family
  if (text.size() > longest) return std::nullopt;
  made.family_ = schema::upper(text);
  if (made.family_.ends_with("XX")) made.family_.resize(made.family_.size() - 2);
  return is_family(made.family_) ? std::optional(std::move(made)) : std::nullopt;
}

Aim RuleSelector::aim_at(const compiler::Rule& rule) const {
  if (rule_ != nullptr) return rule_ == &rule ? Aim::rule : Aim::none;
  if (family_.empty()) return Aim::all;
  return family_prefix(rule.id) == family_ ? Aim::family : Aim::none;
}

std::string hint_for_unknown_rule(std::string_view text) {
  std::vector<std::string_view> names;
  for (const compiler::Rule* rule : all_rules()) {
    names.push_back(rule->name);
    names.push_back(rule->id);
  }
  const std::string_view near = schema::nearest(text, names);
  if (near.empty()) return "`supcheck --list-rules` lists them";
  return "did you mean `" + std::string(near) + "`?";
}

}  // namespace sup::lint

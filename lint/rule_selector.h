// What people write to mean rules: an id, a name, a family such as SUP6 or SUP12, or ALL. The same
// in settings, on the command line and in comments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/diagnostics.h"

namespace sup::lint {

// How narrowly a selector means a rule; the narrower one wins.
enum class Aim : std::uint8_t { none, all, family, rule };

class RuleSelector {
 public:
  // In any case; SUP6xx is SUP6. Nothing: no rule is meant.
  static std::optional<RuleSelector> from_text(std::string_view text);

  Aim aim_at(const compiler::Rule& rule) const;

  // As it was written.
  const std::string& text() const { return text_; }

  // The only rule that it means; null: a family or all.
  const compiler::Rule* rule() const { return rule_; }

 private:
  std::string text_;
  const compiler::Rule* rule_ = nullptr;
  std::string family_;  // "SUP6"; empty beside `rule_` null: all
};

// "SUP12" of "SUP1203", "SUP1" of "SUP126": all but the last two digits.
std::string_view family_prefix(std::string_view id);

// "did you mean `unknown-option`?", or what lists the rules.
std::string hint_for_unknown_rule(std::string_view text);

}  // namespace sup::lint

// Explanations, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "compiler/explain.h"

namespace sup::compiler {

struct EmitExplainOptions {
  bool show_secrets = false;  // otherwise they are hidden, see schema/redact.h
  bool color = false;         // of the text
};

std::string emit_explain_text(const std::vector<ExplainedSection>& sections,
                              const schema::Plan& plan, const EmitExplainOptions& options);

std::string emit_explain_json(const std::vector<ExplainedSection>& sections,
                              const schema::Plan& plan, const EmitExplainOptions& options);

// Texts as they may be shown: a value of an option or of one variable, given the template behind
// it, and that template itself.
std::string shown_explained(const schema::OptionRow* option, const std::string& name,
                            const std::string& variable, const std::string& in_plan,
                            const std::string& text, bool show_secrets);
std::string shown_written(const ExplainedValue& value, const std::string& text, bool show_secrets);

}  // namespace sup::compiler

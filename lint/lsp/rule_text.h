// What an editor shows of a rule.
#pragma once

#include <string>

#include "compiler/diagnostics.h"

namespace sup::lint::lsp {

// Id, name, what the rule is about and how to mend it: its page without samples, as Markdown.
std::string rule_text(const compiler::Rule& rule);

}  // namespace sup::lint::lsp

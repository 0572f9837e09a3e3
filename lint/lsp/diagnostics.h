// Findings as an editor shows them.
#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics.h"
#include "lint/lsp/types.h"

namespace sup::lint::lsp {

DiagnosticSeverity severity_of(const compiler::Diagnostic& finding);

// The message with its hint and notes, one a line; valid UTF-8.
std::string message_of(const compiler::Diagnostic& finding);

// Text that does nothing is shown faded, text of earlier versions struck out.
std::optional<DiagnosticTag> tag_of(const compiler::Diagnostic& finding);

}  // namespace sup::lint::lsp

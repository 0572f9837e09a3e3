// SUP122: bytes below blank that are neither tab nor line end.
#include "lint/lint.h"

namespace sup::lint {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x7F || (byte < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

void check_nul_or_control_character(const Context& context, Diagnostics& out) {
  for (const compiler::LoadedFile& file : context.config().files->files) {
    // Of a template, the document has other signs in the places of markers.
    if (!file.document.has_control_sign && context.sources()[file.source].markers.empty()) continue;
    const std::string_view text = context.sources().written(file.source);
    // One for each line is enough: binary text is one mistake.
    for (std::uint32_t number = 0; number < file.document.line_count(); ++number) {
      const compiler::Line line = file.document.line(number);
      for (std::uint32_t i = line.begin; i < line.end; ++i) {
        if (!is_control(text[i])) continue;
        const bool is_nul = text[i] == 0;
        out.report(nul_or_control_character.rule, {file.source, i, i + 1},
                   is_nul ? "a NUL byte; Supervisor loads it and dies when it looks the command up"
                          : "a control character in the text")
            .with_hint("delete it");
        break;
      }
    }
  }
}

}  // namespace

const LintRule nul_or_control_character = {
    .rule = {"SUP122", "nul-or-control-character", Severity::error,
             "a NUL byte or another control character"},
    .check = check_nul_or_control_character,
    .looks_at_whole = true
};

}  // namespace sup::lint

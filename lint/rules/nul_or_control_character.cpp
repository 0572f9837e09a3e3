// SUP122: bytes below blank that are neither tab nor line end.
#include "lint/lint.h"

namespace sup::lint {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x7F || (byte < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

// Without a branch in the loop, so that many bytes are looked at together.
bool has_control(std::string_view text) {
  unsigned char found = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto is_blank =
        static_cast<unsigned char>((byte == '\t') | (byte == '\n') | (byte == '\r'));
    const auto is_low = static_cast<unsigned char>((byte < 0x20) | (byte == 0x7F));
    found =
        static_cast<unsigned char>(found | (is_low & static_cast<unsigned char>(is_blank ^ 1U)));
  }
  return found != 0;
}

void check_nul_or_control_character(const Context& context, Diagnostics& out) {
  for (const compiler::LoadedFile& file : context.config().files->files) {
    const std::string_view text = context.sources().written(file.source);
    if (!has_control(text)) continue;
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

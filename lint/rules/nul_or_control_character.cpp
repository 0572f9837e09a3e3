// SUP122: bytes below blank that are neither tab nor line end.
#include "lint/lint.h"

namespace sup::lint {

namespace {

void check(const Context& context, Diagnostics& out) {
  for (const compiler::LoadedFile& file : context.config().files->files) {
    const std::string_view text = context.sources()[file.source].bytes;
    const auto is_control = [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte == 0x7F || (byte < 0x20 && c != '\t' && c != '\n' && c != '\r');
    };
    // One for each line is enough: binary text is one mistake.
    for (const compiler::Line& line : file.document.lines) {
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
    .explanation =
        "They come from pasting binary text. Supervisor loads a NUL in a command and dies with a\n"
        "traceback when the command is looked up.\n",
    .check = check,
    .looks_at_whole = true
};

}  // namespace sup::lint

// SUP126: lines that start with a no-break space or another blank that is not ASCII.
#include <algorithm>
#include <set>
#include <utility>

#include "lint/lint.h"
#include "lint/rules/continuation.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using compiler::Line;
using compiler::LineKind;

// The indentation with each odd blank as a space, which is the same to Python.
std::string visible(std::string_view indentation) {
  std::string text;
  while (!indentation.empty()) {
    const std::size_t length = std::max<std::size_t>(schema::leading_space(indentation), 1);
    const bool is_ascii = static_cast<unsigned char>(indentation.front()) < 0x80U;
    text += is_ascii ? indentation.front() : ' ';
    indentation.remove_prefix(std::min(length, indentation.size()));
  }
  return text;
}

void report(const Context& context, Diagnostics& out, const compiler::Document& document,
            const Line& line, bool joins) {
  const Span indentation = {document.source, line.begin, line.content_begin};
  auto& diagnostic = out.report(invisible_indentation.rule, indentation,
                                std::string("this line is indented by a blank that is not ASCII") +
                                    (joins ? ", which makes it part of the value above" : ""));
  diagnostic.with_hint(joins ? "remove it" : "write a space");
  if (joins) {
    diagnostic.fix("remove the blank", indentation, "", true);
  } else {
    diagnostic.fix("write a space", indentation, visible(context.source_text(indentation)), true);
  }
}

void check_invisible_indentation(const Context& context, Diagnostics& out) {
  const auto& files = context.compilation().files.files;
  if (std::none_of(files.begin(), files.end(),
                   [](const auto& file) { return file.document.has_wide_indentation; }))
    return;
  // Continuation lines that are options in disguise lose the blank, all others keep an indentation.
  std::set<std::pair<compiler::SourceId, std::uint32_t>> joined;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.has_continuation) continue;
    for (const ConfigEntry& entry : section.entries) {
      if (entry.from_default) continue;
      const compiler::Document& document = context.document(entry);
      for (const std::uint32_t index : continuation_lines(context, entry)) {
        const compiler::Line line = document.line(index);
        const auto content =
            context.source_text({document.source, line.content_begin, line.content_end});
        if (has_invisible_indentation(context, document, line) &&
            looks_independent(section, entry, content)) {
          joined.emplace(document.source, index);
          report(context, out, document, line, true);
        }
      }
    }
  }
  for (const compiler::LoadedFile& file : files) {
    const compiler::Document& document = file.document;
    if (!document.has_wide_indentation) continue;
    const std::string_view text = context.sources()[document.source].bytes;
    for (std::uint32_t i = 0; i < document.line_count(); ++i) {
      const auto first = static_cast<unsigned char>(text[document.line_begin(i)]);
      if (first > ' ' && first < 0x80) continue;
      const compiler::Line line = document.line(i);
      const bool is_text = line.kind == LineKind::header || line.kind == LineKind::entry ||
                           line.kind == LineKind::continuation;
      if (!is_text || line.content_begin >= line.content_end ||
          !has_invisible_indentation(context, document, line)) {
        continue;
      }
      if (joined.count({document.source, i}) == 0) {
        report(context, out, document, line, false);
      }
    }
  }
}

}  // namespace

const LintRule invisible_indentation = {
    .rule = {"SUP126", "invisible-indentation", Severity::warning,
             "a line that starts with a blank that is not ASCII"},
    .check = check_invisible_indentation,
    .looks_at_whole = true
};

}  // namespace sup::lint

#include "lint/edits.h"

#include <string>
#include <utility>

namespace sup::lint {

void insert_line(const Context& context, compiler::Fix& fix, const ConfigEntry& entry,
                 std::string_view line) {
  const compiler::Line place = context.document(entry).line(context.written(entry).line);
  const compiler::SourceId source = context.key_span(entry).source;
  // The same indentation, lest one line joins the other.
  std::string text(context.source_text({source, place.begin, place.content_begin}));
  text += line;
  text += context.line_end(entry);
  fix.edits.push_back({
      {source, place.begin, place.begin},
      std::move(text)
  });
}

bool set_option(const Context& context, compiler::Fix& fix, const ConfigSection& section,
                std::string_view option, std::string_view value, const ConfigEntry& beside) {
  const ConfigEntry* entry = section.find(option);
  if (entry != nullptr && !entry->from_default) {
    if (!context.is_single_line(*entry)) return false;
    fix.edits.push_back({context.value_span(*entry), std::string(value)});
    return true;
  }
  if (beside.from_default) return false;
  insert_line(context, fix, beside, std::string(option) + "=" + std::string(value));
  return true;
}

void offer_option(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                  std::string_view option, std::string_view value, const ConfigEntry& beside,
                  bool safe) {
  compiler::Fix fix;
  fix.title = "write " + in_backticks(std::string(option) + "=" + std::string(value));
  fix.safe = safe;
  if (set_option(context, fix, section, option, value, beside))
    diagnostic.fixes.push_back(std::move(fix));
}

void insert_below_header(const Context& context, compiler::Fix& fix, const ConfigSection& section,
                         std::string_view line) {
  const Span& header = section.headers.back();
  const std::string_view bytes = context.sources()[header.source].bytes;
  std::size_t end = bytes.find_first_of("\r\n", header.end);
  std::string text(line);
  std::string_view line_end = "\n";
  if (end == std::string_view::npos) {
    end = bytes.size();
    text.insert(0, "\n");
  } else {
    if (bytes.substr(end, 2) == "\r\n") line_end = "\r\n";
    if (bytes[end] == '\r' && line_end.size() == 1) line_end = "\r";
    end += line_end.size();
  }
  // Several lines are given with \n between them.
  for (std::size_t at = text.find('\n', 1); line_end != "\n" && at != std::string::npos;
       at = text.find('\n', at + line_end.size())) {
    text.replace(at, 1, line_end);
  }
  text += line_end;
  const auto place = static_cast<std::uint32_t>(end);
  fix.edits.push_back({
      {header.source, place, place},
      std::move(text)
  });
}

}  // namespace sup::lint

// Any bytes parse, and print as they were.
#include "compiler/ini/document.h"
#include "compiler/source.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

void check(std::string_view text, schema::Target target) {
  compiler::SourceMap sources;
  const compiler::SourceId id = sources.add({"fuzz.conf", std::string(text), std::nullopt});
  const compiler::Document document = compiler::parse(id, sources[id].bytes, target);
  fuzz::require(compiler::print(document, sources) == text, "print(parse(x)) == x");

  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < document.line_count(); ++i) {
    const compiler::Line line = document.line(i);
    fuzz::require(line.begin == end && line.end > line.begin, "lines follow one another");
    fuzz::require(line.begin <= line.content_begin && line.content_begin <= line.content_end &&
                      line.content_end <= line.end,
                  "content lies in its line");
    fuzz::require(line.content_end <= line.comment_begin && line.comment_begin <= line.end,
                  "the comment comes after the content");
    end = line.end;
  }
  for (std::uint32_t i = 0; i < document.entry_count(); ++i) {
    const compiler::Entry entry = document.entry(i);
    fuzz::require(entry.line < document.line_count(), "an entry has a line");
    const compiler::Line line = document.line(entry.line);
    fuzz::require(line.kind == compiler::LineKind::entry, "an entry starts on an entry's line");
    fuzz::require(line.begin <= entry.key.begin && entry.value.end <= line.end,
                  "an entry lies in its line");
    fuzz::require(entry.section < document.sections.size(), "an entry has a section");
    // Values may be long and many; what counts is that it can be asked for.
    if (text.size() < 65536) (void)document.value(sources, entry);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  // Lines are those of Python 3, or of Python 2.
  check(text, schema::default_target);
  check(text, schema::Target::v3_4);
  return 0;
}

// Texts that configurations are made of, and places in them. Everything in the compiler speaks of
// 32-bit byte offsets; lines and columns are computed when something is printed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/file_text.h"

namespace sup::compiler {

using SourceId = std::uint32_t;

// Half-open range of bytes in a source.
struct Span {
  SourceId source = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// Half-open range of bytes in a text.
struct TextRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const TextRange&) const = default;
};

// 1-based; the column counts bytes.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

// A source may be this long; longer files are refused with a diagnostic.
constexpr std::size_t source_maximum_bytes = (std::size_t{256} << 20U) - 1;

struct Source {
  std::string path;  // as the user named it or as the include pattern gave it
  FileText bytes;
  std::optional<Span> included_from;  // the pattern in the including file

  // Of a template whose markers are masked in `bytes` (see template_markers.h): the text as it was
  // written, just as long; else empty.
  FileText written = {};
  std::vector<TextRange> markers = {};  // ascending
  bool has_control = false;             // conditions or loops among them
};

// Owns all sources; ids are indexes. Paths and texts stay where they are for its lifetime.
class SourceMap {
 public:
  SourceId add(Source source);
  SourceId add(std::shared_ptr<const Source> source);

  std::size_t size() const { return sources_.size(); }

  const Source& operator[](SourceId id) const { return *sources_[id]; }

  // Keeps the source for those whose texts point into it.
  std::shared_ptr<const Source> owner(SourceId id) const { return sources_[id]; }

  std::string_view text(const Span& span) const {
    return {sources_[span.source]->bytes.data() + span.begin, span.end - span.begin};
  }

  // The whole text as the user wrote it.
  std::string_view written(SourceId source) const;
  // Whether the place touches a marker of a template.
  bool touches_marker(const Span& span) const;
  // Whether any source is a template with masked markers.
  bool has_markers() const;
  Position position(SourceId source, std::uint32_t offset) const;
  // The line (1-based) without its end, as the user wrote it.
  std::string_view line(SourceId source, std::uint32_t line) const;
  std::uint32_t line_begin(SourceId source, std::uint32_t line) const;

 private:
  // How many lines end before each piece of the text: of so many pieces that `offset` is in one of
  // them and `ends` lines end in them, or of all. Findings stand at the head of most files.
  const std::vector<std::uint32_t>& ends_before(SourceId id, std::size_t offset,
                                                std::uint32_t ends) const;

  std::vector<std::shared_ptr<const Source>> sources_;
  mutable std::vector<std::vector<std::uint32_t>> ends_before_;  // as far as asked for
};

}  // namespace sup::compiler

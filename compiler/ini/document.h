// A configuration file, taken apart without loss: every byte belongs to a line, junk included, and
// the lines printed one after the other are the file. Lines follow the rules of Python's
// RawConfigParser as Supervisor sets it up (inline comments, continuation by indentation, greedy
// section headers); what Python would refuse is kept as junk with its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source.h"

namespace sup::compiler {

enum class LineKind : std::uint8_t {
  blank,
  comment,       // nothing but a comment
  header,        // [section]
  entry,         // key = value
  continuation,  // indented more than the entry above: part of its value
  junk           // none of these; Python refuses the file
};

struct Line {
  LineKind kind = LineKind::blank;
  std::uint32_t begin = 0;          // of the line
  std::uint32_t end = 0;            // after its end-of-line characters
  std::uint32_t content_begin = 0;  // without indentation, comment and trailing blanks
  std::uint32_t content_end = 0;
  std::uint32_t comment_begin = 0;  // of ; or #; equal to content end of the raw line if none
};

// key = value, with all lines of the value.
struct Entry {
  std::uint32_t line = 0;  // index into Document::lines of its first line
  Span key;
  Span delimiter;                        // the = or :
  Span value;                            // on the first line, may be empty
  std::uint32_t first_continuation = 0;  // index into Document::continuations
  std::uint32_t continuation_count = 0;
  std::uint32_t section = 0;  // index into Document::sections
};

struct SectionHeader {
  std::uint32_t line = 0;
  Span name;                      // between the brackets
  Span header;                    // with the brackets
  Span trailing;                  // text after the closing bracket, may be empty
  std::uint32_t first_entry = 0;  // index into Document::entries
  std::uint32_t entry_count = 0;
};

struct Document {
  SourceId source = 0;
  std::vector<Line> lines;
  std::vector<SectionHeader> sections;
  std::vector<Entry> entries;
  std::vector<Span> continuations;  // stripped texts; empty spans are blank lines inside a value
  std::vector<std::uint32_t> junk_before_header;  // lines before the first header, by index
  std::vector<std::uint32_t> junk;                // other lines that are nothing, by index

  std::uint32_t line_count() const { return static_cast<std::uint32_t>(lines.size()); }

  Line line(std::uint32_t index) const { return lines[index]; }

  std::uint32_t entry_count() const { return static_cast<std::uint32_t>(entries.size()); }

  Entry entry(std::uint32_t index) const { return entries[index]; }

  // The value as Supervisor sees it: lines joined by newline, trailing blanks removed.
  std::string value(const SourceMap& sources, const Entry& entry) const;

  // The places of `length` bytes at `begin` of that value, one for each line they stand on.
  std::vector<Span> spans(const Entry& entry, std::size_t begin, std::size_t length) const;
};

// Takes any bytes.
Document parse(SourceId source, std::string_view bytes);

// The bytes again.
std::string print(const Document& document, const SourceMap& sources);

}  // namespace sup::compiler

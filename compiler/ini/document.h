// A configuration file, taken apart without loss: every byte belongs to a line, junk included, and
// the lines printed one after the other are the file. Lines follow the rules of Python's
// RawConfigParser as Supervisor sets it up (inline comments, continuation by indentation, greedy
// section headers), or for Supervisor 3 those of Python 2 (old_lines.h); what Python would refuse
// is kept as junk with its place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ini/halves.h"
#include "compiler/source.h"
#include "schema/memory.h"
#include "schema/text.h"
#include "schema/values.h"

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
  std::uint32_t line = 0;  // index of its first line
  Span key;
  Span delimiter;                        // the = or :
  Span value;                            // on the first line, may be empty
  std::uint32_t first_continuation = 0;  // index into Document::continuations
  std::uint32_t continuation_count = 0;
  std::uint32_t section = 0;  // index into Document::sections
};

// Its options are those of all sections that do not set them.
inline constexpr std::string_view default_section = "DEFAULT";

struct SectionHeader {
  std::uint32_t line = 0;
  Span name;                      // between the brackets
  Span header;                    // with the brackets
  Span trailing;                  // text after the closing bracket, may be empty
  std::uint32_t first_entry = 0;  // index of its first entry
  std::uint32_t entry_count = 0;
  std::uint32_t name_hash = 0;  // hash_of_name(), taken while the text is at hand
};

// What equal names of sections have in common.
inline std::uint32_t hash_of_name(std::string_view name) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(name));
}

// Lines and entries are stored as the few numbers that tell them from the text, and made when asked
// for: configurations of a hundred thousand programs are checked as a whole.
class Document {
 public:
  SourceId source = 0;
  schema::RegionVector<SectionHeader> sections;
  std::vector<Span> continuations;  // stripped texts; empty spans are blank lines inside a value
  std::vector<std::uint32_t> junk_before_header;  // lines before the first header, by index
  std::vector<std::uint32_t> junk;                // other lines that are nothing, by index

  // What is nowhere in the text need not be looked for in each line.
  bool has_comment_sign = false;      // ; or #, without which no line has a comment
  bool has_marker_sign = false;       // { or <, without which nothing is a template's
  bool has_odd_header = false;        // with text behind it, or a bracket more than it needs
  bool has_control_sign = false;      // a byte below blank that is neither tab nor line end, or DEL
  bool has_wide_sign = false;         // a byte that is no ASCII
  bool has_wide_indentation = false;  // bytes that are no ASCII before the text of a line

  // A part of its text.
  std::string_view text(const Span& part) const {
    return {bytes_.data() + part.begin, part.end - part.begin};
  }

  std::uint32_t line_count() const { return static_cast<std::uint32_t>(lines_.size()); }

  Line line(std::uint32_t index) const;

  LineKind line_kind(std::uint32_t index) const {
    return static_cast<LineKind>(lines_[index] >> kind_shift);
  }

  // Whether the line has a comment, be it alone or behind something else.
  bool has_comment(std::uint32_t index) const { return (lines_[index] & comment_flag) != 0; }

  // Indexes of those lines, in order.
  std::vector<std::uint32_t> lines_with_comments() const;

  std::uint32_t line_begin(std::uint32_t index) const { return lines_[index] & offset_mask; }

  std::uint32_t entry_count() const { return static_cast<std::uint32_t>(entries_.size()); }

  Entry entry(std::uint32_t index) const;

  // Index of the first entry whose line begins after `offset`.
  std::uint32_t entry_after(std::uint32_t offset) const;

  // Parts of entry(index), for those who want no more.
  std::uint32_t entry_line(std::uint32_t index) const {
    return entries_[index].line & ~continued_flag;
  }

  Span key(std::uint32_t index) const { return span(glance(index).key); }

  Span value(std::uint32_t index) const { return span(glance(index).value); }

  bool has_continuation(std::uint32_t index) const {
    return (entries_[index].line & continued_flag) != 0;
  }

  // What binding asks of an entry, at one go.
  struct Glance {
    std::string_view key;
    std::string_view value;  // on the first line
    bool is_continued = false;
    bool has_comment = false;  // on the first line
  };

  Glance glance(std::uint32_t index) const {
    const StoredEntry& stored = entries_[index];
    const std::uint32_t line = lines_[stored.line & ~continued_flag];
    const std::string_view value = value_of(index, stored, line & offset_mask);
    return {schema::strip(before_delimiter(line & offset_mask, value)), value,
            (stored.line & continued_flag) != 0, (line & comment_flag) != 0};
  }

  // The value as Supervisor sees it: lines joined by newline, trailing blanks removed.
  std::string value(const SourceMap& sources, const Entry& entry) const;

  // The places of `length` bytes at `begin` of that value, one for each line they stand on.
  std::vector<Span> spans(const Entry& entry, std::size_t begin, std::size_t length) const;

 private:
  friend class DocumentBuilder;

  // The key is what the line begins with, less blanks; it ends before the delimiter, which is the
  // last sign before the value.
  struct StoredEntry {
    std::uint32_t line;         // and whether the value goes on in further lines
    std::uint16_t value_begin;  // behind the beginning of the line
    std::uint16_t value_size;
  };

  static constexpr std::uint16_t far_off = 0xFFFF;  // one of the two numbers of one of these:

  // An entry whose value is too long, or too far behind, for the numbers above.
  struct FarEntry {
    std::uint32_t entry;
    std::uint32_t value_begin;  // in the text
    std::uint32_t value_end;
  };

  // Where the further lines of an entry are; few entries have any.
  struct Continued {
    std::uint32_t entry;
    std::uint32_t first;  // index into `continuations`
  };

  static constexpr std::uint32_t continued_flag = 1U << 31U;

  // A line is its place, its kind and whether it has a comment, in one number.
  static constexpr unsigned kind_shift = 29;
  static constexpr std::uint32_t comment_flag = 1U << 28U;
  static constexpr std::uint32_t offset_mask = comment_flag - 1;
  static_assert(source_maximum_bytes <= offset_mask);

  Span span(std::string_view part) const {
    const auto begin = static_cast<std::uint32_t>(part.data() - bytes_.data());
    return {source, begin, begin + static_cast<std::uint32_t>(part.size())};
  }

  std::string_view value_of(std::uint32_t index, const StoredEntry& stored,
                            std::uint32_t line_begin) const {
    if (stored.value_begin == far_off || stored.value_size == far_off) return far_value(index);
    return {bytes_.data() + line_begin + stored.value_begin, stored.value_size};
  }

  std::string_view far_value(std::uint32_t index) const;

  std::string_view before_delimiter(std::uint32_t line_begin, std::string_view value) const {
    const char* begin = bytes_.data() + line_begin;
    std::string_view text =
        schema::strip_right({begin, static_cast<std::size_t>(value.data() - begin)});
    text.remove_suffix(1);
    return text;
  }

  std::string_view bytes_;  // of the source, which outlives the document
  bool is_old_ = false;     // read as Python 2 does
  Halves<std::uint32_t> lines_;
  Halves<StoredEntry> entries_;
  std::vector<Continued> continued_;  // in order
  std::vector<FarEntry> far_;         // in order
};

// Takes any bytes, up to source_maximum_bytes; they must outlive the document. Lines are those that
// the target's Python sees.
Document parse(SourceId source, std::string_view bytes,
               schema::Target target = schema::default_target);

// The bytes again.
std::string print(const Document& document, const SourceMap& sources);

}  // namespace sup::compiler

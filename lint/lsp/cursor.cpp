#include "lint/lsp/cursor.h"

#include <algorithm>

#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

using compiler::Document;
using compiler::Line;
using compiler::LineKind;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::uint32_t line_at(const Document& document, std::uint32_t offset) {
  std::uint32_t low = 0;
  std::uint32_t high = document.line_count();
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (document.line_begin(middle) <= offset ? low : high) = middle;
  }
  return low;
}

std::optional<std::uint32_t> section_at(const Document& document, std::uint32_t line) {
  const auto next =
      std::upper_bound(document.sections.begin(), document.sections.end(), line,
                       [](std::uint32_t at, const auto& section) { return at < section.line; });
  if (next == document.sections.begin()) return std::nullopt;
  return static_cast<std::uint32_t>(next - document.sections.begin() - 1);
}

// The last entry that begins in this line or above it.
std::optional<std::uint32_t> entry_at(const Document& document, const Line& line) {
  const std::uint32_t after = document.entry_after(line.begin);
  return after == 0 ? std::nullopt : std::optional(after - 1);
}

}  // namespace

Cursor cursor_at(const Document& document, std::string_view text, std::uint32_t offset) {
  Cursor cursor;
  if (document.line_count() == 0) return cursor;
  std::uint32_t index = line_at(document, offset);
  // Behind the last line end a new line begins, which is not one yet.
  const bool is_behind = offset == text.size() && !text.empty() && text.back() == '\n';
  cursor.line = document.line(index);
  if (is_behind) {
    cursor.line = {LineKind::blank, offset, offset, offset, offset, offset};
    ++index;
  }
  const LineKind kind = cursor.line.kind;
  if (const auto section = section_at(document, index)) {
    cursor.section_index = *section;
    const compiler::Span name = document.sections[*section].name;
    cursor.section_text = text.substr(name.begin, name.end - name.begin);
    cursor.section = schema::classify_section(cursor.section_text);
    cursor.place = Place::key;
  }
  const bool has_comment = !is_behind && document.has_comment(index);
  if (has_comment && offset > cursor.line.comment_begin) {
    cursor.place = Place::comment;
    return cursor;
  }
  // A header that is not closed yet is junk.
  const bool opens_header =
      cursor.line.content_begin < cursor.line.content_end && text[cursor.line.content_begin] == '[';
  if (kind == LineKind::header || (kind == LineKind::junk && opens_header)) {
    cursor.place = offset > cursor.line.content_begin ? Place::header : Place::nothing;
    return cursor;
  }
  if (kind == LineKind::continuation || kind == LineKind::entry) {
    cursor.entry = entry_at(document, cursor.line);
    if (!cursor.entry) return cursor;
    const compiler::Entry entry = document.entry(*cursor.entry);
    cursor.key = schema::lower(text.substr(entry.key.begin, entry.key.end - entry.key.begin));
    if (cursor.section) cursor.option = schema::find_option(cursor.section->kind, cursor.key);
    cursor.value_begin = kind == LineKind::entry ? entry.delimiter.end : cursor.line.content_begin;
    cursor.value_end = std::max(cursor.line.content_end, cursor.value_begin);
    if (offset >= cursor.value_begin) cursor.place = Place::value;
  }
  return cursor;
}

TextWord list_item(const Cursor& cursor, std::string_view text, std::uint32_t offset,
                   std::string_view separators) {
  std::uint32_t begin = std::max(offset, cursor.value_begin);
  std::uint32_t end = begin;
  const auto is_separator = [&](std::uint32_t at) {
    return separators.find(text[at]) != std::string_view::npos;
  };
  while (begin > cursor.value_begin && !is_separator(begin - 1)) --begin;
  while (end < cursor.value_end && !is_separator(end)) ++end;
  while (begin < end && is_blank(text[begin])) ++begin;
  while (end > begin && is_blank(text[end - 1])) --end;
  // Among the blanks before or behind it the place has no item.
  if (offset < begin) end = begin = offset;
  if (offset > end) begin = end = offset;
  return {begin, end, text.substr(begin, end - begin)};
}

std::optional<TextWord> expansion_name(const Cursor& cursor, std::string_view text,
                                       std::uint32_t offset) {
  if (cursor.place != Place::value || offset > text.size()) return std::nullopt;
  std::uint32_t begin = offset;
  while (begin > cursor.value_begin && is_word(text[begin - 1])) --begin;
  if (begin < cursor.value_begin + 2 || text[begin - 1] != '(' || text[begin - 2] != '%')
    return std::nullopt;
  std::uint32_t end = offset;
  while (end < cursor.value_end && is_word(text[end])) ++end;
  return TextWord{begin, end, text.substr(begin, end - begin)};
}

TextWord word_at(std::string_view text, std::uint32_t offset) {
  std::uint32_t begin = std::min(offset, static_cast<std::uint32_t>(text.size()));
  std::uint32_t end = begin;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  while (end < text.size() && is_word(text[end])) ++end;
  return {begin, end, text.substr(begin, end - begin)};
}

}  // namespace sup::lint::lsp

// What stands at a place of a document that somebody edits: it need not be complete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/ini/document.h"
#include "schema/options.h"

namespace sup::lint::lsp {

enum class Place : std::uint8_t {
  nothing,  // before the first section
  header,   // from the bracket on
  key,      // of an option, or where one can be
  value,
  comment
};

struct Cursor {
  Place place = Place::nothing;
  compiler::Line line;
  std::string_view section_text;  // between the brackets of the section it is in
  std::optional<schema::SectionName> section;
  std::uint32_t section_index = 0;            // if there is one
  std::optional<std::uint32_t> entry;         // index, of a key or value that is complete
  std::string key;                            // lower case, of `entry`
  const schema::OptionRow* option = nullptr;  // of `entry`
  // The value on this line, from behind the delimiter or the indentation to the end of the text.
  std::uint32_t value_begin = 0;
  std::uint32_t value_end = 0;
};

// `document` was parsed from `text`.
Cursor cursor_at(const compiler::Document& document, std::string_view text, std::uint32_t offset);

// A word around or before a place.
struct TextWord {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string_view text;
};

// The item of the value's list on this line that the place is in, without blanks around it.
TextWord list_item(const Cursor& cursor, std::string_view text, std::uint32_t offset,
                   std::string_view separators);

// The part of `%(name` in front of the place, from behind the parenthesis on to the end of the
// name; nothing if the place is in no name.
std::optional<TextWord> expansion_name(const Cursor& cursor, std::string_view text,
                                       std::uint32_t offset);

// The word of letters, digits, - and _ around the place.
TextWord word_at(std::string_view text, std::uint32_t offset);

}  // namespace sup::lint::lsp

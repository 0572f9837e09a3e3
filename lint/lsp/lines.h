// Positions of the protocol and byte offsets of a text, from one to the other. Lines end as the
// protocol says, with LF, CRLF or CR. A byte that is not UTF-8 counts as the one character that an
// editor shows for it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lint/lsp/types.h"

namespace sup::lint::lsp {

// Of texts of less than 4 GB. The text is handed in with each question, as it moves with its owner.
class LineIndex {
 public:
  LineIndex() : LineIndex(std::string_view{}) {}

  explicit LineIndex(std::string_view text);

  std::uint32_t line_count() const { return static_cast<std::uint32_t>(starts_.size()); }

  // First byte of a line; the end of the text for lines behind the last.
  std::uint32_t begin(std::uint32_t line, std::string_view text) const;

  // Offsets behind the text count as its end, places inside of a line's end as that of the line.
  Position position(std::string_view text, std::uint32_t offset, Encoding encoding) const;

  // Positions behind the end of a line count as its end, those inside of a character as its
  // beginning.
  std::uint32_t offset(std::string_view text, Position position, Encoding encoding) const;

  Range range(std::string_view text, std::uint32_t begin, std::uint32_t end,
              Encoding encoding) const {
    return {position(text, begin, encoding), position(text, end, encoding)};
  }

 private:
  // Where the line ends, without its end-of-line characters.
  std::uint32_t content_end(std::uint32_t line, std::string_view text) const;

  std::vector<std::uint32_t> starts_;
};

}  // namespace sup::lint::lsp

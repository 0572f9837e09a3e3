#include "lint/lsp/lines.h"

#include <algorithm>

#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

// Bytes of the character at the start of a text that is not empty.
std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const std::string_view character = text.substr(0, length);
  return character.size() == length && !schema::invalid_utf8(character) ? length : 1;
}

std::uint32_t units(std::size_t bytes, Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8: return static_cast<std::uint32_t>(bytes);
    case Encoding::utf16: return bytes == 4 ? 2 : 1;
    case Encoding::utf32: break;
  }
  return 1;
}

}  // namespace

LineIndex::LineIndex(std::string_view text) : starts_{0} {
  starts_.reserve(text.size() / 32 + 1);
  const bool has_returns = text.find('\r') != std::string_view::npos;
  for (std::size_t at = 0;;) {
    at = has_returns ? text.find_first_of("\r\n", at) : text.find('\n', at);
    if (at == std::string_view::npos) break;
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    starts_.push_back(static_cast<std::uint32_t>(++at));
  }
}

std::uint32_t LineIndex::begin(std::uint32_t line, std::string_view text) const {
  return line < starts_.size() ? starts_[line] : static_cast<std::uint32_t>(text.size());
}

std::uint32_t LineIndex::content_end(std::uint32_t line, std::string_view text) const {
  std::uint32_t end = begin(line + 1, text);
  if (line + 1 == starts_.size()) return end;
  if (end > starts_[line] && text[end - 1] == '\n') --end;
  if (end > starts_[line] && text[end - 1] == '\r') --end;
  return end;
}

Position LineIndex::position(std::string_view text, std::uint32_t offset, Encoding encoding) const {
  offset = std::min(offset, static_cast<std::uint32_t>(text.size()));
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<std::uint32_t>(next - starts_.begin() - 1);
  offset = std::min(offset, content_end(line, text));
  Position position{line, 0};
  for (std::size_t at = starts_[line]; at < offset;) {
    const std::size_t bytes = character_bytes(text.substr(at));
    if (at + bytes > offset) break;
    position.character += units(bytes, encoding);
    at += bytes;
  }
  return position;
}

std::uint32_t LineIndex::offset(std::string_view text, Position position, Encoding encoding) const {
  if (position.line >= starts_.size()) return static_cast<std::uint32_t>(text.size());
  std::size_t at = starts_[position.line];
  const std::size_t end = content_end(position.line, text);
  std::uint32_t left = position.character;
  while (at < end) {
    const std::size_t bytes = character_bytes(text.substr(at));
    const std::uint32_t taken = units(bytes, encoding);
    if (taken > left) break;
    left -= taken;
    at += bytes;
  }
  return static_cast<std::uint32_t>(std::min(at, end));
}

}  // namespace sup::lint::lsp

#include "compiler/source.h"

#include <algorithm>

namespace sup::compiler {

namespace {

// Lines are counted in pieces of so many bytes: one number for each is kept.
constexpr std::size_t block = 1024;

// LF, CRLF and a lone CR end a line, as in Python's universal newlines.
bool ends_line(std::string_view bytes, std::size_t at) {
  if (bytes[at] == '\n') return true;
  return bytes[at] == '\r' && (at + 1 == bytes.size() || bytes[at + 1] != '\n');
}

std::size_t count_ends(std::string_view bytes, std::size_t begin, std::size_t end) {
  const std::string_view part = bytes.substr(begin, end - begin);
  if (part.find('\r') == std::string_view::npos)
    return static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
  std::size_t ends = 0;
  for (std::size_t at = begin; at < end; ++at) ends += ends_line(bytes, at) ? 1 : 0;
  return ends;
}

}  // namespace

SourceId SourceMap::add(Source source) {
  return add(std::make_shared<const Source>(std::move(source)));
}

SourceId SourceMap::add(std::shared_ptr<const Source> source) {
  sources_.push_back(std::move(source));
  ends_before_.emplace_back();
  return static_cast<SourceId>(sources_.size() - 1);
}

std::string_view SourceMap::written(SourceId source) const {
  const Source& asked = *sources_[source];
  return asked.written.empty() ? asked.bytes : asked.written;
}

bool SourceMap::touches_marker(const Span& span) const {
  const std::vector<TextRange>& markers = sources_[span.source]->markers;
  const auto after =
      std::upper_bound(markers.begin(), markers.end(), span.begin,
                       [](std::uint32_t at, const TextRange& marker) { return at < marker.end; });
  return after != markers.end() && after->begin < std::max(span.end, span.begin + 1);
}

bool SourceMap::has_markers() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return !source->markers.empty(); });
}

const std::vector<std::uint32_t>& SourceMap::ends_before(SourceId id, std::size_t offset,
                                                         std::uint32_t ends) const {
  std::vector<std::uint32_t>& before = ends_before_[id];
  const std::string_view bytes = sources_[id]->bytes;
  if (before.empty()) before.push_back(0);
  for (;;) {
    const std::size_t begin = (before.size() - 1) * block;
    if (begin >= bytes.size() || (begin > offset && before.back() >= ends)) return before;
    const std::size_t in_block = count_ends(bytes, begin, std::min(begin + block, bytes.size()));
    before.push_back(before.back() + static_cast<std::uint32_t>(in_block));
  }
}

Position SourceMap::position(SourceId source, std::uint32_t offset) const {
  const std::string_view bytes = sources_[source]->bytes;
  const std::size_t at = std::min<std::size_t>(offset, bytes.size());
  const auto& before = ends_before(source, at, 0);
  const std::size_t of_block = std::min(at / block, before.size() - 1);
  const auto line =
      static_cast<std::uint32_t>(before[of_block] + count_ends(bytes, of_block * block, at) + 1);
  return {line, offset - line_begin(source, line) + 1};
}

std::uint32_t SourceMap::line_begin(SourceId source, std::uint32_t line) const {
  const auto& before = ends_before(source, 0, line - 1);
  const std::uint32_t wanted = std::min(line - 1, before.back());
  if (wanted == 0) return 0;
  // The last block that begins before that line's end.
  const auto block_after = std::lower_bound(before.begin(), before.end(), wanted);
  const auto of_block = static_cast<std::size_t>(block_after - before.begin()) - 1;
  const std::string_view bytes = sources_[source]->bytes;
  std::size_t at = of_block * block;
  for (std::uint32_t ends = before[of_block];; ++at)
    if (ends_line(bytes, at) && ++ends == wanted) return static_cast<std::uint32_t>(at + 1);
}

std::string_view SourceMap::line(SourceId source, std::uint32_t line) const {
  const std::string_view bytes = sources_[source]->bytes;
  const std::size_t begin = line_begin(source, line);
  std::size_t end = begin;
  while (end < bytes.size() && bytes[end] != '\n' && bytes[end] != '\r') ++end;
  return written(source).substr(begin, end - begin);
}

}  // namespace sup::compiler

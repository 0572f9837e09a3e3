#include "compiler/source.h"

#include <algorithm>

namespace sup::compiler {

SourceId SourceMap::add(Source source) {
  sources_.push_back(std::make_shared<const Source>(std::move(source)));
  line_starts_.emplace_back();
  return static_cast<SourceId>(sources_.size() - 1);
}

const std::string& SourceMap::written(SourceId source) const {
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

const std::vector<std::uint32_t>& SourceMap::line_starts(SourceId id) const {
  std::vector<std::uint32_t>& starts = line_starts_[id];
  if (!starts.empty()) return starts;
  const std::string& bytes = sources_[id]->bytes;
  starts.push_back(0);
  if (bytes.find('\r') == std::string::npos) {
    for (std::size_t i = bytes.find('\n'); i != std::string::npos; i = bytes.find('\n', i + 1))
      starts.push_back(static_cast<std::uint32_t>(i + 1));
    return starts;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    // LF, CRLF and a lone CR end a line, as in Python's universal newlines.
    const bool lone_return = bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n');
    if (bytes[i] == '\n' || lone_return) starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  return starts;
}

Position SourceMap::position(SourceId source, std::uint32_t offset) const {
  const auto& starts = line_starts(source);
  const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
  const auto line = static_cast<std::uint32_t>(after - starts.begin());
  return {line, offset - starts[line - 1] + 1};
}

std::uint32_t SourceMap::line_begin(SourceId source, std::uint32_t line) const {
  const auto& starts = line_starts(source);
  return starts[std::min<std::size_t>(line, starts.size()) - 1];
}

std::string_view SourceMap::line(SourceId source, std::uint32_t line) const {
  const std::string_view bytes = written(source);
  const auto& starts = line_starts(source);
  const std::size_t index = std::min<std::size_t>(line, starts.size()) - 1;
  const std::size_t end = index + 1 < starts.size() ? starts[index + 1] : bytes.size();
  std::string_view text = bytes.substr(starts[index], end - starts[index]);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace sup::compiler

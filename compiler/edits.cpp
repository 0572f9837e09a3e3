#include "compiler/edits.h"

#include <algorithm>
#include <utility>

namespace sup::compiler {

bool is_sound(const Edit& edit, const SourceMap& sources) {
  return edit.span.source < sources.size() && edit.span.begin <= edit.span.end &&
         edit.span.end <= sources[edit.span.source].bytes.size();
}

std::string apply_edits(std::string_view text, std::vector<Edit> edits) {
  std::vector<std::uint32_t> none;
  return apply_edits(text, std::move(edits), none);
}

std::string apply_edits(std::string_view text, std::vector<Edit> edits,
                        std::vector<std::uint32_t>& places) {
  std::vector<std::uint32_t*> ahead;
  for (std::uint32_t& place : places) ahead.push_back(&place);
  std::sort(ahead.begin(), ahead.end(), [](const auto* a, const auto* b) { return *a < *b; });
  auto next = ahead.begin();
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
    const bool is_insertion_a = a.span.begin == a.span.end;
    const bool is_insertion_b = b.span.begin == b.span.end;
    return std::pair(a.span.begin, !is_insertion_a) < std::pair(b.span.begin, !is_insertion_b);
  });
  std::string result;
  std::size_t position = 0;
  for (const Edit& edit : edits) {
    if (edit.span.begin < position) continue;
    for (; next != ahead.end() && **next < edit.span.begin; ++next)
      **next = static_cast<std::uint32_t>(result.size() + (**next - position));
    result.append(text, position, edit.span.begin - position);
    for (; next != ahead.end() && **next < edit.span.end; ++next)
      **next = static_cast<std::uint32_t>(result.size());
    result += edit.text;
    position = edit.span.end;
  }
  for (; next != ahead.end(); ++next)
    **next = static_cast<std::uint32_t>(result.size() + (**next - position));
  result.append(text, position);
  return result;
}

}  // namespace sup::compiler

#include "lint/fix.h"

#include <algorithm>
#include <vector>

namespace sup::lint {

namespace {

using compiler::Edit;
using compiler::Fix;

// Edits of one source, sorted. Touching ones count as overlapping: their order would matter.
using Edits = std::vector<Edit>;

bool collides(const std::map<compiler::SourceId, Edits>& chosen, const Edit& edit) {
  const auto found = chosen.find(edit.span.source);
  if (found == chosen.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Edit& other) {
    return edit.span.begin <= other.span.end && other.span.begin <= edit.span.end;
  });
}

bool is_sound(const Edit& edit, const compiler::SourceMap& sources) {
  return edit.span.source < sources.size() && edit.span.begin <= edit.span.end &&
         edit.span.end <= sources[edit.span.source].bytes.size();
}

std::string edited(const std::string& text, Edits edits) {
  std::sort(edits.begin(), edits.end(),
            [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  std::string result;
  std::size_t position = 0;
  for (const Edit& edit : edits) {
    // Edits of one fix that overlap are our mistake; the second one is dropped.
    if (edit.span.begin < position) continue;
    result.append(text, position, edit.span.begin - position);
    result += edit.text;
    position = edit.span.end;
  }
  result.append(text, position);
  return result;
}

}  // namespace

const Fix* safe_fix(const compiler::Diagnostic& diagnostic) {
  const auto found = std::find_if(diagnostic.fixes.begin(), diagnostic.fixes.end(),
                                  [](const Fix& fix) { return fix.safe && !fix.edits.empty(); });
  return found == diagnostic.fixes.end() ? nullptr : &*found;
}

FixResult apply_fixes(const compiler::Diagnostics& diagnostics,
                      const compiler::SourceMap& sources) {
  std::map<compiler::SourceId, Edits> chosen;
  FixResult result;
  for (const compiler::Diagnostic& diagnostic : diagnostics.all()) {
    const Fix* fix = safe_fix(diagnostic);
    if (fix == nullptr || !std::all_of(fix->edits.begin(), fix->edits.end(), [&](const Edit& edit) {
          return is_sound(edit, sources) && !collides(chosen, edit);
        })) {
      continue;
    }
    for (const Edit& edit : fix->edits) chosen[edit.span.source].push_back(edit);
    ++result.applied;
  }
  for (auto& [source, edits] : chosen) {
    result.texts[source] = edited(sources[source].bytes, std::move(edits));
  }
  return result;
}

}  // namespace sup::lint

#include "lint/fix.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "compiler/edits.h"

namespace sup::lint {

namespace {

using compiler::Edit;
using compiler::Fix;

// Edits of one source. Touching ones count as overlapping: their order would matter.
using Edits = std::vector<Edit>;

bool collides(const std::map<compiler::SourceId, Edits>& chosen, const Edit& edit) {
  const auto found = chosen.find(edit.span.source);
  if (found == chosen.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Edit& other) {
    return edit.span.begin <= other.span.end && other.span.begin <= edit.span.end;
  });
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
          return compiler::is_sound(edit, sources) && !collides(chosen, edit);
        })) {
      continue;
    }
    for (const Edit& edit : fix->edits) chosen[edit.span.source].push_back(edit);
    ++result.applied;
  }
  for (auto& [source, edits] : chosen) {
    result.texts[source] = compiler::apply_edits(sources.written(source), std::move(edits));
  }
  return result;
}

}  // namespace sup::lint

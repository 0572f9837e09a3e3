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

const Fix* chosen_fix(const compiler::Diagnostic& diagnostic, FixKinds kinds) {
  const Fix* unsafe = nullptr;
  for (const Fix& fix : diagnostic.fixes) {
    if (fix.edits.empty()) continue;
    if (fix.safe) return &fix;
    if (unsafe == nullptr) unsafe = &fix;
  }
  return kinds == FixKinds::all ? unsafe : nullptr;
}

FixResult apply_fixes(const compiler::Diagnostics& diagnostics, const compiler::SourceMap& sources,
                      FixKinds kinds, const std::function<bool(compiler::SourceId)>& is_open) {
  std::map<compiler::SourceId, Edits> chosen;
  FixResult result;
  for (const compiler::Diagnostic& diagnostic : diagnostics.all()) {
    const Fix* fix = chosen_fix(diagnostic, kinds);
    if (fix == nullptr || !std::all_of(fix->edits.begin(), fix->edits.end(), [&](const Edit& edit) {
          return compiler::is_sound(edit, sources) && !collides(chosen, edit) &&
                 (!is_open || is_open(edit.span.source));
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

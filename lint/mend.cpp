#include "lint/mend.h"

#include <map>
#include <set>
#include <utility>

namespace sup::lint {

namespace {

// Fixes can make room for others, and of several at one place each takes a round.
constexpr int most_rounds = 100;

using Changed = std::map<std::string, MendedFile>;  // by absolute path

std::size_t state_of(const Changed& changed) {
  std::size_t state = 0;
  for (const auto& [path, file] : changed)
    state = state * 31 + std::hash<std::string>{}(path)*7 + std::hash<std::string>{}(file.after);
  return state;
}

}  // namespace

Mended mend(const std::function<CheckResult(const compiler::FileSystem&)>& check,
            const compiler::FileSystem& files, FixKinds kinds) {
  compiler::OverlayFileSystem overlay(files);
  Changed changed;
  // A file that two configurations include may be mended to and fro.
  std::set<std::size_t> states;
  Mended mended{check(files), {}, 0};
  for (int round = 0; round < most_rounds; ++round) {
    std::set<std::string> changed_now;
    for (const Checked& checked : mended.result.checked) {
      const compiler::SourceMap& sources = checked.compilation->sources;
      const auto path = [&](compiler::SourceId id) { return files.absolute(sources[id].path); };
      // A file that two configurations include is mended for one of them, then looked at again.
      FixResult fixed = apply_fixes(
          checked.diagnostics, sources, kinds,
          [&](compiler::SourceId source) { return !changed_now.contains(path(source)); });
      for (auto& row : fixed.texts) {
        const auto [file, is_new] = changed.try_emplace(path(row.first));
        if (is_new)
          file->second = {sources[row.first].path, std::string(sources.written(row.first)), {}};
        file->second.after = row.second;
        changed_now.insert(file->first);
        overlay.put(sources[row.first].path, std::move(row.second));
      }
      mended.applied += fixed.applied;
    }
    if (changed_now.empty() || !states.insert(state_of(changed)).second) break;
    mended.result = check(overlay);
  }
  for (auto& [path, file] : changed)
    if (file.before != file.after) mended.files.push_back(std::move(file));
  return mended;
}

}  // namespace sup::lint

#include "lint/baseline_files.h"

#include <utility>

#include "lint/baseline.h"
#include "schema/write_file.h"

namespace sup::lint {

namespace {

std::string findings(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " finding" : " findings");
}

}  // namespace

schema::Result<std::vector<std::string>> update_baselines(Policies& policies, BaselineTask task) {
  const bool is_written = task == BaselineTask::write;
  std::vector<std::string> told;
  if (is_written && policies.baselines().empty())
    return schema::Error{"--baseline-write needs a file; name one with --baseline"};
  for (const auto& [name, baseline] : policies.baselines()) {
    const std::size_t gone = is_written ? 0 : baseline->gone();
    const bool is_pruned = task == BaselineTask::prune && gone != 0;
    if (is_written || is_pruned) {
      const auto content = is_written ? Baseline::Content::met : Baseline::Content::without_gone;
      auto status = schema::write_file(baseline->print(content), name, schema::Existing::changed);
      if (!status) return status.error();
    }
    if (is_written)
      told.push_back(findings(baseline->met()) + " written to " + name);
    else if (is_pruned)
      told.push_back(findings(gone) + " removed from " + name + ", as gone");
    else if (gone != 0)
      told.push_back(findings(gone) + " of " + name + " gone; --baseline-prune removes them");
  }
  return told;
}

}  // namespace sup::lint

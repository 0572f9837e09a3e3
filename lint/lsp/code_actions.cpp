#include <algorithm>
#include <set>

#include "compiler/edits.h"
#include "lint/check.h"
#include "lint/fix.h"
#include "lint/lsp/diagnostics.h"
#include "lint/lsp/features.h"
#include "lint/report.h"

namespace sup::lint::lsp {

namespace {

// Fixes can make room for others, and of several at one place each takes a round.
constexpr int most_rounds = 100;

// Kinds form a tree: "source" means "source.fixAll.supcheck" as well.
bool is_wanted(std::string_view kind, std::span<const std::string> only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& wanted) {
           return kind == wanted || wanted.empty() ||
                  (kind.starts_with(wanted) && kind[wanted.size()] == '.');
         });
}

std::optional<WorkspaceEdit> edit_of(const Workspace& workspace, Unit& unit,
                                     const compiler::Fix& fix) {
  WorkspaceEdit edit;
  for (const compiler::Edit& each : fix.edits) {
    if (!compiler::is_sound(each, unit.compilation->sources)) return std::nullopt;
    const Location place = workspace.location(unit, each.span);
    edit[place.uri].push_back({place.range, each.text});
  }
  return edit.empty() ? std::nullopt : std::optional(std::move(edit));
}

void add_quick_fixes(Workspace& workspace, Unit& unit, const TextDocument& document,
                     const Range& range, std::vector<CodeAction>& actions) {
  const compiler::SourceId source = unit.sources.find(document.path())->second;
  const LineIndex& lines = document.lines();
  const std::uint32_t begin = lines.offset(document.text(), range.start, workspace.encoding());
  const std::uint32_t end = lines.offset(document.text(), range.end, workspace.encoding());
  for (const compiler::Diagnostic& finding : unit.diagnostics.all()) {
    const compiler::Span& span = finding.span;
    if (span.source != source || span.end < begin || span.begin > end) continue;
    for (const compiler::Fix& fix : finding.fixes) {
      if (!is_utf8(fix)) continue;
      auto edit = edit_of(workspace, unit, fix);
      if (!edit) continue;
      CodeAction action;
      action.title = valid_utf8(fix.title);
      action.kind = quick_fix_kind;
      action.is_preferred = fix.safe;
      action.diagnostics.push_back(workspace.diagnostic(unit, finding));
      action.edit = std::move(*edit);
      const bool is_there =
          std::any_of(actions.begin(), actions.end(), [&](const CodeAction& other) {
            return other.title == action.title && other.edit == action.edit;
          });
      if (!is_there) actions.push_back(std::move(action));
    }
  }
}

// What safe fixes make of the document; those that change other files as well are left out.
// Nothing if it stays as it is.
std::optional<std::string> fixed_text(Workspace& workspace, const Unit& unit,
                                      const TextDocument& document) {
  compiler::OverlayFileSystem files(workspace.documents());
  std::optional<std::string> text;
  // Not applied twice: some fixes may be undone by others.
  std::set<std::string> seen{document.text()};
  const auto fix = [&](const compiler::Diagnostics& findings, const compiler::SourceMap& sources) {
    FixResult fixed =
        apply_fixes(findings, sources, FixKinds::safe, [&](compiler::SourceId source) {
          return files.absolute(sources[source].path) == document.path();
        });
    if (fixed.texts.empty()) return false;
    text = std::move(fixed.texts.begin()->second);
    return seen.insert(*text).second;
  };
  bool goes_on = fix(unit.diagnostics, unit.compilation->sources);
  for (int round = 0; round < most_rounds && goes_on; ++round) {
    files.put(document.path(), *text);
    Hidden hidden;
    const Checked checked =
        check_file(unit.path, !unit.is_root, files, workspace.policies(), hidden);
    goes_on =
        !checked.compilation->failure && fix(checked.diagnostics, checked.compilation->sources);
  }
  if (text == document.text()) return std::nullopt;
  return text;
}

// One edit: all from the first line that is different to the last one.
TextEdit difference(const TextDocument& document, std::string_view after, Encoding encoding) {
  const std::string_view before = document.text();
  const auto same = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  std::size_t begin = static_cast<std::size_t>(same.first - before.begin());
  begin = begin == 0 ? 0 : before.rfind('\n', begin - 1) + 1;
  std::size_t tail = 0;
  const std::size_t most = std::min(before.size(), after.size()) - begin;
  while (tail < most && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  // Whole lines remain at the end.
  while (tail != 0 && before.size() - tail != begin && before[before.size() - tail - 1] != '\n')
    --tail;
  return {document.lines().range(before, static_cast<std::uint32_t>(begin),
                                 static_cast<std::uint32_t>(before.size() - tail), encoding),
          valid_utf8(after.substr(begin, after.size() - tail - begin))};
}

void add_fix_all(Workspace& workspace, const Unit& unit, const TextDocument& document,
                 std::vector<CodeAction>& actions) {
  const auto text = fixed_text(workspace, unit, document);
  if (!text) return;
  CodeAction action;
  action.title = "Apply all safe fixes";
  action.kind = fix_all_kind;
  action.edit[document.uri()].push_back(difference(document, *text, workspace.encoding()));
  actions.push_back(std::move(action));
}

}  // namespace

std::vector<CodeAction> code_actions(Workspace& workspace, const TextDocument& document,
                                     const Range& range, std::span<const std::string> only) {
  std::vector<CodeAction> actions;
  const std::vector<Unit*> units = workspace.units_of(document.path());
  if (is_wanted(quick_fix_kind, only)) {
    for (Unit* unit : units) add_quick_fixes(workspace, *unit, document, range, actions);
  }
  if (is_wanted(fix_all_kind, only) && !units.empty())
    add_fix_all(workspace, *units.front(), document, actions);
  return actions;
}

}  // namespace sup::lint::lsp

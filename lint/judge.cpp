#include "lint/judge.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/template_markers.h"
#include "lint/baseline.h"
#include "lint/lint.h"

namespace sup::lint {

namespace {

// Rules of these families ask what is not always known: the machine, a container, the version. In
// a part of a configuration those are silent that ask what the other parts say.
bool is_asked(const compiler::Rule& rule, const LintOptions& options) {
  const std::string_view family = family_prefix(rule.id);
  if (family == "SUP10" && !options.ask_machine) return false;
  if (family == "SUP12" && !options.container) return false;
  if (family == "SUP13" && !options.target_is_explicit) return false;
  if (!options.ask_machine && (rule.id == "SUP117" || rule.id == "SUP118")) return false;
  const bool is_about_whole = family == "SUP5" || family == "SUP6" || family == "SUP7" ||
                              family == "SUP11" || family == "SUP12" || family == "SUP14";
  if (!options.fragment) return true;
  // Look at all programs to say once what holds of many; that is asked of a part, too.
  if (rule.id == "SUP206" || rule.id == "SUP808" || rule.id == "SUP915") return true;
  const auto rules = lint_rules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const LintRule* lint) { return &lint->rule == &rule; });
  return !is_about_whole && (found == rules.end() || !is_about_all(**found));
}

}  // namespace

Judge::Judge(const compiler::Compilation& compilation, Policies& policies,
             const compiler::FileSystem& files)
    : compilation_(compilation), policies_(policies), files_(files), suppressions_(compilation) {
  for (compiler::SourceId id = 0; id < compilation.sources.size(); ++id) {
    const Policy& policy = policies.of(compilation.sources[id].path);
    policies_by_source_.push_back(&policy);
    if (std::find(selections_.begin(), selections_.end(), &policy.selection) == selections_.end())
      selections_.push_back(&policy.selection);
  }
}

bool Judge::runs(const compiler::Rule& rule) const {
  return std::any_of(selections_.begin(), selections_.end(),
                     [&](const Selection* selection) { return selection->runs(rule); });
}

std::size_t Judge::rules() const {
  std::size_t most = 0;
  for (const Selection* selection : selections_) most = std::max(most, selection->count());
  return most;
}

// Whether a rule's finding is as loud as the rule made it. Others explain no error of the compiler:
// a mistake that prevents a plan would be told by nobody then.
bool Judge::keeps(const compiler::Diagnostic& finding) {
  const auto severity = policy_of(finding.span.source).selection.severity_of(finding);
  if (!severity) return false;
  if (suppressions_.silence(finding)) {
    ++hidden_.by_comments;
    return false;
  }
  if (*severity >= finding.severity) return true;
  lowered_.push_back(finding);
  return false;
}

bool Judge::remains(compiler::Diagnostic& finding) {
  const auto severity = policy_of(finding.span.source).selection.severity_of(finding);
  const bool is_silenced = suppressions_.silence(finding);
  if (prevents_plan(finding)) {
    if (!severity || severity < finding.severity)
      finding.note("settings do not silence this error: no plan can be built of it");
    else if (is_silenced)
      finding.note("a comment does not silence this error: no plan can be built of it");
    return true;
  }
  if (!severity) return false;
  if (is_silenced) {
    ++hidden_.by_comments;
    return false;
  }
  finding.severity = *severity;
  return true;
}

bool Judge::may_speak(const RuleSelector& selector, compiler::SourceId source,
                      const LintOptions& options) const {
  const Selection& selection = policy_of(source).selection;
  const auto speaks = [&](const compiler::Rule& rule) {
    return selector.aim_at(rule) == Aim::none || (selection.runs(rule) && is_asked(rule, options));
  };
  if (selector.rule() != nullptr) return speaks(*selector.rule());
  const auto& errors = compiler::compiler_rules();
  const auto rules = lint_rules();
  return std::all_of(errors.begin(), errors.end(),
                     [&](const compiler::Rule* rule) { return speaks(*rule); }) &&
         std::all_of(rules.begin(), rules.end(),
                     [&](const LintRule* rule) { return speaks(rule->rule); });
}

void Judge::hide_known(compiler::Diagnostics& findings) {
  if (std::none_of(policies_by_source_.begin(), policies_by_source_.end(),
                   [](const Policy* policy) { return policy->settings.baseline.has_value(); }))
    return;
  std::vector<Baseline*> baselines;
  std::vector<std::string> paths;
  for (compiler::SourceId id = 0; id < compilation_.sources.size(); ++id) {
    Baseline* baseline = policies_.baseline_of(compilation_.sources[id].path);
    baselines.push_back(baseline);
    paths.push_back(baseline == nullptr ? "" : files_.absolute(compilation_.sources[id].path));
    if (baseline != nullptr) baseline->add_checked(paths.back());
  }
  findings.remove_if([&](const compiler::Diagnostic& finding) {
    Baseline* baseline = baselines[finding.span.source];
    if (baseline == nullptr || prevents_plan(finding)) return false;
    const bool is_known = baseline->takes(finding, compilation_, paths[finding.span.source]);
    hidden_.by_baseline += is_known ? 1 : 0;
    return is_known;
  });
}

namespace {

// A file that surely is a template and is taken as it stands is not changed: what looks like a line
// of one section may be rendered into another.
void leave_templates_alone(const compiler::SourceMap& sources, compiler::Diagnostics& findings) {
  std::map<compiler::SourceId, bool> known;
  const auto is_template = [&](const compiler::Edit& edit) {
    const auto [found, is_new] = known.try_emplace(edit.span.source, false);
    if (is_new) found->second = compiler::is_surely_template(sources.written(edit.span.source));
    return found->second;
  };
  findings.each([&](compiler::Diagnostic& finding) {
    std::erase_if(finding.fixes, [&](const compiler::Fix& fix) {
      return std::any_of(fix.edits.begin(), fix.edits.end(), is_template);
    });
  });
}

}  // namespace

compiler::Diagnostics Judge::judge(const LintOptions& options) {
  LintOptions own = options;
  const bool is_usual =
      std::all_of(selections_.begin(), selections_.end(),
                  [&](const Selection* selection) { return selection->is_usual(options.style); });
  if (!is_usual) own.enabled = [this](const compiler::Rule& rule) { return runs(rule); };
  own.keeps = [this](const compiler::Diagnostic& finding) { return keeps(finding); };
  compiler::Diagnostics found = lint(compilation_, own);
  compiler::Diagnostics findings;
  const auto add = [&](compiler::Diagnostic finding) {
    if (remains(finding)) findings.report(*finding.rule, finding.span, {}) = std::move(finding);
  };
  found.each([&](compiler::Diagnostic& finding) { add(std::move(finding)); });
  for (compiler::Diagnostic& finding : lowered_) add(std::move(finding));
  lowered_.clear();
  if (!suppressions_.empty()) {
    compiler::Diagnostics about_comments;
    suppressions_.report(
        [&](const RuleSelector& selector, compiler::SourceId source) {
          return may_speak(selector, source, options);
        },
        about_comments);
    about_comments.each([&](compiler::Diagnostic& finding) {
      const auto severity = policy_of(finding.span.source).selection.severity_of(finding);
      if (!severity) return;
      finding.severity = *severity;
      findings.report(*finding.rule, finding.span, {}) = finding;
    });
  }
  compiler::settle_template_findings(compilation_.sources, findings);
  if (options.templates == compiler::TemplateKind::automatic)
    leave_templates_alone(compilation_.sources, findings);
  compiler::conceal(compiler::given_secrets(compilation_.sources, options), findings);
  findings.sort();
  hide_known(findings);
  return findings;
}

}  // namespace sup::lint

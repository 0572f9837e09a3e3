// What becomes of the findings of one compilation: settings take out and change, comments silence,
// a baseline hides. Errors that prevent a plan remain whatever is said, with a note.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/compile.h"
#include "compiler/diagnostics.h"
#include "lint/options.h"
#include "lint/policy.h"
#include "lint/suppressions.h"

namespace sup::lint {

struct Hidden {
  std::size_t by_comments = 0;
  std::size_t by_baseline = 0;
};

class Judge {
 public:
  // Both must outlive this.
  Judge(const compiler::Compilation& compilation, Policies& policies,
        const compiler::FileSystem& files);

  // Everything that is to be said about the compilation, sorted. `options` as for lint().
  compiler::Diagnostics judge(const LintOptions& options);

  const Hidden& hidden() const { return hidden_; }

  // Number of rules that are asked, of the file that is asked the most of.
  std::size_t rules() const;

 private:
  const Policy& policy_of(compiler::SourceId source) const { return *policies_by_source_[source]; }

  bool runs(const compiler::Rule& rule) const;
  bool keeps(const compiler::Diagnostic& finding);
  bool may_speak(const RuleSelector& selector, compiler::SourceId source,
                 const LintOptions& options) const;
  bool remains(compiler::Diagnostic& finding);
  void hide_known(compiler::Diagnostics& findings);

  const compiler::Compilation& compilation_;
  Policies& policies_;
  const compiler::FileSystem& files_;
  std::vector<const Policy*> policies_by_source_;
  std::vector<const Selection*> selections_;  // each once
  Suppressions suppressions_;
  std::vector<compiler::Diagnostic> lowered_;  // findings that are no errors any more
  Hidden hidden_;
};

}  // namespace sup::lint

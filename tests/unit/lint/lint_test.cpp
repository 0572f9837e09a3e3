#include "lint/lint.h"

#include <gtest/gtest.h>

#include "compiler/render_text.h"

namespace sup::lint {
namespace {

std::string findings_of(const compiler::Compilation& compilation, const LintOptions& options) {
  std::string text;
  const Diagnostics findings = lint(compilation, options);
  for (const Diagnostic& finding : findings.all())
    text += compiler::render_text(finding, compilation.sources, {});
  return text;
}

// Large configurations are looked at by two threads.
TEST(Lint, WhatIsFoundDoesNotDependOnTheNumberOfThreads) {
  std::string text = "[supervisord]\nminfds=100000\n";
  for (int i = 0; i < 4000; ++i) {
    const std::string number = std::to_string(i);
    text += "[program:p" + number + "]\ncommand=/bin/app" + number + (i % 3 == 0 ? " &" : "") +
            "\nstartsecs=0\nstdout_logfile=" + (i % 5 == 0 ? "" : "/log/") + number +
            "\nenvironment=A=\"" + number + "\",B=" + (i % 7 == 0 ? "$HOME" : "x") + "\n";
  }
  compiler::MemoryFileSystem files;
  files.files["/main.conf"] = text;
  const LintOptions two;
  LintOptions one;
  // Questions to the machine are not for two threads.
  const schema::Facts machine;
  one.machine = &machine;
  const auto compilation = compiler::compile("/main.conf", files, two);
  const std::string findings = findings_of(*compilation, two);
  EXPECT_NE(findings.find("[program:p3999]"), std::string::npos);
  EXPECT_EQ(findings, findings_of(*compilation, one));
}

}  // namespace
}  // namespace sup::lint

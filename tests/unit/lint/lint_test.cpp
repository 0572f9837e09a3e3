#include "lint/lint.h"

#include <gtest/gtest.h>

#include "compiler/render_text.h"

namespace sup::lint {
namespace {

std::string findings_of(const compiler::Compilation& compilation, const LintOptions& options) {
  std::string text;
  const Diagnostics findings = lint(compilation, options);
  for (const Diagnostic& finding : findings.all()) {
    text += compiler::render_text(finding, compilation.sources, {});
    for (const compiler::Fix& fix : finding.fixes)
      for (const compiler::Edit& edit : fix.edits)
        text += std::to_string(edit.span.begin) + " " + edit.text + "\n";
  }
  return text;
}

// Large configurations are looked at by two threads.
TEST(Lint, WhatIsFoundDoesNotDependOnTheNumberOfThreads) {
  std::string text = "[supervisord]\nminfds=1000\n[group:g]\nprograms=p1,p2,p3\n";
  for (int i = 0; i < 4000; ++i) {
    const std::string number = std::to_string(i);
    text += "[program:p" + number + "]\ncommand=/bin/app" + number + (i % 3 == 0 ? " &" : "") +
            "\nstartsecs=0\nstdout_logfile=" + (i % 5 == 0 ? "" : "/log/") + number +
            "\nstderr_logfile=/log/" + std::to_string(i % 400) +
            (i % 2 == 0 ? "\nexitcodes=0,2" : "") + (i % 50 == 0 ? "\nnumprocs=3" : "") +
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
  for (const char* expected : {"[program:p3999]", "SUP702", "SUP715", "SUP810", "SUP1401"})
    EXPECT_NE(findings.find(expected), std::string::npos) << expected;
  EXPECT_EQ(findings, findings_of(*compilation, one));
}

}  // namespace
}  // namespace sup::lint

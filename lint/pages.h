// The page of each rule: what it is about, why it matters, a sample that it complains of and one
// that is right, and how to mend it. A page is written once, as docs/rules/<id>.md, and is part of
// the program:
//
//   # SUP801 daemonizing-command
//
//   A program that leaves the foreground.
//
//   * Severity: error
//   * Fix: none                    none, safe or unsafe
//   * Asked: always                or the options that make it speak, as "with `--container`"
//   * Supervisor: every version
//
//   What Supervisor does.
//
//   ## Why it matters
//   ## Bad                         a block of ini
//   ## Good                        a block of ini
//   ## How to mend it
//
// Everything down to the severity is the rule's and checked against it, so is what the page says of
// fixes and options; the samples are checked as the rest of fixtures is (tests/fixtures).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "compiler/diagnostics.h"

namespace sup::lint {

struct Page {
  std::string_view text;  // the whole of it, as Markdown; empty: the rule has no page
  std::string_view fix;
  std::string_view asked;
  std::string_view versions;
  std::string_view what;
  std::string_view why;
  std::string_view bad;   // Markdown, with the fence around the sample
  std::string_view good;  // the same
  std::string_view mend;

  bool is_complete() const;
};

// Points into the program.
Page page_of(const compiler::Rule& rule);

// The head of a page as it must be: all that is known of the rule without the page.
std::string page_head(const compiler::Rule& rule);

// The file of the page in the repository.
std::string page_path(const compiler::Rule& rule);

// 1 for SUP1xx.
std::size_t family_number(const compiler::Rule& rule);

// "structure, syntax and includes" for SUP1xx.
std::string_view family_of(const compiler::Rule& rule);

// The page for people at a terminal.
std::string explain_text(const compiler::Rule& rule, bool color);

// The page as Markdown, with the head that it must have.
std::string explain_markdown(const compiler::Rule& rule);

// Lists of all rules: a line each, a list of objects with rule, name, family, severity, fix, asked,
// summary and url, and the index of the pages.
std::string rules_text();
std::string rules_json();
std::string rules_markdown();

}  // namespace sup::lint

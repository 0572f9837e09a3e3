// XML as JUnit writes it: a test suite for each file and a test case for each finding. Errors and
// warnings are failures, remarks are output of a case that passes, and a file without findings has
// one case that passes.
#include <algorithm>

#include "compiler/render_text.h"
#include "lint/report.h"
#include "lint/xml_text.h"

namespace sup::lint {

namespace {

bool is_failure(const Finding& finding) {
  return finding.diagnostic->severity == compiler::Severity::error ||
         finding.diagnostic->severity == compiler::Severity::warning;
}

// As for people, each line apart.
std::string details(const Finding& finding) {
  const std::string text = compiler::render_text(*finding.diagnostic, finding.sources(), {});
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    out += xml_text(rest.substr(0, end)) + "\n";
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

std::string test_case(std::string_view file, const Finding& finding) {
  const compiler::Diagnostic& diagnostic = *finding.diagnostic;
  std::string text = "    <testcase classname=\"" + xml_text(file) + "\" name=\"" +
                     std::string(diagnostic.rule->id) + " " + std::string(diagnostic.rule->name) +
                     " (line " + std::to_string(finding.begin().line) + ")\">\n";
  if (is_failure(finding)) {
    text += "      <failure type=\"" + std::string(compiler::severity_name(diagnostic.severity)) +
            "\" message=\"" + xml_text(full_message(diagnostic)) + "\">" + details(finding) +
            "</failure>\n";
  } else {
    text += "      <system-out>" + details(finding) + "</system-out>\n";
  }
  return text + "    </testcase>\n";
}

}  // namespace

std::string render_junit(const Report& report) {
  std::size_t all_tests = 0;
  std::string suites;
  for (const auto& [file, findings] : by_file(report)) {
    std::size_t failures = 0;
    std::string cases;
    for (const Finding* finding : findings) {
      failures += is_failure(*finding) ? 1 : 0;
      cases += test_case(file, *finding);
    }
    if (findings.empty())
      cases = "    <testcase classname=\"" + xml_text(file) + "\" name=\"supcheck\"/>\n";
    const std::size_t tests = std::max<std::size_t>(findings.size(), 1);
    all_tests += tests;
    suites += "  <testsuite name=\"" + xml_text(file) + "\" tests=\"" + std::to_string(tests) +
              "\" failures=\"" + std::to_string(failures) + "\" errors=\"0\">\n" + cases +
              "  </testsuite>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"supcheck\" tests=\"" +
         std::to_string(all_tests) + "\" failures=\"" +
         std::to_string(report.errors + report.warnings) + "\" errors=\"0\">\n" + suites +
         "</testsuites>\n";
}

}  // namespace sup::lint

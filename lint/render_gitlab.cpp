// The code quality report of GitLab: a list that is compared with that of the target branch by
// fingerprints.
#include <nlohmann/json.hpp>

#include "lint/report.h"

namespace sup::lint {

namespace {

using Json = nlohmann::ordered_json;

std::string_view gitlab_severity(compiler::Severity severity) {
  switch (severity) {
    case compiler::Severity::error: return "critical";
    case compiler::Severity::warning: return "major";
    case compiler::Severity::info: return "minor";
    case compiler::Severity::style: break;
  }
  return "info";
}

}  // namespace

std::string render_gitlab(const Report& report) {
  const std::vector<std::string> prints = fingerprints(report);
  Json list = Json::array();
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    const compiler::Diagnostic& diagnostic = *finding.diagnostic;
    Json lines = {
        {"begin", finding.begin().line},
        {"end",   finding.end().line  }
    };
    Json location = {
        {"path", path_in_repository(finding.source().path, report)},
        {"lines",      std::move(lines)                                       }
    };
    list.push_back({
        {"description", full_message(diagnostic)            },
        {"check_name",  diagnostic.rule->id                 },
        {"fingerprint", prints[i]                           },
        {"severity",    gitlab_severity(diagnostic.severity)},
        {"location",    std::move(location)                 }
    });
  }
  return list.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sup::lint

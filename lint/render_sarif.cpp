// SARIF 2.1.0 (OASIS), for code scanning. Columns count units of UTF-16. Rules that have findings
// are described; fixes that would repeat a secret are left out.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "compiler/plain_text.h"
#include "lint/pages.h"
#include "lint/report.h"

namespace sup::lint {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view root_name = "SRCROOT";

std::string_view level_of(compiler::Severity severity) {
  switch (severity) {
    case compiler::Severity::error: return "error";
    case compiler::Severity::warning: return "warning";
    case compiler::Severity::info:
    case compiler::Severity::style: break;
  }
  return "note";
}

std::string percent_encoded(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view marks = "-._~/";
  std::string out;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

class SarifWriter {
 public:
  explicit SarifWriter(const Report& report) : report_(report), prints_(fingerprints(report)) {}

  std::string write() {
    Json results = Json::array();
    for (std::size_t i = 0; i < report_.findings.size(); ++i)
      results.push_back(result(report_.findings[i], prints_[i]));
    Json driver = {
        {"name",    "supcheck"       },
        {"version", SUP_VERSION      },
        {"rules",   std::move(rules_)}
    };
    Json run = {
        {"tool",               {{"driver", std::move(driver)}}},
        {"columnKind",         "utf16CodeUnits"               },
        {"originalUriBaseIds", Json::object()                 },
        {"results",            std::move(results)             }
    };
    run["originalUriBaseIds"][root_name]["description"]["text"] =
        "The root of the repository, or the folder where supcheck was started.";
    Json log = {
        {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
        {"version", "2.1.0"                                        },
        {"runs",    Json::array({std::move(run)})                  }
    };
    return log.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  Json message(std::string_view text) {
    return {
        {"text", valid_utf8(text)}
    };
  }

  Json artifact(const compiler::Source& source) {
    const std::string path = path_in_repository(source.path, report_);
    if (path.starts_with('/'))
      return {
          {"uri", "file://" + percent_encoded(path)}
      };
    return {
        {"uri",       percent_encoded(path)},
        {"uriBaseId", root_name            }
    };
  }

  Json region(const compiler::Span& span, const compiler::SourceMap& sources,
              Utf16Columns& columns) {
    return {
        {"startLine",                   sources.position(span.source, span.begin).line},
        {           "startColumn",       columns.column(sources,                  span.source,      span.begin)},
        {           "endLine", sources.position(span.source,               span.end).line                },
        { "endColumn",                  columns.column(sources,                                     span.source,                 span.end)}
    };
  }

  Json location(const compiler::Span& span, const compiler::SourceMap& sources,
                Utf16Columns& columns) {
    Json physical = {
        {"artifactLocation", artifact(sources[span.source])},
        { "region", region(span,                                 sources, columns)}
    };
    return {
        {"physicalLocation", std::move(physical)}
    };
  }

  std::size_t rule_index(const compiler::Rule& rule) {
    const auto [found, is_new] = indexes_.emplace(rule.id, rules_.size());
    if (!is_new) return found->second;
    Json row = {
        {"id",                   rule.id                             },
        {"name",                 rule.name                           },
        {"shortDescription",     message(rule.summary)               },
        {"fullDescription",      message(page_of(rule).what)         },
        {"defaultConfiguration", {{"level", level_of(rule.severity)}}},
        {"properties",           {{"tags", {family_of(rule)}}}       }
    };
    row["help"] = {
        {"text", explain_text(rule, false)},
        {"markdown",      explain_markdown(rule)             }
    };
    rules_.push_back(std::move(row));
    return found->second;
  }

  static bool tells_secret(const compiler::Fix& fix, const compiler::Diagnostic& diagnostic) {
    const auto& hidden = diagnostic.hidden;
    if (!hidden) return false;
    return std::any_of(fix.edits.begin(), fix.edits.end(), [&](const compiler::Edit& edit) {
      return edit.span.source == hidden->source && edit.span.begin < hidden->end &&
             hidden->begin < edit.span.end && !edit.text.empty();
    });
  }

  Json fix_object(const compiler::Fix& fix, const compiler::SourceMap& sources) {
    std::map<compiler::SourceId, Json> changes;
    for (const compiler::Edit& edit : fix.edits) {
      Json& change = changes[edit.span.source];
      if (change.is_null()) {
        change = {
            {"artifactLocation", artifact(sources[edit.span.source])},
            {"replacements",     Json::array()                      }
        };
      }
      change["replacements"].push_back({
          {"deletedRegion", region(edit.span, sources, far_columns_)},
          {"insertedContent",  {{"text", edit.text}}                 }
      });
    }
    Json object = {
        {"description",     message(fix.title)},
        {"artifactChanges", Json::array()     }
    };
    for (auto& [source, change] : changes) object["artifactChanges"].push_back(std::move(change));
    return object;
  }

  Json result(const Finding& finding, const std::string& print) {
    const compiler::Diagnostic& diagnostic = *finding.diagnostic;
    const compiler::SourceMap& sources = finding.sources();
    std::string text = full_message(diagnostic);
    for (const std::string& note : diagnostic.notes) text += "\n" + valid_utf8(note);
    Json row = {
        {"ruleId",    diagnostic.rule->id                                             },
        {"ruleIndex", rule_index(*diagnostic.rule)                                    },
        {"level",     level_of(diagnostic.severity)                                   },
        {"message",   message(text)                                                   },
        {"locations", Json::array({location(diagnostic.span, sources, near_columns_)})}
    };
    row["partialFingerprints"]["supcheck/v1"] = print;
    for (const compiler::Label& label : diagnostic.labels) {
      Json related = location(label.span, sources, far_columns_);
      related["message"] = message(label.text);
      row["relatedLocations"].push_back(std::move(related));
    }
    if (const auto& from = finding.source().included_from) {
      Json related = location(*from, sources, far_columns_);
      related["message"] = message("included from here");
      row["relatedLocations"].push_back(std::move(related));
    }
    for (const compiler::Fix& fix : diagnostic.fixes) {
      if (fix.edits.empty() || !is_utf8(fix) || tells_secret(fix, diagnostic)) continue;
      row["fixes"].push_back(fix_object(fix, sources));
    }
    return row;
  }

  const Report& report_;
  std::vector<std::string> prints_;
  std::map<std::string_view, std::size_t> indexes_;
  Json rules_ = Json::array();
  Utf16Columns near_columns_;  // for findings, which come in order
  Utf16Columns far_columns_;   // for all other places
};

}  // namespace

std::string render_sarif(const Report& report) { return SarifWriter(report).write(); }

}  // namespace sup::lint

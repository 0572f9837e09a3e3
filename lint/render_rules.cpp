// Lists of all rules: for people, for programs, and as the index of the pages.
#include <cstddef>

#include <nlohmann/json.hpp>

#include "compiler/plain_text.h"
#include "lint/lint.h"
#include "lint/pages.h"

namespace sup::lint {

std::string rules_text() {
  std::string out;
  for (const compiler::Rule* rule : all_rules()) {
    out += compiler::padded(std::string(rule->id), 8) + std::string(rule->name) + " (" +
           std::string(compiler::severity_name(rule->severity)) +
           "): " + std::string(rule->summary) + "\n";
  }
  return out;
}

std::string rules_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const compiler::Rule* rule : all_rules()) {
    const Page page = page_of(*rule);
    list.push_back({
        {"rule",     rule->id                               },
        {"name",     rule->name                             },
        {"family",   family_of(*rule)                       },
        {"severity", compiler::severity_name(rule->severity)},
        {"fix",      page.fix                               },
        {"asked",    page.asked                             },
        {"summary",  rule->summary                          },
        {"url",      page_path(*rule)                       }
    });
  }
  return list.dump(1) + "\n";
}

std::string rules_markdown() {
  std::string out =
      "# Rules of supcheck\n\n"
      "Printed by `supcheck --list-rules --format md`; `supcheck --explain SUP801` shows a page.\n"
      "Fix: what `--fix` does by itself is safe; what may not be what was meant is unsafe and is\n"
      "applied with `--unsafe-fixes` only.\n";
  std::size_t family = 0;
  for (const compiler::Rule* rule : all_rules()) {
    if (family_number(*rule) != family) {
      family = family_number(*rule);
      out += "\n## SUP" + std::to_string(family) + "xx: " + std::string(family_of(*rule)) +
             "\n\n| rule | severity | fix | asked | about |\n|---|---|---|---|---|\n";
    }
    const Page page = page_of(*rule);
    std::string summary(rule->summary);
    for (std::size_t at = 0; (at = summary.find('|', at)) != std::string::npos; at += 2)
      summary.insert(at, "\\");
    out += "| [" + std::string(rule->id) + "](" + std::string(rule->id) + ".md) " +
           std::string(rule->name) + " | " + std::string(compiler::severity_name(rule->severity)) +
           " | " + std::string(page.fix) + " | " + std::string(page.asked) + " | " + summary +
           " |\n";
  }
  return out;
}

}  // namespace sup::lint

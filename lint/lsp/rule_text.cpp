#include "lint/lsp/rule_text.h"

#include "lint/pages.h"

namespace sup::lint::lsp {

std::string rule_text(const compiler::Rule& rule) {
  const Page page = page_of(rule);
  std::string text = "**" + std::string(rule.id) + " " + std::string(rule.name) + "** (" +
                     std::string(compiler::severity_name(rule.severity)) + ")\n\n" +
                     std::string(rule.summary) + "\n";
  for (const std::string_view part : {page.what, page.mend}) {
    if (!part.empty()) text.append("\n").append(part).append("\n");
  }
  return text;
}

}  // namespace sup::lint::lsp

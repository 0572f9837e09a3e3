#include "lint/pages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "compiler/plain_text.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

struct StoredPage {
  std::string_view id;
  std::string_view text;
};

// Sorted by id.
constexpr StoredPage stored_pages[] = {
#include "lint/pages_text.inc"
    {"~", ""},
};

constexpr std::array families{
    std::string_view("structure, syntax and includes"),
    std::string_view("names of sections and options"),
    std::string_view("types and ranges"),
    std::string_view("expansions"),
    std::string_view("references and identity"),
    std::string_view("event listeners"),
    std::string_view("logging"),
    std::string_view("process management"),
    std::string_view("command and environment"),
    std::string_view("files and permissions"),
    std::string_view("security"),
    std::string_view("containers"),
    std::string_view("portability between versions"),
    std::string_view("performance"),
    std::string_view("style"),
    std::string_view("suppressions and settings of supcheck"),
};

// The text behind "* name: " on a line of its own.
std::string_view fact(std::string_view text, std::string_view name) {
  const std::string start = "\n* " + std::string(name) + ": ";
  const std::size_t at = text.find(start);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + start.size());
  return text.substr(0, text.find('\n'));
}

// What stands below a heading, up to the next one.
std::string_view below(std::string_view text, std::string_view heading) {
  const std::string line = "\n## " + std::string(heading) + "\n";
  const std::size_t at = text.find(line);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + line.size());
  return schema::strip(text.substr(0, text.find("\n## ")));
}

constexpr std::string_view last_fact = "\n* Supervisor: ";

// What stands between the facts and the first heading.
std::string_view introduction(std::string_view text) {
  const std::size_t at = text.find(last_fact);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(text.find('\n', at + 1));
  return schema::strip(text.substr(0, text.find("\n## ")));
}

std::string sentence(std::string_view summary) {
  std::string text(summary);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text + ".";
}

// The paragraphs without what is for Markdown: code is indented, remarks are left out.
std::string plain_paragraphs(std::string_view markdown) {
  std::string out;
  bool is_code = false;
  while (!markdown.empty()) {
    const std::string_view line = markdown.substr(0, markdown.find('\n'));
    markdown.remove_prefix(std::min(line.size() + 1, markdown.size()));
    if (line.starts_with("<!--")) continue;
    if (line.starts_with("```")) {
      is_code = !is_code;
      continue;
    }
    if (is_code && !line.empty()) out += "    ";
    out += std::string(line) + "\n";
  }
  return out;
}

}  // namespace

bool Page::is_complete() const {
  const auto parts = {fix, asked, versions, what, why, bad, good, mend};
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view part) { return part.empty(); });
}

Page page_of(const compiler::Rule& rule) {
  const auto* end = std::end(stored_pages) - 1;
  const auto* stored =
      std::lower_bound(std::begin(stored_pages), end, rule.id,
                       [](const StoredPage& page, std::string_view id) { return page.id < id; });
  if (stored == end || stored->id != rule.id) return {};
  const std::string_view text = stored->text;
  Page page;
  page.text = text;
  page.fix = fact(text, "Fix");
  page.asked = fact(text, "Asked");
  page.versions = fact(text, "Supervisor");
  page.what = introduction(text);
  page.why = below(text, "Why it matters");
  page.bad = below(text, "Bad");
  page.good = below(text, "Good");
  page.mend = below(text, "How to mend it");
  return page;
}

std::string page_head(const compiler::Rule& rule) {
  return "# " + std::string(rule.id) + " " + std::string(rule.name) + "\n\n" +
         sentence(rule.summary) +
         "\n\n* Severity: " + std::string(compiler::severity_name(rule.severity)) + "\n";
}

std::string page_path(const compiler::Rule& rule) {
  return "docs/rules/" + std::string(rule.id) + ".md";
}

std::size_t family_number(const compiler::Rule& rule) {
  std::size_t number = 0;
  const std::string_view digits = rule.id.substr(std::min<std::size_t>(3, rule.id.size()));
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number / 100;
}

std::string_view family_of(const compiler::Rule& rule) {
  const std::size_t number = family_number(rule);
  return number >= 1 && number <= families.size() ? families[number - 1] : std::string_view();
}

std::string explain_text(const compiler::Rule& rule, bool color) {
  const compiler::Paint& paint = compiler::paint(color);
  const auto bold = [&](std::string_view text) {
    return std::string(paint.bold) + std::string(text) + std::string(paint.off);
  };
  std::string out = bold(std::string(rule.id) + " " + std::string(rule.name)) + " (" +
                    std::string(compiler::severity_name(rule.severity)) + ")\n" +
                    sentence(rule.summary) + "\n";
  const Page page = page_of(rule);
  if (page.text.empty()) return out;
  out += "\n" + plain_paragraphs(page.what);
  const auto add = [&](std::string_view heading, std::string_view text) {
    out += "\n" + bold(heading) + "\n" + plain_paragraphs(text);
  };
  add("Why it matters", page.why);
  add("Bad", page.bad);
  add("Good", page.good);
  add("How to mend it", page.mend);
  out += "\nFix: " + std::string(page.fix) + ". Asked: " + std::string(page.asked) +
         ". Supervisor: " + std::string(page.versions) + ".\n";
  return out;
}

std::string explain_markdown(const compiler::Rule& rule) {
  const std::string_view text = page_of(rule).text;
  const std::size_t rest = text.find("* Fix: ");
  return page_head(rule) + std::string(text.substr(std::min(rest, text.size())));
}

}  // namespace sup::lint

#include "compiler/emit.h"
#include "schema/dialects.h"
#include "schema/names.h"

namespace sup::compiler {
namespace {

using namespace schema;

// Text in a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

std::string default_cell(const OptionRow& row) {
  if (row.has(OptionFlags::required)) return "required";
  if (!row.default_text) return "none";
  return row.default_text->empty() ? "empty" : code(*row.default_text);
}

std::string names_cell(const OptionRow& row) {
  std::string out;
  for (const std::string_view name : names_of(row.scope, default_target)) out += code(name) + ", ";
  return out + "`ENV_*`";
}

std::string heading(const SectionRow& section) {
  std::string out = "[" + std::string(section.spelling);
  if (section.naming == Naming::named) out += ":x";
  return out + "]";
}

bool has_block(const SectionRow& section, unsigned block) { return (section.blocks & block) != 0; }

// Options that several kinds share are described with the first of them.
const SectionRow& first_with(unsigned block) {
  for (const SectionRow& section : section_rows())
    if (has_block(section, block)) return section;
  return section_rows().front();
}

void write_options(std::string& out, const SectionRow& section, bool alone) {
  const SectionRow* elsewhere = nullptr;
  std::string rows;
  for (const OptionRow& row : option_rows()) {
    if (!has_block(section, row.block)) continue;
    const SectionRow& first = first_with(row.block);
    if (&first != &section && !alone) {
      elsewhere = &first;
      continue;
    }
    rows += "| " + code(row.name) + " | " + cell(row.expected) + " | " + default_cell(row) + " | " +
            std::string(row.since) + " | " + names_cell(row) + " | " + cell(row.doc) + " |\n";
  }
  if (elsewhere != nullptr) out += "All options of " + code(heading(*elsewhere)) + ", and:\n\n";
  out += "| option | value | default | since | names | meaning |\n|---|---|---|---|---|---|\n";
  out += rows + "\n";
}

void write_former(std::string& out, const SectionRow& section, bool alone) {
  std::string rows;
  // What several kinds no longer read is told with the first of them.
  const SectionRow& first = first_with(section.blocks);
  if (&first != &section && !alone) return;
  for (const DialectKey& former : dialect_keys()) {
    if (find_former(section.kind, former.key) != &former) continue;
    const bool is_here = find_option(section.kind, former.option) != nullptr;
    rows += "| " + code(former.key) + " | " + cell(former.until) + " | " +
            (is_here ? "write " + code(former.option) : cell(former.advice)) + " |\n";
  }
  if (rows.empty()) return;
  out += "No longer read:\n\n| option | until before | instead |\n|---|---|---|\n" + rows + "\n";
}

}  // namespace

std::string describe_option(const SectionRow& section, const OptionRow& row) {
  std::string out = "`" + std::string(row.name) + "=` in `" + heading(section) + "`\n\n";
  out += std::string(row.doc) + "\n\n";
  out += "* value: " + std::string(row.expected) + "\n";
  out += "* default: " + default_cell(row) + "\n";
  out += "* since: " + std::string(row.since) + "\n";
  return out + "* names: " + names_cell(row) + "\n";
}

std::string emit_schema_markdown(const SectionRow* only) {
  std::string out = "# Options\n\n";
  out +=
      "Printed by `supc schema --format md` from the table that checks, compiles and runs\n"
      "configurations. *Names* are what `%(...)s` may stand for in a value; `ENV_X` is the\n"
      "environment variable `X`. *Since* is the version of Supervisor that reads the option "
      "first.\n"
      "\n";
  for (const SectionRow& section : section_rows()) {
    if (only != nullptr && only != &section) continue;
    out += "## " + heading(section) + "\n\n" + std::string(section.doc) + "\n\n";
    write_options(out, section, only != nullptr);
    write_former(out, section, only != nullptr);
  }
  out.pop_back();  // the blank line at the end
  return out;
}

}  // namespace sup::compiler

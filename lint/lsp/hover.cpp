#include <algorithm>

#include "compiler/emit.h"
#include "compiler/emit_explain.h"
#include "compiler/explain.h"
#include "lint/lint.h"
#include "lint/lsp/cursor.h"
#include "lint/lsp/diagnostics.h"
#include "lint/lsp/features.h"
#include "lint/lsp/rule_text.h"
#include "lint/pages.h"
#include "lint/report.h"
#include "schema/dialects.h"
#include "schema/events.h"
#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

// Parts of a hover stand under one another.
void add(std::string& text, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += text.ends_with('\n') ? "\n---\n\n" : "\n\n---\n\n";
  text += part;
}

// A block of ini from what `supc explain` prints, without the first line, which names the section.
std::string block(std::string_view explained) {
  const std::size_t end = explained.find('\n');
  if (end == std::string_view::npos || end + 1 == explained.size()) return {};
  std::string lines = valid_utf8(explained.substr(end + 1));
  if (!lines.ends_with('\n')) lines += '\n';
  return "```ini\n" + lines + "```\n";
}

std::string describe(schema::EventType type) {
  const schema::EventRow& row = schema::event_rows()[static_cast<std::size_t>(type)];
  std::string text = "Event type " + code(row.name) +
                     (row.is_abstract ? ", which stands for those below it" : "") + "\n\n";
  if (row.parent != type) text += "* part of: " + code(schema::event_name(row.parent)) + "\n";
  std::string below;
  for (const schema::EventRow& other : schema::event_rows()) {
    if (other.type != type && schema::event_is_a(other.type, type))
      below += (below.empty() ? "" : ", ") + code(other.name);
  }
  if (!below.empty()) text += "* contains: " + below + "\n";
  return text;
}

std::string describe(const schema::SectionRow& row) {
  const bool is_named = row.naming == schema::Naming::named;
  return code("[" + std::string(row.spelling) + (is_named ? ":x]" : "]")) + "\n\n" +
         std::string(row.doc) + "\n";
}

// What became of an option that is not read any more, or of one of another product.
std::string describe_foreign(schema::SectionKind kind, std::string_view key) {
  const schema::DialectKey* row = schema::find_former(kind, key);
  if (row == nullptr) row = schema::find_foreign(kind, key);
  if (row == nullptr) row = schema::find_plugin_key(key);
  if (row == nullptr) return {};
  std::string text = code(std::string(key) + "=");
  const std::string_view product = schema::dialect_row(row->dialect).product;
  if (!product.empty()) text += " of " + std::string(product);
  text += "\n\n" + std::string(row->meaning) + "\n";
  if (!row->option.empty()) {
    text += "\n* today: " + code(row->option) + "\n";
  } else if (!row->advice.empty()) {
    text += "\n* instead: " + std::string(row->advice) + "\n";
  }
  return text;
}

// Answers one question.
class Hoverer {
 public:
  Hoverer(Workspace& workspace, const TextDocument& document, std::uint32_t offset)
      : workspace_(workspace),
        document_(document),
        text_(document.text()),
        offset_(offset),
        cursor_(cursor_at(document.parsed(), text_, offset)) {}

  std::optional<Hover> run() {
    switch (cursor_.place) {
      case Place::nothing: break;
      case Place::comment: about_comment(); break;
      case Place::header: about_header(); break;
      case Place::key: about_key(); break;
      case Place::value: about_value(); break;
    }
    about_findings();
    if (answer_.empty()) return std::nullopt;
    return Hover{answer_, document_.lines().range(text_, begin_, end_, workspace_.encoding())};
  }

 private:
  void mark(std::uint32_t begin, std::uint32_t end) {
    begin_ = begin;
    end_ = end;
  }

  void about_comment() {
    const TextWord word = word_at(text_, offset_);
    mark(word.begin, word.end);
    if (text_.substr(cursor_.line.comment_begin, cursor_.line.end - cursor_.line.comment_begin)
            .find("supcheck") == std::string_view::npos)
      return;
    if (const compiler::Rule* rule = find_rule(word.text)) add(answer_, explain_markdown(*rule));
  }

  void about_header() {
    mark(cursor_.line.content_begin, cursor_.line.content_end);
    if (!cursor_.section || cursor_.line.kind != compiler::LineKind::header) return;
    add(answer_, describe(schema::section_row(cursor_.section->kind)));
    add(answer_, effective(cursor_.section_text, {}));
  }

  void about_key() {
    if (!cursor_.entry || !cursor_.section) return;
    const compiler::Span key = document_.parsed().key(*cursor_.entry);
    mark(key.begin, key.end);
    if (offset_ < key.begin || offset_ > key.end) return;
    about_option();
  }

  void about_option() {
    if (cursor_.option == nullptr) {
      add(answer_, describe_foreign(cursor_.section->kind, cursor_.key));
      return;
    }
    add(answer_,
        compiler::describe_option(schema::section_row(cursor_.section->kind), *cursor_.option));
    add(answer_, effective(cursor_.section_text, cursor_.key));
  }

  void about_value() {
    if (!cursor_.section) return;
    mark(cursor_.value_begin, cursor_.value_end);
    if (const auto name = expansion_name(cursor_, text_, offset_)) {
      mark(name->begin, name->end);
      about_option();
      return;
    }
    const TextWord item = list_item(cursor_, text_, offset_, ", \t");
    if (cursor_.option != nullptr && cursor_.option->type == schema::EventList::name) {
      const auto event = schema::event_from_name(schema::upper(item.text));
      if (event) {
        mark(item.begin, item.end);
        add(answer_, describe(*event));
        return;
      }
    }
    if (cursor_.section->kind == schema::SectionKind::group && cursor_.key == "programs" &&
        !item.text.empty()) {
      const std::string explained = program(item.text);
      if (!explained.empty()) {
        mark(item.begin, item.end);
        add(answer_, explained);
        return;
      }
    }
    about_option();
  }

  std::string program(std::string_view name) {
    for (const std::string_view kind : {"program:", "fcgi-program:"}) {
      const std::string full = std::string(kind) + std::string(name);
      const std::string values = effective(full, {});
      if (!values.empty()) return code("[" + full + "]") + "\n\n" + values;
    }
    return {};
  }

  // What `supc explain` says of a section, or of one option of it: all that is written, and the
  // option in any case.
  std::string effective(std::string_view section_name, std::string_view option) {
    for (Unit* unit : workspace_.units_of(document_.path())) {
      const compiler::Compilation& bound = workspace_.bind(*unit);
      const std::vector<std::size_t> found =
          compiler::find_sections(bound.plan, std::string(section_name));
      if (found.empty()) continue;
      std::vector<compiler::ExplainedSection> sections = compiler::explain(
          {bound.plan, bound.resolved, &bound.config, unit->options.environment}, {found.front()});
      compiler::ExplainedSection& section = sections.front();
      if (section.name != section_name) continue;
      std::erase_if(section.values, [&](const compiler::ExplainedValue& value) {
        return option.empty() ? value.source == compiler::ValueSource::built_in
                              : value.name != option;
      });
      section.contrasts.clear();
      compiler::conceal(
          schema::secrets_of(bound.plan, &bound.resolved,
                             [&](std::string_view variable) -> std::optional<std::string> {
                               const auto& given = unit->options.environment;
                               const auto found_there = given.find(variable);
                               if (found_there == given.end()) return std::nullopt;
                               return found_there->second;
                             }),
          sections);
      if (!option.empty()) section.groups.clear();
      if (!option.empty()) section.processes.clear();
      return block(compiler::emit_explain_text(sections, bound.plan, {}));
    }
    return {};
  }

  // Rules that speak at the place.
  void about_findings() {
    for (Unit* unit : workspace_.units_of(document_.path())) {
      const compiler::SourceId source = unit->sources.find(document_.path())->second;
      for (const compiler::Diagnostic& finding : unit->diagnostics.all()) {
        const compiler::Span& span = finding.span;
        if (span.source != source || offset_ < span.begin || offset_ > span.end) continue;
        if (answer_.empty()) mark(span.begin, span.end);
        const std::string about = rule_text(*finding.rule);
        if (answer_.find(about) == std::string::npos) add(answer_, about);
      }
    }
  }

  Workspace& workspace_;
  const TextDocument& document_;
  std::string_view text_;
  std::uint32_t offset_;
  Cursor cursor_;
  std::string answer_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace

std::optional<Hover> hover(Workspace& workspace, const TextDocument& document, Position at) {
  const std::uint32_t offset = document.lines().offset(document.text(), at, workspace.encoding());
  return Hoverer(workspace, document, offset).run();
}

}  // namespace sup::lint::lsp

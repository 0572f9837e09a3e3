#include <algorithm>
#include <set>

#include "compiler/emit.h"
#include "lint/lint.h"
#include "lint/lsp/cursor.h"
#include "lint/lsp/features.h"
#include "lint/lsp/rule_text.h"
#include "schema/events.h"
#include "schema/names.h"
#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

using schema::OptionRow;
using schema::SectionKind;
using schema::SectionRow;

// A file of users longer than this is not looked through.
constexpr std::size_t most_user_bytes = 1U << 20U;

// The words that a value can be, of "true, false or unexpected": those of one word.
std::vector<std::string_view> words_of(const OptionRow& option) {
  const std::string_view type = option.type;
  if (type != schema::Boolean::name && type != schema::LogLevel::name &&
      type != schema::AutoRestart::name && type != schema::LogTarget::name &&
      type != schema::ServerUrl::name)
    return {};
  std::vector<std::string_view> words;
  const auto add = [&](std::string_view word) {
    if (!word.empty() && word.find(' ') == std::string_view::npos) words.push_back(word);
  };
  for (const std::string_view part : schema::split_list(option.expected)) {
    const std::size_t last = part.find(" or ");
    add(part.substr(0, last));
    if (last != std::string_view::npos) add(part.substr(last + 4));
  }
  return words;
}

std::string snippet_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '$' || c == '}' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool is_number(std::string_view name) { return name == "process_num" || name == "numprocs"; }

class Completer {
 public:
  Completer(const Workspace& workspace, const TextDocument& document, std::uint32_t offset,
            const CompletionStyle& style)
      : workspace_(workspace),
        document_(document),
        text_(document.text()),
        offset_(offset),
        style_(style),
        cursor_(cursor_at(document.parsed(), text_, offset)) {}

  std::vector<CompletionItem> run() {
    const bool opens =
        cursor_.place == Place::header || (cursor_.place == Place::nothing && is_line_start());
    if (cursor_.place == Place::comment) {
      add_rules();
    } else if (opens) {
      add_sections();
    } else if (cursor_.place == Place::key) {
      add_options();
      if (is_line_start()) add_sections();
    } else if (cursor_.place == Place::value) {
      add_value();
    }
    return std::move(items_);
  }

 private:
  bool is_line_start() const {
    return schema::strip(text_.substr(cursor_.line.begin, offset_ - cursor_.line.begin)).empty();
  }

  TextEdit edit(std::uint32_t begin, std::uint32_t end, std::string text) const {
    return {document_.lines().range(text_, begin, end, style_.encoding), std::move(text)};
  }

  CompletionItem& add(std::string label, CompletionKind kind, TextEdit edit) {
    CompletionItem item;
    item.label = std::move(label);
    item.kind = kind;
    item.edit = std::move(edit);
    items_.push_back(std::move(item));
    return items_.back();
  }

  // "; supcheck: disable=SUP2": rules.
  void add_rules() {
    const TextWord word = word_at(text_, offset_);
    const std::string_view comment =
        text_.substr(cursor_.line.comment_begin, word.begin - cursor_.line.comment_begin);
    if (comment.find("supcheck:") == std::string_view::npos ||
        comment.find('=') == std::string_view::npos || comment.find("--") != std::string_view::npos)
      return;
    for (const compiler::Rule* rule : all_rules()) {
      CompletionItem& item = add(std::string(rule->id), CompletionKind::reference,
                                 edit(word.begin, word.end, std::string(rule->id)));
      item.detail = rule->name;
      item.documentation = rule_text(*rule);
    }
  }

  bool has_section(std::string_view name) const {
    return std::any_of(document_.parsed().sections.begin(), document_.parsed().sections.end(),
                       [&](const compiler::SectionHeader& section) {
                         return text_.substr(section.name.begin,
                                             section.name.end - section.name.begin) == name;
                       });
  }

  void add_sections() {
    std::uint32_t begin = offset_;
    std::uint32_t end = offset_;
    if (cursor_.line.content_begin < cursor_.line.content_end) {
      begin = std::min(cursor_.line.content_begin, offset_);
      end = std::max(cursor_.line.content_end, offset_);
    }
    // Behind the colon stands a name, which nobody knows.
    if (text_.substr(begin, offset_ - begin).find(':') != std::string_view::npos) return;
    for (const SectionRow& row : schema::section_rows()) {
      const bool is_named = row.naming == schema::Naming::named;
      const std::string name(row.spelling);
      if (!is_named && has_section(name)) continue;
      const std::string label = "[" + name + (is_named ? ":" : "]");
      std::string text = label;
      if (is_named) text += style_.snippets ? "${1:name}]" : "";
      CompletionItem& item = add(label, CompletionKind::module, edit(begin, end, std::move(text)));
      item.is_snippet = is_named && style_.snippets;
      item.detail = row.doc;
      item.sort_text = "2" + name;
    }
  }

  // Options that no occurrence of the section sets, but for the one at the place.
  std::set<std::string> set_options() const {
    std::set<std::string> keys;
    const compiler::Document& document = document_.parsed();
    for (const compiler::SectionHeader& section : document.sections) {
      if (text_.substr(section.name.begin, section.name.end - section.name.begin) !=
          cursor_.section_text)
        continue;
      for (std::uint32_t i = 0; i < section.entry_count; ++i) {
        const std::uint32_t entry = section.first_entry + i;
        if (cursor_.entry == entry) continue;
        const compiler::Span key = document.key(entry);
        keys.insert(schema::lower(text_.substr(key.begin, key.end - key.begin)));
      }
    }
    return keys;
  }

  void add_options() {
    if (!cursor_.section) return;
    std::uint32_t begin = offset_;
    std::uint32_t end = offset_;
    if (cursor_.entry) {
      const compiler::Span key = document_.parsed().key(*cursor_.entry);
      begin = key.begin;
      end = key.end;
    } else if (cursor_.line.content_begin < cursor_.line.content_end) {
      begin = cursor_.line.content_begin;
      end = cursor_.line.content_end;
    }
    if (offset_ < begin || offset_ > end) begin = end = offset_;
    const SectionRow& section = schema::section_row(cursor_.section->kind);
    const std::set<std::string> taken = set_options();
    for (const OptionRow& row : schema::option_rows()) {
      const std::string name(row.name);
      if (schema::find_option(section.kind, name) != &row || taken.contains(name)) continue;
      // What is behind the name stays when there is something.
      std::string text = name + (cursor_.entry ? "" : "=");
      const bool is_snippet = style_.snippets && !cursor_.entry;
      if (is_snippet) text = snippet_text(text) + value_snippet(row);
      CompletionItem& item = add(name, CompletionKind::property, edit(begin, end, std::move(text)));
      item.is_snippet = is_snippet;
      item.detail = row.expected;
      item.documentation = compiler::describe_option(section, row);
      item.sort_text = (row.has(schema::OptionFlags::required) ? "0" : "1") + name;
    }
  }

  static std::string value_snippet(const OptionRow& row) {
    const std::string_view text = row.default_text.value_or(std::string_view{});
    return text.empty() ? "$0" : "${1:" + snippet_text(text) + "}";
  }

  void add_value() {
    if (!cursor_.section) return;
    if (const auto name = expansion_name(cursor_, text_, offset_)) {
      add_names(*name);
      return;
    }
    if (cursor_.option == nullptr) return;
    const OptionRow& option = *cursor_.option;
    if (option.type == schema::EventList::name) {
      add_events();
    } else if (cursor_.section->kind == SectionKind::group && option.name == "programs") {
      add_programs();
    } else if (option.type == schema::Signal::name) {
      add_words(schema::signal_names());
    } else if (option.type == schema::User::name || option.type == schema::UserGroup::name) {
      add_users();
    } else {
      add_words(words_of(option));
    }
  }

  void add_words(const std::vector<std::string_view>& words) {
    const TextWord item = list_item(cursor_, text_, offset_, "");
    std::size_t number = 0;
    for (const std::string_view word : words) {
      CompletionItem& made = add(std::string(word), CompletionKind::keyword,
                                 edit(item.begin, item.end, std::string(word)));
      // In the order of the table, which puts the usual ones first.
      const std::string digits = std::to_string(number++);
      made.sort_text = std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
    }
  }

  void add_events() {
    const TextWord item = list_item(cursor_, text_, offset_, ",");
    for (const schema::EventRow& row : schema::event_rows()) {
      CompletionItem& made = add(std::string(row.name), CompletionKind::event,
                                 edit(item.begin, item.end, std::string(row.name)));
      if (row.parent != row.type) made.detail = schema::event_name(row.parent);
    }
  }

  // Of this document as it is now, and of the other files as they were checked last.
  std::set<std::string> programs() const {
    std::set<std::string> names;
    const auto add_if_program = [&](std::string_view full_name) {
      const auto name = schema::classify_section(full_name);
      if (name && !name->name.empty() &&
          (name->kind == SectionKind::program || name->kind == SectionKind::fcgi_program))
        names.emplace(name->name);
    };
    for (const compiler::SectionHeader& section : document_.parsed().sections)
      add_if_program(text_.substr(section.name.begin, section.name.end - section.name.begin));
    const Unit* unit = workspace_.last_unit_of(document_.path());
    if (unit == nullptr) return names;
    for (const ConfigSection& section : unit->compilation->config.sections) {
      const bool is_here =
          std::all_of(section.headers.begin(), section.headers.end(), [&](const auto& header) {
            return workspace_.path_of(*unit, header.source) == document_.path();
          });
      if (!is_here) add_if_program(section.full_name);
    }
    return names;
  }

  void add_programs() {
    const TextWord item = list_item(cursor_, text_, offset_, ",");
    const std::vector<std::string_view> listed = schema::split_list(
        text_.substr(cursor_.value_begin, cursor_.value_end - cursor_.value_begin));
    for (const std::string& name : programs()) {
      const bool is_listed = std::find(listed.begin(), listed.end(), name) != listed.end();
      if (is_listed && name != item.text) continue;
      add(name, CompletionKind::reference, edit(item.begin, item.end, name));
    }
  }

  // Of this machine, as files without a network's users are read quickly.
  void add_users() {
    const auto file = workspace_.documents().read("/etc/passwd");
    if (!file || file->size() > most_user_bytes) return;
    const TextWord item = list_item(cursor_, text_, offset_, "");
    std::string_view rest = *file;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const std::string_view user = line.substr(0, line.find(':'));
      if (user.empty() || user.size() == line.size() || schema::invalid_utf8(user)) continue;
      add(std::string(user), CompletionKind::value, edit(item.begin, item.end, std::string(user)));
    }
  }

  void add_names(const TextWord& part) {
    if (cursor_.option == nullptr) return;
    // What closes a name may stand there already.
    const bool is_closed = part.end < text_.size() && text_[part.end] == ')';
    const auto add_name = [&](const std::string& name) {
      const std::string close = is_closed ? "" : is_number(name) ? ")d" : ")s";
      add(name, CompletionKind::variable, edit(part.begin, part.end, name + close));
    };
    const Unit* unit = workspace_.last_unit_of(document_.path());
    const auto target = unit != nullptr ? unit->options.target : schema::default_target;
    for (const std::string_view name : schema::names_of(cursor_.option->scope, target))
      add_name(std::string(name));
    for (const std::string& variable : variables()) add_name("ENV_" + variable);
  }

  // Those that environment= of [supervisord] and of this section set, and those that are given.
  std::set<std::string> variables() const {
    std::set<std::string> names;
    const Unit* unit = workspace_.last_unit_of(document_.path());
    if (unit == nullptr) return names;
    for (const auto& [name, value] : unit->options.environment) names.insert(name);
    for (const ConfigSection& section : unit->compilation->config.sections) {
      const bool is_seen =
          section.full_name == "supervisord" || (section.full_name == cursor_.section_text &&
                                                 cursor_.option->scope == schema::Scope::process);
      const ConfigEntry* entry = is_seen ? section.find("environment") : nullptr;
      schema::EnvironmentValue value;
      if (entry == nullptr ||
          schema::Environment::read(entry->value, {unit->options.target}, value))
        continue;
      for (const auto& [name, text] : value) names.insert(name);
    }
    return names;
  }

  const Workspace& workspace_;
  const TextDocument& document_;
  std::string_view text_;
  std::uint32_t offset_;
  CompletionStyle style_;
  Cursor cursor_;
  std::vector<CompletionItem> items_;
};

}  // namespace

std::vector<CompletionItem> complete(const Workspace& workspace, const TextDocument& document,
                                     Position at, const CompletionStyle& style) {
  const std::uint32_t offset = document.lines().offset(document.text(), at, style.encoding);
  return Completer(workspace, document, offset, style).run();
}

}  // namespace sup::lint::lsp

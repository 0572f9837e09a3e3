#include "compiler/migrate/translators.h"

#include <vector>

#include "schema/extensions.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::compiler::migration {

using schema::DialectKey;
using schema::Treatment;

std::string product_of(schema::Dialect dialect) {
  return std::string(schema::dialect_row(dialect).product);
}

bool is_process(const Part& part) {
  return part.name.size() > part.word.size() &&
         (part.word == "program" || part.word == "fcgi-program" || part.word == "eventlistener");
}

const DialectKey* row_of(schema::Dialect dialect, std::string_view word, std::string_view key) {
  if (const DialectKey* row = schema::find_dialect_key(dialect, word, key)) return row;
  if (word != "fcgi-program" && word != "eventlistener") return nullptr;
  return schema::find_dialect_key(dialect, "program", key);
}

bool is_set(Draft& draft, const Part& part, std::string_view key) {
  const Part* defaults = draft.find("DEFAULT");
  return part.sets(key) || (defaults != nullptr && defaults->sets(key));
}

void add_interface(Draft& draft, std::uint32_t file, Span cause) {
  constexpr std::string_view name = "rpcinterface:supervisor";
  if (draft.find(name) != nullptr) return;
  draft.add_section(
      file, std::string(name),
      {
          {"supervisor.rpcinterface_factory", std::string(schema::main_interface_factory), ""}
  },
      cause, bracketed(name) + " is added: `supervisorctl` needs it");
}

void lose(Draft& draft, Part& part, Item& item, const DialectKey& row) {
  std::string message = draft.name_of(part, item);
  if (!row.meaning.empty()) message += " (" + std::string(row.meaning) + ")";
  message += " cannot be said today";
  if (!row.advice.empty()) message += "; " + std::string(row.advice);
  draft.comment_out(part, item, Fate::lost, message);
}

bool settle_plainly(Draft& draft, Part& part, Item& item, const DialectKey& row) {
  const std::string name = draft.name_of(part, item);
  switch (row.treatment) {
    case Treatment::same:
    case Treatment::plugin: return true;
    case Treatment::renamed:
    case Treatment::respelled:
      if (item.overridden || part.sets(row.option)) {
        draft.comment_out(part, item, Fate::changed,
                          name + " has no effect: " + in_backticks(row.option) + " is set, too");
      } else {
        draft.rename(part, item, row.option,
                     name + " is called " + in_backticks(row.option) + " today");
      }
      return true;
    case Treatment::takes_effect:
      item.settled = true;
      draft.note(Fate::changed, item.span,
                 name + " is not read by " + product_of(row.dialect) + "; it takes effect now");
      return true;
    case Treatment::without_effect:
      draft.comment_out(part, item, Fate::changed,
                        name + " has no effect in " + product_of(row.dialect));
      return true;
    case Treatment::implied:
      draft.comment_out(part, item, Fate::changed,
                        name + " (" + std::string(row.meaning) + ") needs no saying today");
      return true;
    case Treatment::lost: lose(draft, part, item, row); return true;
    default: return false;
  }
}

void add_default(Draft& draft, Part& part, std::string_view option, std::string_view value,
                 schema::Dialect dialect) {
  if (is_set(draft, part, option)) return;
  draft.add(part, option, value,
            in_backticks(std::string(option) + "=" + std::string(value)) + " is written in " +
                bracketed(part.name) + ": it is what " + product_of(dialect) + " does without it");
}

bool is_value_today(schema::SectionKind kind, std::string_view option, std::string_view value,
                    schema::Target target) {
  if (value.find("%(") != value.npos) return true;
  const schema::OptionRow* row = schema::find_option(kind, option);
  if (row == nullptr) return false;
    // The reader of a row wants the struct of its block.
#define OPTION(...)
#define OPTION_AS(...)
#define END_BLOCK
#define BLOCK(name, Struct)                       \
  if (row->block == schema::block::name) {        \
    schema::Struct options;                       \
    return !row->read(&options, value, {target}); \
  }
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
  return false;
}

std::optional<std::string> rewrite_events(std::string_view list) {
  std::vector<std::string> names;
  bool any = false;
  const auto add = [&](std::string_view name) {
    for (const std::string& known : names) {
      if (known == name) return;
    }
    names.emplace_back(name);
  };
  for (const std::string_view name : schema::split_list(list)) {
    const schema::FormerEvent* former =
        schema::event_from_name(name) ? nullptr : schema::find_former_event(name);
    any = any || former != nullptr;
    if (former == nullptr) {
      add(name);
    } else {
      for (const std::string_view today : schema::split_list(former->today)) add(today);
    }
  }
  if (!any) return std::nullopt;
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace sup::compiler::migration

#include "schema/dialects.h"

#include <algorithm>
#include <string>

#include "schema/text.h"

namespace sup::schema {

namespace {

#define KEY(...)
#define MARKER(...)
#define FORMER_EVENT(...)
#define FLAG(...)
#define DIALECT(id, name, product, family, word) \
  DialectRow{Dialect::id, name, product, Family::family, word},
constexpr DialectRow dialects[] = {
#include "schema/dialects.def"
};
#undef DIALECT
#undef KEY
#undef MARKER
#undef FORMER_EVENT
#undef FLAG

#define DIALECT(...)
#define MARKER(...)
#define FORMER_EVENT(...)
#define FLAG(...)
#define KEY(dialect, section, key, treatment, option, default_text, since, until, meaning, advice) \
  DialectKey{Dialect::dialect, section,      key,   Treatment::treatment,                          \
             option,           default_text, since, until,                                         \
             meaning,          advice},
constexpr DialectKey keys[] = {
// more rows than clang folds into a std::array
#include "schema/dialects.def"
};
#undef DIALECT
#undef KEY
#undef MARKER
#undef FORMER_EVENT
#undef FLAG

#define DIALECT(...)
#define KEY(...)
#define FORMER_EVENT(...)
#define FLAG(...)
#define MARKER(dialect, section, naming) DialectMarker{Dialect::dialect, section, Naming::naming},
constexpr DialectMarker markers[] = {
#include "schema/dialects.def"
};
#undef DIALECT
#undef KEY
#undef MARKER
#undef FORMER_EVENT
#undef FLAG

#define DIALECT(...)
#define KEY(...)
#define MARKER(...)
#define FLAG(...)
#define FORMER_EVENT(name, today) FormerEvent{name, today},
constexpr FormerEvent former_events[] = {
#include "schema/dialects.def"
};
#undef DIALECT
#undef KEY
#undef MARKER
#undef FORMER_EVENT
#undef FLAG

#define DIALECT(...)
#define KEY(...)
#define MARKER(...)
#define FORMER_EVENT(...)
#define FLAG(dialect, spelling, meaning, advice) \
  DialectFlag{Dialect::dialect, spelling, meaning, advice},
constexpr DialectFlag flags[] = {
#include "schema/dialects.def"
};
#undef DIALECT
#undef KEY
#undef MARKER
#undef FORMER_EVENT
#undef FLAG

// Whether a section of that dialect is, for its keys, one of today's kind. Words of managers are
// met where their authors thought that they belong.
bool is_of_kind(std::string_view section, SectionKind kind) {
  switch (kind) {
    case SectionKind::program:
    case SectionKind::fcgi_program:
    case SectionKind::eventlistener:
      return section == "program" || section == "watcher" || section == section_row(kind).spelling;
    case SectionKind::supervisord:
      return section == "supervisord" || section == "circus" || section == "supervice";
    default: return section == section_row(kind).spelling;
  }
}

bool is_option_somewhere(std::string_view key) {
  return std::any_of(section_rows().begin(), section_rows().end(),
                     [&](const SectionRow& row) { return find_option(row.kind, key) != nullptr; });
}

Family family_of(const DialectKey& row) { return dialect_row(row.dialect).family; }

// Whether today's Supervisor ignores the key where the row says that it stands.
bool is_ignored_today(const DialectKey& row) {
  const std::string key = lower(row.key);
  return std::none_of(section_rows().begin(), section_rows().end(), [&](const SectionRow& section) {
    return is_of_kind(row.section, section.kind) && find_option(section.kind, key) != nullptr;
  });
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (matches_pattern(rest, text.substr(at))) return true;
  }
  return false;
}

}  // namespace

std::span<const DialectRow> dialect_rows() { return dialects; }

std::span<const DialectKey> dialect_keys() { return keys; }

std::span<const DialectMarker> dialect_markers() { return markers; }

const DialectRow& dialect_row(Dialect dialect) {
  return dialects[static_cast<std::size_t>(dialect)];
}

bool is_file_dialect(Dialect dialect) {
  switch (dialect) {
    case Dialect::supervisor4:
    case Dialect::supervisor3:
    case Dialect::supervisor2:
    case Dialect::go:
    case Dialect::circus:
    case Dialect::supervice:
    case Dialect::rsupervisord: return true;
    default: return false;
  }
}

std::optional<Dialect> dialect_from_name(std::string_view name) {
  for (const DialectRow& row : dialects) {
    if (row.name == name && is_file_dialect(row.dialect)) return row.dialect;
  }
  return std::nullopt;
}

std::string_view dialect_names() {
  static const std::string all = [] {
    std::string text;
    for (const DialectRow& row : dialects) {
      if (!is_file_dialect(row.dialect)) continue;
      if (!text.empty()) text += ", ";
      text += row.name;
    }
    return text;
  }();
  return all;
}

bool matches_key(const DialectKey& row, std::string_view key) {
  if (!row.key.ends_with('*')) return equals_ignoring_case(row.key, key);
  const std::string_view start = row.key.substr(0, row.key.size() - 1);
  return key.size() >= start.size() && equals_ignoring_case(start, key.substr(0, start.size()));
}

bool is_telling(const DialectKey& row) {
  return row.treatment != Treatment::respelled && row.treatment != Treatment::plugin &&
         row.key != "*" && is_ignored_today(row);
}

const DialectKey* find_dialect_key(Dialect dialect, std::string_view section,
                                   std::string_view key) {
  for (const DialectKey& row : keys) {
    if (row.dialect == dialect && row.section == section && matches_key(row, key)) return &row;
  }
  return nullptr;
}

const DialectKey* find_former(SectionKind kind, std::string_view key) {
  for (const DialectKey& row : keys) {
    if (!row.until.empty() && is_of_kind(row.section, kind) && matches_key(row, key)) return &row;
  }
  return nullptr;
}

const DialectKey* find_foreign(SectionKind kind, std::string_view key) {
  const DialectKey* elsewhere = nullptr;
  for (const DialectKey& row : keys) {
    const Family family = family_of(row);
    if ((family != Family::manager && family != Family::wish) || !matches_key(row, key) ||
        !is_telling(row)) {
      continue;
    }
    if (is_of_kind(row.section, kind)) return &row;
    // Users put words of programs into any section.
    const bool is_of_programs = row.section == "program" || row.section == "watcher";
    if (elsewhere == nullptr && is_of_programs && !is_option_somewhere(key)) elsewhere = &row;
  }
  return elsewhere;
}

const DialectKey* find_plugin_key(std::string_view key) {
  for (const DialectKey& row : keys) {
    if (row.treatment == Treatment::plugin && row.section == "program" && matches_key(row, key)) {
      return &row;
    }
  }
  return nullptr;
}

const DialectMarker* find_marker(std::string_view word) {
  for (const DialectMarker& row : markers) {
    if (row.section == word) return &row;
  }
  return nullptr;
}

const DialectFlag* find_flag(std::string_view argument) {
  const bool is_long = argument.starts_with("--");
  const bool is_short = !is_long && argument.starts_with('-');
  if (is_long) argument = argument.substr(0, argument.find('='));
  if (is_short) argument = argument.substr(0, 2);
  const auto* const found = std::find_if(std::begin(flags), std::end(flags), [&](const auto& flag) {
    return flag.spelling == argument;
  });
  return found == std::end(flags) ? nullptr : found;
}

const FormerEvent* find_former_event(std::string_view name) {
  // Longer names than this are none of Supervisor's.
  constexpr std::size_t longest = 100;
  if (name.size() > longest) return nullptr;
  for (const FormerEvent& row : former_events) {
    if (matches_pattern(row.name, name)) return &row;
  }
  return nullptr;
}

}  // namespace sup::schema

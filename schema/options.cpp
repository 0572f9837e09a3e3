#include "schema/options.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "schema/option_names.h"
#include "schema/result.h"

namespace sup::schema {
namespace {

constexpr std::array sections{
#define SECTION(kind, spelling, naming, blocks, doc) \
  SectionRow{SectionKind::kind, spelling, Naming::naming, static_cast<unsigned>(blocks), doc},
#include "schema/sections.def"
#undef SECTION
};

template <class T>
struct StorageOf {
  using type = T;
};

template <class T>
struct StorageOf<std::optional<T>> {
  using type = T;
};

// Reads into a member; `Member` is a pointer to it, optional or not.
template <class Struct, class Type, auto Member>
std::optional<ValueError> read_member(void* options, std::string_view text,
                                      const ReadContext& context) {
  auto& member = static_cast<Struct*>(options)->*Member;
  typename Type::Storage value{};
  if (auto error = Type::read(text, context, value)) return error;
  member = std::move(value);
  return std::nullopt;
}

template <class Struct, auto Member>
void reset_member(void* options) {
  static_cast<Struct*>(options)->*Member = Struct::defaults().*Member;
}

template <class Struct, class Type, auto Member>
std::optional<std::string> print_member(const void* options) {
  const auto& member = static_cast<const Struct*>(options)->*Member;
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>,
                               std::optional<typename Type::Storage>>) {
    if (!member) return std::nullopt;
    return Type::print(*member);
  } else {
    return Type::print(member);
  }
}

template <class Struct, auto Member>
bool equal_member(const void* a, const void* b) {
  return static_cast<const Struct*>(a)->*Member == static_cast<const Struct*>(b)->*Member;
}

constexpr std::optional<std::string_view> default_of(std::nullptr_t) { return std::nullopt; }

constexpr std::optional<std::string_view> default_of(std::string_view text) { return text; }

// The first of the versions that are told apart which has what came with `since` ("4.2.0").
constexpr Target first_target(std::string_view since) {
  const auto number = [&](std::size_t begin) {
    std::size_t value = 0;
    for (; begin < since.size() && since[begin] >= '0' && since[begin] <= '9'; ++begin)
      value = value * 10 + static_cast<std::size_t>(since[begin] - '0');
    return value;
  };
  const std::size_t dot = since.find('.');
  if (dot == std::string_view::npos || since.front() < '0' || since.front() > '9')
    return Target::v3_4;
  const std::size_t version = number(0) * 100 + number(dot + 1);
  return version <= 304   ? Target::v3_4
         : version <= 402 ? Target::v4_2
         : version <= 403 ? Target::v4_3
                          : Target::v4_4;
}

constexpr unsigned operator|(OptionFlags a, OptionFlags b) {
  return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}

constexpr std::array<OptionRow, option_count> make_rows() {
  std::array<OptionRow, option_count> rows{};
  std::size_t count = 0;
#define UNSET nullptr
#define BLOCK(name, Struct) \
  {                         \
    using Options = Struct; \
    constexpr block::Block this_block = block::name;
#define OPTION(name, Type, default_text, since, scope, flags, doc) \
  OPTION_AS(name, #name, Type, default_text, since, scope, flags, doc)
#define OPTION_AS(member, spelling, Type, default_text, introduced, names, flag_bits, text) \
  rows[count] = OptionRow{static_cast<OptionId>(count),                                     \
                          this_block,                                                       \
                          spelling,                                                         \
                          Type::name,                                                       \
                          Type::expected,                                                   \
                          Type::wire,                                                       \
                          default_of(default_text),                                         \
                          introduced,                                                       \
                          first_target(introduced),                                         \
                          Scope::names,                                                     \
                          static_cast<unsigned>(flag_bits),                                 \
                          text,                                                             \
                          &read_member<Options, Type, &Options::member>,                    \
                          &reset_member<Options, &Options::member>,                         \
                          &print_member<Options, Type, &Options::member>,                   \
                          &equal_member<Options, &Options::member>};                        \
  ++count;
#define END_BLOCK }
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
#undef UNSET
  return rows;
}

constexpr std::array<OptionRow, option_count> all_rows = make_rows();

// Options by name for each kind of section, with open addressing, made while compiling: there is
// one look-up for each entry of a configuration.
constexpr std::size_t table_size = 256;
using Table = std::array<OptionId, table_size>;

constexpr std::size_t hash_of(std::string_view name) {
  if (name.empty()) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
  return name.size() * 5U + at(0) * 3U + at(name.size() - 1) * 17U + at(name.size() / 2) * 31U +
         at(name.size() / 4) * 7U;
}

constexpr Table make_table(unsigned blocks) {
  Table table{};
  table.fill(no_option);
  for (const OptionRow& row : all_rows) {
    if ((blocks & static_cast<unsigned>(row.block)) == 0) continue;
    std::size_t slot = hash_of(row.name) % table_size;
    while (table[slot] != no_option) slot = (slot + 1) % table_size;
    table[slot] = row.id;
  }
  return table;
}

constexpr std::array<Table, sections.size()> tables = [] {
  std::array<Table, sections.size()> made{};
  for (std::size_t i = 0; i < sections.size(); ++i) made[i] = make_table(sections[i].blocks);
  return made;
}();

template <class Struct>
const Struct& defaults_of() {
  static const Struct value = [] {
    Struct options;
    for (const OptionRow& row : all_rows) {
      if (row.block != Struct::block || !row.default_text) continue;
      const auto error = row.read(&options, *row.default_text, ReadContext{});
      SUP_CHECK(!error, "a default of options.def is not a value of its type");
    }
    return options;
  }();
  return value;
}

constexpr std::array default_changes{
#define DEFAULT_CHANGE(in_block, option, changed, first_target, old_default) \
  DefaultChangeRow{block::in_block, #option, changed, Target::first_target, old_default},
#include "schema/changes.def"
#undef DEFAULT_CHANGE
};

}  // namespace

#define OPTION(...)
#define OPTION_AS(...)
#define END_BLOCK
#define BLOCK(name, Struct) \
  const Struct& Struct::defaults() { return defaults_of<Struct>(); }
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK

std::span<const SectionRow> section_rows() { return sections; }

const SectionRow& section_row(SectionKind kind) { return sections[static_cast<std::size_t>(kind)]; }

std::optional<SectionName> classify_section(std::string_view full_name) {
  for (const SectionRow& row : sections) {
    if (!full_name.starts_with(row.spelling)) continue;
    const std::string_view rest = full_name.substr(row.spelling.size());
    switch (row.naming) {
      case Naming::fixed:
        if (rest.empty()) return SectionName{row.kind, {}};
        break;
      case Naming::server: {
        const std::size_t colon = full_name.find(':');
        return SectionName{row.kind, colon == std::string_view::npos ? std::string_view{}
                                                                     : full_name.substr(colon + 1)};
      }
      case Naming::named:
        if (rest.starts_with(':')) return SectionName{row.kind, rest.substr(1)};
        break;
    }
  }
  return std::nullopt;
}

bool takes_any_key(SectionKind kind) {
  return kind == SectionKind::rpcinterface || kind == SectionKind::ctlplugin;
}

std::span<const OptionRow> option_rows() { return all_rows; }

const OptionRow& option_row(OptionId id) { return all_rows[id]; }

const OptionRow* find_option(SectionKind kind, std::string_view name) {
  const Table& table = tables[static_cast<std::size_t>(kind)];
  for (std::size_t slot = hash_of(name) % table_size; table[slot] != no_option;
       slot = (slot + 1) % table_size)
    if (all_rows[table[slot]].name == name) return &all_rows[table[slot]];
  return nullptr;
}

constinit const OptionIds option_ids = [] {
  OptionIds made{};
  for (std::size_t kind = 0; kind < sections.size(); ++kind) {
    made[kind].fill(no_option);
    std::array<bool, option_slots> taken{};
    for (const OptionRow& row : all_rows) {
      if ((sections[kind].blocks & static_cast<unsigned>(row.block)) == 0) continue;
      std::size_t first = 0;
      while (all_rows[first].name != row.name) ++first;
      made[kind][first] = row.id;
      if (std::exchange(taken[option_slot(row.id)], true)) throw "two options have one slot";
    }
  }
  return made;
}();

const OptionRow* find_option(block::Block block, std::string_view name) {
  const auto found = std::find_if(all_rows.begin(), all_rows.end(), [&](const OptionRow& row) {
    return row.block == block && row.name == name;
  });
  return found == all_rows.end() ? nullptr : found;
}

const DefaultChangeRow* find_default_change(const OptionRow& option) {
  for (const DefaultChangeRow& row : default_changes)
    if (row.block == option.block && row.option == option.name) return &row;
  return nullptr;
}

std::optional<std::string_view> default_text(const OptionRow& option, Target target) {
  const DefaultChangeRow* change = find_default_change(option);
  return change != nullptr && target < change->first_target ? std::optional(change->old_default)
                                                            : option.default_text;
}

}  // namespace sup::schema

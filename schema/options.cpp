#include "schema/options.h"

#include <array>
#include <bit>
#include <unordered_map>
#include <utility>
#include <vector>

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

constexpr std::optional<std::string_view> default_of(std::nullptr_t) { return std::nullopt; }

constexpr std::optional<std::string_view> default_of(std::string_view text) { return text; }

constexpr unsigned operator|(OptionFlags a, OptionFlags b) {
  return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}

std::vector<OptionRow> make_rows() {
  std::vector<OptionRow> rows;
  rows.reserve(96);
#define UNSET nullptr
#define BLOCK(name, Struct) \
  {                         \
    using Options = Struct; \
    constexpr block::Block this_block = block::name;
#define OPTION(name, Type, default_text, since, scope, flags, doc) \
  OPTION_AS(name, #name, Type, default_text, since, scope, flags, doc)
#define OPTION_AS(member, spelling, Type, default_text, introduced, names, flag_bits, text)      \
  rows.push_back(OptionRow{static_cast<OptionId>(rows.size()), this_block, spelling, Type::name, \
                           Type::expected, Type::wire, default_of(default_text), introduced,     \
                           Scope::names, static_cast<unsigned>(flag_bits), text,                 \
                           &read_member<Options, Type, &Options::member>,                        \
                           &print_member<Options, Type, &Options::member>});
#define END_BLOCK }
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
#undef UNSET
  return rows;
}

const std::vector<OptionRow>& all_rows() {
  static const std::vector<OptionRow> rows = make_rows();
  return rows;
}

// For each block its options by name; one look-up for each entry of a configuration.
using Index = std::unordered_map<std::string_view, const OptionRow*>;

const std::array<Index, block::count_>& indexes() {
  static const std::array<Index, block::count_> all = [] {
    std::array<Index, block::count_> result;
    for (const OptionRow& row : all_rows())
      result[static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(row.block)))].emplace(
          row.name, &row);
    return result;
  }();
  return all;
}

template <class Struct>
const Struct& defaults_of() {
  static const Struct value = [] {
    Struct options;
    for (const OptionRow& row : all_rows()) {
      if (row.block != Struct::block || !row.default_text) continue;
      const auto error = row.read(&options, *row.default_text, ReadContext{});
      SUP_CHECK(!error, "a default of options.def is not a value of its type");
    }
    return options;
  }();
  return value;
}

constexpr std::array changes{
#define CHANGE(section, old_name, removed, today, advice) \
  ChangeRow{SectionKind::section, #old_name, removed, today, advice},
#include "schema/changes.def"
#undef CHANGE
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

std::span<const OptionRow> option_rows() { return all_rows(); }

const OptionRow& option_row(OptionId id) { return all_rows()[id]; }

const OptionRow* find_option(SectionKind kind, std::string_view name) {
  for (unsigned rest = section_row(kind).blocks; rest != 0; rest &= rest - 1) {
    const Index& index = indexes()[static_cast<std::size_t>(std::countr_zero(rest))];
    if (const auto found = index.find(name); found != index.end()) return found->second;
  }
  return nullptr;
}

const OptionRow* find_option(block::Block block, std::string_view name) {
  const Index& index =
      indexes()[static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(block)))];
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

std::span<const ChangeRow> change_rows() { return changes; }

const ChangeRow* find_change(SectionKind kind, std::string_view name) {
  if (kind == SectionKind::fcgi_program || kind == SectionKind::eventlistener)
    kind = SectionKind::program;
  for (const ChangeRow& row : changes)
    if (row.section == kind && row.old_name == name) return &row;
  return nullptr;
}

}  // namespace sup::schema

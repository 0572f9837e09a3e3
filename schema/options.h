// The option table at run time: typed structs, one for each block of options.def, and rows that say
// everything else about an option. Loops over rows replace code that names options.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/values.h"

namespace sup::schema {

// Option blocks as bits, so that a section kind is a union of blocks.
namespace block {
enum Block : std::uint16_t {

#define BLOCK(name, Struct) name##_shift_,
#define OPTION_AS(...)
#define END_BLOCK
#define OPTION(...)
#include "schema/options.def"
#undef BLOCK
  count_,
#define BLOCK(name, Struct) name = 1U << name##_shift_,
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
};
}  // namespace block

enum class Naming : std::uint8_t {
  fixed,   // [supervisord]
  server,  // every section that starts with the word
  named    // [program:x]
};

enum class SectionKind : std::uint8_t {
#define SECTION(kind, spelling, naming, blocks, doc) kind,
#include "schema/sections.def"
#undef SECTION
};

constexpr std::size_t section_kind_count = 0
#define SECTION(...) +1
#include "schema/sections.def"
#undef SECTION
    ;

struct SectionRow {
  SectionKind kind;
  std::string_view spelling;
  Naming naming;
  unsigned blocks;  // of block::Block
  std::string_view doc;
};

std::span<const SectionRow> section_rows();
const SectionRow& section_row(SectionKind kind);

// Kind and name of a section as Supervisor sees it: "program:web" is (program, "web"),
// "unix_http_server:b" is (unix_http_server, "b"). Nothing for sections that it ignores.
struct SectionName {
  SectionKind kind;
  std::string_view name;
};

std::optional<SectionName> classify_section(std::string_view full_name);

// Whether the kind takes keys beyond its options and hands them to a factory.
bool takes_any_key(SectionKind kind);

// Which names %(...)s may use; see reference in expand.h.
enum class Scope : std::uint8_t {
  supervisord,              // here, ENV_*
  supervisord_environment,  // here, ENV_*; host_node_name from 4.4
  include,                  // here, host_node_name, ENV_*
  server_file,              // here, ENV_*
  server,                   // ENV_*
  supervisorctl_path,       // here, ENV_*
  supervisorctl,            // ENV_*
  group,                    // here, ENV_*
  fcgi_socket,              // here, program_name, ENV_*
  program,                  // here, program_name, group_name, host_node_name, ENV_*
  program_environment,      // the same, process_num, numprocs
  process                   // the same, and ENV_* of its own environment=
};

enum OptionFlags : std::uint8_t {
  none = 0,
  required = 1,
  twice = 2,
  secret = 4,
  host = 8,
  restart = 16,
  shape = 32
};

// Index of an option in option_rows().
using OptionId = std::uint16_t;

struct OptionRow {
  OptionId id = 0;
  block::Block block{};
  std::string_view name;
  std::string_view type;
  std::string_view expected;
  Wire wire{};
  std::optional<std::string_view> default_text;
  std::string_view since;
  Target first_target{};  // by `since`
  Scope scope{};
  unsigned flags = 0;  // of OptionFlags
  std::string_view doc;
  // Reads `text` into the member of the block's struct at `options`.
  std::optional<ValueError> (*read)(void* options, std::string_view text,
                                    const ReadContext&) = nullptr;
  // Gives the member its default again.
  void (*reset)(void* options) = nullptr;
  // Canonical text of the member; nothing if it is unset.
  std::optional<std::string> (*print)(const void* options) = nullptr;
  // Whether the member has the same value in both structs of the block.
  bool (*equal)(const void* a, const void* b) = nullptr;

  bool has(OptionFlags flag) const { return (flags & flag) != 0; }

  // Whether this version of Supervisor reads the option; an earlier one ignores it.
  bool is_read_by(Target target) const { return target >= first_target; }
};

constexpr std::size_t option_count = 0
#define BLOCK(name, Struct)
#define END_BLOCK
#define OPTION(...) +1
#define OPTION_AS(...) +1
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
    ;

// Some of the options, by id.
using OptionSet = std::bitset<option_count>;

std::span<const OptionRow> option_rows();
const OptionRow& option_row(OptionId id);

// The option `name` (lower case) of sections of this kind.
const OptionRow* find_option(SectionKind kind, std::string_view name);

// The option `name` of the block itself.
const OptionRow* find_option(block::Block block, std::string_view name);

// An option's value: always there when its row has a default, else maybe.
template <class Type, bool has_default>
struct MemberOf {
  using type = typename Type::Storage;
};

template <class Type>
struct MemberOf<Type, false> {
  using type = std::optional<typename Type::Storage>;
};

// The structs, with members named as the options. defaults() holds those of the table; a new object
// is empty. UNSET is a null pointer here, so that the row itself decides between value and
// optional.
#define UNSET nullptr
#define BLOCK(name, Struct)                            \
  struct Struct {                                      \
    static constexpr block::Block block = block::name; \
    static const Struct& defaults();
#define OPTION(name, Type, default_text, since, scope, flags, doc) \
  OPTION_AS(name, #name, Type, default_text, since, scope, flags, doc)
#define OPTION_AS(member, name, Type, default_text, since, scope, flags, doc) \
  MemberOf<Type, !std::is_same_v<decltype(default_text), std::nullptr_t>>::type member{};
#define END_BLOCK \
  }               \
  ;
#include "schema/options.def"
#undef BLOCK
#undef OPTION
#undef OPTION_AS
#undef END_BLOCK
#undef UNSET

// A default that was another one in earlier versions; see changes.def.
struct DefaultChangeRow {
  block::Block block;
  std::string_view option;
  std::string_view changed_in;
  Target first_target;  // the oldest target that has today's default
  std::string_view old_default;
};

// The row of an option whose default changed, or null.
const DefaultChangeRow* find_default_change(const OptionRow& option);

// What the option is in `target` when it is not written; nothing if it has no default.
std::optional<std::string_view> default_text(const OptionRow& option, Target target);

}  // namespace sup::schema

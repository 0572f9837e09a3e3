// The dialects at run time: the rows of dialects.def and how they are found.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "schema/options.h"

namespace sup::schema {

enum class Dialect : std::uint8_t {
#define DIALECT(id, name, product, family, word) id,
#define KEY(...)
#define MARKER(...)
#define FORMER_EVENT(...)
#define FLAG(...)
#include "schema/dialects.def"
#undef DIALECT
#undef KEY
#undef MARKER
#undef FORMER_EVENT
#undef FLAG
};

enum class Family : std::uint8_t { version, manager, plugin, wish };

struct DialectRow {
  Dialect dialect;
  std::string_view name;
  std::string_view product;
  Family family;
  std::string_view word;
};

// What becomes of a key in a configuration of today's Supervisor.
enum class Treatment : std::uint8_t {
  same,            // stays as it is
  renamed,         // gets the name of today's option, the value stays
  respelled,       // the same; so near that it is as well a misspelling
  moved,           // goes to another section
  takes_effect,    // that daemon does not read it, today's does
  without_effect,  // that daemon does not read it, and it would do harm today
  implied,         // needs no saying
  lost,            // no option says it
  plugin,          // read by a plug-in, which stays
  // The value is said in another way:
  attempts,          // counts the first attempt, too
  boolean,           // of that dialect's words
  bytes,             // of that dialect's units
  capture_size,      // was a file, is a size
  closed_output,     // was a switch, is NONE
  command_part,      // is joined to the command
  command_words,     // is split in another way
  debug_level,       // was a switch, is a level
  events,            // former event types
  exactly_true,      // every other word is false
  exit_codes,        // list without checks
  foreground,        // that daemon stays in the foreground
  listening_socket,  // was a section, is an option
  log_level,         // of that dialect's words
  log_switch,        // was a switch, is NONE or redirect_stderr
  log_target,        // a list, or a special word
  number,            // what is none is the default
  order,             // names of others, is a number
  output_class,      // was a class, is a path
  process_count,     // needs names
  rank,              // highest first, is lowest first
  respawn,           // always or never
  restart_word,      // every other word is unexpected
  retries,           // -1 is for ever
  seconds,           // with a fraction
  server_address,    // opens a section of its own
  server_option,     // goes to that section
  signals,           // several, or other names
  user_only,         // user:group
  variables,         // quoted in another way
  web_server,        // is a section of its own
};

struct DialectKey {
  Dialect dialect;
  std::string_view section;
  std::string_view key;  // as written there; with a final * all that start so
  Treatment treatment;
  std::string_view option;
  std::string_view default_text;
  std::string_view since;
  std::string_view until;
  std::string_view meaning;
  std::string_view advice;
};

struct DialectMarker {
  Dialect dialect;
  std::string_view section;
  Naming naming;
};

struct FormerEvent {
  std::string_view name;   // * stands for any text
  std::string_view today;  // event types separated by commas, or empty
};

// An argument on the command line of a daemon.
struct DialectFlag {
  Dialect dialect;
  std::string_view spelling;
  std::string_view meaning;
  std::string_view advice;
};

std::span<const DialectRow> dialect_rows();
std::span<const DialectKey> dialect_keys();
std::span<const DialectMarker> dialect_markers();

const DialectRow& dialect_row(Dialect dialect);
std::optional<Dialect> dialect_from_name(std::string_view name);
// "supervisor-4, supervisor-3, ...": the dialects that can be translated.
std::string_view dialect_names();
// Whether `supc migrate` can be told that a file is of the dialect.
bool is_file_dialect(Dialect dialect);

// Whether the row speaks of `key`, in any case.
bool matches_key(const DialectKey& row, std::string_view key);

// Whether a key of the dialect that is found in a section of today's Supervisor shows the dialect:
// today's option table does not know it.
bool is_telling(const DialectKey& row);

// The row for a key of a section that is spelled `section` (without its name) in the dialect.
const DialectKey* find_dialect_key(Dialect dialect, std::string_view section, std::string_view key);

// The row of an earlier version's key that today's Supervisor ignores in sections of this kind.
const DialectKey* find_former(SectionKind kind, std::string_view key);

// The row of another manager's key, or of one that users wish for, met in a section of this kind.
const DialectKey* find_foreign(SectionKind kind, std::string_view key);

// The row of a plug-in's key.
const DialectKey* find_plugin_key(std::string_view key);

// The manager that has sections of this word, lower case; null: none.
const DialectMarker* find_marker(std::string_view word);

// The row of an argument that another daemon took, `-w`, `-w9001`, `--http_port=9001` or a word;
// null: there is none.
const DialectFlag* find_flag(std::string_view argument);

// What a former event type is called today; null: it is no former one.
const FormerEvent* find_former_event(std::string_view name);

}  // namespace sup::schema

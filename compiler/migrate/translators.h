// The translators of the dialects, and what they share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/migrate/draft.h"

namespace sup::compiler::migration {

// Supervisor 2 and 3, and those relatives that differ from today's in names and defaults alone.
void translate_supervisor(Draft& draft, schema::Dialect dialect);
void translate_go(Draft& draft, schema::Dialect dialect);
void translate_circus(Draft& draft);

// The row for a key of the section; sections that run processes may use those of [program:x].
const schema::DialectKey* row_of(schema::Dialect dialect, std::string_view word,
                                 std::string_view key);

// Whether the section runs processes.
bool is_process(const Part& part);

// Settles items that need no look at their value: those that are renamed, lost or as they were.
// False when the row's treatment is another one.
bool settle_plainly(Draft& draft, Part& part, Item& item, const schema::DialectKey& row);

// Settles an item that is lost, by what its row says.
void lose(Draft& draft, Part& part, Item& item, const schema::DialectKey& row);

// Whether the section, or [DEFAULT] for it, sets the key in the new configuration.
bool is_set(Draft& draft, const Part& part, std::string_view key);

// Writes a default of the dialect, where the section does not set the option.
void add_default(Draft& draft, Part& part, std::string_view option, std::string_view value,
                 schema::Dialect dialect);

// Writes [rpcinterface:supervisor] where there is none: beside a control server it is what
// `supervisorctl` talks to.
void add_interface(Draft& draft, std::uint32_t file, Span cause);

// The value in today's words where today's reader of the option accepts it; nothing: it does not.
// Texts with %(name)s are taken as they are.
bool is_value_today(schema::SectionKind kind, std::string_view option, std::string_view value,
                    schema::Target target);

// "event types of today" for a list of former ones; nothing: there is no former one among them.
std::optional<std::string> rewrite_events(std::string_view list);

std::string product_of(schema::Dialect dialect);

}  // namespace sup::compiler::migration

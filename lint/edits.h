// Edits that several rules' fixes are made of.
#pragma once

#include <string_view>

#include "lint/context.h"

namespace sup::lint {

// Adds `line` as a line of its own above that of `entry`, indented as it is.
void insert_line(const Context& context, compiler::Fix& fix, const ConfigEntry& entry,
                 std::string_view line);

// Gives an option of the section this value: where it is written, or else in a new line above that
// of `beside`. False, and no edit: it is written in a way that an edit cannot reach.
bool set_option(const Context& context, compiler::Fix& fix, const ConfigSection& section,
                std::string_view option, std::string_view value, const ConfigEntry& beside);

// Offers set_option() as a fix called "write `option=value`".
void offer_option(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                  std::string_view option, std::string_view value, const ConfigEntry& beside,
                  bool safe);

// Adds a line below the last header of the section, for options that are not set.
void insert_below_header(const Context& context, compiler::Fix& fix, const ConfigSection& section,
                         std::string_view line);

}  // namespace sup::lint

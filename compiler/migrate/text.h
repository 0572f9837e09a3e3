// Values of other dialects as text: what they mean there, and how today's Supervisor is told so.
// Pure functions of text; none fails, what is no value of the dialect gives nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sup::compiler::migration {

// One argument of a command, quoted so that Supervisor's reader of files leaves it whole and its
// splitting gives it back.
std::string quote_argument(std::string_view argument);
std::string join_arguments(const std::vector<std::string>& arguments);

// The Go supervisord decodes \n, \t, \\ ... in every value.
std::string go_unescape(std::string_view text);

// Where that daemon splits a command: quotes count at the ends of an argument alone.
std::vector<std::string> go_split(std::string_view text);

// Whether it takes the text for true or false; nothing: neither.
std::optional<bool> go_boolean(std::string_view text);

// Whether it takes the text for a size: digits, perhaps with KB, MB or GB.
bool is_go_byte_size(std::string_view text);

// Its %(name)s with a literal % doubled.
std::string go_template(std::string_view text);

// ${NAME} and ${NAME:-text} as %(ENV_NAME)s and as the text, which is put into `given_up`.
std::string expand_shell_names(std::string_view text, std::vector<std::string>& given_up);

// Lines that the Go supervisord joins, by a final backslash or by """, as continuation lines. The
// number of lines stays.
std::string join_go_lines(std::string_view text);

// Its environment=: KEY="value" pairs; nothing when it is none.
std::optional<std::vector<std::pair<std::string, std::string>>> go_environment(
    std::string_view text);

// environment= of today; nothing when a value cannot be written there.
std::optional<std::string> write_environment(
    const std::vector<std::pair<std::string, std::string>>& variables);

// Words of circus: true, yes, on, 1, t, y.
std::optional<bool> circus_boolean(std::string_view text);

// As fnmatch: * and ?.
bool matches_glob(std::string_view pattern, std::string_view text);

std::optional<std::int64_t> whole_number(std::string_view text);

// A name for a section: what today's Supervisor refuses in names is an underscore.
std::string plain_name(std::string_view name);

}  // namespace sup::compiler::migration

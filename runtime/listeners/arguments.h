// Command lines of the tools: read as superlance's two parsers read them, and the options for mail
// that all tools have beyond superlance's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/option_reader.h"
#include "schema/result.h"

namespace sup::listeners {

// A command line that was read whole. `mistake` is set if it is wrong.
struct CommandLine {
  std::vector<GivenArgument> given;
  std::vector<std::string> words;
  std::optional<std::string> mistake;

  // The last value given, as both parsers keep it.
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;

  bool has(std::string_view name) const { return value(name).has_value(); }
};

// By the table of the tool; arguments[0] is passed over.
CommandLine read_command_line(std::string_view tool, int count, char** arguments);

// A whole number, or none.
std::optional<int> whole_number(std::string_view text);

// SIZE and TIME of memmon: 200MB, 3h. Without unit: bytes, seconds.
std::optional<std::int64_t> byte_size(std::string_view text);
std::optional<std::int64_t> duration_seconds(std::string_view text);

std::string environment(const char* name);

// The first line of a file, such as a password.
schema::Result<std::string> first_line(const std::string& path);

// Started by a supervisor? superlance asks for SUPERVISOR_SERVER_URL, which is not set where there
// is no server, although only httpok and memmon use it.
bool is_under_supervisor();

}  // namespace sup::listeners

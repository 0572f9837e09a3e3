// The answer of suprun's getAllStatus: text, as a client that shows a thousand processes would
// spend most of its time on making sense of six thousand values of XML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/states.h"

namespace sup::rpc {

// What a status line shows. State and name are the server's, who may know more states than its
// client.
struct StatusRow {
  std::string group;
  std::string name;
  std::int64_t state = 0;
  std::string state_name;
  std::int64_t pid = 0;
  std::string description;
};

// Appends a line of six columns with tabs between them. A tab, a line end, a carriage return and a
// backslash in a name or a description stand there as \t, \n, \r and \\.
void append_status_row(std::string_view group, std::string_view name, schema::ProcessState state,
                       std::int64_t pid, std::string_view description, std::string& table);

// The first line, which is taken off `table`; columns that are not there or no numbers are empty
// or 0. Nothing at the end.
std::optional<StatusRow> take_status_row(std::string_view& table);

}  // namespace sup::rpc

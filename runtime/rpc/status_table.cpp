#include "runtime/rpc/status_table.h"

#include <algorithm>
#include <charconv>

namespace sup::rpc {

namespace {

constexpr char separator = '\t';
constexpr std::string_view special = "\t\n\r\\";
constexpr std::string_view letters = "tnr\\";

void append_column(std::string_view text, std::string& table) {
  for (;;) {
    const std::size_t at = text.find_first_of(special);
    table.append(text.substr(0, at));
    if (at == std::string_view::npos) return;
    table += '\\';
    table += letters[special.find(text[at])];
    text.remove_prefix(at + 1);
  }
}

// Up to the next separator, which is taken, too.
std::string_view take_raw_column(std::string_view& line) {
  const std::size_t end = std::min(line.find(separator), line.size());
  const std::string_view column = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return column;
}

std::string take_text(std::string_view& line) {
  std::string_view column = take_raw_column(line);
  std::string text;
  for (;;) {
    const std::size_t at = column.find('\\');
    text.append(column.substr(0, at));
    if (at == std::string_view::npos || at + 1 == column.size()) return text;
    const std::size_t which = letters.find(column[at + 1]);
    text += which == std::string_view::npos ? column[at + 1] : special[which];
    column.remove_prefix(at + 2);
  }
}

std::int64_t take_number(std::string_view& line) {
  const std::string_view column = take_raw_column(line);
  std::int64_t number = 0;
  std::from_chars(column.data(), column.data() + column.size(), number);
  return number;
}

}  // namespace

void append_status_row(std::string_view group, std::string_view name, schema::ProcessState state,
                       std::int64_t pid, std::string_view description, std::string& table) {
  append_column(group, table);
  table += separator;
  append_column(name, table);
  table += separator;
  table += std::to_string(static_cast<std::int64_t>(state));
  table += separator;
  table += schema::state_name(state);
  table += separator;
  table += std::to_string(pid);
  table += separator;
  append_column(description, table);
  table += '\n';
}

std::optional<StatusRow> take_status_row(std::string_view& table) {
  if (table.empty()) return std::nullopt;
  const std::size_t end = std::min(table.find('\n'), table.size());
  std::string_view line = table.substr(0, end);
  table.remove_prefix(std::min(end + 1, table.size()));
  StatusRow row;
  row.group = take_text(line);
  row.name = take_text(line);
  row.state = take_number(line);
  row.state_name = take_text(line);
  row.pid = take_number(line);
  row.description = take_text(line);
  return row;
}

}  // namespace sup::rpc

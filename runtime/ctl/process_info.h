// What a server says of its processes, and how supervisorctl shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/rpc/value.h"

namespace sup::ctl {

// getProcessInfo. Times are seconds since 1970, 0 for never.
struct ProcessInfo {
  std::string group;
  std::string name;
  std::int64_t state = 0;
  std::string state_name;
  std::string description;
  std::string spawn_error;
  std::string stdout_logfile;
  std::string stderr_logfile;
  std::int64_t pid = 0;
  std::int64_t exit_status = 0;
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t now = 0;

  // group:name, or the name alone if both are the same.
  std::string full_name() const;
};

// Members of a struct that are missing or of another kind are empty.
std::string text_member(const rpc::Value& value, std::string_view name);
std::int64_t number_member(const rpc::Value& value, std::string_view name);
bool flag_member(const rpc::Value& value, std::string_view name);

ProcessInfo process_info(const rpc::Value& value);
std::vector<ProcessInfo> process_infos(const rpc::Value& array);

// The answer of suprun's getAllStatus: what a status line shows, and no more.
std::vector<ProcessInfo> process_statuses(std::string_view table);

// All of it, for JSON.
rpc::Struct record_of(const ProcessInfo& info);

std::string full_name(std::string_view group, std::string_view name);

// What a user names: a process, or without `process` all of a group (group:* or group:).
struct NamedTarget {
  std::string group;
  std::optional<std::string> process;
};

NamedTarget parse_target(std::string_view text);

// The processes among `all` that `target` names.
std::vector<const ProcessInfo*> matching(const std::vector<ProcessInfo>& all,
                                         const NamedTarget& target);

// STOPPED, EXITED, FATAL or UNKNOWN.
bool is_down(const ProcessInfo& info);

// The lines of `status`, each with a line end. `extra` has a text for each process that goes before
// its description, or is empty.
std::string status_lines(const std::vector<const ProcessInfo*>& infos,
                         const std::vector<std::string>& extra);

// `text` with blanks up to `width` characters.
std::string padded(std::string_view text, std::size_t width);

// Texts in columns as Python's cmd module sets them, each at most `width` wide.
std::string in_columns(const std::vector<std::string>& texts, std::size_t width);

// Without blanks, as Python's split().
std::vector<std::string> words_of(std::string_view text);

}  // namespace sup::ctl

// AUTO logs: files in childlogdir that the daemon names by itself,
// NAME-stdout---IDENTIFIER-xxxxxxxx.log, and their removal at the next start.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace sup::host {

// Makes an empty file, mode 0600, whose name nobody had; its path. `channel` is "stdout" or
// "stderr". A slash in a name becomes an underscore, so that the file stays in the folder.
schema::Result<std::string> make_auto_log(const std::string& directory,
                                          std::string_view process_name, std::string_view channel,
                                          std::string_view identifier);

// Whether `file_name` is one that make_auto_log or Supervisor makes for this identifier, or a
// backup of it. The identifier is compared letter by letter.
bool is_auto_log_name(std::string_view file_name, std::string_view identifier);

// Removes the AUTO logs of an earlier run, `but` not these and their backups. Supervisor's warnings
// go to `warn`.
void remove_auto_logs(const std::string& directory, std::string_view identifier,
                      const std::function<void(const std::string&)>& warn,
                      const std::set<std::string>& but = {});

}  // namespace sup::host

// What may stand where the user is typing: for the shell, and for those of the system by way of
// `supctl --complete`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"

namespace sup::ctl {

// Those of the server, or none if it does not say so within about a second: nobody who types waits
// for longer, and nothing is said about it.
std::vector<ProcessInfo> processes_for_completion(Session& session);

// Words that begin with `text`, the last word of `line` (empty after a blank). `processes` is asked
// only when their names may follow.
std::vector<std::string> completions(std::string_view line, std::string_view text,
                                     const std::function<std::vector<ProcessInfo>()>& processes);

// Whether names of files may stand there, of which shells know more.
bool files_may_follow(std::string_view line, std::string_view text);

}  // namespace sup::ctl

// One command for several servers at once.
#pragma once

#include <string>
#include <vector>

#include "runtime/ctl/session.h"

namespace sup::ctl {

// What each says is printed as soon as it is whole, with the server before each line; lines of
// commands that go on as they come. The highest of the exit statuses.
int run_everywhere(std::vector<Settings> servers, const std::string& command);

}  // namespace sup::ctl

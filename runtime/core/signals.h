// Numbers of the signals that the core names itself, as on Linux. <csignal> knows only some of them
// and POSIX headers have no place here.
#pragma once

namespace sup::core::signals {

constexpr int hangup = 1;
constexpr int interrupt = 2;
constexpr int quit = 3;
constexpr int kill = 9;
constexpr int user2 = 12;
constexpr int terminate = 15;
constexpr int child = 17;

}  // namespace sup::core::signals

// Why no connection came about, for people: on standard error, as standard output is read by
// scripts.
#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/ctl/failure.h"
#include "runtime/ctl/session.h"

namespace sup::ctl {

// What is tried: which URL and who says so, whether the socket exists and whose it is, who listens.
std::string explanation(const Settings& settings, const Failure& failure);

// Of this machine; the number if nobody has it.
std::string user_name(uid_t id);

// Prints it, with the program's name.
void explain_failure(const Settings& settings, const Failure& failure);

}  // namespace sup::ctl

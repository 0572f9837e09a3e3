// What this machine knows: users, folders, environment. Asked by the tools with --host and by the
// daemon at its start.
#pragma once

#include <map>
#include <string>

#include "schema/instantiate.h"

namespace sup::compiler {

// Facts of the machine and of the calling process. With a `root`, users and folders are those below
// it, and environment and host name still those of the caller.
schema::Facts machine_facts(const std::string& root = {});

// The environment of the calling process.
std::map<std::string, std::string, std::less<>> process_environment();

std::string host_name();

}  // namespace sup::compiler

// The arguments of suprun: those of supervisord, or a plan.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/core/compat.h"
#include "runtime/core/exit_rule.h"
#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup {

struct CommandLine {
  std::string file;       // plan or configuration, absolute
  bool is_plan = false;   // it must be a plan
  bool searched = false;  // the file was looked for
  // Option of [supervisord] and its value; they go before the file's.
  std::vector<std::pair<std::string_view, std::string>> settings;
  std::string profile_options;  // supervisord's profiler; nothing of ours
  core::Compat compat;
  core::ExitRule exit_rule;
  bool keeper = true;
  int keeper_seconds = 600;
  bool insecure_http = false;  // TCP servers without a password, for all who reach this machine
  // Asked for instead of running.
  bool help = false;
  bool version = false;
};

// The error is a mistake of usage. Values are checked, also for folders that must exist.
schema::Result<CommandLine> read_command_line(int count, char** arguments,
                                              const schema::Facts& machine);

std::string command_line_help();

// Puts the command line's settings over those of the file.
schema::Status apply_command_line(const CommandLine& line, schema::SupervisordOptions& options);

}  // namespace sup

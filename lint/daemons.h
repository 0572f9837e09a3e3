// Programs that leave the foreground, where a supervisor loses them.
#pragma once

#include <cstdint>
#include <string_view>

#include "lint/commands.h"

namespace sup::lint {

struct DaemonRow {
  enum When : std::uint8_t { always, flag };

  std::string_view names;
  When when;
  std::string_view leaves;
  std::string_view stays;
  std::string_view advice;
};

// By the base name of a program; null for one that is not known.
const DaemonRow* find_daemon(std::string_view program);

struct DaemonVerdict {
  const DaemonRow* row = nullptr;
  const Word* flag = nullptr;  // what tells it to leave; null: it is its custom
};

// A verdict without row: it stays, or nothing is known of it.
DaemonVerdict judge_daemon(const CommandLine& command);

}  // namespace sup::lint

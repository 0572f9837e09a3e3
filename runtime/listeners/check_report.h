// What a check in a child tells its listener: a state to hand to the next check, and mails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sup::listeners {

struct CheckReport {
  std::string state;

  struct Letter {
    std::string subject;
    std::string body;
  };

  std::vector<Letter> letters;
};

// Parts between NUL bytes; those in the texts become blanks.
std::string print_report(const CheckReport& report);
CheckReport parse_report(std::string_view text);

}  // namespace sup::listeners

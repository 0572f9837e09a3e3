// Lines for the log about what anybody can make happen as often as they like: some in a row, then
// one a second, so that nobody can fill the log with them, or push what others did out of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/types.h"
#include "schema/text.h"

namespace sup::core {

class LineLimit {
 public:
  LineLimit() = default;

  explicit LineLimit(int in_a_row) : in_a_row_(in_a_row) {}

  // The line to write of something that happened now, which ends with how many were left out since
  // the last one; or nothing, and then the next one counts it.
  std::optional<std::string> add(Instant now, std::string_view line) {
    constexpr Instant distance = std::chrono::seconds(1);
    // When all that was written would have been, one a second.
    const Instant earliest = now - distance * in_a_row_;
    const Instant begin = last_ ? std::max(*last_, earliest) : earliest;
    if (begin + distance > now) {
      ++untold_;
      return std::nullopt;
    }
    last_ = begin + distance;
    std::string text(line);
    if (const std::uint64_t untold = std::exchange(untold_, 0); untold != 0) {
      text += concat(" (", untold, " more since the last such line)");
    }
    return text;
  }

 private:
  int in_a_row_ = 10;
  std::optional<Instant> last_;
  std::uint64_t untold_ = 0;
};

// What a stranger sent, on one line of a log: as it is if it is short and all of it can be seen,
// else in quotes as Python writes it, and cut.
inline std::string visible(std::string_view text) {
  constexpr std::size_t longest = 200;
  std::string quoted = schema::python_repr(text.substr(0, longest));
  const bool is_cut = text.size() > longest;
  if (!is_cut && quoted.size() == text.size() + 2 &&
      std::string_view(quoted).substr(1, text.size()) == text) {
    return std::string(text);
  }
  return is_cut ? quoted + "..." : quoted;
}

}  // namespace sup::core

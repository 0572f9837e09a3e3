// Lines for the log about what anybody can make happen as often as they like: some in a row, then
// one a second or fewer, so that nobody can fill the log with them, or push what others did out of
// it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
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

  explicit LineLimit(int in_a_row, Instant distance = std::chrono::seconds(1))
      : in_a_row_(in_a_row), distance_(distance) {}

  // The line to write of something that happened now, which ends with how many were left out since
  // the last one; or nothing, and then the next one counts it.
  std::optional<std::string> add(Instant now, std::string_view line) {
    // When all that was written would have been, at that distance.
    const Instant earliest = now - distance_ * in_a_row_;
    const Instant begin = last_ ? std::max(*last_, earliest) : earliest;
    if (begin + distance_ > now) {
      ++untold_;
      return std::nullopt;
    }
    last_ = begin + distance_;
    std::string text(line);
    if (const std::uint64_t untold = std::exchange(untold_, 0); untold != 0) {
      text += concat(" (", untold, " more since the last such line)");
    }
    return text;
  }

  // Whether it knows nothing that a new one would not.
  bool is_idle(Instant now) const {
    return untold_ == 0 && (!last_ || *last_ <= now - distance_ * in_a_row_);
  }

 private:
  int in_a_row_ = 10;
  Instant distance_ = std::chrono::seconds(1);
  std::optional<Instant> last_;
  std::uint64_t untold_ = 0;
};

// The same for each of several who do such things, so that none hides what another did: five in a
// row, then one in five seconds. Of very many the last ones share.
class LineLimits {
 public:
  std::optional<std::string> add(Instant now, const std::string& who, std::string_view line) {
    constexpr std::size_t most = 256;
    auto found = limits_.find(who);
    if (found == limits_.end()) {
      if (limits_.size() >= most) {
        std::erase_if(limits_, [now](const auto& each) { return each.second.is_idle(now); });
      }
      if (limits_.size() >= most) {
        return rest_.add(now, line);
      }
      found = limits_.try_emplace(who, 5, std::chrono::seconds(5)).first;
    }
    return found->second.add(now, line);
  }

 private:
  std::map<std::string, LineLimit> limits_;
  LineLimit rest_;
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

// When something that the system refused is tried again: after a second, and then ever more rarely,
// up to once a minute.
#pragma once

#include <algorithm>
#include <chrono>

#include "runtime/core/types.h"

namespace sup::host {

class Retry {
 public:
  void failed(core::Instant time) {
    constexpr core::Instant first = std::chrono::seconds(1);
    constexpr core::Instant longest = std::chrono::minutes(1);
    pause_ = std::clamp<core::Instant>(2 * pause_, first, longest);
    due_ = time + pause_;
  }

  // Or it is not wanted any more.
  void settled() { *this = {}; }

  // never: it did not fail.
  core::Instant due() const { return due_; }

 private:
  core::Instant due_ = core::never;
  core::Instant pause_{};
};

}  // namespace sup::host

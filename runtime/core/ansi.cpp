#include "runtime/core/ansi.h"

#include <algorithm>
#include <utility>

namespace sup::core {

namespace {

constexpr char escape = '\x1b';

bool is_final(char c) { return c >= 0x40 && c <= 0x7e; }

bool is_in_sequence(char c) { return c >= 0x20 && c <= 0x3f; }

}  // namespace

std::string_view AnsiStripper::feed(std::string_view chunk) {
  if (place_ == Place::text && chunk.find(escape) == std::string_view::npos) return chunk;
  stripped_.clear();
  std::size_t i = 0;
  while (i < chunk.size()) {
    const char c = chunk[i];
    switch (place_) {
      case Place::text: {
        const std::size_t next = std::min(chunk.find(escape, i), chunk.size());
        stripped_ += chunk.substr(i, next - i);
        i = next;
        if (i < chunk.size()) {
          place_ = Place::after_escape;
          ++i;
        }
        break;
      }
      case Place::after_escape:
        // Only ESC [ opens a sequence; another ESC may be the first of the next one.
        if (c == '[') {
          place_ = Place::in_sequence;
        } else {
          stripped_ += escape;
          if (c != escape) {
            stripped_ += c;
            place_ = Place::text;
          }
        }
        ++i;
        break;
      case Place::in_sequence:
        if (is_final(c)) {
          place_ = Place::text;
          ++i;
        } else if (is_in_sequence(c)) {
          ++i;
        } else {
          place_ = Place::text;  // broken off; what follows is text again
        }
        break;
    }
  }
  return stripped_;
}

std::string_view AnsiStripper::finish() {
  const Place place = std::exchange(place_, Place::text);
  stripped_.assign(place == Place::after_escape ? 1U : 0U, escape);
  return stripped_;
}

}  // namespace sup::core

#pragma once

#include <cstddef>
#include <string_view>

#include "tests/fuzz/target.h"

namespace sup::fuzz {

// Two readers of the same kind give the same, one fed with all of `text`, one with pieces of it:
// what they read, and whether it ends with a mistake. `size_at`: of the piece that begins there.
// `judge` gets both of each pair.
template <class Reader, class SizeAt, class Judge>
void read_in_pieces(std::string_view text, Reader whole, Reader pieces, SizeAt size_at,
                    Judge judge) {
  whole.feed(text);
  std::size_t at = 0;
  for (;;) {
    const auto one = whole.next();
    auto other = pieces.next();
    while (other && !*other && at < text.size()) {
      const std::string_view piece = text.substr(at, size_at(at));
      pieces.feed(piece);
      at += piece.size();
      other = pieces.next();
    }
    require(static_cast<bool>(one) == static_cast<bool>(other), "pieces make the same mistakes");
    if (!one) return;
    require(one->has_value() == other->has_value(), "pieces make as much");
    if (!*one) return;
    judge(**one, **other);
  }
}

}  // namespace sup::fuzz

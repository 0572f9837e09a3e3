// Removes ANSI control sequences (colours, cursor movements) from a stream: strip_ansi=true.
//
// A sequence is ESC [ parameters intermediates final, as in ECMA-48, also when it is split over
// two chunks. Supervisor swallows text after final letters that it does not know and leaves the
// second half of a split sequence; this is not copied. Other escapes stay.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sup::core {

class AnsiStripper {
 public:
  // The chunk without sequences; valid until the next call, and as long as the chunk.
  std::string_view feed(std::string_view chunk);

  // An ESC at the very end of the stream, of which it is now known that it stays.
  std::string_view finish();

 private:
  enum class Place : std::uint8_t { text, after_escape, in_sequence };

  friend constexpr bool is_known(Place place) { return place <= Place::in_sequence; }

  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, AnsiStripper& stripper);

  Place place_ = Place::text;
  std::string stripped_;
};

}  // namespace sup::core

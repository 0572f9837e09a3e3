// Finds what a program says to its listeners in its output: everything between the tokens
// <!--XSUPERVISOR:BEGIN--> and <!--XSUPERVISOR:END--> is captured for a PROCESS_COMMUNICATION event
// and kept out of the log.
//
// Only the beginning of a token is held back until more output decides about it; Supervisor holds
// back whatever is not longer than a token, and loses it when the program ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sup::core {

struct CapturePiece {
  enum class Kind : std::uint8_t {
    text,      // for the log
    captured,  // part of what is captured
    complete   // END: all that was captured is now the event
  };
  Kind kind = Kind::text;
  std::string bytes;
};

class CaptureSplitter {
 public:
  static constexpr std::string_view begin_token = "<!--XSUPERVISOR:BEGIN-->";
  static constexpr std::string_view end_token = "<!--XSUPERVISOR:END-->";

  void feed(std::string_view chunk, std::vector<CapturePiece>& out);

  // The program has ended: what was held back is data after all.
  void finish(std::vector<CapturePiece>& out);

 private:
  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, CaptureSplitter& splitter);

  bool capturing_ = false;
  std::string held_;  // a proper prefix of the token that is looked for
};

// Holds captured data up to the configured size by Supervisor's rule: if n bytes do not fit, the
// first n that it holds are dropped. One chunk may thus be larger than the size.
class CaptureBuffer {
 public:
  void append(std::string_view bytes, std::int64_t maximum);
  std::string take();

  bool empty() const { return data_.empty(); }

 private:
  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, CaptureBuffer& buffer);

  std::string data_;
};

}  // namespace sup::core

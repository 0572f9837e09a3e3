// What an event listener says on its standard output:
//
//     READY\n           give me an event
//     RESULT 2\nOK      I am done with it; anything but OK: I am not, give it out again
//
// Supervisor's reader is reproduced with its oddities: the word RESULT is not looked at, seven
// bytes are skipped and the rest of the line is a number as Python's int() reads it; whatever comes
// while the listener is READY, or instead of READY, makes it UNKNOWN until the process is started
// again. Two differences: `RESULT 0\n` is judged at once, and a negative length is a bad line.
//
// Bytes come in, messages go out; nothing is kept but an incomplete token, of bounded size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sup::core {

enum class ListenerState : std::uint8_t { READY = 10, BUSY = 20, ACKNOWLEDGED = 30, UNKNOWN = 40 };

std::string_view listener_state_name(ListenerState state);

struct ListenerMessage {
  enum class Kind : std::uint8_t {
    ready,       // ACKNOWLEDGED -> READY
    processed,   // BUSY -> ACKNOWLEDGED, the event is done
    rejected,    // BUSY -> ACKNOWLEDGED, the event is to be given out again
    bad_result,  // BUSY -> UNKNOWN, the same; `line` is what was not understood
    violation    // to UNKNOWN for bytes that have no place here; `line` is the first of them
  };
  Kind kind = Kind::ready;
  ListenerState from = ListenerState::ACKNOWLEDGED;
  ListenerState to = ListenerState::ACKNOWLEDGED;
  std::string line{};
};

class ListenerProtocol {
 public:
  // Longest line that is waited for; a longer one is a bad result.
  static constexpr std::size_t maximum_line = 4096;

  ListenerState state() const { return state_; }

  // Whether an event was given out and is not yet answered.
  bool busy() const { return state_ == ListenerState::BUSY; }

  // An event is being written to the listener, which was READY.
  void sent();

  // It was not received after all.
  void not_received();

  void feed(std::string_view bytes, std::vector<ListenerMessage>& out);

 private:
  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, ListenerProtocol& protocol);

  // One token from the front of `rest`; false if it needs more bytes.
  bool take(std::string_view& rest, std::vector<ListenerMessage>& out);
  void violate(std::string_view& rest, std::vector<ListenerMessage>& out);
  bool take_ready(std::string_view& rest, std::vector<ListenerMessage>& out);
  bool take_result_line(std::string_view& rest, std::vector<ListenerMessage>& out);
  void take_result(std::string_view& rest, std::vector<ListenerMessage>& out);
  void change(ListenerMessage::Kind kind, ListenerState to, std::vector<ListenerMessage>& out,
              std::string line = {});

  ListenerState state_ = ListenerState::ACKNOWLEDGED;
  std::string buffer_;        // an incomplete READY or result line
  bool has_length_ = false;   // the result line was read
  std::int64_t missing_ = 0;  // bytes of the result that did not come yet
  std::string result_;        // its first bytes, as many as matter
};

}  // namespace sup::core

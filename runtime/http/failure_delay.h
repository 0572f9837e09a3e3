// How many guesses at passwords are looked at. Time is given, so that tests play hours.
//
// What is guaranteed:
//  * From one source (an address of TCP, a user at a UNIX socket) one wrong password after the
//  other
//    is looked at, and each makes the source wait longer, up to two seconds: in the long run one
//    every two seconds, however many are sent at once and whether or not anybody waits for answers.
//    What comes meanwhile waits in line without being looked at, or is refused where the line is
//    full. That goes for right passwords, too, or it would tell which one is right.
//  * Somebody else's guessing delays nobody at another source, unless it comes from very many:
//    of all sources at which nobody logged in lately, twenty wrong passwords are looked at in a
//    second (a hundred at once). Sources at which somebody did are not held up by that.
//  * root and the daemon's user at a UNIX socket are never held up; only the answer to a wrong
//    password of theirs waits.
//
// This machine is one source over TCP, as everybody on it may use any of its addresses: who shares
// it with somebody who guesses all the time finds the line full and is mostly refused, and has the
// UNIX socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/core/types.h"

namespace sup::http {

class FailureDelay {
 public:
  enum class Verdict : std::uint8_t {
    look,   // whether the password is right
    wait,   // in line until is_due(), or leave()
    refuse  // without a look
  };

  // One with a password comes from there. `owner` below is never asked for.
  Verdict ask(const std::string& source, core::Instant now);

  // Of one that waits: whether its turn has come, and then it is out of the line.
  bool takes_turn(const std::string& source, core::Instant now);

  // When that may be, as far as can be told; also of one that was refused.
  core::Instant due(const std::string& source, core::Instant now) const;

  // Of how many sources something is remembered, but for those that logged in.
  std::size_t sources() const { return sources_.size(); }

  // One that waited went away.
  void leave(const std::string& source);

  // A password from there was wrong. When that is said.
  core::Instant failed(const std::string& source, core::Instant now);

  // A password from there was right.
  void succeeded(const std::string& source, core::Instant now);

  // Whoever may do everything here anyway.
  static constexpr std::string_view owner = "owner";

 private:
  struct Source {
    core::Instant closed_until{};
    core::Instant last{};  // failure
    int failures = 0;
    int waiting = 0;
  };

  bool is_known(const std::string& source) const;
  core::Instant free_at(core::Instant now) const;
  void forgive(core::Instant now);

  std::unordered_map<std::string, Source> sources_;       // that failed lately, or wait
  std::unordered_map<std::string, core::Instant> known_;  // when somebody logged in there
  int waiting_ = 0;
  core::Instant spent_until_{};  // of all sources that are not known: a bucket that time empties
};

}  // namespace sup::http

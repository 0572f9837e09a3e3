// Keeps the books of all events of a simulated daemon: what each pool was given, what was given
// back, thrown away or done, from what is written to listeners and what the log says. Complains of
// every event that is lost, doubled or out of order without a line that says so.
//
// One pool, the witness, hears of everything and loses nothing; the others are measured by it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/sim/fake_host.h"

namespace sup::sim {

class EventLedger {
 public:
  EventLedger(FakeHost& host, std::string witness) : host_(host), witness_(std::move(witness)) {}

  // Takes all new lines and deliveries of the host, and forgets them there.
  void update();

  // Of pools that were given something: all that the witness heard of up to then was given, or its
  // loss told.
  void close_books();

  std::uint64_t deliveries() const { return deliveries_; }

 private:
  struct Pool {
    std::map<std::int64_t, std::int64_t> given;  // serial to serial of the pool
    std::set<std::int64_t> returned;             // and not given out again yet
    std::set<std::int64_t> done;
    std::set<std::int64_t> dropped;
    std::int64_t spool_dropped_through = -1;  // serial of the pool
    std::int64_t spool_dropped = 0;           // that were never given
  };

  void take_line(const std::string& line);
  void take_delivery(const FakeHost::Received& event);

  FakeHost& host_;
  std::string witness_;
  std::map<std::string, Pool> pools_;
  std::map<std::string, std::int64_t> held_;       // by name of the listener
  std::map<std::int64_t, std::string> witnessed_;  // name of the event by serial
  std::uint64_t deliveries_ = 0;
  int restarts_ = 0;
};

}  // namespace sup::sim

// The loop that the daemon sleeps in: three descriptors and an alarm. It hides Asio, whose headers
// are heavy; servers that live in the same loop get at it by context().
//
// Bulk output is read at a distance of 60 microseconds to 5 milliseconds that follows how full the
// pipes are found, so that many short lines are moved by few reads. Everything else is answered at
// once. Without events nothing wakes the loop but the alarm.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "runtime/core/types.h"
#include "runtime/host/system.h"
#include "schema/result.h"

namespace boost::asio {
class io_context;
}

namespace sup::host {

struct LoopHandlers {
  std::function<void()> signals;
  std::function<void()> prompt;
  std::function<std::size_t()> bulk;  // gives how full the fullest pipe was, in eighths
  std::function<void()> alarm;
  std::function<void()> clock_set;  // the wall clock jumped
  // After each of these, before the loop sleeps; gives the time of the next alarm.
  std::function<core::Instant()> settle;
};

class EventLoop {
 public:
  // Descriptors that become readable. `bulk` must outlive the loop. The error is that of the
  // system, which has no descriptors or no memory for it.
  static schema::Result<std::unique_ptr<EventLoop>> make(int signals, int prompt, int bulk,
                                                         LoopHandlers handlers);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until stop().
  void run();
  void stop();

  // Somebody else who lives in this loop changed something: has the settle handler called, which
  // must not call this.
  void settle();

  // Calls it, and then the settle handler, when all that is ready now has been looked at.
  void after_others(std::function<void()> handler);

  boost::asio::io_context& context();

 private:
  class Implementation;
  explicit EventLoop(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sup::host

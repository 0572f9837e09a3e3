// A listener's life: READY, an event, its handling, RESULT, until the standard input ends or a
// signal says so. Between events the children and the outbox go on.
#pragma once

#include <optional>
#include <string>

#include "runtime/listeners/event.h"
#include "runtime/listeners/outbox.h"
#include "runtime/listeners/workers.h"

namespace sup::listeners {

class Listener {
 public:
  Listener() = default;
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Before READY: the queue is loaded.
  virtual void begin() {}

  // Must not wait for anything. False rejects the event: it will be sent again.
  virtual bool handle(const Event& event) = 0;

  // When it wants wake() to be called, although no event came.
  virtual std::optional<Instant> deadline() const { return std::nullopt; }

  virtual void wake(Instant) {}

  // The last word before the end: mails may be added.
  virtual void stop() {}
};

struct LoopSettings {
  std::string name;
  // Answers only when the work and the mail of an event are done, as superlance does.
  bool waits_for_work = false;
  // After the end of input or SIGTERM, until the rest of the mails is given up for this run.
  // Supervisor kills after stopwaitsecs, 10 by default.
  Seconds patience{8};
};

// The exit status: 0 after the end of input or a signal, 1 if the input is no protocol.
// SIGTERM, SIGINT, SIGHUP and SIGQUIT end it. `outbox` may be null.
int run_listener(const LoopSettings& settings, Listener& listener, Workers& workers,
                 Outbox* outbox);

}  // namespace sup::listeners

// What webhook, exec, log and relay have in common: filters, numbers and secrets of their command
// lines, and the way of an event through a queue.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/listeners/arguments.h"
#include "runtime/listeners/event_filter.h"
#include "runtime/listeners/loop.h"
#include "runtime/listeners/outbox.h"

namespace sup::listeners {

// "TOOL: text" and a pointer to --help on standard error.
int refuse_arguments(std::string_view tool, const std::string& text);

// Fails for a type of event that is written wrong, and for both --expected and --unexpected.
schema::Result<EventFilter> read_filter(const CommandLine& line);

// Number of an option into `place`, which keeps its value without it. What is wrong, or nothing.
std::optional<std::string> take_number(const CommandLine& line, const char* name, int minimum,
                                       int& place);

// A secret: from the file that --NAME-file tells, from the option --NAME itself (with a warning on
// standard error), or from the environment. Empty if there is none.
schema::Result<std::string> read_secret(const CommandLine& line, std::string_view tool,
                                        const char* name, const char* variable);

// --queue, --queue-maximum and --expiry. What is wrong, or nothing.
std::optional<std::string> take_queue(const CommandLine& line, OutboxSettings& settings);

// The records of texts that wait in a queue; those that are none are left out.
std::vector<EventRecord> records_of(const Outbox::Texts& texts);

// Handlers of a queue of events, without `deliver`.
Outbox::Handlers event_handlers();

// An exit of a program that is not there, for --test.
EventRecord sample_record();

// Puts events into a queue.
class QueueingListener : public Listener {
 public:
  QueueingListener(EventFilter filter, Deduplicator deduplicator, Outbox& outbox)
      : filter_(std::move(filter)), deduplicator_(std::move(deduplicator)), outbox_(outbox) {}

  bool handle(const Event& event) override;

  std::optional<Instant> deadline() const override { return deduplicator_.deadline(); }

  void wake(Instant now) override;
  void stop() override;

 private:
  void add(const std::vector<EventRecord>& records);

  EventFilter filter_;
  Deduplicator deduplicator_;
  Outbox& outbox_;
};

// Loads the queue and listens until the end; the exit status.
int listen_to_queue(const std::string& tool, Listener& listener, Workers& workers, Outbox& outbox);

}  // namespace sup::listeners

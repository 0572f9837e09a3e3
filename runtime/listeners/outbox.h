// Mails that wait for delivery. One is delivered at a time, in a child; what fails is tried again
// with growing pauses. With a folder, a mail is on disk before add() returns, and a later listener
// with the same folder delivers what this one could not.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "runtime/listeners/mail.h"
#include "runtime/listeners/workers.h"
#include "schema/result.h"

namespace sup::listeners {

enum class Delivery : char { sent = 's', later = 'l', refused = 'r' };

struct DeliveryResult {
  Delivery delivery = Delivery::later;
  std::string text{};  // why not
};

struct OutboxSettings {
  std::string name;    // of the tool, for its lines on standard error
  std::string folder;  // empty: in memory
  Seconds limit{60};   // for one attempt
  Seconds expiry{3 * 24 * 3600};
  std::size_t maximum = 1000;  // more mails push out the oldest
  bool tries_once = false;     // what fails is dropped
};

class Outbox {
 public:
  using Deliver = std::function<DeliveryResult(const Mail&)>;  // runs in a child
  using Sent = std::function<void(const Mail&)>;

  Outbox(OutboxSettings settings, Workers& workers, Deliver deliver, Sent sent);

  // Takes over what lies in the folder, which is made if it is not there.
  schema::Status load();

  // `created` and `id` are set here.
  void add(Mail mail);

  // Starts a delivery if one is due.
  void run(Instant now);
  std::optional<Instant> deadline() const;

  bool is_empty() const { return entries_.empty(); }

  // The end is near: pauses are cut short once, and what fails is not tried again.
  void hurry();
  // Nothing more can be hoped for: all are delivered, or failed after hurry().
  bool is_done() const;
  // Says what is not delivered: how many are kept in the folder, or their texts.
  void report_rest();

 private:
  struct Entry {
    Mail mail;
    std::string file;
    bool has_failed_in_hurry = false;
  };

  void finish(const DeliveryResult& result);
  void drop_first(const std::string& why);
  static void forget(const Entry& entry);

  void log(const std::string& text) const { log_line(settings_.name, text); }

  OutboxSettings settings_;
  Workers& workers_;
  Deliver deliver_;
  Sent sent_;
  std::deque<Entry> entries_;
  bool is_busy_ = false;  // with the first entry
  bool hurries_ = false;
  unsigned failures_ = 0;
  Instant next_attempt_{};
  unsigned counter_ = 0;
};

}  // namespace sup::listeners

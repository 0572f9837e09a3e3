// What waits for delivery: mails, messages, events. It goes out in order, one delivery at a time,
// in a child; what fails is tried again with growing pauses. With a folder, a text is on disk
// before add() returns, and a later listener with the same folder delivers what this one could not.
//
// The queue knows texts alone. Whoever uses it prints them, and reads them again to deliver.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/listeners/workers.h"
#include "schema/result.h"

namespace sup::listeners {

enum class Delivery : char { sent = 's', later = 'l', refused = 'r' };

// `done` texts at the front were delivered. Unless they are all that was asked for, `delivery`
// tells of the next one.
struct DeliveryResult {
  Delivery delivery = Delivery::later;
  std::string text{};  // why not
  std::size_t done = 0;
  Seconds pause{0};  // the other side wants no attempt sooner
  // A part of the next text was delivered: what is left of it, to be kept in its place.
  std::string rest{};
};

inline DeliveryResult all_sent(std::size_t count) {
  return {.delivery = Delivery::sent, .done = count};
}

// Says when the next delivery may begin, for those who must not be asked too often.
class Gate {
 public:
  Gate() = default;
  virtual ~Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // `waiting` texts, the first since `oldest`. `is_last`: there is no later time for this listener.
  virtual Instant opens(Instant now, std::size_t waiting, Instant oldest, bool is_last) const = 0;

  // A delivery begins.
  virtual void pass(Instant now) = 0;
};

struct OutboxSettings {
  std::string name{};         // of the tool, for its lines on standard error
  std::string folder{};       // empty: in memory
  std::string noun = "mail";  // what waits, for the same lines
  // What lines about failed deliveries begin with; by default "NAME: NOUN not sent: ".
  std::string failure{};
  std::string suffix = "mail";  // of the files
  Seconds limit{60};            // for one delivery
  Seconds expiry{3 * 24 * 3600};
  std::size_t maximum = 1000;  // more texts push out the oldest
  std::size_t batch = 1;       // texts that one delivery gets at most
  bool tries_once = false;     // what fails is dropped
};

class Outbox {
 public:
  using Texts = std::vector<std::string>;

  struct Handlers {
    // Runs in a child. Gets at least one text.
    std::function<DeliveryResult(const Texts&)> deliver;
    // Each text that was delivered.
    std::function<void(const std::string&)> sent = [](const std::string&) {};
    // What is said of a text that is lost.
    std::function<std::string(const std::string&)> shown = [](const std::string& text) {
      return text;
    };
    // Whether a file's text is one of ours.
    std::function<schema::Status(const std::string&)> check = [](const std::string&) {
      return schema::Status(schema::Nothing{});
    };
  };

  // `gate` may be null.
  Outbox(OutboxSettings settings, Workers& workers, Handlers handlers, Gate* gate = nullptr);

  ~Outbox();

  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Takes over what lies in the folder, which is made if it is not there, and keeps others from it.
  schema::Status load();

  void add(std::string text);

  // Starts a delivery if one is due.
  void run(Instant now);
  std::optional<Instant> deadline() const;

  bool is_empty() const { return entries_.empty(); }

  std::size_t size() const { return entries_.size(); }

  // The end is near: pauses are cut short once, and what fails is not tried again.
  void hurry();
  // Nothing more can be hoped for: all are delivered, or failed after hurry().
  bool is_done() const;
  // Says what is not delivered: how many are kept in the folder, or their texts.
  void report_rest();

 private:
  struct Entry {
    std::string text;
    std::string file;
    std::int64_t created = 0;  // seconds since 1970
    Instant added{};
  };

  schema::Status lock();
  void start();
  void finish(const DeliveryResult& result);
  void drop_first(const std::string& why);
  void forget_first();
  void write(Entry& entry);
  void keep_rest(const std::string& rest);
  void log_failure(const std::string& text) const;
  Instant opens(Instant now) const;
  std::string many(std::size_t count) const;

  void log(const std::string& text) const { log_line(settings_.name, text); }

  OutboxSettings settings_;
  Workers& workers_;
  Handlers handlers_;
  Gate* gate_;
  std::deque<Entry> entries_;
  std::size_t under_way_ = 0;  // so many at the front
  bool hurries_ = false;
  bool has_failed_in_hurry_ = false;
  unsigned failures_ = 0;
  Instant next_attempt_{};
  unsigned counter_ = 0;
  int lock_ = -1;
};

// Letters and digits that nobody can guess.
std::string random_word();

// The name of this machine.
std::string host_name();

}  // namespace sup::listeners

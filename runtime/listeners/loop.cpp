#include "runtime/listeners/loop.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>

namespace sup::listeners {

namespace {

using Clock = std::chrono::steady_clock;

// No more bytes for so long: the length of a payload counted bytes. A supervisor on a busy machine
// may take some time between two parts of an event.
constexpr Seconds silence{5};

int end_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

class Loop {
 public:
  Loop(const LoopSettings& settings, Listener& listener, Workers& workers, Outbox* outbox)
      : settings_(settings),
        listener_(listener),
        workers_(workers),
        outbox_(outbox),
        signals_(end_signals()) {}

  ~Loop() { ::close(signals_); }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  int run() {
    listener_.begin();
    is_over_ = !write_all(STDOUT_FILENO, "READY\n");
    while (!is_over_) {
      wait(true, std::nullopt);
      take_events();
    }
    listener_.stop();
    finish_work();
    return status_;
  }

 private:
  // Until something happens. Reads what came.
  void wait(bool reads_input, std::optional<Instant> limit) {
    if (!is_over_) listener_.wake(Clock::now());
    if (outbox_ != nullptr) outbox_->run(Clock::now());
    std::vector<pollfd> all{
        {reads_input ? STDIN_FILENO : -1, POLLIN, 0},
        {is_over_ ? -1 : signals_,        POLLIN, 0}
    };
    workers_.add_descriptors(all);
    const int count = ::poll(all.data(), all.size(), timeout(limit, reads_input));
    if (count == 0 && reads_input && reader_.may_count_bytes() && !reader_.counts_bytes()) {
      log_line(settings_.name, "lengths of events are taken as bytes from here on");
      reader_.take_as_bytes();
    }
    if (count > 0 && all[0].revents != 0) read_input();
    if (count > 0 && all[1].revents != 0) is_over_ = true;
    workers_.handle(Clock::now());
  }

  // In milliseconds, -1 for ever.
  int timeout(std::optional<Instant> limit, bool reads_input) const {
    const auto sooner = [&](std::optional<Instant> other) {
      if (other && (!limit || *other < *limit)) limit = other;
    };
    sooner(workers_.deadline());
    if (!is_over_) sooner(listener_.deadline());
    if (outbox_ != nullptr) sooner(outbox_->deadline());
    if (reads_input && reader_.may_count_bytes() && !reader_.counts_bytes()) {
      sooner(Clock::now() + silence);
    }
    if (!limit) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*limit - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
  }

  void read_input() {
    std::array<char, 1U << 16U> bytes;  // NOLINT: filled by read
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count > 0) {
      reader_.feed({bytes.data(), static_cast<std::size_t>(count)});
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      if (reader_.is_within()) log_line(settings_.name, "the input ends within an event");
      is_over_ = true;
    }
  }

  void take_events() {
    for (;;) {
      schema::Result<std::optional<Event>> event = reader_.next();
      if (!event) {
        log_line(settings_.name, event.error().message);
        status_ = 1;
        is_over_ = true;
        return;
      }
      if (!event->has_value()) return;
      const bool is_taken = listener_.handle(**event);
      if (settings_.waits_for_work) {
        while (!workers_.is_idle() || (outbox_ != nullptr && !outbox_->is_empty())) {
          wait(false, std::nullopt);
          if (is_over_) break;
        }
      }
      if (!write_all(STDOUT_FILENO, is_taken ? "RESULT 2\nOKREADY\n" : "RESULT 4\nFAILREADY\n")) {
        is_over_ = true;
        return;
      }
    }
  }

  void finish_work() {
    is_over_ = true;
    const Instant limit = Clock::now() + settings_.patience;
    if (outbox_ != nullptr) outbox_->hurry();
    while (Clock::now() < limit &&
           (!workers_.is_idle() || (outbox_ != nullptr && !outbox_->is_done()))) {
      wait(false, limit);
    }
    if (outbox_ != nullptr) outbox_->report_rest();
  }

  const LoopSettings& settings_;
  Listener& listener_;
  Workers& workers_;
  Outbox* outbox_;
  int signals_;
  EventReader reader_;
  bool is_over_ = false;
  int status_ = 0;
};

}  // namespace

int run_listener(const LoopSettings& settings, Listener& listener, Workers& workers,
                 Outbox* outbox) {
  std::signal(SIGPIPE, SIG_IGN);
  // A limit for the size of files is a write that fails, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  return Loop(settings, listener, workers, outbox).run();
}

}  // namespace sup::listeners

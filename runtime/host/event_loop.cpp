#include "runtime/host/event_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

namespace sup::host {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr core::Instant longest_distance = std::chrono::milliseconds(5);
constexpr core::Instant shortest_distance = std::chrono::microseconds(60);

// What could not be made.
int checked(int descriptor) {
  if (descriptor < 0) {
    throw boost::system::system_error(errno, boost::system::system_category());
  }
  return descriptor;
}

int duplicate(int descriptor) { return checked(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3)); }

// Timers of our own: Asio's wake an idle process every five minutes.
int make_timer() { return checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

// Becomes readable when somebody sets the clock, and else never.
int make_clock_watch() {
  return checked(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
}

void watch_clock(int timer) {
  constexpr time_t in_a_thousand_years = 33000000000;
  itimerspec when{};
  when.it_value.tv_sec = in_a_thousand_years;
  ::timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
}

void set_timer(int timer, core::Instant due) {
  itimerspec when{};
  if (due != core::never) {
    // Zero would switch it off.
    const core::Instant positive = std::max(due, core::Instant(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(positive);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (positive - seconds).count();
  }
  ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
}

bool expired(int timer) {
  std::uint64_t times = 0;
  return ::read(timer, &times, sizeof times) == static_cast<ssize_t>(sizeof times);
}

}  // namespace

class EventLoop::Implementation {
 public:
  // Throws system_error.
  Implementation(int signals, int prompt, int bulk, LoopHandlers handlers)
      : handlers_(std::move(handlers)),
        bulk_source_(bulk),
        signals_(context, duplicate(signals)),
        prompt_(context, duplicate(prompt)),
        gate_(context, checked(::epoll_create1(EPOLL_CLOEXEC))),
        alarm_(context, make_timer()),
        clock_(context, make_clock_watch()),
        pause_(context, make_timer()) {
    checked(control_gate(EPOLL_CTL_ADD));
    gate_is_there_ = true;
    watch_clock(clock_.native_handle());
  }

  void run() {
    wait(signals_, handlers_.signals);
    wait(prompt_, handlers_.prompt);
    wait(gate_, [this] { on_bulk(); });
    wait(alarm_, [this] { on_alarm(); });
    wait(clock_, [this] { on_clock(); });
    wait(pause_, [this] { on_pause(); });
    settle();
    context.run();
  }

  void settle() {
    const core::Instant due = handlers_.settle();
    // An earlier alarm stays: it will set the next one.
    if (due < armed_ || (due == core::never && armed_ != core::never)) {
      armed_ = due;
      set_timer(alarm_.native_handle(), due);
    }
  }

  asio::io_context context{1};

 private:
  // async_wait arms the descriptor anew, so that what a handler leaves unread is told again.
  void wait(asio::posix::stream_descriptor& source, std::function<void()> handler) {
    source.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this, &source, handler = std::move(handler)](const error_code& error) {
                        if (!error) {
                          handler();
                          settle();
                          wait(source, handler);
                        }
                      });
  }

  // The gate lets one event of the bulk source through and is shut then. Without it, each line that
  // a child writes would wake us while we wait for more.
  int control_gate(int operation) {
    epoll_event event{};
    event.events = static_cast<std::uint32_t>(EPOLLIN) | static_cast<std::uint32_t>(EPOLLONESHOT);
    return ::epoll_ctl(gate_.native_handle(), operation, bulk_source_, &event);
  }

  void on_bulk() {
    epoll_event event{};
    if (::epoll_wait(gate_.native_handle(), &event, 1, 0) != 1) {
      return;
    }
    const core::Instant next = last_round_ + distance_;
    if (now().steady >= next) {
      read_bulk();
    } else {
      pause_until(next);
    }
  }

  // Meanwhile the gate is taken away: even one that is shut costs who writes a line a sixth of its
  // time, as the kernel tells it of each.
  void pause_until(core::Instant next) {
    if (std::exchange(gate_is_there_, false)) {
      control_gate(EPOLL_CTL_DEL);
    }
    set_timer(pause_.native_handle(), next);
  }

  void on_pause() {
    if (expired(pause_.native_handle())) {
      read_bulk();
    }
  }

  void read_bulk() {
    last_round_ = now().steady;
    const std::size_t eighths = handlers_.bulk();
    if (eighths >= 4) {
      distance_ = std::max(distance_ / 2, shortest_distance);
    } else if (eighths <= 1) {
      distance_ = std::min(distance_ * 2, longest_distance);
    }
    if (eighths >= 1) {
      pause_until(last_round_ + distance_);  // there will be more
    } else {
      open_gate();
    }
  }

  void open_gate() {
    if (control_gate(gate_is_there_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD) == 0) {
      gate_is_there_ = true;
    } else {
      // The kernel has no room for it just now.
      set_timer(pause_.native_handle(), last_round_ + longest_distance);
    }
  }

  void on_alarm() {
    if (expired(alarm_.native_handle())) {
      armed_ = core::never;
      handlers_.alarm();
    }
  }

  // The read fails, and with it what was told is over.
  void on_clock() {
    static_cast<void>(expired(clock_.native_handle()));
    watch_clock(clock_.native_handle());
    handlers_.clock_set();
  }

  LoopHandlers handlers_;
  int bulk_source_;
  asio::posix::stream_descriptor signals_;
  asio::posix::stream_descriptor prompt_;
  asio::posix::stream_descriptor gate_;
  asio::posix::stream_descriptor alarm_;
  asio::posix::stream_descriptor clock_;
  asio::posix::stream_descriptor pause_;
  core::Instant armed_ = core::never;
  core::Instant last_round_{};
  core::Instant distance_ = longest_distance;
  bool gate_is_there_ = false;
};

schema::Result<std::unique_ptr<EventLoop>> EventLoop::make(int signals, int prompt, int bulk,
                                                           LoopHandlers handlers) {
  try {
    return std::unique_ptr<EventLoop>(new EventLoop(
        std::make_unique<Implementation>(signals, prompt, bulk, std::move(handlers))));
  } catch (const boost::system::system_error& failure) {
    return system_error("make the event loop", failure.code().value());
  }
}

EventLoop::EventLoop(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

EventLoop::~EventLoop() = default;

void EventLoop::run() { implementation_->run(); }

void EventLoop::settle() { implementation_->settle(); }

void EventLoop::after_others(std::function<void()> handler) {
  asio::post(implementation_->context,
             [implementation = implementation_.get(), handler = std::move(handler)] {
               handler();
               implementation->settle();
             });
}

void EventLoop::stop() { implementation_->context.stop(); }

asio::io_context& EventLoop::context() { return implementation_->context; }

}  // namespace sup::host

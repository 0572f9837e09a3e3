#include <sys/signalfd.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "runtime/host/daemon_implementation.h"

namespace sup::host {

namespace {

// The signals that are taken. Those that Supervisor does not know would end it; here they are
// logged.
constexpr std::array signals_taken{SIGCHLD, SIGTERM, SIGINT,  SIGQUIT,   SIGHUP, SIGUSR2,
                                   SIGUSR1, SIGALRM, SIGPROF, SIGVTALRM, SIGIO};

core::ExitStatus exit_status(int status) {
  if (WIFSIGNALED(status)) {
    return core::ExitStatus{
        .by_signal = true, .number = WTERMSIG(status), .core_dumped = WCOREDUMP(status) != 0};
  }
  return core::ExitStatus{.by_signal = false, .number = WEXITSTATUS(status), .core_dumped = false};
}

sigset_t set_of_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signals_taken) {
    sigaddset(&set, number);
  }
  return set;
}

}  // namespace

void keep_signals() {
  const sigset_t set = set_of_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

// They stay blocked and are read from a descriptor: no handler ever runs, so that a child that
// shares our memory until it executes cannot run one either.
schema::Result<Descriptor> take_signals() {
  const sigset_t set = set_of_signals();
  for (const int number : signals_taken) {
    // What was ignored when we were started (nohup) would never arrive.
    ::signal(number, SIG_DFL);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  // As Python does; children inherit these two.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  Descriptor signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) {
    return system_error("take signals", errno);
  }
  return signals;
}

void Daemon::read_signals() {
  // Room for all that can be pending; whatever comes later wakes the loop again.
  std::array<signalfd_siginfo, 2 * signals_taken.size()> infos;
  const ssize_t got = ::read(signals_.get(), infos.data(), sizeof infos);
  const std::size_t count = got > 0 ? static_cast<std::size_t>(got) / sizeof infos[0] : 0;
  bool child_ended = false;
  int ended_child = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<int>(infos[i].ssi_signo);
    if (number == SIGCHLD) {
      child_ended = true;
      ended_child = static_cast<int>(infos[i].ssi_pid);
    } else if (number == SIGUSR1) {
      log_.line(core::Level::warn, "received SIGUSR1 indicating upgrade request");
      guarded([&] {
        const schema::Status begun = begin_upgrade();
        if (!begun) {
          log_.line(core::Level::warn, "no upgrade: " + begun.error().message);
        }
      });
    } else {
      guarded([&] { feed(core::input::DaemonSignal{number}); });
    }
  }
  if (child_ended) {
    if (settings().loglevel <= core::Level::debug) {
      // As Supervisor's loop does: what was said before is in the log before. Without the line, the
      // rest of the output is read when the child is reaped.
      guarded([this] {
        children_.serve_prompt();
        children_.serve_bulk();
      });
    }
    log_.line(core::Level::debug, "received SIGCHLD indicating a child quit");
    reap(ended_child);
  }
}

// By time and not by number: to hear of an end takes microseconds, to start what ended anew up to a
// thousand times as many, and listeners and clients wait meanwhile.
void Daemon::reap(int named) {
  constexpr core::Instant longest_turn = std::chrono::microseconds(200);
  const core::Instant end = now().steady + longest_turn;
  const auto take = [this](int pid, int status) {
    // Each for itself: nobody tells again of those that are left.
    guarded([&] {
      if (!take_upgrade_end(pid, status)) {
        take_end(pid, exit_status(status));
      }
    });
  };
  const bool were_all = reaper_.reap(named, take, [end] { return now().steady >= end; });
  if (!were_all && !reaps_again_) {
    loop_->after_others([this] {
      reaps_again_ = false;
      guarded([this] { reap(0); });
    });
    reaps_again_ = true;
  }
}

void Daemon::take_end(int pid, const core::ExitStatus& status) {
  const std::optional<core::ProcessId> id = children_.ended(pid);
  const unsigned table = restarts_;
  // It may be gone, or run again, when the core has heard of it.
  const std::string socket_key = id ? std::exchange(socket_keys_[*id], {}) : std::string{};
  feed(core::input::Exited{.pid = pid, .status = status});
  // Ids mean something else after a restart, and nothing of before is held then.
  if (id && table == restarts_) {
    children_.release(*id);
    if (!socket_key.empty()) {
      fcgi_sockets_.release(socket_key);
    }
  }
}

}  // namespace sup::host

#include "runtime/ctl/everywhere.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace sup::ctl {

namespace {

// A line that is longer is shown in pieces, so that nobody fills the memory with one.
constexpr std::size_t longest_line = std::size_t{1} << 20U;

// Standard output for several servers. Whoever prints waits until it is taken, so that a reader
// that is slow holds back the servers and nothing piles up here.
class Printer {
 public:
  explicit Printer(std::size_t count) : answers_(count) {}

  // Takes the whole lines out of the text of a command that goes on.
  void show_lines(std::size_t index, std::string_view before, std::string& text) {
    const std::size_t last = text.rfind('\n');
    const std::size_t end = last != std::string::npos    ? last + 1
                            : text.size() > longest_line ? text.size()
                                                         : 0;
    const std::lock_guard lock(mutex_);
    answers_[index].is_waited_for = false;
    news_.notify_all();
    print(before, std::string_view(text).substr(0, end));
    text.erase(0, end);
  }

  // Prints an answer that is whole. Those of servers that were named before it go first, if they
  // are there within a moment: mostly the order is the one in which they were given.
  void show_answer(std::size_t index, std::string before, std::string text) {
    constexpr std::chrono::milliseconds moment(200);
    std::unique_lock lock(mutex_);
    answers_[index] = {std::move(before), std::move(text), false};
    news_.notify_all();
    const auto end = answers_.begin() + static_cast<std::ptrdiff_t>(index);
    news_.wait_for(lock, moment, [&] {
      return std::none_of(answers_.begin(), end,
                          [](const Answer& each) { return each.is_waited_for; });
    });
    for (Answer& each : answers_) {
      print(each.before, each.text);
      each.text.clear();
    }
  }

 private:
  struct Answer {
    std::string before;
    std::string text;  // to be printed
    bool is_waited_for = true;
  };

  static void print(std::string_view before, std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      std::fwrite(before.data(), 1, before.size(), stdout);
      std::fwrite(text.data(), 1, end, stdout);
      if (text[end - 1] != '\n') std::fputc('\n', stdout);
      text.remove_prefix(end);
    }
    std::fflush(stdout);
  }

  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<Answer> answers_;
};

// Its exit status.
int run_one(Settings settings, const std::string& command, std::size_t index, Printer& printer) {
  const std::string url = settings.url;
  Sink sink{.text = {}, .server = url, .show = {}};
  Session session(std::move(settings), &sink);
  // A document of JSON names the server itself.
  const auto before = [&] { return session.output.is_json() ? std::string() : url + "  "; };
  sink.show = [&] { printer.show_lines(index, before(), sink.text); };
  try {
    session.run(command);
  } catch (const Interrupted&) {
    session.exit_status = status::interrupted;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "supctl: %s: %s\n", url.c_str(), error.what());
    session.exit_status = status::generic;
  }
  printer.show_answer(index, before(), std::move(sink.text));
  return session.exit_status;
}

}  // namespace

int run_everywhere(std::vector<Settings> servers, const std::string& command) {
  // Each thread that ends adds one, each SIGINT more than there are threads.
  const int events = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (events < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  tell_of_interrupts(events);
  Printer printer(servers.size());
  std::vector<int> statuses(servers.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    threads.emplace_back([&, i] {
      statuses[i] = run_one(std::move(servers[i]), command, i, printer);
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(events, &one, sizeof one);
    });
  }
  bool is_interrupted = false;
  for (std::uint64_t ended = 0; ended < servers.size();) {
    constexpr int patience_milliseconds = 1000;
    pollfd wanted{.fd = events, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, is_interrupted ? patience_milliseconds : -1);
    // Who still asks for the address of a name, say, cannot be interrupted.
    if (ready == 0) std::_Exit(status::interrupted);
    std::uint64_t news = 0;
    if (ready < 0 || ::read(events, &news, sizeof news) < 0) continue;
    ended += news % interrupt_event;
    if (news >= interrupt_event && !std::exchange(is_interrupted, true)) {
      for (std::thread& thread : threads) {
        ::pthread_kill(thread.native_handle(), SIGINT);
      }
    }
  }
  tell_of_interrupts(-1);
  for (std::thread& thread : threads) {
    thread.join();
  }
  ::close(events);
  return *std::max_element(statuses.begin(), statuses.end());
}

}  // namespace sup::ctl

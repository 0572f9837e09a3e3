#include "runtime/host/activity_log.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <utility>

namespace sup::host {

namespace {

// Lines are held back at most up to this many bytes.
constexpr std::size_t most_pending = std::size_t{64} << 10U;

}  // namespace

std::string_view level_code(core::Level level) {
  switch (level) {
    case core::Level::blather: return "BLAT";
    case core::Level::trace: return "TRAC";
    case core::Level::debug: return "DEBG";
    case core::Level::info: return "INFO";
    case core::Level::warn: return "WARN";
    case core::Level::error: return "ERRO";
    case core::Level::critical: return "CRIT";
  }
  return "INFO";
}

schema::Status ActivityLog::open(const Settings& settings) {
  flush();
  settings_ = settings;
  file_.reset();
  syslog_.reset();
  if (settings.file == "syslog") {
    syslog_.emplace();
  } else if (!settings.file.empty()) {
    // Its own trouble can only be told where people may look for it.
    file_.emplace(settings.file, settings.limits, [](core::Level, const std::string& text) {
      std::cerr << "suprun: " << text << '\n';
    });
    return file_->open();
  }
  return schema::Nothing{};
}

void ActivityLog::leave_standard_output() {
  flush();
  settings_.to_standard_output = false;
}

void ActivityLog::append_time() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  if (time.tv_sec != stamped_second_) {
    std::tm local{};
    ::localtime_r(&time.tv_sec, &local);
    char text[32];
    stamp_.assign(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S,", &local));
    stamped_second_ = time.tv_sec;
  }
  const auto milliseconds = static_cast<unsigned>(time.tv_nsec / 1000000);
  pending_ += stamp_;
  pending_ += static_cast<char>('0' + milliseconds / 100);
  pending_ += static_cast<char>('0' + milliseconds / 10 % 10);
  pending_ += static_cast<char>('0' + milliseconds % 10);
}

void ActivityLog::line(core::Level level, std::string_view text) {
  if (level < settings_.level) {
    return;
  }
  const std::size_t start = pending_.size();
  append_time();
  pending_ += ' ';
  pending_ += level_code(level);
  pending_ += ' ';
  pending_ += text;
  pending_ += '\n';
  if (syslog_) {
    syslog_->send(std::string_view(pending_).substr(start));
  }
  if (pending_.size() >= most_pending ||
      (file_ && static_cast<std::int64_t>(pending_.size()) >= file_->room())) {
    flush();
  }
}

void ActivityLog::flush() {
  if (pending_.empty()) {
    return;
  }
  if (settings_.to_standard_output) {
    write_standard_output();
  }
  if (file_) {
    file_->write(pending_);
  }
  pending_.clear();
}

void ActivityLog::write_standard_output() {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    // A terminal that someone made non-blocking gets a moment; a closed one is nobody's loss, as
    // the file has the same lines.
    pollfd writable{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (errno != EINTR && !(errno == EAGAIN && ::poll(&writable, 1, 100) == 1)) {
      return;
    }
  }
}

void ActivityLog::reopen() {
  flush();
  if (file_) {
    static_cast<void>(file_->reopen());
  }
}

}  // namespace sup::host

#include "runtime/host/activity_log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace sup::host {

namespace {

// Lines are held back at most up to this many bytes: some two hundred. More would cost memory for
// good, as the buffers stay as large as the busiest moment made them, and save few writes.
constexpr std::size_t most_pending = std::size_t{16} << 10U;

// How long a full pipe or a stopped terminal is waited for before lines are dropped.
constexpr int patience_milliseconds = 100;

// Writes what can be written without waiting longer than that; whether it was all.
bool write_patiently(int descriptor, std::string_view bytes, int milliseconds) {
  while (!bytes.empty()) {
    pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
    if (::poll(&writable, 1, milliseconds) != 1) {
      return false;
    }
    // A pipe that is writable takes so much, also if it is one that would wait.
    const ssize_t written =
        ::write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

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
  finish();
  settings_ = settings;
  file_.reset();
  syslog_.reset();
  // Its own trouble can only be told where people may look for it.
  const LogTrouble trouble = [this](core::Level level, const std::string& text) {
    write_patiently(STDERR_FILENO, "suprun: " + text + "\n", 0);
    if (level == core::Level::warn) {
      line(level, text);  // it is over
    }
  };
  if (settings.file == "syslog") {
    syslog_.emplace(trouble);
  } else if (!settings.file.empty()) {
    file_.emplace(settings.file, settings.limits, trouble);
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
  if (file_ && file_->waits()) {
    file_->flush();
  }
  if (syslog_ && syslog_->waits()) {
    syslog_->flush();
  }
  if (pending_.empty()) {
    return;
  }
  // Writing may add a line.
  pending_.swap(written_);
  if (settings_.to_standard_output) {
    write_standard_output(written_);
  }
  if (file_) {
    file_->write(written_);
  }
  written_.clear();
}

void ActivityLog::finish() {
  flush();
  if (file_) {
    file_->flush(patience_milliseconds);
  }
  if (syslog_) {
    syslog_->flush(patience_milliseconds);
  }
}

// What nobody reads is nobody's loss, as the file has the same lines. One that does not read is
// waited for once.
void ActivityLog::write_standard_output(std::string_view bytes) {
  output_is_stuck_ =
      !write_patiently(STDOUT_FILENO, bytes, output_is_stuck_ ? 0 : patience_milliseconds);
}

schema::Status ActivityLog::clear() {
  flush();
  return file_ ? file_->clear() : schema::Status(schema::Nothing{});
}

void ActivityLog::reopen() {
  flush();
  if (file_) {
    static_cast<void>(file_->reopen());
  }
}

}  // namespace sup::host

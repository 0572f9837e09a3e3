#include "runtime/listeners/outbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "runtime/listeners/times.h"
#include "schema/descriptor.h"
#include "schema/write_file.h"

namespace sup::listeners {

namespace {

namespace fs = std::filesystem;

constexpr unsigned pause_maximum_power = 8;  // 256 seconds
constexpr unsigned private_folder = 0700;
constexpr std::size_t file_maximum_bytes = std::size_t{130} << 20U;

schema::Result<std::string> letter_text(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (file == nullptr) {
    const int number = errno;
    return schema::Error{std::strerror(number), number};
  }
  std::string text;
  std::array<char, 1U << 14U> bytes{};
  for (;;) {
    const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file.get());
    if (count == 0) break;
    text.append(bytes.data(), count);
    if (text.size() > file_maximum_bytes) return schema::Error{"too large"};
  }
  if (std::ferror(file.get()) != 0) return schema::Error{"cannot be read"};
  return text;
}

// Under its own name from the start: one sync for the text and the name, which survive the loss of
// power then. What is not whole after that belongs to an event that was not answered.
schema::Status write_new(const std::string& text, const std::string& path) {
  const schema::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, schema::private_file));
  if (file.get() >= 0 && write_all(file.get(), text) && ::fsync(file.get()) == 0) {
    return schema::Nothing{};
  }
  const int number = errno;
  if (file.get() >= 0) ::unlink(path.c_str());
  return schema::Error{"cannot write " + path + ": " + std::strerror(number), number};
}

// Names of files begin with the time.
std::int64_t created_by_name(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  std::int64_t seconds = 0;
  std::from_chars(name.data(), name.data() + name.size(), seconds);
  return seconds;
}

// In front of the rest of a text.
const std::string rest_mark(1, '\0');

// What the child found out, for its listener.
std::string print_result(const DeliveryResult& result) {
  return std::to_string(result.done) + " " + std::to_string(result.pause.count()) + " " +
         static_cast<char>(result.delivery) + result.text + (result.rest.empty() ? "" : rest_mark) +
         result.rest;
}

DeliveryResult parse_result(const std::string& text) {
  DeliveryResult result;
  const char* const end = text.data() + text.size();
  std::int64_t pause = 0;
  auto [at, error] = std::from_chars(text.data(), end, result.done);
  if (error == std::errc() && at != end) {
    at = std::from_chars(at + 1, end, pause).ptr;
  }
  if (end - at < 2) return {.text = "its process said nothing"};
  result.pause = Seconds(pause);
  result.delivery = static_cast<Delivery>(at[1]);
  result.text.assign(at + 2, end);
  const std::size_t mark = result.text.find(rest_mark);
  if (mark != std::string::npos) {
    result.rest = result.text.substr(mark + rest_mark.size());
    result.text.resize(mark);
  }
  return result;
}

}  // namespace

std::string random_word() {
  std::array<unsigned char, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) < 0) return std::to_string(::getpid());
  std::string word;
  for (const unsigned char byte : bytes) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", static_cast<unsigned>(byte));
    word += two.data();
  }
  return word;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == 0) return "localhost";
  return name.data();
}

Outbox::Outbox(OutboxSettings settings, Workers& workers, Handlers handlers, Gate* gate)
    : settings_(std::move(settings)),
      workers_(workers),
      handlers_(std::move(handlers)),
      gate_(gate) {}

Outbox::~Outbox() {
  if (lock_ >= 0) ::close(lock_);
}

std::string Outbox::many(std::size_t count) const {
  return std::to_string(count) + " " + settings_.noun + (count == 1 ? "" : "s");
}

// Two listeners would deliver everything twice, and who may write there could have mails sent.
schema::Status Outbox::lock() {
  lock_ = ::open(settings_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  struct stat status {};

  if (lock_ >= 0 && ::fstat(lock_, &status) == 0) {
    if (status.st_uid != ::geteuid()) {
      return schema::Error{"the queue's folder " + settings_.folder + " belongs to another user"};
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return schema::Error{"others may write to the queue's folder " + settings_.folder +
                           "; chmod go-w"};
    }
  }
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0) {
    workers_.keep_from_children(lock_);
    return schema::Nothing{};
  }
  const int number = errno;
  return schema::Error{
      number == EWOULDBLOCK
          ? "the queue's folder " + settings_.folder +
                " is in use by another listener; each needs one of its own"
          : "cannot use the queue's folder " + settings_.folder + ": " + std::strerror(number),
      number};
}

schema::Status Outbox::load() {
  if (settings_.folder.empty()) return schema::Nothing{};
  if (::mkdir(settings_.folder.c_str(), private_folder) != 0 && errno != EEXIST) {
    const int number = errno;
    return schema::Error{
        "cannot make the queue's folder " + settings_.folder + ": " + std::strerror(number),
        number};
  }
  if (::access(settings_.folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    const int number = errno;
    return schema::Error{
        "cannot use the queue's folder " + settings_.folder + ": " + std::strerror(number), number};
  }
  if (schema::Status locked = lock(); !locked) return locked;
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(settings_.folder, error)) {
    if (entry.path().extension() == "." + settings_.suffix && entry.is_regular_file())
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());  // by time
  for (const std::string& file : files) {
    schema::Result<std::string> text = letter_text(file);
    const schema::Status checked = text ? handlers_.check(*text) : schema::Status(text.error());
    if (checked) {
      entries_.push_back(
          {.text = std::move(*text), .file = file, .created = created_by_name(file)});
    } else {
      log(file + ": " + checked.error().message + "; left where it is");
    }
  }
  if (!entries_.empty()) log(many(entries_.size()) + " of an earlier run wait in the queue");
  return schema::Nothing{};
}

void Outbox::write(Entry& entry) {
  std::array<char, 64> stamp{};
  std::snprintf(stamp.data(), stamp.size(), "%020lld-%06u-", static_cast<long long>(entry.created),
                counter_++);
  entry.file = settings_.folder + "/" + stamp.data() + random_word() + "." + settings_.suffix;
  const schema::Status written = write_new(entry.text, entry.file);
  if (written) return;
  log(written.error().message + "; the " + settings_.noun + " is kept in memory alone");
  entry.file.clear();
}

void Outbox::add(std::string text) {
  Entry entry{.text = std::move(text),
              .file = {},
              .created = seconds_now(),
              .added = std::chrono::steady_clock::now()};
  if (!settings_.folder.empty()) write(entry);
  entries_.push_back(std::move(entry));
  while (entries_.size() > settings_.maximum && entries_.size() > under_way_) {
    // Those at the front may be under way.
    const auto oldest = entries_.begin() + static_cast<std::ptrdiff_t>(under_way_);
    log("the queue is full, the oldest " + settings_.noun + " is dropped:\n" +
        handlers_.shown(oldest->text));
    if (!oldest->file.empty()) ::unlink(oldest->file.c_str());
    entries_.erase(oldest);
  }
}

Instant Outbox::opens(Instant now) const {
  if (gate_ == nullptr || entries_.empty()) return {};
  return gate_->opens(now, entries_.size(), entries_.front().added, hurries_);
}

void Outbox::run(Instant now) {
  while (under_way_ == 0 && !entries_.empty() && !is_done() &&
         (hurries_ || (now >= next_attempt_ && now >= opens(now)))) {
    const bool is_old = seconds_now() - entries_.front().created > settings_.expiry.count();
    if (is_old && failures_ > 0) {
      drop_first("could not be delivered for too long");
    } else {
      start();
    }
  }
}

void Outbox::start() {
  under_way_ = std::min(entries_.size(), settings_.batch);
  Texts texts;
  for (std::size_t i = 0; i < under_way_; ++i) texts.push_back(entries_[i].text);
  if (gate_ != nullptr) gate_->pass(std::chrono::steady_clock::now());
  const bool is_started = workers_.start(
      [this, texts = std::move(texts)] { return print_result(handlers_.deliver(texts)); },
      settings_.limit,
      [this](const WorkResult& work) {
        finish(work.is_complete
                   ? parse_result(work.output)
                   : DeliveryResult{.text = "took too long, or its process was ended"});
      });
  if (!is_started) finish({.text = "no process for it"});
}

void Outbox::finish(const DeliveryResult& result) {
  const std::size_t asked = std::exchange(under_way_, 0);
  const std::size_t done = std::min(result.done, asked);
  for (std::size_t i = 0; i < done; ++i) {
    const std::string text = std::move(entries_.front().text);
    forget_first();
    handlers_.sent(text);
  }
  if (done > 0) {
    failures_ = 0;
    next_attempt_ = {};
  }
  if (done == asked || result.delivery == Delivery::sent) return;
  if (!result.rest.empty()) keep_rest(result.rest);
  if (result.delivery == Delivery::refused || settings_.tries_once) {
    drop_first(result.text);
    return;
  }
  const Seconds pause =
      std::max(Seconds{1U << std::min(failures_, pause_maximum_power)}, result.pause);
  ++failures_;
  next_attempt_ = std::chrono::steady_clock::now() + pause;
  if (hurries_) {
    has_failed_in_hurry_ = true;
    log_failure(result.text);
    return;
  }
  log_failure(result.text + "; next attempt in " + std::to_string(pause.count()) + " s, " +
              std::to_string(entries_.size()) + " waiting");
}

void Outbox::keep_rest(const std::string& rest) {
  Entry& entry = entries_.front();
  entry.text = rest;
  if (entry.file.empty()) return;
  const schema::Status written = schema::write_file(rest, entry.file, schema::private_file);
  if (!written) log(written.error().message + "; after a restart, all of it is sent again");
}

void Outbox::log_failure(const std::string& text) const {
  if (settings_.failure.empty()) {
    log(settings_.noun + " not sent: " + text);
  } else {
    log_line("", settings_.failure + text);
  }
}

void Outbox::drop_first(const std::string& why) {
  if (!settings_.failure.empty()) log_failure(why);
  log(settings_.noun + " dropped: " + why + ":\n" + handlers_.shown(entries_.front().text));
  forget_first();
  failures_ = 0;
  next_attempt_ = {};
}

void Outbox::forget_first() {
  if (!entries_.front().file.empty()) ::unlink(entries_.front().file.c_str());
  entries_.pop_front();
}

std::optional<Instant> Outbox::deadline() const {
  if (under_way_ > 0 || entries_.empty() || is_done()) return std::nullopt;
  if (hurries_) return Instant();
  return std::max(next_attempt_, opens(std::chrono::steady_clock::now()));
}

void Outbox::hurry() { hurries_ = true; }

// What fails stands for all behind it: they go the same way.
bool Outbox::is_done() const {
  if (entries_.empty()) return true;
  if (!hurries_ || under_way_ > 0) return false;
  const Instant now = std::chrono::steady_clock::now();
  return has_failed_in_hurry_ || opens(now) > now;
}

void Outbox::report_rest() {
  std::size_t kept = 0;
  for (const Entry& entry : entries_) {
    if (entry.file.empty()) {
      log(settings_.noun + " not sent before the end:\n" + handlers_.shown(entry.text));
    } else {
      ++kept;
    }
  }
  if (kept > 0) log(many(kept) + (kept == 1 ? " is" : " are") + " kept in " + settings_.folder);
}

}  // namespace sup::listeners

#include "runtime/listeners/outbox.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "runtime/listeners/mail_file.h"
#include "runtime/listeners/times.h"
#include "schema/write_file.h"

namespace sup::listeners {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".mail";
constexpr unsigned pause_maximum_power = 8;  // 256 seconds
constexpr unsigned private_file = 0600;
constexpr unsigned private_folder = 0700;

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

}  // namespace

Outbox::Outbox(OutboxSettings settings, Workers& workers, Deliver deliver, Sent sent)
    : settings_(std::move(settings)),
      workers_(workers),
      deliver_(std::move(deliver)),
      sent_(std::move(sent)) {}

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
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(settings_.folder, error)) {
    if (entry.path().extension() == suffix) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());  // by time
  for (const std::string& file : files) {
    schema::Result<Mail> mail = read_mail_file(file);
    if (mail) {
      entries_.push_back({.mail = std::move(*mail), .file = file});
    } else {
      log(mail.error().message + "; left where it is");
    }
  }
  if (!entries_.empty()) {
    log(std::to_string(entries_.size()) + " mails of an earlier run are in the queue");
  }
  return schema::Nothing{};
}

void Outbox::add(Mail mail) {
  mail.created = seconds_now();
  mail.id = std::to_string(mail.created) + "." + random_word() + "@" + host_name();
  Entry entry{.mail = std::move(mail), .file = {}};
  if (!settings_.folder.empty()) {
    std::array<char, 64> stamp{};
    std::snprintf(stamp.data(), stamp.size(), "%020lld-%06u-",
                  static_cast<long long>(entry.mail.created), counter_++);
    entry.file = settings_.folder + "/" + stamp.data() + random_word() + std::string(suffix);
    const schema::Status written =
        schema::write_file(print_mail_file(entry.mail), entry.file, private_file);
    if (!written) {
      log(written.error().message + "; the mail is kept in memory alone");
      entry.file.clear();
    }
  }
  entries_.push_back(std::move(entry));
  while (entries_.size() > settings_.maximum) {
    // The first may be under way.
    const auto oldest = entries_.begin() + (is_busy_ ? 1 : 0);
    log("the queue is full, the oldest mail is dropped:\n" + sendmail_text(oldest->mail));
    forget(*oldest);
    entries_.erase(oldest);
  }
}

void Outbox::run(Instant now) {
  while (!is_busy_ && !entries_.empty() && !is_done() && (hurries_ || now >= next_attempt_)) {
    const Mail& mail = entries_.front().mail;
    const bool is_old = seconds_now() - mail.created > settings_.expiry.count();
    if (is_old && failures_ > 0) {
      drop_first("could not be delivered for too long");
      continue;
    }
    is_busy_ = workers_.start(
        [this, mail] {
          const DeliveryResult result = deliver_(mail);
          return std::string(1, static_cast<char>(result.delivery)) + result.text;
        },
        settings_.limit,
        [this](const WorkResult& work) {
          DeliveryResult result{.text = "took too long, or its process was ended"};
          if (work.is_complete && !work.output.empty()) {
            result = {.delivery = static_cast<Delivery>(work.output[0]),
                      .text = work.output.substr(1)};
          }
          finish(result);
        });
    if (!is_busy_) finish({.text = "no process for it"});
  }
}

void Outbox::finish(const DeliveryResult& result) {
  is_busy_ = false;
  if (result.delivery == Delivery::sent) {
    failures_ = 0;
    next_attempt_ = {};
    const Entry entry = std::move(entries_.front());
    entries_.pop_front();
    forget(entry);
    sent_(entry.mail);
    return;
  }
  if (result.delivery == Delivery::refused || settings_.tries_once) {
    drop_first(result.text);
    return;
  }
  const Seconds pause{1U << std::min(failures_, pause_maximum_power)};
  ++failures_;
  next_attempt_ = std::chrono::steady_clock::now() + pause;
  if (hurries_) {
    entries_.front().has_failed_in_hurry = true;
    log("mail not sent: " + result.text);
    return;
  }
  log("mail not sent: " + result.text + "; next attempt in " + std::to_string(pause.count()) +
      " s, " + std::to_string(entries_.size()) + " waiting");
}

void Outbox::drop_first(const std::string& why) {
  log("mail dropped: " + why + ":\n" + sendmail_text(entries_.front().mail));
  forget(entries_.front());
  entries_.pop_front();
  failures_ = 0;
  next_attempt_ = {};
}

void Outbox::forget(const Entry& entry) {
  if (!entry.file.empty()) ::unlink(entry.file.c_str());
}

std::optional<Instant> Outbox::deadline() const {
  if (is_busy_ || entries_.empty() || is_done()) return std::nullopt;
  return hurries_ ? Instant() : next_attempt_;
}

void Outbox::hurry() { hurries_ = true; }

// A mail that fails stands for all: they go the same way.
bool Outbox::is_done() const {
  return entries_.empty() || (hurries_ && entries_.front().has_failed_in_hurry);
}

void Outbox::report_rest() {
  std::size_t kept = 0;
  for (const Entry& entry : entries_) {
    if (entry.file.empty()) {
      log("mail not sent before the end:\n" + sendmail_text(entry.mail));
    } else {
      ++kept;
    }
  }
  if (kept > 0) log(std::to_string(kept) + " mails are kept in " + settings_.folder);
}

}  // namespace sup::listeners

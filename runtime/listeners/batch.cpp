#include "runtime/listeners/batch.h"

#include <charconv>

#include "schema/text.h"

namespace sup::listeners {

namespace {

constexpr std::string_view tick_prefix = "TICK_";
constexpr std::size_t log_width = 76;
// What a batch holds at most; a tool whose ticks never come must not grow for ever.
constexpr std::size_t messages_maximum = 10'000;

bool is_unexpected(const Event& event) { return event.field("expected").value_or("1") == "0"; }

std::string crash(const Event& event, const std::string& when) {
  if (!is_unexpected(event)) return "";
  return when + " -- Process " + event.group_and_name() + " (pid " + event.text("pid") +
         ") died unexpectedly";
}

std::string fatal(const Event& event, const std::string& when) {
  return when + " -- Process " + event.group_and_name() + " failed to start too many times";
}

std::string short_crash(const Event& event, const std::string& when) {
  if (!is_unexpected(event)) return "";
  return "[" + event.group_and_name() + "](" + event.text("pid") + ") exited unexpectedly " + when;
}

}  // namespace

const BatchTool crashmailbatch_tool{"crashmailbatch", "PROCESS_STATE_EXITED",
                                    "Crash alert from supervisord", &crash};
const BatchTool fatalmailbatch_tool{"fatalmailbatch", "PROCESS_STATE_FATAL",
                                    "Fatal start alert from supervisord", &fatal};
const BatchTool crashsms_tool{"crashsms", "PROCESS_STATE_EXITED", std::nullopt, &short_crash};

std::optional<int> tick_seconds(std::string_view event) {
  if (!event.starts_with(tick_prefix)) return std::nullopt;
  event.remove_prefix(tick_prefix.size());
  int seconds = 0;
  const char* const end = event.data() + event.size();
  const auto [parsed, error] = std::from_chars(event.data(), end, seconds);
  if (error != std::errc() || parsed != end || seconds <= 0) return std::nullopt;
  return seconds;
}

std::optional<std::string> Batch::take(const Event& event, const std::string& when) {
  if (event.name != tool_.event) return std::nullopt;
  std::string message = tool_.message(event, when);
  if (message.empty()) return std::nullopt;
  if (messages_.size() >= messages_maximum) {
    messages_.erase(messages_.begin());
    ++lost_;
  }
  messages_.push_back(message);
  return message;
}

void Batch::restore(std::vector<std::string> messages) {
  if (messages.size() > messages_maximum) {
    lost_ = messages.size() - messages_maximum;
    messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(lost_));
  }
  messages_ = std::move(messages);
}

std::optional<std::string> Batch::tick(const Event& event) {
  if (event.name != settings_.tick_event) return std::nullopt;
  elapsed_seconds_ += settings_.tick_seconds;
  elapsed_minutes_ += settings_.tick_seconds / 60.0;
  const bool is_time = settings_.adds_fractions ? elapsed_minutes_ >= settings_.interval_minutes
                                                : static_cast<double>(elapsed_seconds_) >=
                                                      settings_.interval_minutes * 60.0 - 1e-6;
  if (!is_time) return std::nullopt;
  elapsed_seconds_ = 0;
  elapsed_minutes_ = 0;
  return flush();
}

std::optional<std::string> Batch::flush() {
  if (messages_.empty()) return std::nullopt;
  std::string body;
  for (const std::string& message : messages_) {
    body += (body.empty() ? "" : "\n") + message;
  }
  messages_.clear();
  lost_ = 0;
  return body;
}

std::string batch_log(const std::string& to, const std::string& from,
                      const std::optional<std::string>& subject, const std::string& body) {
  std::string shown = body;
  if (schema::character_count(body) > log_width) {
    std::size_t end = 0;
    for (std::size_t characters = 0; end < body.size(); ++end) {
      const bool begins = (static_cast<unsigned char>(body[end]) & 0xC0U) != 0x80U;
      if (begins && characters++ == log_width) break;
    }
    shown = body.substr(0, end) + "...";
  }
  return "Sending notification email:\nTo: " + to + "\nFrom: " + from +
         "\nSubject: " + subject.value_or("None") + "\nBody:\n" + shown + "\n";
}

}  // namespace sup::listeners

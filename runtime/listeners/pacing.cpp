#include "runtime/listeners/pacing.h"

#include <algorithm>
#include <charconv>

namespace sup::listeners {

namespace {

constexpr int minutes_per_day = 24 * 60;
constexpr int seconds_per_day = minutes_per_day * 60;

std::optional<int> number(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && parsed == end && !text.empty() && value >= 0 ? std::optional(value)
                                                                              : std::nullopt;
}

// "07:30" in seconds.
std::optional<int> time_of_day(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<int> hours = number(text.substr(0, colon));
  const std::optional<int> minutes = number(text.substr(colon + 1));
  if (!hours || !minutes || *hours > 24 || *minutes > 59 ||
      *hours * 60 + *minutes > minutes_per_day) {
    return std::nullopt;
  }
  return (*hours * 60 + *minutes) * 60;
}

}  // namespace

Seconds QuietHours::left(int second_of_day) const {
  const bool is_quiet = from < to ? second_of_day >= from && second_of_day < to
                                  : second_of_day >= from || second_of_day < to;
  if (!is_quiet) return Seconds(0);
  const int until = to - second_of_day;
  return Seconds(until > 0 ? until : until + seconds_per_day);
}

std::optional<QuietHours> parse_quiet_hours(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<int> from = time_of_day(text.substr(0, dash));
  const std::optional<int> to = time_of_day(text.substr(dash + 1));
  if (!from || !to || *from == *to) return std::nullopt;
  return QuietHours{.from = *from, .to = *to};
}

std::optional<Rate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<int> count = number(text.substr(0, slash));
  const std::optional<int> period = number(text.substr(slash + 1));
  if (!count || !period || *count == 0 || *period == 0) return std::nullopt;
  return Rate{.count = *count, .period = Seconds(*period)};
}

Instant Pacing::opens(Instant now, std::size_t waiting, Instant oldest, bool is_last) const {
  if (is_last && !settings_.is_durable) return {};
  Instant time{};
  if (!is_last && waiting < settings_.batch && settings_.collect.count() > 0) {
    time = oldest + settings_.collect;
  }
  if (settings_.rate.count > 0 &&
      passed_.size() >= static_cast<std::size_t>(settings_.rate.count)) {
    const auto first = passed_.end() - settings_.rate.count;
    time = std::max(time, *first + settings_.rate.period);
  }
  if (settings_.quiet) {
    const Seconds left = settings_.quiet->left(second_of_day_());
    if (left.count() > 0) time = std::max(time, now + left);
  }
  return time;
}

void Pacing::pass(Instant now) {
  if (settings_.rate.count == 0) return;
  passed_.push_back(now);
  while (passed_.size() > static_cast<std::size_t>(settings_.rate.count)) passed_.pop_front();
}

}  // namespace sup::listeners

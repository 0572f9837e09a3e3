// When messages may go out: collected for some time, not too many in a time, not at night. Pure.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string_view>

#include "runtime/listeners/outbox.h"

namespace sup::listeners {

// Each day from one time until before another, over midnight if that is the earlier one. Seconds
// since midnight.
struct QuietHours {
  int from = 0;
  int to = 0;

  // How long it is still quiet at this time of day; 0 if it is not.
  Seconds left(int second_of_day) const;
};

// "22:00-07:30"
std::optional<QuietHours> parse_quiet_hours(std::string_view text);

// So many in so many seconds; 0 seconds: as many as there are.
struct Rate {
  int count = 0;
  Seconds period{0};
};

// "10/60"
std::optional<Rate> parse_rate(std::string_view text);

class Pacing : public Gate {
 public:
  struct Settings {
    Seconds collect{0};       // what comes within this time goes out together
    std::size_t batch = 100;  // but so many go at once
    Rate rate{};
    std::optional<QuietHours> quiet{};
    bool is_durable = false;  // what waits at the end is not lost
  };

  // `second_of_day` tells the local time.
  Pacing(Settings settings, std::function<int()> second_of_day)
      : settings_(settings), second_of_day_(std::move(second_of_day)) {}

  Instant opens(Instant now, std::size_t waiting, Instant oldest, bool is_last) const override;
  void pass(Instant now) override;

 private:
  Settings settings_;
  std::function<int()> second_of_day_;
  std::deque<Instant> passed_;
};

}  // namespace sup::listeners

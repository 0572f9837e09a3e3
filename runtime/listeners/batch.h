// What the three batch tools do with events: collect messages, and say with the ticks when they are
// to be sent. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/listeners/event.h"

namespace sup::listeners {

struct BatchTool {
  std::string_view name;
  std::string_view event;                   // that it collects
  std::optional<std::string_view> subject;  // by default
  std::string (*message)(const Event& event, const std::string& when);
};

extern const BatchTool crashmailbatch_tool;
extern const BatchTool fatalmailbatch_tool;
extern const BatchTool crashsms_tool;

// "TICK_60" is 60 seconds; nothing for what is no tick.
std::optional<int> tick_seconds(std::string_view event);

class Batch {
 public:
  struct Settings {
    std::string tick_event = "TICK_60";
    int tick_seconds = 60;
    double interval_minutes = 1.0;
    // Adds up fractions of minutes as superlance does, which makes some intervals a tick longer.
    bool adds_fractions = false;
  };

  Batch(const BatchTool& tool, Settings settings) : tool_(tool), settings_(settings) {}

  // The message of an event that is collected.
  std::optional<std::string> take(const Event& event, const std::string& when);

  // Counts a tick. What is to be sent now, if there is something.
  std::optional<std::string> tick(const Event& event);

  // All that was collected, if there is something.
  std::optional<std::string> flush();

  // What an earlier run had collected.
  void restore(std::vector<std::string> messages);

  // So many messages had to give way to newer ones since the last flush.
  std::size_t lost() const { return lost_; }

 private:
  const BatchTool& tool_;
  Settings settings_;
  std::vector<std::string> messages_;
  std::size_t lost_ = 0;
  std::int64_t elapsed_seconds_ = 0;
  double elapsed_minutes_ = 0;
};

// The lines about a mail for standard error, as superlance writes them.
std::string batch_log(const std::string& to, const std::string& from,
                      const std::optional<std::string>& subject, const std::string& body);

}  // namespace sup::listeners

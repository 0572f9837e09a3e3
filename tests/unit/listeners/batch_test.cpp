// Messages of the batch tools, and when they are sent.
#include "runtime/listeners/batch.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace sup::listeners {
namespace {

Event event(const std::string& name, const std::string& payload) {
  Event made;
  made.name = name;
  made.payload = payload;
  return made;
}

const Event crash =
    event("PROCESS_STATE_EXITED", "processname:n groupname:g from_state:RUNNING expected:0 pid:7");
const Event expected =
    event("PROCESS_STATE_EXITED", "processname:n groupname:g from_state:RUNNING expected:1 pid:7");
const Event fatal = event("PROCESS_STATE_FATAL", "processname:n groupname:n from_state:BACKOFF");

std::string message(const BatchTool& tool, const Event& of) {
  return Batch(tool, {}).take(of, "T").value_or("");
}

TEST(Batch, MessagesAreSuperlances) {
  EXPECT_EQ(message(crashmailbatch_tool, crash), "T -- Process g:n (pid 7) died unexpectedly");
  EXPECT_EQ(message(crashsms_tool, crash), "[g:n](7) exited unexpectedly T");
  EXPECT_EQ(message(fatalmailbatch_tool, fatal), "T -- Process n:n failed to start too many times");
  EXPECT_EQ(message(crashmailbatch_tool, expected), "");
  EXPECT_EQ(message(crashmailbatch_tool, fatal), "");
  EXPECT_EQ(message(fatalmailbatch_tool, crash), "");
  EXPECT_EQ(message(crashsms_tool, expected), "");
}

// How many ticks it takes until a message is sent.
int ticks(double minutes, int seconds, bool adds_fractions) {
  const std::string name = "TICK_" + std::to_string(seconds);
  Batch batch(crashsms_tool, {.tick_event = name,
                              .tick_seconds = seconds,
                              .interval_minutes = minutes,
                              .adds_fractions = adds_fractions});
  batch.take(crash, "T");
  for (int count = 1; count < 10000; ++count) {
    if (batch.tick(event(name, "when:1"))) return count;
  }
  return 0;
}

TEST(Batch, IntervalsAreWholeTicks) {
  EXPECT_EQ(ticks(1, 60, false), 1);
  EXPECT_EQ(ticks(0.5, 5, false), 6);
  EXPECT_EQ(ticks(1, 5, false), 12);
  EXPECT_EQ(ticks(2, 5, false), 24);
  EXPECT_EQ(ticks(5, 5, false), 60);
  EXPECT_EQ(ticks(10, 5, false), 120);
  EXPECT_EQ(ticks(0.1, 5, false), 2);
}

TEST(Batch, SuperlanceAddsFractions) {
  EXPECT_EQ(ticks(0.5, 5, true), 7);
  EXPECT_EQ(ticks(1, 5, true), 12);
  EXPECT_EQ(ticks(2, 5, true), 25);
  EXPECT_EQ(ticks(5, 5, true), 61);
  EXPECT_EQ(ticks(10, 5, true), 120);
}

TEST(Batch, TimeCountsFromTheLastTickNotFromTheMessage) {
  Batch batch(crashmailbatch_tool, {.interval_minutes = 2});
  EXPECT_FALSE(batch.tick(event("TICK_60", "")));
  EXPECT_TRUE(batch.take(crash, "a"));
  EXPECT_TRUE(batch.take(crash, "b"));
  EXPECT_FALSE(batch.tick(event("TICK_5", "")));
  EXPECT_EQ(
      batch.tick(event("TICK_60", "")),
      "a -- Process g:n (pid 7) died unexpectedly\nb -- Process g:n (pid 7) died unexpectedly");
  EXPECT_FALSE(batch.tick(event("TICK_60", "")));
  EXPECT_FALSE(batch.tick(event("TICK_60", "")));
}

TEST(Batch, IsBounded) {
  Batch batch(crashmailbatch_tool, {});
  for (int i = 0; i < 10'002; ++i) batch.take(crash, std::to_string(i));
  EXPECT_EQ(batch.lost(), 2U);
  const std::string body = *batch.flush();
  EXPECT_TRUE(body.starts_with("2 -- "));
  EXPECT_EQ(std::count(body.begin(), body.end(), '\n'), 9'999);
  EXPECT_EQ(batch.lost(), 0U);
  batch.restore(std::vector<std::string>(10'003, "x"));
  EXPECT_EQ(batch.lost(), 3U);
  EXPECT_EQ(batch.flush()->size(), 2U * 10'000 - 1);
}

TEST(Batch, TicksHaveNames) {
  EXPECT_EQ(tick_seconds("TICK_3600"), 3600);
  EXPECT_EQ(tick_seconds("TICK_"), std::nullopt);
  EXPECT_EQ(tick_seconds("TICK"), std::nullopt);
  EXPECT_EQ(tick_seconds("TICK_x"), std::nullopt);
  EXPECT_EQ(tick_seconds("PROCESS_STATE"), std::nullopt);
}

TEST(Batch, LogsAreCutAfter76Characters) {
  const std::string head = "Sending notification email:\nTo: a\nFrom: f\nSubject: None\nBody:\n";
  const std::string fits(76, 'x');
  EXPECT_EQ(batch_log("a", "f", std::nullopt, fits), head + fits + "\n");
  EXPECT_EQ(batch_log("a", "f", std::nullopt, fits + "y"), head + fits + "...\n");
  std::string umlauts;
  for (int i = 0; i < 76; ++i) umlauts += "ü";
  EXPECT_EQ(batch_log("a", "f", std::nullopt, umlauts), head + umlauts + "\n");
  EXPECT_EQ(batch_log("a", "f", std::nullopt, umlauts + "ü"), head + umlauts + "...\n");
}

}  // namespace
}  // namespace sup::listeners

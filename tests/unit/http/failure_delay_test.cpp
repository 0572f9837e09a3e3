#include "runtime/http/failure_delay.h"

#include <gtest/gtest.h>

namespace sup::http {
namespace {

using Verdict = FailureDelay::Verdict;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string this_machine = "127.0.0.0/8";
const std::string elsewhere = "192.0.2.1";
const std::string root_source(FailureDelay::owner);

// A wrong password as a server takes it; whether it was looked at.
bool guess(FailureDelay& delay, const std::string& source, core::Instant now) {
  const Verdict verdict = delay.ask(source, now);
  if (verdict == Verdict::look) delay.failed(source, now);
  if (verdict == Verdict::wait) delay.leave(source);  // nobody waits for answers
  return verdict == Verdict::look;
}

TEST(FailureDelay, GrowsAndIsForgiven) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  const core::Instant first = delay.failed(elsewhere, now) - now;
  const core::Instant second = delay.failed(elsewhere, now) - now;
  EXPECT_GT(first, core::Instant(0));
  EXPECT_GT(second, first);
  for (int i = 0; i < 100; ++i) EXPECT_LE(delay.failed(elsewhere, now) - now, seconds(2));
  now += minutes(5);
  EXPECT_EQ(delay.failed(elsewhere, now) - now, first);
}

TEST(FailureDelay, FewGuessesOfOneSourceAreLookedAtHoweverManyAreSent) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  int looked_at = 0;
  for (int i = 0; i < 600000; ++i) {  // ten thousand a second
    looked_at += guess(delay, elsewhere, now) ? 1 : 0;
    now += std::chrono::microseconds(100);
  }
  EXPECT_LE(looked_at, 40);
  EXPECT_GE(looked_at, 25);
  EXPECT_NE(delay.ask(elsewhere, now), Verdict::look) << "a right one would tell itself";
  EXPECT_EQ(delay.ask(this_machine, now), Verdict::look) << "another source is not held up";
}

TEST(FailureDelay, OthersWaitInLine) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  const core::Instant told = delay.failed(elsewhere, now);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(delay.ask(elsewhere, now), Verdict::wait) << i;
  EXPECT_EQ(delay.ask(elsewhere, now), Verdict::refuse);
  EXPECT_FALSE(delay.takes_turn(elsewhere, now));
  EXPECT_EQ(delay.due(elsewhere, now), told);
  now = told;
  EXPECT_EQ(delay.ask(elsewhere, now), Verdict::refuse) << "nobody overtakes the line";
  EXPECT_TRUE(delay.takes_turn(elsewhere, now));
  EXPECT_EQ(delay.ask(elsewhere, now), Verdict::wait) << "there is room in it again";
  delay.succeeded(elsewhere, now);
  EXPECT_TRUE(delay.takes_turn(elsewhere, now)) << "the next one at once";
  const core::Instant next = delay.failed(elsewhere, now);
  EXPECT_GT(next, now);
  EXPECT_FALSE(delay.takes_turn(elsewhere, now));
  for (int i = 0; i < 7; ++i) delay.leave(elsewhere);
  EXPECT_EQ(delay.ask(elsewhere, next), Verdict::look);
}

TEST(FailureDelay, ManySourcesTogetherAreBounded) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  delay.succeeded("198.51.100.7", now);
  int looked_at = 0;
  for (int i = 0; i < 60000; ++i) {  // each from somewhere else, a thousand a second
    looked_at += guess(delay, "10." + std::to_string(i), now) ? 1 : 0;
    now += milliseconds(1);
  }
  EXPECT_GE(looked_at, 100 + 60 * 20 - 2);
  EXPECT_LE(looked_at, 100 + 60 * 20 + 2);
  guess(delay, "10.a", now);
  EXPECT_NE(delay.ask(elsewhere, now), Verdict::look) << "one of many, as far as anybody knows";
  EXPECT_EQ(delay.ask("198.51.100.7", now), Verdict::look) << "somebody logged in there";
  EXPECT_EQ(delay.ask(root_source, now), Verdict::look);
  now += seconds(6);
  EXPECT_EQ(delay.ask(this_machine, now), Verdict::look) << "it is over";
}

TEST(FailureDelay, OfWhoOnlyWaitedNothingIsRemembered) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  for (int i = 0; i < 110; ++i) delay.failed("10." + std::to_string(i), now);
  const std::size_t before = delay.sources();
  for (int i = 0; i < 5000; ++i) {
    const std::string source = "172." + std::to_string(i);
    EXPECT_EQ(delay.ask(source, now), Verdict::wait);
    EXPECT_EQ(delay.ask(source, now), Verdict::wait);
    delay.leave(source);
    EXPECT_FALSE(delay.takes_turn(source, now));
    delay.leave(source);
  }
  EXPECT_EQ(delay.sources(), before);
}

TEST(FailureDelay, RemembersWhoLoggedInLately) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  delay.succeeded(elsewhere, now);
  for (int i = 0; i < 1000; ++i) {
    now += seconds(1);
    delay.succeeded("10." + std::to_string(i), now);
    if (i % 100 == 0) delay.succeeded(elsewhere, now);
  }
  for (int i = 0; i < 200; ++i) delay.failed("172." + std::to_string(i), now);
  EXPECT_EQ(delay.ask(elsewhere, now), Verdict::look);
  EXPECT_EQ(delay.ask("10.999", now), Verdict::look);
  EXPECT_NE(delay.ask("10.0", now), Verdict::look) << "too long ago";
}

}  // namespace
}  // namespace sup::http

// Pools with events_spool: what has no room in memory waits on disk, and nothing is lost with a
// daemon that ends.
#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using schema::EventType;

Configuration with_spool(std::int64_t buffer_size = 3, int count = 1, bool has_spool = true) {
  Configuration configuration;
  configuration.listener(
      "l", {EventType::REMOTE_COMMUNICATION}, buffer_size, count, [](auto& o) { o.startsecs = 0; },
      [&](auto& pool) {
        if (has_spool) pool.events_spool = "/spool";
      });
  return configuration;
}

void send(FakeHost& host, int from, int to) {
  for (int i = from; i <= to; ++i) {
    host.request([&](const auto& now, auto& out) {
      host.core().send_remote_event(now, "t", std::to_string(i), out);
    });
  }
}

std::vector<int> heard(const FakeHost& host) {
  std::vector<int> numbers;
  for (const auto& event : host.events) {
    numbers.push_back(std::stoi(event.payload.substr(event.payload.find('\n') + 1)));
  }
  return numbers;
}

std::vector<int> numbers(int from, int to) {
  std::vector<int> all;
  for (int i = from; i <= to; ++i) all.push_back(i);
  return all;
}

core::PoolStatus pool(const FakeHost& host) {
  return *host.core().pool_status(*host.core().find_group("l"));
}

TEST(Spool, WhatHasNoRoomInMemoryWaitsOnDisk) {
  FakeHost host(with_spool());
  host.scripts["l"] = {
      {.thinks = seconds(1), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(1));
  send(host, 1, 50);
  EXPECT_EQ(pool(host).queued, 49U);
  EXPECT_EQ(pool(host).dropped, 0U);
  host.run_for(seconds(60));
  EXPECT_EQ(heard(host), numbers(1, 50));
  EXPECT_EQ(host.loaded, 46U);
  EXPECT_TRUE(host.lines("overflowed").empty());
}

TEST(Spool, SeveralListenersAndRejectedEventsKeepTheOrder) {
  FakeHost host(with_spool(2, 3));
  for (const char* name : {"l_0", "l_1", "l_2", "l0", "l1", "l2"}) {
    host.scripts[name] = {
        {.answers = {Answer::accept, Answer::fail, Answer::accept}, .is_listener = true}
    };
  }
  host.boot();
  host.run_for(seconds(1));
  send(host, 1, 40);
  host.run_for(seconds(100));
  std::vector<int> once;
  for (const int number : heard(host)) {
    if (std::ranges::find(once, number) == once.end()) once.push_back(number);
  }
  EXPECT_EQ(once, numbers(1, 40));
}

TEST(Spool, TheNextDaemonDeliversWhatWasLeft) {
  FakeHost host(with_spool());
  host.scripts["l"] = {
      {.answers = {Answer::accept, Answer::accept, Answer::nothing}, .is_listener = true},
      {.is_listener = true                                                           }
  };
  host.boot();
  host.run_for(seconds(1));
  send(host, 1, 20);  // the third one is not answered
  host.run_for(seconds(1));
  EXPECT_EQ(heard(host), numbers(1, 3));
  host.events.clear();
  host.next_plan = with_spool().build();
  host.restart();
  host.run_for(seconds(20));
  EXPECT_EQ(host.lines("18 events stay in the spool").size() +
                host.lines("17 events stay in the spool").size(),
            1U);
  EXPECT_EQ(host.lines("18 events wait in the spool").size(), 1U);
  EXPECT_EQ(heard(host), numbers(3, 20));
  // Serials go on.
  EXPECT_EQ(host.events.front().pool_serial, 2);
  send(host, 21, 21);
  host.run_for(seconds(1));
  EXPECT_EQ(host.events.back().pool_serial, 20);
  EXPECT_GE(host.events.back().serial, 20);
}

TEST(Spool, AFullOneDropsTheOldestAndSaysSo) {
  FakeHost host(with_spool());
  host.scripts["l"] = {
      {.answers = {Answer::nothing}, .is_listener = true},
      {.is_listener = true                           }
  };
  host.spool_room = 20;
  host.boot();
  host.run_for(seconds(1));
  send(host, 1, 25);
  // The first one is held, and stays.
  EXPECT_EQ(
      host.lines("pool l event spool overflowed, discarding 10 events up to poolserial 10").size(),
      1U);
  EXPECT_EQ(pool(host).queued, 14U);
  EXPECT_EQ(pool(host).dropped, 10U);
  host.spool_room = 1000;
  host.exit("l", {.by_signal = true, .number = SIGKILL});
  host.run_for(seconds(20));
  std::vector<int> wanted{1, 1};
  for (const int number : numbers(12, 25)) wanted.push_back(number);
  EXPECT_EQ(heard(host), wanted);
}

TEST(Spool, ComesAndGoesWithAnUpdate) {
  FakeHost host(with_spool(100, 1, false));
  host.scripts["l"] = {
      {.thinks = seconds(1), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(1));
  send(host, 1, 10);
  host.update(with_spool(2));
  send(host, 11, 15);
  host.run_for(seconds(4));
  host.update(with_spool(100, 1, false));
  host.run_for(seconds(60));
  // What was on disk alone stays there until there is a spool again.
  const std::vector<int> first = heard(host);
  EXPECT_EQ(host.lines("events stay in the spool that it has no longer").size(), 1U);
  ASSERT_LT(first.size(), 15U);
  EXPECT_EQ(first, numbers(1, int(first.size())));
  host.update(with_spool(2));
  host.run_for(seconds(60));
  EXPECT_EQ(heard(host), numbers(1, 15));
}

}  // namespace
}  // namespace sup::sim

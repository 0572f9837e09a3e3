// Event listeners: what they get, what happens with what they refuse.
#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using core::Supervisor;
using schema::EventType;
using Lines = std::vector<std::string>;

void send_remote(FakeHost& host, const std::string& type) {
  host.request(
      [&](const auto& now, auto& out) { host.core().send_remote_event(now, type, "data", out); });
}

std::vector<std::string> payloads(const FakeHost& host) {
  std::vector<std::string> texts;
  for (const auto& event : host.events) texts.push_back(event.payload);
  return texts;
}

TEST(Listener, HearsOfTheBootOfItsOwnAndLaterGroups) {
  FakeHost host(Configuration()
                    .program("early", [](auto& o) { o.priority = -5; })
                    .listener("l", {EventType::EVENT}, 100)
                    .program("web"));
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(3));
  EXPECT_EQ(payloads(host), (Lines{"groupname:l\n", "groupname:web\n", "",
                                   "processname:early groupname:early from_state:STOPPED tries:0",
                                   "processname:l groupname:l from_state:STOPPED tries:0",
                                   "processname:web groupname:web from_state:STOPPED tries:0",
                                   "processname:early groupname:early from_state:STARTING pid:100",
                                   "processname:l groupname:l from_state:STARTING pid:101",
                                   "processname:web groupname:web from_state:STARTING pid:102"}));
  EXPECT_EQ(host.events[2].name, "SUPERVISOR_STATE_CHANGE_RUNNING");
  EXPECT_EQ(host.events[8].header,
            "ver:3.0 server:supervisor serial:8 pool:l poolserial:8 "
            "eventname:PROCESS_STATE_RUNNING len:57");
}

TEST(Listener, GetsNothingBeforeItIsRunning) {
  FakeHost host(Configuration().listener("l", {EventType::SUPERVISOR_STATE_CHANGE}));
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(0.999));
  EXPECT_TRUE(host.events.empty());
  host.run_for(seconds(0.001));
  EXPECT_EQ(host.events.size(), 1U);
}

TEST(Listener, OverlappingSubscriptionsDeliverOnce) {
  FakeHost host(
      Configuration().listener("l", {EventType::EVENT, EventType::REMOTE_COMMUNICATION}, 100));
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  const std::size_t before = host.events.size();
  send_remote(host, "x");
  host.run_for(seconds(1));
  EXPECT_EQ(host.events.size() - before, 1U + 0U);
}

TEST(Listener, AnEventThatNoPoolWantsGetsNoSerial) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}).program("web"));
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(Instant{});
  ASSERT_EQ(host.events.size(), 1U);
  EXPECT_EQ(host.events[0].serial, 0);
}

TEST(Listener, OverflowDropsTheOldestAndSaysSo) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}, 2));
  host.scripts["l"] = {
      {.thinks = seconds(2), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  for (const char* type : {"a", "b", "c", "d", "e"}) send_remote(host, type);
  EXPECT_EQ(host.lines("overflowed"),
            (Lines{"pool l event buffer overflowed, discarding event 1",
                   "pool l event buffer overflowed, discarding event 2"}));
  host.run_for(seconds(9));
  EXPECT_EQ(payloads(host), (Lines{"type:a\ndata", "type:d\ndata", "type:e\ndata"}));
}

TEST(Listener, HearsOfAllStartsWhateverItsBufferHolds) {
  Configuration configuration;
  configuration.listener("l", {EventType::PROCESS_STATE}, 10);
  for (int i = 0; i < 50; ++i) configuration.program("p" + std::to_string(i));
  FakeHost host(configuration);
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(5));
  EXPECT_EQ(host.lines("overflowed"), Lines{});
  EXPECT_EQ(std::ranges::count(host.event_names(), "PROCESS_STATE_STARTING"), 51);
  EXPECT_EQ(std::ranges::count(host.event_names(), "PROCESS_STATE_RUNNING"), 51);
}

TEST(Listener, GetsAnEventAtTheTimeOfItsCause) {
  FakeHost host(
      Configuration().listener("l", {EventType::PROCESS_STATE_EXITED}).program("p", [](auto& o) {
        o.autorestart = schema::AutoRestartValue::never;
      }));
  host.scripts["l"] = {{.is_listener = true}};
  host.scripts["p"] = {{.lives = seconds(3.25)}};
  host.boot();
  const Instant start = host.now();
  host.run_for(seconds(10));
  ASSERT_EQ(host.events.size(), 1U);
  EXPECT_EQ(host.events[0].at, start + seconds(3.25));
}

TEST(Listener, ThatDoesNotAnswerIsToldOfOnce) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "a");
  host.run_for(seconds(59));
  EXPECT_EQ(host.lines("has not answered"), Lines{});
  host.run_for(seconds(600));
  EXPECT_EQ(host.lines("has not answered"),
            Lines{"l: has not answered event 0 for a minute; it gets no other one until it does"});
  EXPECT_EQ(host.core().deadline(), core::never);
}

TEST(Listener, ThatBreaksTheProtocolIsShownWithItsWords) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}),
                {.unknown_listener = true});
  host.scripts["l"] = {{.output = "hello, world\n"}};
  host.boot();
  host.run_for(seconds(2));
  EXPECT_EQ(host.lines("sent b"), Lines{"l: sent b'hello, world\\n' when it was ACKNOWLEDGED"});
}

TEST(Listener, ARejectedEventGoesBackToTheHead) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {
      {.answers = {Answer::fail, Answer::accept}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "a");
  send_remote(host, "b");
  const Instant start = host.now();
  host.run_for(seconds(1));
  EXPECT_EQ(payloads(host), (Lines{"type:a\ndata", "type:a\ndata", "type:b\ndata"}));
  EXPECT_EQ(host.events[1].at, start);
  EXPECT_EQ(host.events[1].header, host.events[0].header);
  EXPECT_EQ(host.lines("rejected"), Lines{"l: event was rejected"});
}

TEST(Listener, OneThatRejectsEverythingDoesNotSpin) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {
      {.answers = {Answer::fail}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "a");
  host.run_for(seconds(3600));
  EXPECT_GT(host.events.size(), 300U);
  EXPECT_LT(host.events.size(), 400U);
  EXPECT_EQ(host.lines("growing delays").size(), 1U);
}

TEST(Listener, OneThatRejectsIsAskedAgainAtOnceWhereThatIsAskedFor) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}),
                {.reject_at_once = true});
  host.scripts["l"] = {
      {.answers = {Answer::fail}, .thinks = seconds(0.01), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "a");
  host.run_for(seconds(10));
  EXPECT_GT(host.events.size(), 900U);
}

TEST(Listener, ARejectionStaysInItsPool) {
  FakeHost host(Configuration()
                    .listener("a", {EventType::REMOTE_COMMUNICATION})
                    .listener("b", {EventType::TICK_3600}));
  host.scripts["a"] = {
      {.answers = {Answer::fail, Answer::accept}, .is_listener = true}
  };
  host.scripts["b"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(5));
  ASSERT_EQ(host.events.size(), 2U);
  for (const auto& event : host.events) EXPECT_EQ(event.process, host.id("a"));
}

TEST(Listener, TheFirstIdleOneOfAPoolIsTaken) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}, 10, 3));
  host.scripts["l0"] = host.scripts["l1"] = host.scripts["l2"] = {
      {.thinks = seconds(1), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  for (int i = 0; i < 4; ++i) send_remote(host, "x");
  host.run_for(seconds(3));
  send_remote(host, "x");
  std::string who;
  for (const auto& event : host.events) who += host.core().spec(event.process).name + " ";
  EXPECT_EQ(who, "l0 l1 l2 l0 l0 ");
  // Three took a second, one waited for another; the last one is not done yet.
  const auto pool = host.core().pool_status(host.core().group_of(host.id("l0")));
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->durations.counts,
            (std::array<std::uint64_t, 11>{0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0}));
  EXPECT_DOUBLE_EQ(pool->durations.seconds, 5.0);
}

TEST(Listener, TheEventOfOneThatDiesIsGivenToAnother) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}, 10, 2));
  host.scripts["l0"] = {
      {.answers = {Answer::exit}, .thinks = seconds(1), .is_listener = true}
  };
  host.scripts["l1"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(2));
  ASSERT_EQ(host.events.size(), 2U);
  EXPECT_EQ(host.events[1].process, host.id("l1"));
  EXPECT_EQ(host.events[0].header, host.events[1].header);
}

TEST(Listener, AClosedStdinIsNotTriedAgainUntilARestart) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {
      {.is_listener = true, .stdin_closed = true},
      {.is_listener = true                  }
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(100));
  EXPECT_EQ(host.lines("epipe"),
            Lines{"epipe occurred while sending event 0 to listener l, listener state unchanged"});
  EXPECT_TRUE(host.events.empty());
  host.stop("l");
  host.run_for(seconds(1));
  host.start("l");
  host.run_for(seconds(2));
  EXPECT_EQ(payloads(host), Lines{"type:x\ndata"});
}

TEST(Listener, OneThatBreaksTheProtocolGetsNothingUntilARestart) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}),
                {.unknown_listener = true});
  host.scripts["l"] = {
      {.answers = {Answer::garbage}, .is_listener = true},
      {.is_listener = true                           }
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(100));
  EXPECT_EQ(host.events.size(), 1U);
  EXPECT_EQ(host.state("l"), ProcessState::RUNNING);
  EXPECT_EQ(
      host.lines("l: "),
      (Lines{"l: ACKNOWLEDGED -> READY", "l: bad result line: 'RESULT many'", "l: BUSY -> UNKNOWN",
             "l: has entered the UNKNOWN state and will no longer receive events, this "
             "usually indicates the process violated the eventlistener protocol"}));
  host.stop("l");
  host.run_for(seconds(1));
  host.start("l");
  host.run_for(seconds(2));
  EXPECT_EQ(host.events.size(), 2U);
}

TEST(Listener, OneThatBreaksTheProtocolStartsAgainAndGetsItsEventAgain) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {
      {.answers = {Answer::garbage}, .is_listener = true},
      {.is_listener = true                           }
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(100));
  EXPECT_EQ(payloads(host), (Lines{"type:x\ndata", "type:x\ndata"}));
  EXPECT_EQ(host.events[1].serial, host.events[0].serial);
  EXPECT_EQ(host.state("l"), ProcessState::RUNNING);
  EXPECT_EQ(host.starts.size(), 2U);
  const ProcessId id = host.id("l");
  const auto pool = host.core().pool_status(host.core().group_of(id));
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->queued, 0U);
  EXPECT_FALSE(pool->oldest);
  EXPECT_EQ(pool->accepted, 1U);
  EXPECT_EQ(pool->delivered, 1U);
  EXPECT_EQ(pool->rejected, 1U);
  ASSERT_EQ(pool->listeners.size(), 1U);
  EXPECT_EQ(pool->listeners[0].violations, 1U);
  EXPECT_EQ(pool->listeners[0].last_bytes, "READY\nRESULT many\nREADY\nRESULT 2\nOKREADY\n");
  const core::ProcessHistory history = host.core().history(id);
  EXPECT_EQ(history.starts, 2U);
  ASSERT_EQ(history.exits.size(), 1U);
  EXPECT_TRUE(history.exits[0].status.by_signal);
}

TEST(Listener, OneThatAlwaysBabblesEndsInFatal) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {{.output = "hello, I am a listener\n"}};
  host.boot();
  host.run_for(seconds(100));
  EXPECT_EQ(host.state("l"), ProcessState::FATAL);
  EXPECT_EQ(host.starts.size(), 4U);
}

TEST(Listener, OneThatBreaksTheProtocolFollowsItsPolicy) {
  FakeHost host(
      Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}, 10, 1,
                               [](auto& o) { o.autorestart = schema::AutoRestartValue::never; }));
  host.scripts["l"] = {
      {.answers = {Answer::garbage}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(100));
  EXPECT_EQ(host.state("l"), ProcessState::EXITED);
  // The event waits for who starts it.
  EXPECT_EQ(host.core().pool_status(host.core().group_of(host.id("l")))->queued, 1U);
}

TEST(Listener, OneThatBreaksTheProtocolAndIgnoresItsSignalIsKilled) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}, 10, 1,
                                         [](auto& o) { o.stopwaitsecs = 3; }));
  host.scripts["l"] = {
      {.ignores_stop = true, .answers = {Answer::garbage}, .is_listener = true},
      {.is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  host.run_for(seconds(2.9));
  EXPECT_EQ(host.starts.size(), 1U);
  host.run_for(seconds(2));
  EXPECT_EQ(host.starts.size(), 2U);
  EXPECT_EQ(host.kills.back().signal, SIGKILL);
}

TEST(Listener, TheQueueTellsItsDepthAndAge) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}, 2));
  host.scripts["l"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  for (int i = 0; i < 5; ++i) {
    send_remote(host, "x");
    host.run_for(seconds(1));
  }
  const auto pool = host.core().pool_status(host.core().group_of(host.id("l")));
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->queued, 2U);
  EXPECT_EQ(pool->buffer_size, 2);
  EXPECT_EQ(pool->oldest, host.now() - seconds(2));
  EXPECT_EQ(pool->accepted, 5U);
  EXPECT_EQ(pool->dropped, 2U);
  EXPECT_EQ(pool->listeners[0].state, core::ListenerState::BUSY);
  EXPECT_EQ(pool->listeners[0].held, 0);
  EXPECT_EQ(pool->listeners[0].held_since, host.now() - seconds(5));
}

TEST(Listener, OneThatDoesNotAnswerIsLeftAlone) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  send_remote(host, "x");
  send_remote(host, "y");
  host.run_for(seconds(100));
  EXPECT_EQ(host.events.size(), 1U);
  EXPECT_EQ(host.core().deadline(), core::never);
}

TEST(Listener, TicksComeAtTheirTimesAndOnlyWhenWanted) {
  FakeHost host(Configuration().listener("l", {EventType::TICK_5, EventType::TICK_60}, 100));
  host.scripts["l"] = {{.is_listener = true}};
  // Three seconds before a full minute.
  host.wall_offset = std::chrono::seconds(1795402800 - 3) - host.now();
  host.boot();
  host.run_for(seconds(13.5));
  EXPECT_EQ(payloads(host),
            (Lines{"when:1795402800", "when:1795402800", "when:1795402805", "when:1795402810"}));
  EXPECT_EQ(host.event_names(), (Lines{"TICK_5", "TICK_60", "TICK_5", "TICK_5"}));
}

TEST(Listener, AClockThatIsSetBackGivesOneTick) {
  FakeHost host(Configuration().listener("l", {EventType::TICK_5}, 100));
  host.scripts["l"] = {{.is_listener = true}};
  host.wall_offset = std::chrono::seconds(1795402800) - host.now();
  host.boot();
  host.run_for(seconds(4));
  host.wall_offset -= std::chrono::seconds(100);
  host.run_for(seconds(2));
  EXPECT_EQ(payloads(host), Lines{"when:1795402705"});
}

TEST(Listener, StderrIsAnOrdinaryChannelAndStdoutIsNot) {
  FakeHost host(Configuration().listener("l", {EventType::PROCESS_LOG}, 10, 1, [](auto& o) {
    o.stdout_events_enabled = true;
    o.stderr_events_enabled = true;
    o.stdout_capture_maxbytes = 100;
  }));
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  host.write("l", Channel::standard_error, "oops\n");
  host.run_for(seconds(1));
  EXPECT_EQ(payloads(host), Lines{"processname:l groupname:l pid:100 channel:stderr\noops\n"});
  EXPECT_EQ(host.output["l stdout"], "READY\nRESULT 2\nOKREADY\n");
  EXPECT_EQ(host.lines("'l' std"),
            (Lines{"'l' stdout output:\nb'READY\\n'", "'l' stderr output:\noops\n",
                   "'l' stdout output:\nb'RESULT 2\\nOKREADY\\n'"}));
}

TEST(Listener, OneThatCountsBytesGetsThemAsTheyAre) {
  FakeHost host(Configuration()
                    .program("p", [](auto& o) { o.stdout_events_enabled = true; })
                    .listener("characters", {EventType::PROCESS_LOG})
                    .listener("raw", {EventType::PROCESS_LOG}, 10, 1, {},
                              [](auto& o) { o.event_length = schema::EventLengthValue::bytes; }));
  for (const char* name : {"characters", "raw"}) host.scripts[name] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  host.write("p", Channel::standard_output,
             "gr\xc3\xbc\xc3\x9f"
             "e\n");
  host.run_for(seconds(1));
  host.write("p", Channel::standard_output, "\xff\n");
  host.run_for(seconds(1));
  const std::string head = "processname:p groupname:p pid:102 channel:stdout\n";
  const auto length = [](const FakeHost::Received& event) {
    return std::stoul(event.header.substr(event.header.rfind(':') + 1));
  };
  ASSERT_EQ(host.events.size(), 4U);
  EXPECT_EQ(payloads(host), (Lines{head + "gr\xc3\xbc\xc3\x9f"
                                          "e\n",
                                   head + "gr\xc3\xbc\xc3\x9f"
                                          "e\n",
                                   head + "Undecodable: b'\\xff\\n'", head + "\xff\n"}));
  EXPECT_EQ(length(host.events[0]), head.size() + 6);
  EXPECT_EQ(length(host.events[1]), head.size() + 8);
  EXPECT_EQ(length(host.events[3]), head.size() + 2);
}

TEST(Listener, DebugLinesAreAsSupervisorsOnes) {
  FakeHost host(Configuration().listener("l", {EventType::REMOTE_COMMUNICATION}));
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(2));
  host.log.clear();
  send_remote(host, "x");
  host.run_for(seconds(1));
  Lines texts;
  for (const auto& line : host.log) texts.push_back(line.text);
  EXPECT_EQ(texts, (Lines{"event 0 sent to listener l",
                          "'l' stdout output:\nb'RESULT 2\\nOKREADY\\n'", "l: event was processed",
                          "l: BUSY -> ACKNOWLEDGED", "l: ACKNOWLEDGED -> READY"}));
}

TEST(Ticks, ComeAtOnceWhenTheClockIsSet) {
  FakeHost host(Configuration().listener("l", {EventType::TICK_3600}));
  host.scripts["l"] = {
      {.answers = {Answer::accept}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(10));
  EXPECT_EQ(host.event_names(), Lines{});
  host.tell(core::input::ClockSet{});
  EXPECT_EQ(host.event_names(), Lines{}) << "the hour is the same";
  host.wall_offset += std::chrono::hours(5);
  host.tell(core::input::ClockSet{});
  host.run_for(seconds(1));
  EXPECT_EQ(host.event_names(), Lines{"TICK_3600"}) << "one, not five";
  host.wall_offset -= std::chrono::hours(9);
  host.tell(core::input::ClockSet{});
  host.run_for(seconds(1));
  EXPECT_EQ(host.event_names(), (Lines{"TICK_3600", "TICK_3600"}));
  host.run_for(std::chrono::hours(1));
  EXPECT_EQ(host.event_names().size(), 3U) << "and each hour from then on";
}

}  // namespace
}  // namespace sup::sim

// Output of children: capture, events, the debug log.
#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using schema::EventType;
using Lines = std::vector<std::string>;

class Output : public testing::Test {
 protected:
  Output()
      : host(Configuration()
                 .listener("l", {EventType::PROCESS_LOG, EventType::PROCESS_COMMUNICATION}, 100)
                 .program("p", [](auto& o) {
                   o.stdout_capture_maxbytes = 64;
                   o.stdout_events_enabled = true;
                   o.stderr_events_enabled = true;
                 })) {
    host.scripts["l"] = {{.is_listener = true}};
    host.boot();
    host.run_for(seconds(2));
  }

  void write(std::string_view bytes) { host.write("p", Channel::standard_output, bytes); }

  std::vector<std::string> received() {
    host.run_for(Instant{});
    std::vector<std::string> texts;
    for (const auto& event : host.events) {
      texts.push_back(event.payload.substr(event.payload.find('\n') + 1));
    }
    return texts;
  }

  FakeHost host;
};

TEST_F(Output, IsToldInEventsAndGoesToTheLog) {
  write("plain line\n");
  EXPECT_EQ(received(), Lines{"plain line\n"});
  EXPECT_EQ(host.events[0].payload,
            "processname:p groupname:p pid:101 channel:stdout\nplain line\n");
  EXPECT_EQ(host.output["p stdout"], "plain line\n");
  EXPECT_EQ(host.lines("'p' stdout"), Lines{"'p' stdout output:\nplain line\n"});
}

TEST_F(Output, BetweenTokensIsAnEventAndNotInTheLog) {
  write("a<!--XSUPERVISOR:BEGIN-->Hello!<!--XSUPERVISOR:END-->b");
  EXPECT_EQ(received(), (Lines{"a", "Hello!", "Hello!", "b"}));
  EXPECT_EQ(host.event_names(), (Lines{"PROCESS_LOG_STDOUT", "PROCESS_LOG_STDOUT",
                                       "PROCESS_COMMUNICATION_STDOUT", "PROCESS_LOG_STDOUT"}));
  EXPECT_EQ(host.events[2].payload, "processname:p groupname:p pid:101\nHello!");
  EXPECT_EQ(host.output["p stdout"], "ab");
  EXPECT_EQ(host.lines("comm event"), Lines{"'p' stdout emitted a comm event"});
}

TEST_F(Output, OfAnUnfinishedTokenOrCaptureIsNotLostAtExit) {
  write("text <!--XSUP");
  host.exit("p", {});
  EXPECT_EQ(host.output["p stdout"], "text <!--XSUP");
  EXPECT_EQ(received(), (Lines{"text ", "<!--XSUP"}));
  host.start("p");
  host.run_for(seconds(2));
  write("<!--XSUPERVISOR:BEGIN-->half");
  host.exit("p", {});
  EXPECT_EQ(host.output["p stdout"], "text <!--XSUPhalf");
}

TEST_F(Output, ACharacterThatIsSplitOverTwoReadsIsNotTorn) {
  write("caf\xc3");
  write("\xa9 \xe2\x82");
  write("\xac\n");
  EXPECT_EQ(received(), (Lines{"caf", "\xc3\xa9 ", "\xe2\x82\xac\n"}));
  EXPECT_EQ(host.output["p stdout"], "caf\xc3\xa9 \xe2\x82\xac\n");
}

TEST_F(Output, WhatIsNoTextIsShownAsPythonShowsIt) {
  write(
      "bad\xff"
      "byte\n");
  write("end \xe2\x82");
  host.exit("p", {});
  EXPECT_EQ(received(),
            (Lines{"Undecodable: b'bad\\xffbyte\\n'", "end ", "Undecodable: b'\\xe2\\x82'"}));
  EXPECT_EQ(host.output["p stdout"],
            "bad\xff"
            "byte\nend \xe2\x82");
}

TEST(OutputWithoutDebug, IsWantedOnlyWhereSomethingLooksAtIt) {
  Configuration configuration;
  configuration.supervisord().loglevel = schema::LogLevelValue::info;
  configuration.program("plain")
      .program("captured", [](auto& o) { o.stdout_capture_maxbytes = 1; })
      .listener("l", {EventType::TICK_3600});
  FakeHost host(configuration);
  using enum Channel;
  const auto wants = [&](const char* name, Channel channel) {
    return host.core().wants_output(host.id(name), channel);
  };
  EXPECT_FALSE(wants("plain", standard_output));
  EXPECT_FALSE(wants("plain", standard_error));
  EXPECT_TRUE(wants("captured", standard_output));
  EXPECT_FALSE(wants("captured", standard_error));
  EXPECT_TRUE(wants("l", standard_output));
  EXPECT_FALSE(wants("l", standard_error));
  host.boot();
  host.run_for(seconds(2));
  for (const auto& line : host.log) EXPECT_GE(line.level, Level::info);
}

TEST(OutputStripped, HasNoColoursLeft) {
  Configuration configuration;
  configuration.supervisord().strip_ansi = true;
  configuration.program("p");
  FakeHost host(configuration);
  host.boot();
  host.run_for(seconds(2));
  host.write("p", Channel::standard_output, "\x1b[1");
  host.write("p", Channel::standard_output, "mred\x1b[0m\n");
  EXPECT_EQ(host.output["p stdout"], "red\n");
}

}  // namespace
}  // namespace sup::sim

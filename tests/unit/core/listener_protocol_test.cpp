#include "runtime/core/listener_protocol.h"

#include <fstream>
#include <regex>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/core/event_text.h"

namespace sup::core {
namespace {

using Kind = ListenerMessage::Kind;

// Feeds a listener that gets an event whenever it is ready; the kinds of its messages.
class Dialogue {
 public:
  Dialogue& say(std::string_view bytes) {
    std::vector<ListenerMessage> messages;
    protocol.feed(bytes, messages);
    for (const ListenerMessage& message : messages) {
      kinds.push_back(message.kind);
      last_line = message.line;
    }
    protocol.sent();
    return *this;
  }

  ListenerProtocol protocol;
  std::vector<Kind> kinds;
  std::string last_line;
};

std::vector<Kind> answers(std::initializer_list<std::string_view> chunks) {
  Dialogue dialogue;
  dialogue.say("READY\n");
  for (const std::string_view chunk : chunks) dialogue.say(chunk);
  return {dialogue.kinds.begin() + 1, dialogue.kinds.end()};
}

TEST(ListenerProtocol, ReadyThenResultThenReady) {
  EXPECT_EQ(answers({"RESULT 2\nOK", "READY\n"}), (std::vector{Kind::processed, Kind::ready}));
  EXPECT_EQ(answers({"RESULT 4\nFAIL"}), std::vector{Kind::rejected});
  EXPECT_EQ(answers({"RESULT 2\nOKREADY\n"}), (std::vector{Kind::processed, Kind::ready}));
}

TEST(ListenerProtocol, TokensMayBeSplitAnywhere) {
  const std::string whole = "READY\nRESULT 2\nOKREADY\n";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    Dialogue dialogue;
    // READY of its own, as bytes that follow it before the event are a violation.
    dialogue.say("REA").say("DY\n");
    for (std::size_t i = 6; i < whole.size(); i += size) dialogue.say(whole.substr(i, size));
    EXPECT_EQ(dialogue.kinds, (std::vector{Kind::ready, Kind::processed, Kind::ready})) << size;
  }
}

TEST(ListenerProtocol, OnlyTheNumberOfTheResultLineIsRead) {
  EXPECT_EQ(answers({"FOOBAR 2\nOK"}), std::vector{Kind::processed});
  EXPECT_EQ(answers({"RESULT   +2  \nOK"}), std::vector{Kind::processed});
  EXPECT_EQ(answers({"RESULT 2\r\nOK"}), std::vector{Kind::processed});
}

TEST(ListenerProtocol, ABadResultLineEndsTheTalk) {
  for (const std::string_view line :
       {"OK\n", "RESULT x\n", "RESULT \n", "RESULT\n", "\n", "RESULT -1\n", "RESULT 1.5\n",
        "RESULT 99999999999999999999999\n", "RESULT \xd9\xa2\n"}) {
    EXPECT_EQ(answers({line, "RESULT 2\nOK", "READY\n"}), std::vector{Kind::bad_result}) << line;
  }
}

TEST(ListenerProtocol, AnythingButOkIsARejection) {
  EXPECT_EQ(answers({"RESULT 2\nok"}), std::vector{Kind::rejected});
  EXPECT_EQ(answers({"RESULT 3\nOK\n"}), std::vector{Kind::rejected});
  EXPECT_EQ(answers({"RESULT 0\n"}), std::vector{Kind::rejected});
  EXPECT_EQ(answers({"RESULT 1\nO"}), std::vector{Kind::rejected});
}

TEST(ListenerProtocol, ALongResultIsCountedAndNotKept) {
  Dialogue dialogue;
  dialogue.say("READY\n").say("RESULT 9000000000000000000\nOK");
  const std::string block(100000, 'x');
  for (int i = 0; i < 100; ++i) dialogue.say(block);
  EXPECT_TRUE(dialogue.protocol.busy());
  EXPECT_EQ(dialogue.kinds.size(), 1U);
}

TEST(ListenerProtocol, ALineWithoutEndIsGivenUp) {
  Dialogue dialogue;
  dialogue.say("READY\n");
  for (int i = 0; i < 10000; ++i) dialogue.say("x");
  EXPECT_EQ(dialogue.kinds, (std::vector{Kind::ready, Kind::bad_result}));
  EXPECT_LE(dialogue.last_line.size(), ListenerProtocol::maximum_line);
}

TEST(ListenerProtocol, AnUnreceivedEventLeavesItReady) {
  Dialogue dialogue;
  dialogue.say("READY\n").say("RESUL");
  dialogue.protocol.not_received();
  EXPECT_EQ(dialogue.protocol.state(), ListenerState::READY);
}

// The Python programs of the samples write with os.write(1, b'...'); how their bytes are grouped in
// reads and when events reach them is played as their listing shows.
std::vector<std::string> protocol_lines(const std::string& program) {
  std::vector<std::string> lines;
  ListenerProtocol protocol;
  const std::regex write(R"(os\.write\(1,b'((?:[^'\\]|\\.)*)'\))");
  for (std::sregex_iterator i(program.begin(), program.end(), write), end; i != end; ++i) {
    std::string bytes = (*i)[1];
    bytes = std::regex_replace(bytes, std::regex(R"(\\n)"), "\n");
    bytes = std::regex_replace(bytes, std::regex(R"(\\r)"), "\r");
    std::vector<ListenerMessage> messages;
    protocol.feed(bytes, messages);
    for (const ListenerMessage& message : messages) {
      if (message.kind == Kind::processed) lines.push_back("DEBG l: event was processed");
      if (message.kind == Kind::rejected) lines.push_back("WARN l: event was rejected");
      if (message.kind == Kind::bad_result) {
        lines.push_back("WARN l: bad result line: '" + message.line + "'");
      }
      lines.push_back("DEBG l: " + std::string(listener_state_name(message.from)) + " -> " +
                      std::string(listener_state_name(message.to)));
    }
    protocol.sent();
  }
  return lines;
}

TEST(ListenerProtocol, AgreesWithSupervisorOnTheSamples) {
  std::ifstream file(SUP_SHARED_DIR "/reference/samples/listener/protocol.jsonl");
  if (!file) GTEST_SKIP() << "no reference samples beside the source tree";
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    const auto sample = nlohmann::json::parse(line);
    const std::string name = sample["case"];
    // Deliberately different: no recursion on a negative length.
    if (name == "d12_negative") continue;
    std::vector<std::string> expected;
    for (const std::string text : sample["log"]) {
      const bool state = text.starts_with("DEBG l: ") || text.starts_with("WARN l: ");
      if (state && text.find("has entered") == std::string::npos) expected.push_back(text);
    }
    EXPECT_EQ(protocol_lines(sample["listener"]), expected) << name;
    ++compared;
  }
  EXPECT_GE(compared, 15);
}

}  // namespace
}  // namespace sup::core

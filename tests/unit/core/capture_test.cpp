#include "runtime/core/capture.h"

#include <fstream>
#include <regex>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/core/output_channel.h"

namespace sup::core {
namespace {

const std::string begin(CaptureSplitter::begin_token);
const std::string end(CaptureSplitter::end_token);

class Collector final : public ChannelSink {
 public:
  void append_log(std::string_view bytes) override { log += bytes; }

  void show(std::string_view text) override { shown += text; }

  void communicate(std::string data) override { events.push_back(std::move(data)); }

  std::string log;
  std::string shown;
  std::vector<std::string> events;
};

Collector run(const std::vector<std::string>& chunks, std::int64_t maximum = 1000) {
  Collector collector;
  OutputChannel channel;
  const ChannelSettings settings{.capture_maxbytes = maximum, .strip_ansi = false};
  for (const std::string& chunk : chunks) channel.feed(chunk, settings, collector);
  channel.finish(settings, collector);
  return collector;
}

std::vector<std::string> split(const std::string& text, std::size_t size) {
  std::vector<std::string> chunks;
  for (std::size_t i = 0; i < text.size(); i += size) chunks.push_back(text.substr(i, size));
  return chunks;
}

TEST(Capture, TokensAreFoundHoweverTheyAreSplit) {
  const std::string text =
      "a" + begin + "one" + end + begin + end + "<!--X" + begin + end[0] + "two" + end + "z";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const Collector result = run(split(text, size));
    EXPECT_EQ(result.log, "a<!--Xz") << size;
    EXPECT_EQ(result.events, (std::vector<std::string>{"one", "", "<two"})) << size;
    EXPECT_EQ(result.shown, "aone<!--X<twoz") << size;
  }
}

TEST(Capture, ABeginWithinACaptureAndAnEndOutsideAreData) {
  const Collector result = run({end + begin + "x" + begin + "y" + end});
  EXPECT_EQ(result.log, end);
  EXPECT_EQ(result.events, std::vector<std::string>{"x" + begin + "y"});
}

TEST(Capture, ShortOutputIsNotHeldBack) {
  Collector collector;
  OutputChannel channel;
  channel.feed("short\n", {.capture_maxbytes = 64, .strip_ansi = false}, collector);
  EXPECT_EQ(collector.log, "short\n");
}

TEST(Capture, NothingIsLostAtTheEnd) {
  EXPECT_EQ(run({"hello <!--XSUPERVISOR:BEGIN--"}).log, "hello <!--XSUPERVISOR:BEGIN--");
  const Collector open = run({"a" + begin + "never ended<!--XSUP"});
  EXPECT_EQ(open.log, "anever ended<!--XSUP");
  EXPECT_TRUE(open.events.empty());
}

TEST(Capture, TheBufferDropsAsMuchAsComesIn) {
  std::vector<std::string> chunks = {begin};
  for (const char c : std::string("ABCDEF")) chunks.emplace_back(30, c);
  chunks.push_back(end);
  EXPECT_EQ(run(chunks, 64).events[0], std::string(30, 'E') + std::string(30, 'F'));
  EXPECT_EQ(run({begin + std::string(100, 'x') + end}, 64).events[0], std::string(100, 'x'));
}

// What the sample program writes, one os.write a chunk.
std::vector<std::string> writes(const std::string& program) {
  std::vector<std::string> chunks;
  const std::regex write(R"(os\.write\(1,\s*b'((?:[^'\\]|\\.)*)'(?:\*(\d+))?\))");
  for (std::sregex_iterator i(program.begin(), program.end(), write), last; i != last; ++i) {
    const std::string bytes = std::regex_replace((*i)[1].str(), std::regex(R"(\\n)"), "\n");
    const int count = (*i)[2].matched ? std::stoi((*i)[2]) : 1;
    std::string chunk;
    for (int k = 0; k < count; ++k) chunk += bytes;
    chunks.push_back(chunk);
  }
  return chunks;
}

TEST(Capture, AgreesWithSupervisorOnTheSamples) {
  std::ifstream file(SUP_SHARED_DIR "/reference/samples/capture/capture.jsonl");
  if (!file) GTEST_SKIP() << "no reference samples beside the source tree";
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    const auto sample = nlohmann::json::parse(line);
    const std::string program = sample["program"];
    // A loop or a computed text cannot be read off.
    const auto calls = std::regex_replace(
        program, std::regex(R"(os\.write\(1,\s*b'((?:[^'\\]|\\.)*)'(?:\*(\d+))?\))"), "");
    if (calls.find("os.write") != std::string::npos) continue;
    const Collector result = run(writes(program), sample["stdout_capture_maxbytes"]);
    std::vector<std::string> events;
    for (const auto& event : sample["events"]) {
      const std::string payload = event["payload"];
      if (event["event"] == "PROCESS_COMMUNICATION_STDOUT") {
        events.push_back(payload.substr(payload.find('\n') + 1));
      }
    }
    EXPECT_EQ(result.events, events) << sample["case"];
    // Ours may have more at the end: Supervisor loses what it still holds back.
    const std::string log = sample["stdout_log"];
    EXPECT_TRUE(result.log.starts_with(log)) << sample["case"] << ": " << result.log;
    ++compared;
  }
  EXPECT_GE(compared, 8);
}

}  // namespace
}  // namespace sup::core

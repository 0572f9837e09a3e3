#include "runtime/core/event_text.h"

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "schema/events.h"

namespace sup::core {
namespace {

using schema::EventType;
using schema::ProcessState;

schema::Process process(const std::string& name) {
  schema::Process result;
  result.name = name;
  result.group = name;
  return result;
}

TEST(EventText, TheLengthCountsCharacters) {
  EXPECT_EQ(wire_format({"supervisor", "rec", 40, 41, EventType::REMOTE_COMMUNICATION},
                        remote_payload("\xc3\xbcn\xc3\xaf", "d\xc3\xa4t\xc3\xa4")),
            "ver:3.0 server:supervisor serial:40 pool:rec poolserial:41 "
            "eventname:REMOTE_COMMUNICATION len:13\ntype:\xc3\xbcn\xc3\xaf\nd\xc3\xa4t\xc3\xa4");
}

TEST(EventText, ATickNamesTheBeginningOfItsPeriod) {
  using std::chrono::seconds;
  EXPECT_EQ(tick_slice(seconds(1795402804), 5), 1795402800);
  EXPECT_EQ(tick_slice(seconds(1795402805), 5), 1795402805);
  EXPECT_EQ(tick_slice(seconds(-1), 60), -60);
}

// One payload for each sample; header fields are read from the sample.
std::map<std::string, std::string> sample_payloads() {
  const auto state = [](const std::string& name, ProcessState from, ProcessState to, int pid,
                        int failures, bool expected = false) {
    return state_payload(process(name), {from, to, pid, failures, expected});
  };
  using enum ProcessState;
  return {
      {"PROCESS_STATE_STARTING",             state("comm",                                    STOPPED, STARTING, 0, 0)},
      {"PROCESS_STATE_STARTING.from-BACKOFF",                            state("fast",                                                                          BACKOFF, STARTING, 0, 1)},
      {"PROCESS_STATE_STARTING.from-EXITED",                                    state("ok",                                               EXITED, STARTING, 0, 0)},
      {"PROCESS_STATE_STARTING.from-FATAL",                             state("fast",FATAL, STARTING, 0, 0)},
      {"PROCESS_STATE_RUNNING",                                  state("comm",                                                                                 STARTING, RUNNING, 17, 0)},
      {"PROCESS_STATE_BACKOFF",state("fast",STARTING, BACKOFF, 0, 1)},
      {"PROCESS_STATE_STOPPING",                                   state("cat",                                                                                RUNNING, STOPPING, 36, 0)},
      {"PROCESS_STATE_STOPPING.from-STARTING",  state("slow",         STARTING, STOPPING, 47, 0)},
      {"PROCESS_STATE_STOPPED",                            state("cat",                                                                          STOPPING, STOPPED, 36, 0)},
      {"PROCESS_STATE_STOPPED.from-BACKOFF",                                    state("fast",                                                             BACKOFF, STOPPED, 0, 1)},
      {"PROCESS_STATE_EXITED.unexpected",                            state("bad",RUNNING, EXITED, 16, 0)},
      {"PROCESS_STATE_EXITED.expected",                                  state("ok",                                                                                 RUNNING, EXITED, 20, 0, true)},
      {"PROCESS_STATE_FATAL",                                  state("fast",                                                                                        BACKOFF, FATAL, 0, 0)},
      {"PROCESS_STATE_UNKNOWN",                                   state("p",                                                                                STOPPING, UNKNOWN, 0, 0)},
      {"PROCESS_COMMUNICATION_STDOUT",             communication_payload(process("comm"),               17, "Hello!")},
      {"PROCESS_COMMUNICATION_STDERR",                            communication_payload(process("comm"),                                                                         17, "Hello err!")},
      {"PROCESS_LOG_STDOUT",
       log_payload(process("log"),                                              19, Channel::standard_output, "plain line\n")},
      {"PROCESS_LOG_STDOUT.non-ascii",
       log_payload(process("log"),                                                           19, Channel::standard_output, "h\xc3\xa9llo w\xc3\xb6rld\n")},
      {"PROCESS_LOG_STDOUT.undecodable",                                  log_payload(process("log"),                                                                                 19, Channel::standard_output,
       readable("bad\xff"
                                                              "byte\n"))},
      {"PROCESS_LOG_STDERR",
       log_payload(process("log"),19, Channel::standard_error, "err line\n")},
      {"REMOTE_COMMUNICATION",                                  remote_payload("mytype",                                                                               "some data\nline 2")},
      {"REMOTE_COMMUNICATION.non-ascii", remote_payload("\xc3\xbcn\xc3\xaf", "d\xc3\xa4t\xc3\xa4")},
      {"SUPERVISOR_STATE_CHANGE_RUNNING",                             ""                                                                          },
      {"SUPERVISOR_STATE_CHANGE_STOPPING",                                    ""                                                  },
      {"PROCESS_GROUP_ADDED",                             group_payload("rec")                                                                                  },
      {"PROCESS_GROUP_REMOVED",                                  group_payload("grp")                                                                                },
      {"TICK_5",tick_payload(1795402800)},
  };
}

TEST(EventText, IsByteByByteWhatSupervisorSends) {
  const std::string folder = SUP_SHARED_DIR "/reference/samples/events/";
  if (!std::ifstream(folder + "TICK_5.bin")) {
    GTEST_SKIP() << "no reference samples beside the source tree";
  }
  for (const auto& [name, payload] : sample_payloads()) {
    std::ifstream file(folder + name + ".bin", std::ios::binary);
    const std::string expected(std::istreambuf_iterator<char>(file), {});
    const auto number = [&](const std::string& key) {
      return std::stoll(expected.substr(expected.find(" " + key + ":") + key.size() + 2));
    };
    const std::size_t pool = expected.find("pool:") + 5;
    const std::string pool_name = expected.substr(pool, expected.find(' ', pool) - pool);
    const auto type = schema::event_from_name(name.substr(0, name.find('.')));
    ASSERT_TRUE(type) << name;
    const Envelope envelope{"supervisor", pool_name, number("serial"), number("poolserial"), *type};
    EXPECT_EQ(wire_format(envelope, payload), expected) << name;
  }
}

}  // namespace
}  // namespace sup::core

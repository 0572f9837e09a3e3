#include "schema/values.h"

#include <gtest/gtest.h>

namespace sup::schema {
namespace {

template <class Type>
std::optional<typename Type::Storage> read(std::string_view text, Target target = Target::v4_2) {
  typename Type::Storage value{};
  if (Type::read(text, ReadContext{target}, value)) return std::nullopt;
  return value;
}

template <class Type>
ValueError error(std::string_view text) {
  typename Type::Storage value{};
  return Type::read(text, ReadContext{}, value).value_or(ValueError{});
}

TEST(Values, IntegersAreThoseOfPython) {
  EXPECT_EQ(read<Integer>(" 1_000 "), 1000);
  EXPECT_EQ(read<Integer>("+3"), 3);
  EXPECT_EQ(read<Integer>("-3"), -3);
  EXPECT_EQ(read<Integer>("\xD9\xA3"), 3);  // an Arabic digit
  for (const char* bad :
       {"", "1.5", "0x10", "5s", "1__0", "_1", "1_", "- 1", "99999999999999999999"})
    EXPECT_FALSE(read<Integer>(bad)) << bad;
  EXPECT_EQ(error<Integer>("5s").fix, "5");
}

TEST(Values, SizesKnowThreeSuffixes) {
  EXPECT_EQ(read<ByteSize>("1kb"), 1024);
  EXPECT_EQ(read<ByteSize>("1 MB"), 1048576);
  EXPECT_EQ(read<ByteSize>("1\xE2\x84\xAA"
                           "B"),
            1024);  // the sign for kelvin
  EXPECT_EQ(read<ByteSize>("-1"), -1);
  for (const char* bad : {"1K", "1TB", "1.5MB", "MB", "9999999999GB"})
    EXPECT_FALSE(read<ByteSize>(bad)) << bad;
  EXPECT_EQ(error<ByteSize>("50M").fix, "50MB");
  EXPECT_EQ(ByteSize::print(52428800), "50MB");
}

TEST(Values, SignalsAreThoseOfPythonsModule) {
  EXPECT_EQ(read<Signal>("TERM"), 15);
  EXPECT_EQ(read<Signal>(" sigusr1 "), 10);
  EXPECT_EQ(read<Signal>("34"), 34);
  EXPECT_EQ(read<Signal>("0"), 0);
  EXPECT_EQ(read<Signal>("SIG_DFL"), 0);
  for (const char* bad : {"33", "99", "RTMIN+1", "SIGTEM"}) EXPECT_FALSE(read<Signal>(bad)) << bad;
  EXPECT_EQ(error<Signal>("SIGTEM").fix, "TERM");
}

TEST(Values, QuotesHaveTheirOwnRule) {
  EXPECT_EQ(error<Boolean>("\"true\"").rule, "quoted-scalar");
  EXPECT_EQ(error<Boolean>("\"true\"").fix, "true");
  EXPECT_EQ(error<LogTarget>("\"/var/log/x\"").rule, "quoted-scalar");
  EXPECT_EQ(error<DirectoryPath>("'srv'").rule, "quoted-scalar");
  // A file without a folder is written, quotes and all; and who is a user the machine knows.
  EXPECT_EQ(read<FilePath>("'x.log'"), "'x.log'");
  EXPECT_EQ(read<User>("'root'"), "'root'");
}

TEST(Values, ExitCodesNameTheWrongItem) {
  EXPECT_EQ(read<ExitCodes>("0, 2"), (std::vector<int>{0, 2}));
  EXPECT_EQ(read<ExitCodes>(""), std::vector<int>{});
  EXPECT_EQ(error<ExitCodes>("0 2").fix, "0,2");
  const ValueError wrong = error<ExitCodes>("0,256");
  EXPECT_EQ(wrong.begin, 2U);
  EXPECT_EQ(wrong.length, 3U);
}

TEST(Values, EventsAreFoundInAnyCaseAndSuggested) {
  EXPECT_EQ(read<EventList>("tick_5, PROCESS_LOG")->size(), 2U);
  const ValueError wrong = error<EventList>("TICK_5,PROCESS_STATE_EXITTED");
  EXPECT_EQ(wrong.rule, "unknown-event");
  EXPECT_EQ(wrong.fix, "PROCESS_STATE_EXITED");
  EXPECT_EQ(wrong.begin, 7U);
  EXPECT_EQ(error<EventList>("TICK_5 TICK_60").rule, "event-list-syntax");
  EXPECT_EQ(error<EventList>("TICK_5,").rule, "event-list-syntax");
  // Commas are put right when nothing else is wrong.
  EXPECT_EQ(error<EventList>("TICK_5 TICK_60,").fix, "TICK_5,TICK_60");
  EXPECT_EQ(error<EventList>("TICK_5 TICK_6O,").fix, "");
  EXPECT_EQ(error<EventList>("PROCESS_STATE_CRASHED").fix, "PROCESS_STATE_EXITED");
  // Every wrong one is told.
  const ValueError several = error<EventList>("TICK_6O,PROCESS_STATE,PROCESS_STATS");
  EXPECT_EQ(several.fix, "TICK_60");
  ASSERT_EQ(several.others.size(), 1U);
  EXPECT_EQ(several.others[0].fix, "PROCESS_STATE");
  EXPECT_EQ(several.others[0].begin, 22U);
}

TEST(Values, EnvironmentsFollowTheirVersion) {
  using Pairs = EnvironmentValue;
  EXPECT_EQ(read<Environment>("A=1,B=\"x y\""), (Pairs{
                                                    {"A", "1"  },
                                                    {"B", "x y"}
  }));
  EXPECT_EQ(read<Environment>("A=1;B=2"), (Pairs{
                                              {"A", "1"},
                                              {"B", "2"}
  }));
  EXPECT_EQ(read<Environment>("A=\"a\\\"b\""), (Pairs{
                                                   {"A", "a\\"}
  }));
  EXPECT_EQ(read<Environment>("A=\"a\\\"b\"", Target::v4_4), (Pairs{
                                                                 {"A", "a\"b"}
  }));
  EXPECT_EQ(read<Environment>("A=1,A=2"), (Pairs{
                                              {"A", "2"}
  }));
  for (const char* bad : {"A=", "A", "A=1 B=2", "A=a=b", ",A=1", "A=\"x"})
    EXPECT_FALSE(read<Environment>(bad)) << bad;
}

TEST(Values, AddressesAndSockets) {
  EXPECT_EQ(read<InetAddress>("9001"), (InetAddressValue{"", 9001}));
  EXPECT_EQ(read<InetAddress>("LocalHost:80"), (InetAddressValue{"localhost", 80}));
  EXPECT_EQ(read<InetAddress>("*:80"), (InetAddressValue{"", 80}));
  for (const char* bad : {"", "127.0.0.1", "h:", "0", "65536"})
    EXPECT_FALSE(read<InetAddress>(bad)) << bad;
  EXPECT_EQ(read<FcgiSocket>("unix:///a")->url(), "unix:///a");
  EXPECT_EQ(read<FcgiSocket>("tcp://H:9")->url(), "tcp://h:9");
  EXPECT_EQ(error<FcgiSocket>("/run/x.sock").fix, "unix:///run/x.sock");
}

}  // namespace
}  // namespace sup::schema

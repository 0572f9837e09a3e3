// Where brokers are, and what is said to Redis.
#include "runtime/listeners/relay.h"

#include <gtest/gtest.h>

#include "runtime/listeners/resp.h"

namespace sup::listeners {
namespace {

schema::Result<RelaySettings> parsed(const std::string& url) {
  bool has_secret = false;
  return parse_relay_url(url, has_secret);
}

TEST(RelayUrls, NameHostPortAndStream) {
  const auto plain = parsed("redis://example.org");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->target.host, "example.org");
  EXPECT_EQ(plain->target.port, 6379);
  EXPECT_FALSE(plain->target.is_tls);
  EXPECT_EQ(plain->name, "supervisor:events");
  bool has_secret = false;
  const auto all = parse_relay_url("rediss://me:se:s@me@[::1]:7000/a/b", has_secret);
  ASSERT_TRUE(all);
  EXPECT_TRUE(has_secret);
  EXPECT_EQ(all->user + " " + all->password, "me se:s@me");
  EXPECT_EQ(all->target.host, "::1");
  EXPECT_EQ(all->target.port, 7000);
  EXPECT_TRUE(all->target.is_tls);
  EXPECT_EQ(all->name, "a/b");
  const auto mqtt = parsed("mqtts://x/");
  ASSERT_TRUE(mqtt);
  EXPECT_EQ(mqtt->kind, BrokerKind::mqtt);
  EXPECT_EQ(mqtt->target.port, 8883);
  EXPECT_EQ(mqtt->name, "supervisor/%(host)s/%(event)s");
  const auto socket = parsed("redis+unix:///run/redis.sock?stream=x");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->target.socket + " " + socket->name, "/run/redis.sock x");
}

TEST(RelayUrls, OthersAreRefused) {
  for (const char* url :
       {"", "http://x", "redis://", "redis://:6379", "redis://x:0", "redis://x:65536",
        "redis://x:", "redis://[::1", "redis+unix://relative", "redis+unix:///s?stream="}) {
    EXPECT_FALSE(parsed(url)) << url;
  }
}

TEST(Resp, CommandsHoldAnyBytes) {
  EXPECT_EQ(resp_command({"XADD", "a b", std::string("\r\n\0", 3)}),
            std::string("*3\r\n$4\r\nXADD\r\n$3\r\na b\r\n$3\r\n\r\n\0\r\n", 32));
}

TEST(Resp, AnswersComeInPieces) {
  RespReader reader;
  const std::string bytes = "+OK\r\n$5\r\na\r\nbc\r\n-ERR no\r\n:12\r\n$-1\r\n$0\r\n\r\n";
  std::vector<std::string> texts;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    const auto next = reader.next();
    ASSERT_TRUE(next);
    if (next->has_value()) texts.push_back(((*next)->is_error ? "!" : "") + (*next)->text);
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"OK", "a\r\nbc", "!ERR no", "12", "", ""}));
}

TEST(Resp, WhatIsNoAnswerIsRefused) {
  for (const std::string bytes :
       {"HTTP/1.1 400\r\n", "\r\n", "$x\r\n", "$-2\r\n", "$99999999999\r\n"}) {
    RespReader reader;
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
  }
  RespReader endless;
  endless.feed(std::string(100'000, '+'));
  EXPECT_FALSE(endless.next());
}

TEST(Topics, AreMadeOfNoValue) {
  EventRecord record{.event = {}, .milliseconds = 1};
  record.event.name = "PROCESS_STATE_EXITED";
  record.event.payload = "processname:a/b+#c groupname:g";
  RelaySettings settings;
  settings.name = "x/%(host)s/%(program)s";
  settings.origin.host = "h";
  EXPECT_EQ(topic_of(settings, record), "x/h/a_b__c");
}

}  // namespace
}  // namespace sup::listeners

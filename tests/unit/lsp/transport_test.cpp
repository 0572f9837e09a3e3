#include "lint/lsp/transport.h"

#include <vector>

#include <gtest/gtest.h>

namespace sup::lint::lsp {
namespace {

// Feeds the bytes one by one and, in a second reader, at once: the same must come out.
std::vector<std::string> read_all(std::string_view bytes) {
  const auto collect = [](MessageReader& reader, std::vector<std::string>& out) {
    while (auto incoming = reader.next())
      out.push_back(incoming->fault.empty() ? incoming->body
                                            : "! " + std::string(incoming->fault) +
                                                  (incoming->is_lost ? ", lost" : ""));
  };
  std::vector<std::string> slowly;
  MessageReader slow;
  for (const char c : bytes) {
    slow.feed({&c, 1});
    collect(slow, slowly);
  }
  std::vector<std::string> at_once;
  MessageReader fast;
  fast.feed(bytes);
  collect(fast, at_once);
  EXPECT_EQ(slowly, at_once);
  return at_once;
}

using Messages = std::vector<std::string>;

TEST(Transport, ReadsMessagesOneAfterTheOther) {
  EXPECT_EQ(read_all(framed("{}") + framed("") + framed("[1]")), (Messages{"{}", "", "[1]"}));
}

TEST(Transport, KnowsHeadersInAnyCaseAndIgnoresOthers) {
  EXPECT_EQ(read_all("content-length:  2 \r\nContent-Type: x; charset=utf-8\r\n\r\n{}"),
            Messages{"{}"});
  EXPECT_EQ(read_all("Content-Length: 2\n\n{}"), Messages{"{}"});
}

TEST(Transport, WaitsForTheRest) {
  EXPECT_EQ(read_all("Content-Length: 3\r\n\r\n{}"), Messages{});
  EXPECT_EQ(read_all("Content-Len"), Messages{});
}

TEST(Transport, IsLostWithoutALength) {
  EXPECT_EQ(read_all("X: 1\r\n\r\n{}"), Messages{"! a message without Content-Length, lost"});
  EXPECT_EQ(read_all("\r\n{}"), Messages{"! a message without Content-Length, lost"});
  for (const char* length : {"-1", "1x", "", "99999999999999999999", "0x10"}) {
    EXPECT_EQ(read_all("Content-Length: " + std::string(length) + "\r\n\r\n{}" + framed("{}")),
              Messages{"! Content-Length is no number, lost"})
        << length;
  }
  EXPECT_EQ(read_all("{\"jsonrpc\"}\r\n"), Messages{"! a header without a colon, lost"});
}

TEST(Transport, BoundsHeaders) {
  const std::string endless(header_maximum_bytes + 2, 'a');
  EXPECT_EQ(read_all(endless), Messages{"! the headers of a message are too long, lost"});
}

TEST(Transport, SkipsWhatIsTooLongAndGoesOn) {
  const std::size_t length = message_maximum_bytes + 5;
  MessageReader reader;
  reader.feed("Content-Length: " + std::to_string(length) + "\r\n\r\nabc");
  const auto fault = reader.next();
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->fault, "a message that is too long");
  EXPECT_FALSE(fault->is_lost);
  EXPECT_TRUE(reader.is_inside());
  reader.feed(std::string(length - 3, 'x'));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.is_inside());
  reader.feed(framed("{}"));
  const auto next = reader.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "{}");
}

}  // namespace
}  // namespace sup::lint::lsp

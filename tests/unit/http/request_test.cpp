#include <gtest/gtest.h>

#include "runtime/http/server_request.h"

namespace sup::http {
namespace {

using State = RequestReader::State;

// Takes bytes and finds every head good.
std::size_t feed(RequestReader& reader, std::string_view bytes) {
  std::size_t taken = reader.feed(bytes);
  if (reader.state() == State::head) {
    reader.go_on();
    taken += reader.feed(bytes.substr(taken));
  }
  return taken;
}

TEST(RequestReader, ReadsOneAfterTheOther) {
  RequestReader reader;
  const std::string_view bytes =
      "\r\nPOST /RPC2?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /a%20b "
      "HTTP/1.0\r\n\r\n";
  const std::size_t taken = feed(reader, bytes);
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.request().method, "POST");
  EXPECT_EQ(reader.request().path, "/RPC2");
  EXPECT_EQ(reader.request().query, "a=b");
  EXPECT_EQ(reader.request().header("HOST"), "x");
  EXPECT_EQ(reader.request().body, "abc");
  EXPECT_TRUE(reader.request().keep_alive);
  EXPECT_TRUE(reader.request().has_length);
  reader.reset();
  EXPECT_EQ(feed(reader, bytes.substr(taken)), bytes.size() - taken);
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.request().path, "/a b");
  EXPECT_EQ(reader.request().version, 10);
  EXPECT_FALSE(reader.request().keep_alive);
  EXPECT_FALSE(reader.request().has_length);
}

TEST(RequestReader, HeadersOfSeveralLinesAreOne) {
  RequestReader reader;
  feed(reader, "GET / HTTP/1.1\r\nA: b\r\n\tc\r\nB: d\r\n\r\n");
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.request().header("a"), "b c");
  EXPECT_EQ(reader.request().header("b"), "d");
}

TEST(RequestReader, EverythingIsBounded) {
  const auto status_of = [](const std::string& bytes) {
    RequestReader reader({.header = 200, .body = 10});
    feed(reader, bytes);
    return reader.state() == State::broken ? reader.status() : 0;
  };
  EXPECT_EQ(status_of("GET /" + std::string(300, 'x')), 431);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"), 413);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n"),
            413);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n"), 0);
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status_of(std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)), 400);
}

// A client that begins with TLS waits for the answer to its first message.
TEST(RequestReader, WhatIsNoHttpIsRefusedAtItsFirstByte) {
  for (const std::string_view bytes : {std::string_view("\x16\x03\x01", 3), std::string_view("{"),
                                       std::string_view("\0", 1), std::string_view(" GET")}) {
    RequestReader reader(RequestLimits{});
    EXPECT_EQ(reader.feed(bytes), bytes.size());
    EXPECT_EQ(reader.state(), RequestReader::State::broken);
    EXPECT_EQ(reader.status(), 400);
  }
}

TEST(RequestReader, StopsBehindTheHead) {
  RequestReader reader;
  const std::string_view head = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
  EXPECT_EQ(reader.feed(std::string(head) + "abc"), head.size());
  EXPECT_EQ(reader.state(), State::head);
  EXPECT_TRUE(reader.awaits_body());
  EXPECT_EQ(reader.feed("abc"), 0U);
  EXPECT_EQ(reader.body_room(), 0U);
  reader.go_on();
  EXPECT_EQ(reader.state(), State::partial);
  EXPECT_EQ(reader.feed("abcd"), 3U);
  EXPECT_EQ(reader.state(), State::complete);
  reader.reset();
  reader.feed("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(reader.state(), State::head);
  EXPECT_FALSE(reader.awaits_body());
  reader.go_on();
  EXPECT_EQ(reader.state(), State::complete);
}

TEST(RequestReader, WhereItEndsIsNeverLeftOpen) {
  const auto status_of = [](const std::string& headers, const char* version = "1.1") {
    RequestReader reader;
    reader.feed("POST / HTTP/" + std::string(version) + "\r\n" + headers + "\r\n");
    return reader.state() == State::broken ? reader.status() : 0;
  };
  EXPECT_EQ(status_of("Transfer-Encoding: CHUNKED\r\n"), 0);
  for (const char* coding : {"identity", "chunked, identity", "gzip, chunked", "xchunked", "",
                             "chunked;q=1", "chunked\r\nTransfer-Encoding: chunked"}) {
    EXPECT_GE(status_of(std::string("Transfer-Encoding: ") + coding + "\r\n"), 400) << coding;
  }
  EXPECT_EQ(status_of("Transfer-Encoding: identity\r\n"), 501);
  EXPECT_GE(status_of("Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n"), 400);
  EXPECT_EQ(status_of("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400);
  EXPECT_EQ(status_of("Transfer-Encoding: chunked\r\n", "1.0"), 400);
  EXPECT_EQ(status_of("Content-Length: 3\r\nContent-Length: 4\r\n"), 400);
  EXPECT_EQ(status_of("Host: a\r\nhost: b\r\n"), 400);
  EXPECT_EQ(status_of("Host: a\r\nHost: a\r\n"), 400);
  EXPECT_EQ(status_of("Host: a\r\n"), 0);
}

TEST(RequestReader, HeadersBehindTheBodyAreBoundedHoweverTheyCome) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: " +
      std::string(300, 'b') + "\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    RequestReader reader({.header = 200, .body = 10});
    for (std::size_t at = 0; at < bytes.size(); at += step) feed(reader, bytes.substr(at, step));
    EXPECT_EQ(reader.state(), State::broken) << step;
    EXPECT_EQ(reader.status(), 400) << step;
  }
}

TEST(RequestReader, QuotesInExtensionsOfChunksAreRefused) {
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk : {"3;a=\"b\r\nabc\r\n0\r\n\r\n", "3;a=\"b\"\r\nabc\r\n0\r\n\r\n"}) {
    RequestReader whole;
    feed(whole, head + chunk);
    EXPECT_EQ(whole.state(), State::broken) << chunk;
    EXPECT_EQ(whole.status(), 400) << chunk;
    RequestReader cut;
    for (const char byte : head + chunk) feed(cut, {&byte, 1});
    EXPECT_EQ(cut.status(), 400) << chunk;
  }
  RequestReader plain;
  feed(plain, head + "3;a=b\r\nabc\r\n0\r\n\r\n");
  ASSERT_EQ(plain.state(), State::complete);
  EXPECT_EQ(plain.request().body, "abc");
}

TEST(Dates, AreThoseOfHttp) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace sup::http

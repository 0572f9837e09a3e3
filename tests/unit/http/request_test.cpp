#include <gtest/gtest.h>

#include "runtime/http/server_request.h"

namespace sup::http {
namespace {

using State = RequestReader::State;

TEST(RequestReader, ReadsOneAfterTheOther) {
  RequestReader reader;
  const std::string_view bytes =
      "\r\nPOST /RPC2?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /a%20b "
      "HTTP/1.0\r\n\r\n";
  const std::size_t taken = reader.feed(bytes);
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.request().method, "POST");
  EXPECT_EQ(reader.request().path, "/RPC2");
  EXPECT_EQ(reader.request().query, "a=b");
  EXPECT_EQ(reader.request().header("HOST"), "x");
  EXPECT_EQ(reader.request().body, "abc");
  EXPECT_TRUE(reader.request().keep_alive);
  EXPECT_TRUE(reader.request().has_length);
  reader.reset();
  EXPECT_EQ(reader.feed(bytes.substr(taken)), bytes.size() - taken);
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.request().path, "/a b");
  EXPECT_EQ(reader.request().version, 10);
  EXPECT_FALSE(reader.request().keep_alive);
  EXPECT_FALSE(reader.request().has_length);
}

TEST(RequestReader, HeadersOfSeveralLinesAreOne) {
  RequestReader reader;
  reader.feed("GET / HTTP/1.1\r\nA: b\r\n\tc\r\nB: d\r\n\r\n");
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.request().header("a"), "b c");
  EXPECT_EQ(reader.request().header("b"), "d");
}

TEST(RequestReader, EverythingIsBounded) {
  const auto status_of = [](const std::string& bytes) {
    RequestReader reader({.header = 200, .body = 10});
    reader.feed(bytes);
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

TEST(RequestReader, HeadersBehindTheBodyAreBoundedHoweverTheyCome) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: " +
      std::string(300, 'b') + "\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    RequestReader reader({.header = 200, .body = 10});
    for (std::size_t at = 0; at < bytes.size(); at += step) reader.feed(bytes.substr(at, step));
    EXPECT_EQ(reader.state(), State::broken) << step;
    EXPECT_EQ(reader.status(), 400) << step;
  }
}

TEST(RequestReader, QuotesInExtensionsOfChunksAreRefused) {
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk : {"3;a=\"b\r\nabc\r\n0\r\n\r\n", "3;a=\"b\"\r\nabc\r\n0\r\n\r\n"}) {
    RequestReader whole;
    whole.feed(head + chunk);
    EXPECT_EQ(whole.state(), State::broken) << chunk;
    EXPECT_EQ(whole.status(), 400) << chunk;
    RequestReader cut;
    for (const char byte : head + chunk) cut.feed({&byte, 1});
    EXPECT_EQ(cut.status(), 400) << chunk;
  }
  RequestReader plain;
  plain.feed(head + "3;a=b\r\nabc\r\n0\r\n\r\n");
  ASSERT_EQ(plain.state(), State::complete);
  EXPECT_EQ(plain.request().body, "abc");
}

TEST(Dates, AreThoseOfHttp) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace sup::http

#include "runtime/http/gate.h"

#include <gtest/gtest.h>

namespace sup::http {
namespace {

Request request_with(std::vector<Header> headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

TEST(Gate, OnlyThePasswordOpens) {
  const Gate gate({.username = "me", .password = "se:cret", .is_local = true, .host = ""});
  const auto refusal = [&](std::string_view authorization) {
    return gate.refusal(request_with({
        {"authorization", authorization}
    }));
  };
  EXPECT_EQ(refusal("Basic bWU6c2U6Y3JldA=="), std::nullopt);
  EXPECT_EQ(refusal("basic   bWU6c2U6Y3JldA=="), std::nullopt);
  for (const std::string_view wrong :
       {"", "Basic", "Basic ", "Basic bWU6c2U6Y3Jl", "Basic bWU6", "Basic !!!",
        "Basic bWU=", "Digest bWU6c2U6Y3JldA==", "BasicbWU6c2U6Y3JldA=="}) {
    EXPECT_EQ(refusal(wrong), 401) << wrong;
  }
  EXPECT_EQ(gate.refusal(Request()), 401);
}

TEST(Gate, AHashIsAPasswordToo) {
  // SHA-1 of "password", as everybody computes it.
  EXPECT_EQ(sha1_hex("password"), "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8");
  EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_TRUE(password_matches("{SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "password"));
  EXPECT_FALSE(password_matches("{SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "passwor"));
  EXPECT_FALSE(password_matches("{SHA}5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", "password"));
  EXPECT_FALSE(password_matches("{SHA}", ""));
  EXPECT_TRUE(password_matches("", ""));
}

TEST(Gate, LengthsAreCompared) {
  EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "a"));
  EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
  EXPECT_FALSE(equal_in_constant_time("ab", ""));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

TEST(Gate, BrowsersMayComeFromOurOwnPageAlone) {
  const Gate open({.username = "", .password = "", .is_local = false, .host = "ops.example"});
  EXPECT_EQ(open.refusal(request_with({
                {"Host", "any.name"}
  })),
            std::nullopt);
  EXPECT_EQ(open.refusal(request_with({
                {"Host",   "10.0.0.1:9001"       },
                {"Origin", "http://10.0.0.1:9001"}
  })),
            std::nullopt);
  EXPECT_EQ(open.refusal(request_with({
                {"Host",   "[::1]:9001"       },
                {"Origin", "http://[::1]:9001"}
  })),
            std::nullopt);
  EXPECT_EQ(open.refusal(request_with({
                {"Host",   "ops.example"       },
                {"Origin", "http://ops.example"}
  })),
            std::nullopt);
  EXPECT_EQ(open.refusal(request_with({
                {"Host",   "evil.example"       },
                {"Origin", "http://evil.example"}
  })),
            403);
  EXPECT_EQ(open.refusal(request_with({
                {"Host",   "localhost:9001"     },
                {"Origin", "http://localhost:80"}
  })),
            403);
  EXPECT_EQ(open.refusal(request_with({
                {"Host",           "localhost" },
                {"Sec-Fetch-Site", "cross-site"}
  })),
            403);
  // A link that somebody follows; a form or a frame is none.
  Request followed = request_with({
      {"Host",           "localhost" },
      {"Sec-Fetch-Site", "cross-site"},
      {"Sec-Fetch-Mode", "navigate"  },
      {"Sec-Fetch-Dest", "document"  }
  });
  followed.method = "GET";
  EXPECT_EQ(open.refusal(followed), std::nullopt);
  followed.method = "POST";
  EXPECT_EQ(open.refusal(followed), 403);
  followed.method = "GET";
  followed.headers.back().value = "iframe";
  EXPECT_EQ(open.refusal(followed), 403);
  followed.headers.back().value = "document";
  followed.headers.front().value = "evil.example";  // a name that a stranger points at us
  EXPECT_EQ(open.refusal(followed), 403);
  const Gate local({.username = "", .password = "", .is_local = true, .host = ""});
  EXPECT_EQ(local.refusal(request_with({
                {"Origin", "http://evil.example"}
  })),
            std::nullopt);
}

TEST(FailureDelay, GrowsAndIsForgiven) {
  FailureDelay delay;
  core::Instant now = std::chrono::hours(1);
  const core::Instant first = delay.next(now);
  const core::Instant second = delay.next(now);
  EXPECT_GT(first, core::Instant(0));
  EXPECT_GT(second, first);
  for (int i = 0; i < 100; ++i) EXPECT_LE(delay.next(now), std::chrono::seconds(2));
  EXPECT_EQ(delay.next(now + std::chrono::minutes(5)), first);
}

}  // namespace
}  // namespace sup::http

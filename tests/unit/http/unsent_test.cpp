// What is left to send, of a connection's own text and of one that it shares.
#include "runtime/http/unsent.h"

#include <gtest/gtest.h>

namespace sup::http {
namespace {

std::string rest(const Unsent& unsent) {
  const auto parts = unsent.parts();
  EXPECT_EQ(parts[0].size() + parts[1].size(), unsent.size());
  return std::string(parts[0]).append("|").append(parts[1]);
}

std::shared_ptr<const std::string> shared(const char* text) {
  return std::make_shared<std::string>(text);
}

TEST(Unsent, SendsItsOwnTextAndThenTheOneThatIsShared) {
  Unsent unsent;
  EXPECT_TRUE(unsent.empty());
  EXPECT_EQ(rest(unsent), "|");
  const auto body = shared("body");
  unsent.text() += "head";
  unsent.append(body);
  EXPECT_EQ(rest(unsent), "head|body");
  unsent.sent(3);
  EXPECT_EQ(rest(unsent), "d|body");
  EXPECT_TRUE(unsent.is_partly_sent());
  unsent.sent(1);
  EXPECT_EQ(rest(unsent), "|body");
  unsent.sent(3);
  EXPECT_EQ(rest(unsent), "|y");
  EXPECT_FALSE(unsent.empty());
  EXPECT_EQ(body.use_count(), 2);
  unsent.sent(1);
  EXPECT_TRUE(unsent.empty());
  EXPECT_FALSE(unsent.is_partly_sent());
  EXPECT_EQ(body.use_count(), 1);
}

TEST(Unsent, WhatComesBehindASharedTextFollowsIt) {
  for (std::size_t sent = 0; sent < 8; ++sent) {
    Unsent unsent;
    unsent.text() += "head";
    unsent.append(shared("body"));
    unsent.sent(sent);
    unsent.text() += "next";
    unsent.append(shared("last"));
    std::string expected = "headbodynext|last";
    expected.erase(0, sent);
    EXPECT_EQ(rest(unsent).size(), expected.size());
    EXPECT_TRUE(rest(unsent).ends_with("next|last")) << sent;
    EXPECT_EQ(rest(unsent), expected) << sent;
  }
}

TEST(Unsent, OwnTextGrowsWhileItIsSent) {
  Unsent unsent;
  unsent.text() += "one";
  unsent.sent(2);
  unsent.text() += "two";
  EXPECT_EQ(rest(unsent), "etwo|");
  unsent.sent(4);
  EXPECT_TRUE(unsent.empty());
}

}  // namespace
}  // namespace sup::http

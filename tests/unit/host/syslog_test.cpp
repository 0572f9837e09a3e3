#include "runtime/host/syslog.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/host/system_log.h"
#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

class SyslogTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::string path_ = folder_ / "log";
  std::vector<std::string> told_;
  Syslog syslog_{[this](core::Level /*level*/, const std::string& text) { told_.push_back(text); },
                 path_};
  std::vector<std::string> messages_;
};

TEST_F(SyslogTest, WhatItDoesNotTakeAtOnceIsKeptAndComesInOrder) {
  const SystemLog log(path_);
  std::vector<std::string> sent;
  for (int i = 0; i < 5000; ++i) {
    sent.push_back("line " + std::to_string(i));
    syslog_.send(sent.back());
  }
  EXPECT_TRUE(syslog_.waits());
  while (syslog_.waits()) {
    log.read(messages_);
    syslog_.flush();
  }
  log.read(messages_);
  EXPECT_EQ(messages_, sent);
  EXPECT_TRUE(told_.empty());
}

TEST_F(SyslogTest, OneThatNeverReadsCostsAMegabyteAndIsToldOf) {
  const SystemLog log(path_);
  const std::string line(1000, 'x');
  for (int i = 0; i < 3000; ++i) syslog_.send(line);
  syslog_.flush(1);
  EXPECT_EQ(told_, std::vector<std::string>{"the system log at '" + path_ +
                                            "' takes no messages, they are lost: Resource "
                                            "temporarily unavailable"});
  while (syslog_.waits()) {
    log.read(messages_);
    syslog_.flush();
  }
  log.read(messages_);
  EXPECT_GT(messages_.size(), 1000U);
  EXPECT_LT(messages_.size(), 1400U);
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(told_[1], "the system log at '" + path_ + "' takes messages again, " +
                          std::to_string(3000 - messages_.size()) + " were lost");
}

TEST_F(SyslogTest, WithoutOneMessagesAreCounted) {
  syslog_.send("one");
  syslog_.send("two");
  EXPECT_FALSE(syslog_.waits());
  syslog_.flush(1);  // nothing was sent by that
  EXPECT_EQ(told_, std::vector<std::string>{"the system log at '" + path_ +
                                            "' takes no messages, they are lost: No such file or "
                                            "directory"});
  const SystemLog log(path_);
  syslog_.flush(1);
  EXPECT_EQ(told_.size(), 1U);
  syslog_.send("three");
  log.read(messages_);
  EXPECT_EQ(messages_, std::vector<std::string>{"three"});
  EXPECT_EQ(told_.back(), "the system log at '" + path_ + "' takes messages again, 2 were lost");
}

}  // namespace
}  // namespace sup::host

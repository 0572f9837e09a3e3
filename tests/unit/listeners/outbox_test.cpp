// Mails that wait: in order, again after a failure, on disk, and never too many.
#include "runtime/listeners/outbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "runtime/listeners/mail_file.h"

namespace sup::listeners {
namespace {

namespace fs = std::filesystem;

class OutboxTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "outbox-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }

  void TearDown() override { fs::remove_all(folder_); }

  OutboxSettings settings() const { return {.name = "test", .folder = folder_ + "/queue"}; }

  // A delivery runs in a child: it counts by the size of a file.
  std::size_t attempts() const {
    std::error_code error;
    const auto size = fs::file_size(folder_ + "/attempts", error);
    return error ? 0 : size;
  }

  Outbox::Handlers with(std::function<DeliveryResult(const Outbox::Texts&)> deliver) {
    return {.deliver = std::move(deliver),
            .sent = [this](const std::string& text) { sent_.push_back(text); },
            .check =
                [](const std::string& text) {
                  return text.starts_with("[[") ? schema::Status(schema::Error{"not ours"})
                                                : schema::Status(schema::Nothing{});
                }};
  }

  Outbox::Handlers fails_first(std::size_t count, Delivery how = Delivery::later) {
    return with([this, count, how](const Outbox::Texts& texts) {
      const std::size_t before = attempts();
      std::ofstream(folder_ + "/attempts", std::ios::app) << 'x';
      return before < count ? DeliveryResult{.delivery = how, .text = "not now"}
                            : all_sent(texts.size());
    });
  }

  // Lets deliveries go on until `is_done`.
  void run(Outbox& outbox, const std::function<bool()>& is_done) {
    for (int i = 0; i < 100'000 && !is_done(); ++i) {
      outbox.run(Instant::max());  // no pause is longer
      std::vector<pollfd> all;
      workers_.add_descriptors(all);
      ::poll(all.data(), all.size(), all.empty() ? 0 : 100);
      workers_.handle(std::chrono::steady_clock::now());
    }
    ASSERT_TRUE(is_done());
  }

  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_ + "/queue")) count += entry.exists();
    return count;
  }

  std::string folder_;
  Workers workers_;
  std::vector<std::string> sent_;
};

TEST_F(OutboxTest, DeliversInOrderAndTriesAgain) {
  Outbox outbox(settings(), workers_, fails_first(2));
  ASSERT_TRUE(outbox.load());
  outbox.add("one");
  outbox.add("two");
  EXPECT_EQ(files(), 2U);
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(attempts(), 4U);
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, IsPrivate) {
  Outbox outbox(settings(), workers_, fails_first(0));
  ASSERT_TRUE(outbox.load());
  outbox.add("secret");
  EXPECT_EQ(fs::status(folder_ + "/queue").permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(folder_ + "/queue")) {
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(OutboxTest, OutlivesItsListener) {
  {
    Outbox outbox(settings(), workers_, fails_first(9));
    ASSERT_TRUE(outbox.load());
    outbox.add("kept");
    outbox.add("kept, too\nüber");
    outbox.hurry();
    run(outbox, [&] { return outbox.is_done() && workers_.is_idle(); });
    outbox.report_rest();
  }
  EXPECT_EQ(attempts(), 1U);
  std::ofstream(folder_ + "/queue/broken.mail") << "[[[[[[";
  Outbox next(settings(), workers_, fails_first(0));
  ASSERT_TRUE(next.load());
  run(next, [&] { return next.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"kept", "kept, too\nüber"}));
  EXPECT_EQ(files(), 1U);  // what is not ours is left
}

TEST_F(OutboxTest, ARefusedMailDoesNotStandInTheWay) {
  Outbox outbox(settings(), workers_, fails_first(1, Delivery::refused));
  ASSERT_TRUE(outbox.load());
  outbox.add("refused");
  outbox.add("good");
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"good"}));
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, IsBounded) {
  OutboxSettings small = settings();
  small.maximum = 2;
  Outbox outbox(small, workers_, fails_first(0));
  ASSERT_TRUE(outbox.load());
  for (const char* body : {"one", "two", "three"}) outbox.add(body);
  EXPECT_EQ(files(), 2U);
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"two", "three"}));
}

TEST_F(OutboxTest, AChildThatDiesIsAFailure) {
  Outbox outbox(settings(), workers_, with([this](const Outbox::Texts&) {
                  const bool is_first = attempts() == 0;
                  std::ofstream(folder_ + "/attempts", std::ios::app) << "x" << std::flush;
                  if (is_first) ::_exit(3);
                  return all_sent(1);
                }));
  ASSERT_TRUE(outbox.load());
  outbox.add("one");
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(attempts(), 2U);
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(OutboxTest, AChildThatHangsIsEnded) {
  OutboxSettings impatient = settings();
  impatient.limit = Seconds(0);
  Outbox outbox(impatient, workers_, with([](const Outbox::Texts&) -> DeliveryResult {
                  ::pause();
                  return {};
                }));
  ASSERT_TRUE(outbox.load());
  outbox.add("one");
  outbox.hurry();
  run(outbox, [&] { return outbox.is_done() && workers_.is_idle(); });
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutboxTest, AFolderThatCannotBeIsSaid) {
  OutboxSettings wrong = settings();
  wrong.folder = "/dev/null/queue";
  Outbox outbox(wrong, workers_, fails_first(0));
  const schema::Status loaded = outbox.load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("/dev/null/queue"), std::string::npos);
}

TEST_F(OutboxTest, DeliversManyAtOnceAndKeepsWhatWasNotTaken) {
  OutboxSettings three = settings();
  three.batch = 3;
  Outbox outbox(three, workers_, with([this](const Outbox::Texts& texts) {
                  std::ofstream(folder_ + "/attempts", std::ios::app) << 'x';
                  // Never more than two.
                  return DeliveryResult{.text = "not the third",
                                        .done = std::min<std::size_t>(texts.size(), 2)};
                }));
  ASSERT_TRUE(outbox.load());
  for (const char* text : {"1", "2", "3", "4", "5"}) outbox.add(text);
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(attempts(), 3U);
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, APartThatWasTakenIsNotSentAgain) {
  OutboxSettings three = settings();
  three.batch = 3;
  Outbox outbox(three, workers_, with([this](const Outbox::Texts& texts) {
                  std::ofstream(folder_ + "/attempts", std::ios::app) << 'x';
                  return attempts() == 1 ? DeliveryResult{.delivery = Delivery::refused,
                                                          .text = "the second is bad",
                                                          .done = 1}
                                         : all_sent(texts.size());
                }));
  ASSERT_TRUE(outbox.load());
  for (const char* text : {"1", "2", "3"}) outbox.add(text);
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"1", "3"}));
}

TEST_F(OutboxTest, WhatIsLeftOfATextTakesItsPlace) {
  Outbox outbox(settings(), workers_, with([this](const Outbox::Texts& texts) {
                  std::ofstream(folder_ + "/attempts", std::ios::app) << 'x';
                  return attempts() == 1 ? DeliveryResult{.text = "to b", .rest = "b alone\n"}
                                         : all_sent(texts.size());
                }));
  ASSERT_TRUE(outbox.load());
  outbox.add("a and b");
  run(outbox, [&] { return attempts() == 1 && workers_.is_idle(); });
  ASSERT_EQ(files(), 1U);
  const fs::path file = fs::directory_iterator(folder_ + "/queue")->path();
  std::ifstream kept(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "b alone\n");
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"b alone\n"}));
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, AFolderThatOthersMayWriteToIsRefused) {
  fs::create_directory(folder_ + "/queue");
  for (const fs::perms open : {fs::perms::others_write, fs::perms::group_write}) {
    fs::permissions(folder_ + "/queue", fs::perms::owner_all | open);
    Outbox outbox(settings(), workers_, fails_first(0));
    const schema::Status loaded = outbox.load();
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().message.find("others may write to"), std::string::npos);
  }
}

TEST_F(OutboxTest, WhatIsNoFileIsPassedOver) {
  fs::create_directory(folder_ + "/queue");
  fs::permissions(folder_ + "/queue", fs::perms::owner_all);
  ASSERT_EQ(::mkfifo((folder_ + "/queue/pipe.mail").c_str(), 0600), 0);
  Outbox outbox(settings(), workers_, fails_first(0));
  EXPECT_TRUE(outbox.load());
  EXPECT_TRUE(outbox.is_empty());
}

TEST_F(OutboxTest, WhatIsTooOldIsGivenUpAfterAnAttempt) {
  fs::create_directory(folder_ + "/queue");
  fs::permissions(folder_ + "/queue", fs::perms::owner_all);
  std::ofstream(folder_ + "/queue/00000000001700000000-000000-0.mail") << "old";
  Outbox outbox(settings(), workers_, fails_first(1));
  ASSERT_TRUE(outbox.load());
  outbox.add("new");
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"new"}));
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, AFolderIsForOne) {
  Outbox first(settings(), workers_, fails_first(0));
  ASSERT_TRUE(first.load());
  Outbox second(settings(), workers_, fails_first(0));
  const schema::Status loaded = second.load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("in use by another listener"), std::string::npos);
}

class ClosedGate : public Gate {
 public:
  Instant opens(Instant, std::size_t waiting, Instant, bool) const override {
    return waiting >= 2 ? Instant() : Instant::max();
  }

  void pass(Instant) override { ++passes; }

  int passes = 0;
};

TEST_F(OutboxTest, AGateHoldsBackAndIsPassedOnceForEachDelivery) {
  ClosedGate gate;
  OutboxSettings two = settings();
  two.batch = 2;
  Outbox outbox(two, workers_, fails_first(0), &gate);
  ASSERT_TRUE(outbox.load());
  outbox.add("1");
  outbox.run(std::chrono::steady_clock::now());
  EXPECT_TRUE(workers_.is_idle());
  EXPECT_EQ(*outbox.deadline(), Instant::max());
  outbox.add("2");
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(gate.passes, 1);
  outbox.add("3");
  outbox.hurry();
  EXPECT_TRUE(outbox.is_done());  // it is kept in the folder
  EXPECT_EQ(files(), 1U);
}

TEST(MailFiles, ComeBackAsTheyWere) {
  const Mail all{
      .to = "a", .from = "f", .subject = "\"s\"", .body = "b\n\t€", .created = 5, .id = "i"};
  const schema::Result<Mail> read = parse_mail_file(print_mail_file(all));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to + read->from + *read->subject + read->body + read->id,
            all.to + all.from + *all.subject + all.body + all.id);
  EXPECT_EQ(read->created, 5);
  EXPECT_EQ(read->recipients, std::nullopt);
  Mail part = all;
  part.recipients = "c@x, d@x";
  EXPECT_EQ(parse_mail_file(print_mail_file(part))->recipients, "c@x, d@x");
  for (const char* text :
       {"", "{}", "[]", "{\"to\":1,\"body\":\"\"}", "{\"to\":\"a\",\"body\":{\"x\":{\"y\":1}}}"}) {
    EXPECT_FALSE(parse_mail_file(text)) << text;
  }
}

}  // namespace
}  // namespace sup::listeners

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

  Outbox::Deliver fails_first(std::size_t count, Delivery how = Delivery::later) const {
    return [this, count, how](const Mail&) {
      const std::size_t before = attempts();
      std::ofstream(folder_ + "/attempts", std::ios::app) << 'x';
      return before < count ? DeliveryResult{how, "not now"} : DeliveryResult{Delivery::sent, ""};
    };
  }

  Outbox::Sent notes() {
    return [this](const Mail& mail) { sent_.push_back(mail.body); };
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

Mail mail(const std::string& body) {
  return {.to = "a@x", .from = {}, .subject = "s", .body = body, .id = {}};
}

TEST_F(OutboxTest, DeliversInOrderAndTriesAgain) {
  Outbox outbox(settings(), workers_, fails_first(2), notes());
  ASSERT_TRUE(outbox.load());
  outbox.add(mail("one"));
  outbox.add(mail("two"));
  EXPECT_EQ(files(), 2U);
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(attempts(), 4U);
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, IsPrivate) {
  Outbox outbox(settings(), workers_, fails_first(0), notes());
  ASSERT_TRUE(outbox.load());
  outbox.add(mail("secret"));
  EXPECT_EQ(fs::status(folder_ + "/queue").permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(folder_ + "/queue")) {
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(OutboxTest, OutlivesItsListener) {
  {
    Outbox outbox(settings(), workers_, fails_first(9), notes());
    ASSERT_TRUE(outbox.load());
    outbox.add(mail("kept"));
    outbox.add(mail("kept, too\nüber"));
    outbox.hurry();
    run(outbox, [&] { return outbox.is_done() && workers_.is_idle(); });
    outbox.report_rest();
  }
  EXPECT_EQ(attempts(), 1U);
  std::ofstream(folder_ + "/queue/broken.mail") << "[[[[[[";
  Outbox next(settings(), workers_, fails_first(0), notes());
  ASSERT_TRUE(next.load());
  run(next, [&] { return next.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"kept", "kept, too\nüber"}));
  EXPECT_EQ(files(), 1U);  // what is not ours is left
}

TEST_F(OutboxTest, ARefusedMailDoesNotStandInTheWay) {
  Outbox outbox(settings(), workers_, fails_first(1, Delivery::refused), notes());
  ASSERT_TRUE(outbox.load());
  outbox.add(mail("refused"));
  outbox.add(mail("good"));
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"good"}));
  EXPECT_EQ(files(), 0U);
}

TEST_F(OutboxTest, IsBounded) {
  OutboxSettings small = settings();
  small.maximum = 2;
  Outbox outbox(small, workers_, fails_first(0), notes());
  ASSERT_TRUE(outbox.load());
  for (const char* body : {"one", "two", "three"}) outbox.add(mail(body));
  EXPECT_EQ(files(), 2U);
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(sent_, (std::vector<std::string>{"two", "three"}));
}

TEST_F(OutboxTest, AChildThatDiesIsAFailure) {
  Outbox outbox(
      settings(), workers_,
      [this](const Mail&) -> DeliveryResult {
        const bool is_first = attempts() == 0;
        std::ofstream(folder_ + "/attempts", std::ios::app) << "x" << std::flush;
        if (is_first) ::_exit(3);
        return {Delivery::sent, ""};
      },
      notes());
  ASSERT_TRUE(outbox.load());
  outbox.add(mail("one"));
  run(outbox, [&] { return outbox.is_empty(); });
  EXPECT_EQ(attempts(), 2U);
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(OutboxTest, AChildThatHangsIsEnded) {
  OutboxSettings impatient = settings();
  impatient.limit = Seconds(0);
  Outbox outbox(
      impatient, workers_,
      [](const Mail&) -> DeliveryResult {
        ::pause();
        return {};
      },
      notes());
  ASSERT_TRUE(outbox.load());
  outbox.add(mail("one"));
  outbox.hurry();
  run(outbox, [&] { return outbox.is_done() && workers_.is_idle(); });
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutboxTest, AFolderThatCannotBeIsSaid) {
  OutboxSettings wrong = settings();
  wrong.folder = "/dev/null/queue";
  Outbox outbox(wrong, workers_, fails_first(0), notes());
  const schema::Status loaded = outbox.load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("/dev/null/queue"), std::string::npos);
}

TEST(MailFiles, ComeBackAsTheyWere) {
  const std::string path = testing::TempDir() + "mail-" + std::to_string(::getpid());
  const Mail all{
      .to = "a", .from = "f", .subject = "\"s\"", .body = "b\n\t€", .created = 5, .id = "i"};
  std::ofstream(path) << print_mail_file(all);
  const schema::Result<Mail> read = read_mail_file(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to + read->from + *read->subject + read->body + read->id,
            all.to + all.from + *all.subject + all.body + all.id);
  EXPECT_EQ(read->created, 5);
  for (const char* text :
       {"", "{}", "[]", "{\"to\":1,\"body\":\"\"}", "{\"to\":\"a\",\"body\":{\"x\":{\"y\":1}}}"}) {
    std::ofstream(path) << text;
    EXPECT_FALSE(read_mail_file(path)) << text;
  }
  fs::remove(path);
}

}  // namespace
}  // namespace sup::listeners

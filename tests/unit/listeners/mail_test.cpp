// Texts of mails, byte by byte.
#include "runtime/listeners/mail.h"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "runtime/listeners/arguments.h"
#include "runtime/listeners/check_report.h"
#include "runtime/listeners/post_office.h"

namespace sup::listeners {
namespace {

Mail simple() {
  return {.to = "a@x, b@x",
          .from = "f@x",
          .subject = "Crash alert",
          .body = "one\ntwo",
          .created = 1795399560,
          .id = "1.2@h"};
}

TEST(Mail, ForSendmailIsSuperlances) {
  Mail mail = simple();
  mail.from.clear();
  EXPECT_EQ(sendmail_text(mail), "To: a@x, b@x\nSubject: Crash alert\n\none\ntwo");
}

TEST(Mail, ForSmtpIsMime) {
  EXPECT_EQ(mime_text(simple()),
            "Content-Type: text/plain; charset=\"us-ascii\"\r\nMIME-Version: 1.0\r\n"
            "Content-Transfer-Encoding: 7bit\r\nSubject: Crash alert\r\nFrom: f@x\r\n"
            "To: a@x, b@x\r\nDate: Mon, 23 Nov 2026 02:06:00 -0000\r\nMessage-ID: <1.2@h>\r\n\r\n"
            "one\r\ntwo");
}

TEST(Mail, WhatIsNotAsciiIsEncoded) {
  Mail mail = simple();
  mail.subject = "Störung";
  mail.body = "grün";
  const std::string text = mime_text(mail);
  EXPECT_NE(text.find("charset=\"utf-8\""), std::string::npos);
  EXPECT_NE(text.find("Content-Transfer-Encoding: base64"), std::string::npos);
  EXPECT_NE(text.find("Subject: =?utf-8?b?U3TDtnJ1bmc=?="), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\nZ3LDvG4=\r\n"));
}

TEST(Mail, SubjectsAndAddressesCannotAddHeaders) {
  Mail mail = simple();
  mail.to = "a@x\nBcc: evil@x";
  mail.subject = "x\r\nBcc: evil@x";
  EXPECT_EQ(sendmail_text(mail).find("\nBcc"), std::string::npos);
  EXPECT_EQ(mime_text(mail).find("\nBcc"), std::string::npos);
}

TEST(Mail, LongLinesAreEncoded) {
  Mail mail = simple();
  mail.body = std::string(2000, 'x');
  std::size_t start = 0;
  const std::string text = mime_text(mail);
  for (std::size_t end = 0; (end = text.find("\r\n", start)) != std::string::npos;
       start = end + 2) {
    EXPECT_LE(end - start, 998U);
  }
}

TEST(Mail, NoSubjectIsNoHeader) {
  Mail mail = simple();
  mail.subject.reset();
  EXPECT_EQ(mime_text(mail).find("Subject"), std::string::npos);
  mail.subject = "";
  EXPECT_EQ(mime_text(mail).find("Subject"), std::string::npos);
}

TEST(Mail, AddressesLoseTheirNames) {
  EXPECT_EQ(bare_addresses("Ops <a@x>, b@x ,,"), (std::vector<std::string>{"a@x", "b@x"}));
}

TEST(Mail, TimesAreLocal) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(time_stamp(1795399560123), "2026-11-23 02:06:00,123");
  EXPECT_EQ(time_stamp(1795399560003), "2026-11-23 02:06:00,003");
  EXPECT_EQ(c_time_stamp(1795399560), "Mon Nov 23 02:06:00 2026 UTC");
  EXPECT_EQ(c_time_stamp(1795399560 - 20 * 86400), "Tue Nov  3 02:06:00 2026 UTC");
}

TEST(MailSettings, HostsHavePorts) {
  SmtpServer server;
  set_host_and_port("mail.example.org:587", server);
  EXPECT_EQ(server.host + "|" + server.port, "mail.example.org|587");
  set_host_and_port("localhost", server);
  EXPECT_EQ(server.host + "|" + server.port, "localhost|");
  set_host_and_port("[::1]:25", server);
  EXPECT_EQ(server.host + "|" + server.port, "::1|25");
  set_host_and_port("::1", server);
  EXPECT_EQ(server.host + "|" + server.port, "::1|");
}

TEST(Arguments, SizesAndTimes) {
  EXPECT_EQ(byte_size("200MB"), 209715200);
  EXPECT_EQ(byte_size("1kb"), 1024);
  EXPECT_EQ(byte_size("17"), 17);
  EXPECT_EQ(byte_size("200M"), std::nullopt);
  EXPECT_EQ(byte_size("-1"), std::nullopt);
  EXPECT_EQ(byte_size("99999999999GB"), std::nullopt);
  EXPECT_EQ(duration_seconds("1"), 1);
  EXPECT_EQ(duration_seconds("1S"), 1);
  EXPECT_EQ(duration_seconds("2m"), 120);
  EXPECT_EQ(duration_seconds("3h"), 10800);
  EXPECT_EQ(duration_seconds("1d"), 86400);
  EXPECT_EQ(duration_seconds("1w"), std::nullopt);
}

TEST(CheckReports, ComeBackAsTheyWere) {
  CheckReport report{
      .state = "1 2", .letters = {{"subject", "a\nb"}, {"other", ""}}
  };
  report.letters[0].body += '\0';
  const CheckReport read = parse_report(print_report(report));
  EXPECT_EQ(read.state, "1 2");
  ASSERT_EQ(read.letters.size(), 2U);
  EXPECT_EQ(read.letters[0].body, "a\nb ");
  EXPECT_EQ(read.letters[1].subject, "other");
  EXPECT_TRUE(parse_report("").letters.empty());
}

}  // namespace
}  // namespace sup::listeners

// Which events become which messages, when, and what answers mean.
#include "runtime/listeners/webhook.h"

#include <gtest/gtest.h>

#include "runtime/listeners/event_filter.h"
#include "runtime/listeners/mail.h"
#include "runtime/listeners/message_format.h"
#include "runtime/listeners/pacing.h"
#include "runtime/listeners/signature.h"

namespace sup::listeners {
namespace {

EventRecord record(const std::string& name, const std::string& payload) {
  EventRecord made{.event = {}, .milliseconds = 1795399560123};
  const auto length =
      parse_header("ver:3.0 server:main serial:21 pool:chat poolserial:3 eventname:" + name +
                       " len:" + std::to_string(payload.size()),
                   made.event);
  EXPECT_TRUE(length);
  made.event.payload = payload;
  return made;
}

EventRecord exited(const std::string& process, const std::string& group, bool expected = false,
                   int pid = 77) {
  return record("PROCESS_STATE_EXITED", "processname:" + process + " groupname:" + group +
                                            " from_state:RUNNING expected:" +
                                            (expected ? "1" : "0") + " pid:" + std::to_string(pid));
}

Instant at(int seconds) { return Instant() + Seconds(1'000'000 + seconds); }

TEST(EventRecords, ComeBackAsTheyWere) {
  EventRecord original = record("PROCESS_LOG_STDOUT",
                                "processname:a groupname:b pid:1 channel:stdout\nl\xFFne\n\nnext");
  original.repeated = 12;
  const auto read = parse_record(print_record(original));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->event.payload, original.event.payload);
  EXPECT_EQ(read->event.header, original.event.header);
  EXPECT_EQ(read->event.name, "PROCESS_LOG_STDOUT");
  EXPECT_EQ(read->milliseconds, original.milliseconds);
  EXPECT_EQ(read->repeated, 12U);
}

TEST(EventRecords, OthersAreRefused) {
  for (const char* text :
       {"", "\n\n", "suplance-event 1 ", "suplance-event 1 5\nh\n",
        "suplance-event 1 5 x\neventname:A len:1\n", "suplance-event 1 5 0\nno header\n",
        "suplance-event 1 5 0\n", "suplance-event 1 5 0\neventname:TICK_5 len:9\nwhen:1"}) {
    EXPECT_FALSE(parse_record(text)) << text;
  }
}

TEST(EventFilters, LookAtTypesProgramsGroupsAndExits) {
  const EventRecord web = exited("web", "shop");
  EXPECT_TRUE(EventFilter().lets_through(web.event));
  const auto events = [](std::vector<std::string> types) {
    return EventFilter{.events = std::move(types), .programs = {}, .groups = {}, .expected = {}};
  };
  EXPECT_TRUE(events({"PROCESS_STATE"}).lets_through(web.event));
  EXPECT_TRUE(events({"TICK", "EVENT"}).lets_through(web.event));
  EXPECT_FALSE(events({"PROCESS_STATE_FATAL"}).lets_through(web.event));
  const auto programs = [](std::vector<std::string> names) {
    return EventFilter{.events = {}, .programs = std::move(names), .groups = {}, .expected = {}};
  };
  EXPECT_TRUE(programs({"other", "shop:*"}).lets_through(web.event));
  EXPECT_TRUE(programs({"web"}).lets_through(web.event));
  EXPECT_FALSE(programs({"other:web"}).lets_through(web.event));
  EXPECT_FALSE(programs({"web"}).lets_through(record("TICK_5", "when:5").event));
  const EventFilter group{.events = {}, .programs = {}, .groups = {"shop"}, .expected = {}};
  EXPECT_TRUE(group.lets_through(web.event));
  EXPECT_FALSE(group.lets_through(exited("web", "bank").event));
  const EventFilter unexpected{.events = {}, .programs = {}, .groups = {}, .expected = false};
  EXPECT_TRUE(unexpected.lets_through(web.event));
  EXPECT_FALSE(unexpected.lets_through(exited("web", "shop", true).event));
  // Where nothing is expected or not, nothing is left out.
  EXPECT_TRUE(unexpected.lets_through(
      record("PROCESS_STATE_FATAL", "processname:web groupname:shop from_state:BACKOFF").event));
}

TEST(Deduplication, TellsTheFirstAtOnceAndTheRestTogether) {
  Deduplicator same(Seconds(60));
  EXPECT_TRUE(same.take(exited("web", "web", false, 1), at(0)));
  EXPECT_FALSE(same.take(exited("web", "web", false, 2), at(1)));
  EXPECT_FALSE(same.take(exited("web", "web", false, 3), at(59)));
  EXPECT_TRUE(same.take(exited("db", "db"), at(2)));
  EXPECT_TRUE(same.take(exited("web", "web", true), at(2)));
  EXPECT_EQ(same.deadline(), at(60));
  EXPECT_TRUE(same.due(at(59)).empty());
  const std::vector<EventRecord> due = same.due(at(60));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].event.text("pid"), "3");
  EXPECT_EQ(due[0].repeated, 1U);
  EXPECT_FALSE(same.deadline());
  // The window goes on.
  EXPECT_FALSE(same.take(exited("web", "web"), at(61)));
  EXPECT_EQ(same.flush().size(), 1U);
  EXPECT_TRUE(same.flush().empty());
}

TEST(Deduplication, NothingIsLeftOutWithoutAWindow) {
  Deduplicator none(Seconds(0));
  EXPECT_TRUE(none.take(exited("web", "web"), at(0)));
  EXPECT_TRUE(none.take(exited("web", "web"), at(0)));
}

TEST(Deduplication, IsBounded) {
  Deduplicator same(Seconds(60));
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_TRUE(same.take(exited(std::to_string(i), "g"), at(0)));
  }
}

TEST(PacingTest, CollectsFromTheFirstOn) {
  const Pacing pacing({.collect = Seconds(10), .batch = 3}, [] { return 0; });
  EXPECT_EQ(pacing.opens(at(0), 1, at(0), false), at(10));
  EXPECT_EQ(pacing.opens(at(5), 2, at(0), false), at(10));
  EXPECT_LE(pacing.opens(at(5), 3, at(0), false), at(5));
  EXPECT_LE(pacing.opens(at(5), 1, at(0), true), at(5));
}

TEST(PacingTest, SendsNoMoreThanTheRate) {
  Pacing pacing(
      {
          .rate = {.count = 2, .period = Seconds(60)},
            .is_durable = true
  },
      [] { return 0; });
  pacing.pass(at(0));
  EXPECT_LE(pacing.opens(at(1), 1, at(1), false), at(1));
  pacing.pass(at(1));
  EXPECT_EQ(pacing.opens(at(2), 1, at(2), false), at(60));
  EXPECT_EQ(pacing.opens(at(2), 1, at(2), true), at(60));
  pacing.pass(at(60));
  EXPECT_EQ(pacing.opens(at(60), 1, at(60), false), at(61));
}

TEST(PacingTest, IsQuietAtNight) {
  const auto quiet = parse_quiet_hours("22:00-07:30");
  ASSERT_TRUE(quiet);
  constexpr int hour = 3600;
  EXPECT_EQ(quiet->left(23 * hour), Seconds(8 * hour + hour / 2));
  EXPECT_EQ(quiet->left(22 * hour), Seconds(9 * hour + hour / 2));
  EXPECT_EQ(quiet->left(0), Seconds(7 * hour + hour / 2));
  EXPECT_EQ(quiet->left(7 * hour + hour / 2), Seconds(0));
  EXPECT_EQ(quiet->left(22 * hour - 1), Seconds(0));
  EXPECT_EQ(parse_quiet_hours("12:00-13:00")->left(12 * hour + 60), Seconds(hour - 60));
  int now = 23 * hour;
  const auto clock = [&] { return now; };
  const Pacing kept({.quiet = quiet, .is_durable = true}, clock);
  EXPECT_EQ(kept.opens(at(0), 1, at(0), false), at(8 * hour + hour / 2));
  EXPECT_EQ(kept.opens(at(0), 1, at(0), true), at(8 * hour + hour / 2));
  // What would be lost is rather sent.
  const Pacing lost({.quiet = quiet}, clock);
  EXPECT_LE(lost.opens(at(0), 1, at(0), true), at(0));
  now = 8 * hour;
  EXPECT_LE(kept.opens(at(0), 1, at(0), false), at(0));
}

TEST(PacingTest, WhatIsNoTimeIsRefused) {
  for (const char* text : {"", "22:00", "22-7", "25:00-07:00", "22:60-07:00", "22:00-22:00",
                           "24:01-07:00", "-1:00-07:00", "22:00-"}) {
    EXPECT_FALSE(parse_quiet_hours(text)) << text;
  }
  EXPECT_EQ(parse_quiet_hours("22:00-24:00")->left(23 * 3600), Seconds(3600));
  for (const char* text : {"", "1", "/", "0/5", "5/0", "a/b", "-1/5"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

MessageSettings settings(const char* format) {
  return {
      .format = message_format(format), .line = {}, .body_template = {}, .origin = {.host = "h"}};
}

TEST(Messages, HaveTheFormOfEachService) {
  const std::vector<EventRecord> one{exited("web", "web")};
  const std::string text = "[h] web exited unexpectedly (pid 77)";
  EXPECT_EQ(build_message(settings("slack"), one).body, "{\"text\":\"" + text + "\"}");
  EXPECT_EQ(build_message(settings("discord"), one).body,
            "{\"content\":\"" + text + "\",\"allowed_mentions\":{\"parse\":[]}}");
  EXPECT_EQ(build_message(settings("teams"), one).body,
            "{\"type\":\"message\",\"attachments\":[{\"contentType\":"
            "\"application/vnd.microsoft.card.adaptive\",\"content\":{\"$schema\":"
            "\"http://adaptivecards.io/schemas/adaptive-card.json\",\"type\":\"AdaptiveCard\","
            "\"version\":\"1.4\",\"body\":[{\"type\":\"TextBlock\",\"text\":\"" +
                text + "\",\"wrap\":true}]}}]}");
  const std::string dingtalk = "{\"msgtype\":\"text\",\"text\":{\"content\":\"" + text + "\"}}";
  EXPECT_EQ(build_message(settings("dingtalk"), one).body, dingtalk);
  EXPECT_EQ(build_message(settings("wecom"), one).body, dingtalk);
  EXPECT_EQ(build_message(settings("feishu"), one).body,
            "{\"msg_type\":\"text\",\"content\":{\"text\":\"" + text + "\"}}");
  EXPECT_EQ(
      build_message(settings("json"), one).body,
      "{\"host\":\"h\",\"events\":[{\"time\":\"2026-11-23T02:06:00.123Z\",\"host\":\"h\","
      "\"server\":\"main\",\"pool\":\"chat\",\"serial\":21,\"event\":\"PROCESS_STATE_EXITED\","
      "\"processname\":\"web\",\"groupname\":\"web\",\"from_state\":\"RUNNING\","
      "\"expected\":false,\"pid\":77,\"text\":\"web exited unexpectedly (pid 77)\"}]}");
  EXPECT_EQ(message_format("nonsense"), nullptr);
}

TEST(Messages, HaveABlockForEachLineInTeams) {
  const std::string body =
      build_message(settings("teams"), {exited("a", "a"), exited("b", "b")}).body;
  EXPECT_NE(
      body.find("\"body\":[{\"type\":\"TextBlock\",\"text\":\"[h] a exited unexpectedly (pid 77)\","
                "\"wrap\":true},{\"type\":\"TextBlock\",\"text\":\"[h] b exited unexpectedly (pid "
                "77)\",\"wrap\":true,\"spacing\":\"None\"}]"),
      std::string::npos)
      << body;
}

TEST(Messages, CallNobody) {
  const std::vector<EventRecord> evil{
      record("PROCESS_LOG_STDOUT",
             "processname:a groupname:a pid:1 channel:stdout\n<@all> <AT user_id=1></at> <b\n")};
  const std::string sign = "\xE2\x80\x8B";
  EXPECT_NE(build_message(settings("wecom"), evil).body.find("<" + sign + "@all> <AT user"),
            std::string::npos);
  EXPECT_NE(build_message(settings("feishu"), evil)
                .body.find("<@all> <" + sign + "AT user_id=1></at> <b"),
            std::string::npos);
}

TEST(Messages, DoNotLetTextsActByThemselves) {
  const std::vector<EventRecord> evil{record("PROCESS_LOG_STDOUT",
                                             "processname:a groupname:a pid:1 channel:stdout\n"
                                             "<!channel> \"&\\ @everyone \x01\xFF\n")};
  EXPECT_EQ(
      build_message(settings("slack"), evil).body,
      "{\"text\":\"[h] a wrote: &lt;!channel&gt; \\\"&amp;\\\\ @everyone \\u0001\xEF\xBF\xBD\"}");
}

TEST(Messages, HoldAsManyEventsAsTheServiceTakes) {
  const std::string long_text(900, 'x');
  const EventRecord log =
      record("PROCESS_LOG_STDOUT", "processname:a groupname:a pid:1 channel:stdout\n" + long_text);
  const Message two = build_message(settings("wecom"), {log, log, log});
  EXPECT_EQ(two.count, 2U);
  const EventRecord longer =
      record("PROCESS_LOG_STDOUT",
             "processname:a groupname:a pid:1 channel:stdout\n" + std::string(5000, 'y'));
  const Message cut = build_message(settings("wecom"), {longer, log});
  EXPECT_EQ(cut.count, 1U);
  EXPECT_LT(cut.body.size(), 2100U);
  EXPECT_NE(cut.body.find("y …\""), std::string::npos);
}

TEST(Messages, FollowTemplates) {
  MessageSettings own = settings("json");
  own.line = "%(name)s/%(pid)s/%(tries)s 100%%";
  own.body_template = R"({"a":"%(texts)s","n":%(count)d,"p":"%(program)s","all":%(events)s})";
  const Message message = build_message(own, {exited("a\"b", "g"), exited("c", "c")});
  EXPECT_TRUE(
      message.body.starts_with(R"({"a":"g:a\"b/77/ 100%\nc/77/ 100%","n":2,"p":"a\"b","all":[{)"))
      << message.body;
  own.content_type = "application/x-www-form-urlencoded";
  own.body_template = "to=1&text=%(text)s";
  EXPECT_EQ(build_message(own, {exited("c", "c")}).body,
            "to=1&text=c%20exited%20unexpectedly%20%28pid%2077%29");
  EXPECT_FALSE(template_mistake("%(name)s %(texts)s", true));
  EXPECT_TRUE(template_mistake("%(texts)s", false));
  EXPECT_NE(template_mistake("%(nme)s", true)->find("no event has %(nme)s"), std::string::npos);
  EXPECT_TRUE(template_mistake("100%", true));
}

TEST(Answers, AreJudgedAsTheServiceMeansThem) {
  using Kind = Verdict::Kind;
  const auto kind = [](const char* format, int status, const std::string& body) {
    return judge_answer(*message_format(format),
                        {.status = status, .reason = {}, .body = body, .error = {}})
        .kind;
  };
  EXPECT_EQ(kind("slack", 200, "ok"), Kind::taken);
  EXPECT_EQ(kind("discord", 204, ""), Kind::taken);
  for (const int status : {0, 301, 401, 403, 404, 408, 429, 500, 503}) {
    EXPECT_EQ(kind("slack", status, ""), Kind::later) << status;
  }
  for (const int status : {400, 413, 422}) EXPECT_EQ(kind("slack", status, ""), Kind::refused);
  EXPECT_EQ(kind("dingtalk", 200, R"({"errcode":0,"errmsg":"ok"})"), Kind::taken);
  EXPECT_EQ(kind("dingtalk", 200, R"({"errcode":310000,"errmsg":"sign not match"})"), Kind::later);
  EXPECT_EQ(kind("feishu", 200, R"({"code":0})"), Kind::taken);
  EXPECT_EQ(kind("feishu", 200, R"({"StatusCode":0,"StatusMessage":"success"})"), Kind::taken);
  EXPECT_EQ(kind("feishu", 200, R"({"code":19021})"), Kind::later);
  for (const char* garbage : {"", "ok", "<html>", "[]", "{\"errcode\":\"0\"}", "[[[[[[[[[[[[[["}) {
    EXPECT_EQ(kind("wecom", 200, garbage), Kind::later) << garbage;
  }
}

TEST(Signatures, AreThoseOfTheRfc) {
  // RFC 4231, test case 2.
  const auto made = hmac_sha256("Jefe", "what do ya want for nothing?");
  ASSERT_TRUE(made);
  EXPECT_EQ(hexadecimal(*made), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Requests, AreSignedAsTheServiceWants) {
  WebhookSettings hook{.url = "https://u:p@x/robot?access_token=t",
                       .secret = "SEC",
                       .headers = {},
                       .tls = {},
                       .proxy = {},
                       .message = settings("dingtalk")};
  const auto dingtalk = webhook_request(hook, "{}", 1700000000123);
  ASSERT_TRUE(dingtalk);
  EXPECT_EQ(dingtalk->url, "https://u:p@x/robot?access_token=t&timestamp=1700000000123&sign=" +
                               url_escaped(base64(*hmac_sha256("SEC", "1700000000123\nSEC"))));
  hook.message = settings("feishu");
  const auto feishu = webhook_request(hook, "{\"a\":1}", 1700000000123);
  ASSERT_TRUE(feishu);
  EXPECT_EQ(feishu->body, "{\"timestamp\":\"1700000000\",\"sign\":\"" +
                              base64(*hmac_sha256("1700000000\nSEC", "")) + "\",\"a\":1}");
  hook.message = settings("json");
  const auto json = webhook_request(hook, "{}", 1);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->headers.back(), "X-Signature: sha256=" + hexadecimal(*hmac_sha256("SEC", "{}")));
  EXPECT_EQ(url_without_secret(hook.url), "https://x/…");
  hook.headers = {"content-type: text/plain", "X-Own: 1"};
  const auto own = webhook_request(hook, "{}", 1);
  ASSERT_TRUE(own);
  EXPECT_EQ(own->headers, (std::vector<std::string>{"content-type: text/plain", "X-Own: 1",
                                                    "User-Agent: suplance/" SUP_VERSION,
                                                    "Expect:", own->headers.back()}));
}

}  // namespace
}  // namespace sup::listeners

// What users write for web hooks and brokers, and what services answer. The text is a template, of
// a line and of a whole body, a URL of a broker, and an answer: a template is refused or can be
// filled in, and nothing that an event brings leaves its place.
#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/listeners/mail_file.h"
#include "runtime/listeners/message_format.h"
#include "runtime/listeners/relay.h"
#include "runtime/listeners/resp.h"
#include "runtime/listeners/webhook.h"
#include "tests/fuzz/in_pieces.h"
#include "tests/fuzz/target.h"

using namespace sup;
using namespace sup::listeners;

namespace {

// With everything in it that could leave its place.
EventRecord strange_event() {
  Event event;
  const std::string payload =
      "processname:a\"b/#+ groupname:g from_state:RUNNING expected:0 pid:7\n\"}\\\x01\xff\r\n";
  const auto length = parse_header(
      "ver:3.0 server:s\"x serial:1 pool:p poolserial:1 eventname:PROCESS_STATE_EXITED len:" +
          std::to_string(payload.size()),
      event);
  fuzz::require(static_cast<bool>(length), "the header of this test is one");
  event.payload = payload;
  return {.event = std::move(event), .milliseconds = 1700000000123};
}

void check_templates(const std::string& text) {
  static const EventRecord record = strange_event();
  for (const char* name : {"json", "slack", "discord", "wecom"}) {
    MessageSettings settings;
    settings.format = message_format(name);
    settings.origin = {.host = "host"};
    if (!template_mistake(text, false)) {
      settings.line = text;
      fuzz::require(nlohmann::json::accept(build_message(settings, {record}).body),
                    "a message is JSON, whatever its line");
    }
    if (!template_mistake(text, true)) {
      settings.line.clear();
      settings.body_template = text;
      for (const char* type :
           {"application/json", "application/x-www-form-urlencoded", "text/plain"}) {
        settings.content_type = type;
        fuzz::require(build_message(settings, {record, record}).count >= 1,
                      "a message has an event at least");
      }
      // In a text of JSON, what is filled in stays there.
      const std::string quoted = "{\"text\":\"%(sentence)s%(processname)s%(data)s\"}";
      settings.body_template = quoted;
      settings.content_type = "application/json";
      if (!template_mistake(quoted, true)) {
        fuzz::require(nlohmann::json::accept(build_message(settings, {record}).body),
                      "values stay within their quotes");
      }
    }
  }
}

void check_urls(const std::string& text) {
  // It comes from a command line or an environment, where no NUL is.
  if (text.find('\0') != std::string::npos) return;
  (void)url_without_secret(text);
  bool has_secret = false;
  const auto settings = parse_relay_url(text, has_secret);
  if (!settings) return;
  const EventRecord record = strange_event();
  if (settings->kind == BrokerKind::mqtt) {
    const std::string topic = topic_of(*settings, record);
    const auto count = [](const std::string& name) {
      return std::count(name.begin(), name.end(), '/');
    };
    // What was written with values that have no slashes has as many levels.
    EventRecord plain = record;
    plain.event.payload = "processname:a groupname:g from_state:RUNNING expected:0 pid:7";
    fuzz::require(count(topic) == count(topic_of(*settings, plain)), "a value makes no level");
  }
  (void)event_id(record, settings->origin);
}

void check_answers(const std::string& text) {
  for (const char* name : {"json", "slack", "discord", "teams", "dingtalk", "feishu", "wecom"}) {
    for (const int status : {200, 400, 429, 500}) {
      HttpAnswer answer;
      answer.status = status;
      answer.body = text;
      const Verdict verdict = judge_answer(*message_format(name), answer);
      fuzz::require(verdict.text.size() < 1000, "a reason is short");
    }
  }
  if (const auto mail = parse_mail_file(text)) {
    const auto again = parse_mail_file(print_mail_file(*mail));
    fuzz::require(again && again->body == mail->body && again->to == mail->to &&
                      again->subject == mail->subject,
                  "a mail in a queue stays what it was");
    (void)mime_text(*mail);
    (void)sendmail_text(*mail);
  }
  fuzz::read_in_pieces(
      text, RespReader(), RespReader(), [](std::size_t) { return std::size_t{1}; },
      [](const auto& one, const auto& other) {
        fuzz::require(one.text == other.text, "pieces make equal answers");
      });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::as_text(data, size));
  check_templates(text);
  check_urls(text);
  check_answers(text);
  return 0;
}

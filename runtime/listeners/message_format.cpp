#include "runtime/listeners/message_format.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "runtime/listeners/json_text.h"
#include "schema/expand.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t shown_answer = 200;
constexpr std::string_view cut = " …";

// 408, 425 and 429 ask for another attempt, and what is wrong with the URL or the secret (401, 403,
// 404) will be mended by somebody; these say that the message is wrong.
constexpr std::array refusals{400, 406, 411, 413, 414, 415, 422};

std::string slack_body(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else
      escaped += c;
  }
  return json_text(Json{
      {"text", escaped}
  });
}

// Names in a text must not call anybody.
std::string discord_body(const std::string& text) {
  return json_text(Json{
      {"content",          text                          },
      {"allowed_mentions", Json{{"parse", Json::array()}}}
  });
}

// A block for each line: one line end within a block is a blank to Teams.
std::string teams_body(const std::string& text) {
  Json blocks = Json::array();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    Json block{
        {"type", "TextBlock"      },
        {"text", text.substr(begin, end - begin)},
        {"wrap",      true                 }
    };
    if (begin > 0) block["spacing"] = "None";
    blocks.push_back(std::move(block));
    begin = end + 1;
  }
  const Json card{
      {"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
      {"type",    "AdaptiveCard"                                      },
      {"version", "1.4"                                               },
      {"body",    blocks                                              }
  };
  const Json attachment{
      {"contentType", "application/vnd.microsoft.card.adaptive"},
      {"content",     card                                     }
  };
  return json_text(Json{
      {"type",        "message"                },
      {"attachments", Json::array({attachment})}
  });
}

std::string text_body(const char* type_key, const char* text_key, const std::string& text) {
  Json content;
  content[text_key] = text;
  Json object;
  object[type_key] = "text";
  object[type_key == std::string_view("msgtype") ? "text" : "content"] = content;
  return json_text(object);
}

// What is `<@all>` to WeCom and `<at user_id="all">` to Feishu calls everybody: a sign without
// width behind the bracket makes a text of it.
std::string without_calls(const std::string& text, std::string_view call) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '<' && schema::lower(text.substr(i + 1, call.size())) == call) {
      out += "\xE2\x80\x8B";
    }
  }
  return out;
}

std::string dingtalk_body(const std::string& text) { return text_body("msgtype", "content", text); }

std::string wecom_body(const std::string& text) { return dingtalk_body(without_calls(text, "@")); }

std::string feishu_body(const std::string& text) {
  return text_body("msg_type", "text", without_calls(text, "at"));
}

// Limits are those that the services publish, less some room.
constexpr std::array formats{
    MessageFormat{"json",     200'000, 0,   UrlSecret::no,  ServiceAnswer::status,
                  ServiceSignature::header, nullptr       },
    MessageFormat{"slack",    30'000,  0,   UrlSecret::yes, ServiceAnswer::status,
                  ServiceSignature::header, &slack_body   },
    MessageFormat{"discord",  1'900,   30,  UrlSecret::yes, ServiceAnswer::status,
                  ServiceSignature::header, &discord_body },
    MessageFormat{"teams",    20'000,  0,   UrlSecret::yes, ServiceAnswer::status,
                  ServiceSignature::header, &teams_body   },
    MessageFormat{"dingtalk", 15'000,  20,  UrlSecret::yes, ServiceAnswer::errcode,
                  ServiceSignature::url,    &dingtalk_body},
    MessageFormat{"feishu",   15'000,  100, UrlSecret::yes, ServiceAnswer::code,
                  ServiceSignature::body,   &feishu_body  },
    MessageFormat{"wecom",    2'000,   20,  UrlSecret::yes, ServiceAnswer::errcode,
                  ServiceSignature::header, &wecom_body   }
};

// Names of a whole message in a body's template.
constexpr std::string_view all_texts = "texts";
constexpr std::string_view event_count = "count";
constexpr std::string_view all_events = "events";

std::string line_of(const MessageSettings& settings, const EventRecord& record) {
  if (settings.line.empty()) return "[" + settings.origin.host + "] " + event_sentence(record);
  std::string kept;
  return schema::expand(settings.line,
                        [&](std::string_view name) -> std::optional<schema::TemplateValue> {
                          kept = event_value(record, settings.origin, name).value_or("");
                          return kept;
                        })
      .text;
}

// At most so many bytes, cut between characters.
std::string shortened(std::string text, std::size_t maximum) {
  if (text.size() <= maximum) return text;
  std::size_t size = maximum - cut.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size).append(cut);
}

std::string escaped(const MessageSettings& settings, std::string_view text) {
  if (settings.content_type.find("json") != std::string::npos) return json_escaped(text);
  if (settings.content_type.find("urlencoded") != std::string::npos) return url_escaped(text);
  return std::string(text);
}

std::string json_array(const MessageSettings& settings, const std::vector<EventRecord>& events,
                       std::size_t count) {
  std::string array = "[";
  for (std::size_t i = 0; i < count; ++i) {
    array += (i > 0 ? "," : "") + event_json(events[i], settings.origin);
  }
  return array + "]";
}

std::string from_template(const MessageSettings& settings, const std::vector<EventRecord>& events,
                          const std::string& text, std::size_t count) {
  std::string kept;
  return schema::expand(
             *settings.body_template,
             [&](std::string_view name) -> std::optional<schema::TemplateValue> {
               if (name == event_count) return static_cast<std::int64_t>(count);
               if (name == all_events) {
                 kept = json_array(settings, events, count);
               } else {
                 kept =
                     escaped(settings,
                             name == all_texts
                                 ? text
                                 : event_value(events.front(), settings.origin, name).value_or(""));
               }
               return kept;
             })
      .text;
}

bool names_anything(std::string_view name, bool is_body) {
  const std::vector<std::string>& known = event_value_names();
  return std::find(known.begin(), known.end(), name) != known.end() ||
         (is_body && (name == all_texts || name == event_count || name == all_events));
}

std::string shown(const std::string& body) {
  std::string text = body.substr(0, shown_answer);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

// What a chat service says in the body of its answer, which is 200 whatever it says.
Verdict judge_body(const MessageFormat& format, const std::string& body) {
  bool is_deep = false;
  const Json answer = Json::parse(
      body,
      [&](int depth, Json::parse_event_t, Json&) {
        is_deep = is_deep || depth > 8;
        return !is_deep;
      },
      false);
  const std::array names{format.answer == ServiceAnswer::errcode ? "errcode" : "code",
                         "StatusCode"};
  for (const char* name : names) {
    if (is_deep || !answer.is_object()) break;
    const auto member = answer.find(name);
    if (member == answer.end() || !member->is_number_integer()) continue;
    if (member->get<std::int64_t>() == 0) return {.kind = Verdict::Kind::taken};
    return {.text = "the service says: " + shown(body)};
  }
  return {.text = "not the answer of " + std::string(format.name) + ": " + shown(body)};
}

}  // namespace

const MessageFormat* message_format(std::string_view name) {
  const auto* found =
      std::find_if(formats.begin(), formats.end(),
                   [&](const MessageFormat& format) { return format.name == name; });
  return found != formats.end() ? found : nullptr;
}

std::string message_format_names() {
  std::string names;
  for (const MessageFormat& format : formats) {
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  return names;
}

Message build_message(const MessageSettings& settings, const std::vector<EventRecord>& events) {
  const std::size_t maximum = settings.format->text_maximum;
  const bool is_json = settings.format->body == nullptr;
  Message message;
  std::string text;
  std::size_t size = 0;
  for (const EventRecord& event : events) {
    const std::string line = line_of(settings, event);
    size += is_json ? event_json(event, settings.origin).size() : line.size() + 1;
    if (message.count > 0 && size > maximum) break;
    text += (text.empty() ? "" : "\n") + line;
    ++message.count;
  }
  if (!is_json) text = shortened(std::move(text), maximum);
  if (settings.body_template) {
    message.body = from_template(settings, events, text, message.count);
  } else if (is_json) {
    message.body = "{\"host\":\"" + json_escaped(settings.origin.host) +
                   "\",\"events\":" + json_array(settings, events, message.count) + "}";
  } else {
    message.body = settings.format->body(text);
  }
  return message;
}

std::optional<std::string> template_mistake(std::string_view text, bool is_body) {
  std::string unknown;
  const schema::Expanded expanded =
      schema::expand(text, [&](std::string_view name) -> std::optional<schema::TemplateValue> {
        if (names_anything(name, is_body)) {
          if (name == event_count) return std::int64_t{0};
          return std::string_view();
        }
        if (unknown.empty()) unknown = name;
        return std::nullopt;
      });
  if (expanded.errors.empty()) return std::nullopt;
  std::string mistake = expanded.errors.front().message;
  if (!unknown.empty()) {
    mistake = "no event has %(" + unknown + ")s; there are";
    for (const std::string& name : event_value_names()) mistake += " " + name;
    if (is_body) mistake += " texts count events";
  }
  return mistake;
}

Verdict judge_answer(const MessageFormat& format, const HttpAnswer& answer) {
  if (answer.status == 0) return {.text = answer.error};
  const std::string status = std::to_string(answer.status) + " " + answer.reason;
  if (answer.status >= 200 && answer.status < 300) {
    return format.answer == ServiceAnswer::status ? Verdict{.kind = Verdict::Kind::taken}
                                                  : judge_body(format, answer.body);
  }
  const bool is_refused =
      std::find(refusals.begin(), refusals.end(), answer.status) != refusals.end();
  return {.kind = is_refused ? Verdict::Kind::refused : Verdict::Kind::later,
          .text = "answered " + status + (answer.body.empty() ? "" : ": " + shown(answer.body))};
}

std::string with_feishu_signature(const std::string& body, const std::string& timestamp,
                                  const std::string& signature) {
  return "{\"timestamp\":\"" + timestamp + "\",\"sign\":\"" + json_escaped(signature) + "\"," +
         body.substr(1);
}

}  // namespace sup::listeners

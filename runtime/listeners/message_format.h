// Bodies of web hooks: of events, in the form that a service takes, and what its answer means.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/listeners/event_text.h"
#include "runtime/listeners/transfer.h"

namespace sup::listeners {

enum class UrlSecret : std::uint8_t { no, yes };
enum class ServiceAnswer : std::uint8_t { status, errcode, code };
enum class ServiceSignature : std::uint8_t { header, url, body };

struct MessageFormat {
  std::string_view name;
  std::size_t text_maximum;  // bytes that the service takes of a text
  int minute_maximum;        // messages that it takes in a minute, 0 if it does not say
  UrlSecret url_secret;      // whether its URL is all that an intruder needs
  ServiceAnswer answer;      // where it says whether it took the message
  ServiceSignature signature;
  // The body with this text; null where events are sent as they are.
  std::string (*body)(const std::string& text);
};

// By name; null if there is none.
const MessageFormat* message_format(std::string_view name);

// "json, slack, …"
std::string message_format_names();

struct MessageSettings {
  const MessageFormat* format = nullptr;
  std::string line;  // template of the text of an event; empty: [host] sentence
  // Template of the whole body, instead of the format's.
  std::optional<std::string> body_template;
  std::string content_type = "application/json";
  Origin origin;
};

struct Message {
  std::string body;
  std::size_t count = 0;  // so many events are in it, one at least
};

// A message of as many events, from the first on, as the service takes at once.
Message build_message(const MessageSettings& settings, const std::vector<EventRecord>& events);

// What is wrong with a template; nothing if it is good. `is_body`: it may name what stands for all
// events of a message, too.
std::optional<std::string> template_mistake(std::string_view text, bool is_body);

// What a service's answer says about a message that was sent.
struct Verdict {
  enum class Kind : std::uint8_t { taken, later, refused };
  Kind kind = Kind::later;
  std::string text{};  // why not
};

Verdict judge_answer(const MessageFormat& format, const HttpAnswer& answer);

// The body with Feishu's two members in front.
std::string with_feishu_signature(const std::string& body, const std::string& timestamp,
                                  const std::string& signature);

}  // namespace sup::listeners

#include "runtime/listeners/relay.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "runtime/ctl/failure.h"
#include "runtime/listeners/arguments.h"
#include "runtime/listeners/supervisor_client.h"
#include "schema/expand.h"
#include "schema/plan_io.h"

namespace sup::listeners {

namespace {

struct Scheme {
  std::string_view name;
  BrokerKind kind;
  bool is_tls;
  int port;
  std::string_view usual_name;
};

constexpr std::string_view usual_stream = "supervisor:events";
constexpr std::string_view usual_topic = "supervisor/%(host)s/%(event)s";
constexpr std::string_view socket_scheme = "redis+unix://";

constexpr std::array schemes{
    Scheme{"redis://",  BrokerKind::redis, false, 6379, usual_stream},
    Scheme{"rediss://", BrokerKind::redis, true,  6379, usual_stream},
    Scheme{"mqtt://",   BrokerKind::mqtt,  false, 1883, usual_topic },
    Scheme{"mqtts://",  BrokerKind::mqtt,  true,  8883, usual_topic }
};

schema::Error bad(const std::string& why) {
  return {"the URL " + why +
          "; redis://HOST[:PORT]/STREAM, rediss://…, redis+unix:///SOCKET?stream=NAME, "
          "mqtt://HOST[:PORT]/TOPIC or mqtts://… is expected"};
}

std::optional<int> port_of(std::string_view text) {
  int port = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && parsed == end && port > 0 && port < 65536 ? std::optional(port)
                                                                           : std::nullopt;
}

schema::Result<RelaySettings> parse_socket_url(std::string_view rest) {
  constexpr std::string_view stream = "?stream=";
  RelaySettings settings;
  const std::size_t question = rest.find(stream);
  settings.target.socket = rest.substr(0, question);
  settings.name =
      question == std::string_view::npos ? usual_stream : rest.substr(question + stream.size());
  if (!settings.target.socket.starts_with('/')) return bad("has no absolute path of a socket");
  if (settings.name.empty()) return bad("names no stream");
  return settings;
}

}  // namespace

schema::Result<RelaySettings> parse_relay_url(const std::string& url, bool& has_secret) {
  has_secret = false;
  if (url.starts_with(socket_scheme)) {
    return parse_socket_url(std::string_view(url).substr(socket_scheme.size()));
  }
  const auto* scheme = std::find_if(schemes.begin(), schemes.end(),
                                    [&](const Scheme& each) { return url.starts_with(each.name); });
  if (scheme == schemes.end()) return bad("has no known scheme");
  std::string_view rest = std::string_view(url).substr(scheme->name.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view place = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  RelaySettings settings{.kind = scheme->kind};
  settings.name = rest.empty() ? scheme->usual_name : rest;
  const std::size_t at = place.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view login = place.substr(0, at);
    const std::size_t colon = std::min(login.find(':'), login.size());
    settings.user = login.substr(0, colon);
    settings.password = login.substr(std::min(colon + 1, login.size()));
    has_secret = !settings.password.empty();
    place.remove_prefix(at + 1);
  }
  std::size_t colon = place.rfind(':');
  if (place.starts_with('[')) {
    const std::size_t end = place.find(']');
    if (end == std::string_view::npos) return bad("has half an address");
    settings.target.host = place.substr(1, end - 1);
    colon = end + 1 < place.size() ? end + 1 : std::string_view::npos;
  } else {
    settings.target.host = place.substr(0, colon);
  }
  settings.target.is_tls = scheme->is_tls;
  settings.target.port = scheme->port;
  if (colon != std::string_view::npos) {
    const std::optional<int> port = port_of(place.substr(colon + 1));
    if (!port) return bad("has no good port");
    settings.target.port = *port;
  }
  if (settings.target.host.empty()) return bad("names no host");
  return settings;
}

std::string event_id(const EventRecord& record, const Origin& origin) {
  return origin.host + "/" + record.event.server + "/" + std::to_string(record.milliseconds) + "/" +
         record.event.serial;
}

std::string topic_of(const RelaySettings& settings, const EventRecord& record) {
  std::string kept;
  return schema::expand(settings.name,
                        [&](std::string_view name) -> std::optional<schema::TemplateValue> {
                          kept = event_value(record, settings.origin, name).value_or("");
                          std::replace_if(
                              kept.begin(), kept.end(),
                              [](char c) { return c == '/' || c == '+' || c == '#' || c == '\0'; },
                              '_');
                          return kept;
                        })
      .text;
}

namespace {

// Asked each time, as an update brings another plan. Nothing from a supervisor that has none, or
// whose server cannot be reached: the event is what matters.
std::string running_plan_hash() {
  if (environment("SUPERVISOR_SERVER_URL").empty()) return {};
  try {
    return SupervisorClient().plan_hash();
  } catch (const ctl::Failure&) {
    return {};
  }
}

}  // namespace

DeliveryResult relay_events(const RelaySettings& settings, const std::vector<EventRecord>& events) {
  RelaySettings with_plan = settings;
  if (!settings.plan_file.empty()) {
    // Read each time: it may be another one by now.
    const schema::Result<schema::Plan> plan = schema::read_plan_file(settings.plan_file);
    if (!plan) {
      log_line("relay", plan.error().message + "; no hash of a plan is attached");
    } else {
      with_plan.origin.plan = schema::plan_hash(*plan);
    }
  } else {
    with_plan.origin.plan = running_plan_hash();
  }
  return settings.kind == BrokerKind::redis ? relay_to_redis(with_plan, events)
                                            : relay_to_mqtt(with_plan, events);
}

}  // namespace sup::listeners

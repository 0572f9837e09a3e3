// The command line of relay.

#include <cstdio>

#include "runtime/listeners/event_tool.h"
#include "runtime/listeners/message_format.h"
#include "runtime/listeners/relay.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/tools.h"

namespace sup::listeners {

namespace {

constexpr const char* relay_name = "relay";
constexpr std::size_t events_per_delivery = 500;
constexpr std::size_t waiting_maximum = 100'000;
// Beyond the time of a connection and its answers.
constexpr Seconds relay_grace{60};

std::string relay_help() {
  return "Sends events to a Redis stream or an MQTT broker, each once at least.\n"
         "\n"
         "Usage: suplance relay [OPTION...] URL\n"
         "\n"
         "URL: redis://HOST[:PORT]/STREAM, rediss://... (TLS), redis+unix:///SOCKET?stream=NAME,\n"
         "     mqtt://HOST[:PORT]/TOPIC, mqtts://... (TLS)\n"
         "\n"
         "    [eventlistener:relay]\n"
         "    command=suplance relay --queue /var/spool/relay redis://events.example.org/fleet\n"
         "    events=PROCESS_STATE,SUPERVISOR_STATE_CHANGE\n"
         "\n" +
         argument_help(arguments_of(relay_name));
}

using Mistake = std::optional<std::string>;

struct RelayLine {
  RelaySettings relay;
  OutboxSettings queue;
  EventFilter filter;
};

Mistake take_url(const CommandLine& line, RelaySettings& settings) {
  std::string url;
  if (const auto file = line.value("url-file")) {
    if (!line.words.empty()) return "either --url-file or a URL, not both";
    schema::Result<std::string> read = first_line(*file);
    if (!read) return read.error().message;
    url = std::move(*read);
  } else if (line.words.size() == 1) {
    url = line.words[0];
  } else {
    return "one URL is expected";
  }
  bool has_secret = false;
  schema::Result<RelaySettings> parsed = parse_relay_url(url, has_secret);
  if (!parsed) return parsed.error().message;
  if (has_secret && !line.words.empty()) {
    log_line(relay_name,
             "the password in the URL is seen by all users of this machine; give it by "
             "--password-file or in the environment as RELAY_PASSWORD");
  }
  settings = std::move(*parsed);
  return std::nullopt;
}

Mistake take_broker(const CommandLine& line, RelaySettings& settings) {
  if (Mistake wrong = take_url(line, settings)) return wrong;
  settings.user = line.value("user").value_or(settings.user);
  schema::Result<std::string> password =
      read_secret(line, relay_name, "password", "RELAY_PASSWORD");
  if (!password) return password.error().message;
  if (!password->empty()) settings.password = std::move(*password);
  settings.target.tls = {.authorities = line.value("ca-file").value_or(""),
                         .verifies = !line.has("insecure")};
  const bool is_redis = settings.kind == BrokerKind::redis;
  if (!is_redis && line.has("maxlen")) return "--maxlen is for Redis";
  if (is_redis && line.has("qos")) return "--qos is for MQTT";
  if (Mistake wrong = take_number(line, "maxlen", 1, settings.maximum)) return wrong;
  if (Mistake wrong = take_number(line, "qos", 1, settings.quality)) return wrong;
  if (settings.quality > 2) return "--qos: 1 or 2 is expected";
  if (Mistake wrong = take_number(line, "timeout", 1, settings.target.timeout_seconds)) {
    return wrong;
  }
  if (is_redis) return std::nullopt;
  if (Mistake wrong = template_mistake(settings.name, false)) return "the topic: " + *wrong;
  if (settings.name.find_first_of("+#") != std::string::npos) {
    return "the topic: neither + nor # may stand in it";
  }
  return std::nullopt;
}

Mistake read_relay(const CommandLine& line, RelayLine& all) {
  if (Mistake wrong = take_broker(line, all.relay)) return wrong;
  if (Mistake wrong = take_queue(line, all.queue)) return wrong;
  all.relay.plan_file = line.value("plan").value_or("");
  all.relay.origin.host = line.value("host").value_or(host_name());
  schema::Result<EventFilter> filter = read_filter(line);
  if (!filter) return filter.error().message;
  all.filter = std::move(*filter);
  return std::nullopt;
}

int test(const RelaySettings& settings) {
  const DeliveryResult result = relay_events(settings, {sample_record()});
  if (result.delivery == Delivery::sent) {
    std::puts("the event was taken");
    return 0;
  }
  std::printf("the event was not taken: %s\n", result.text.c_str());
  return 1;
}

}  // namespace

int relay(int count, char** arguments) {
  const CommandLine line = read_command_line(relay_name, count, arguments);
  if (line.has("help")) {
    std::fputs(relay_help().c_str(), stdout);
    return 0;
  }
  if (line.mistake) return refuse_arguments(relay_name, *line.mistake);
  RelayLine all;
  all.queue.name = relay_name;
  all.queue.noun = "event";
  all.queue.suffix = "event";
  all.queue.batch = events_per_delivery;
  all.queue.maximum = waiting_maximum;
  if (const Mistake wrong = read_relay(line, all)) return refuse_arguments(relay_name, *wrong);
  if (line.has("test")) return test(all.relay);
  if (!is_under_supervisor()) {
    return refuse_arguments(relay_name,
                            "this is an event listener, to be started by a supervisor; "
                            "--test sends an event by hand");
  }
  all.queue.limit = 3 * Seconds(all.relay.target.timeout_seconds) + relay_grace;
  Workers workers;
  Outbox::Handlers handlers = event_handlers();
  handlers.deliver = [&](const Outbox::Texts& texts) {
    return relay_events(all.relay, records_of(texts));
  };
  Outbox outbox(all.queue, workers, std::move(handlers));
  QueueingListener listener(std::move(all.filter), Deduplicator(Seconds(0)), outbox);
  return listen_to_queue(relay_name, listener, workers, outbox);
}

}  // namespace sup::listeners

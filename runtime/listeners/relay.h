// Events for a broker: where that is, and how many of them it took.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/listeners/event_text.h"
#include "runtime/listeners/outbox.h"
#include "runtime/listeners/transfer.h"
#include "schema/result.h"

namespace sup::listeners {

enum class BrokerKind : std::uint8_t { redis, mqtt };

struct RelaySettings {
  BrokerKind kind = BrokerKind::redis;
  Connection::Target target{};
  std::string user{};
  std::string password{};
  std::string name{};  // of the stream; a template of the topic
  int database = 0;    // of Redis
  int maximum = 0;     // about so many events stay in the stream; 0: all
  int quality = 1;     // of MQTT
  std::string plan_file{};
  Origin origin{};
};

// redis://, rediss:// (TLS), mqtt://, mqtts:// [USER[:PASSWORD]@]HOST[:PORT]/NAME, and
// redis+unix:///SOCKET?stream=NAME. A stream's name is `supervisor:events` if there is none, a
// topic `supervisor/%(host)s/%(event)s`. `has_secret` is set if a password stands in the URL.
schema::Result<RelaySettings> parse_relay_url(const std::string& url, bool& has_secret);

// What tells an event from all others, so that whoever reads it twice can see that.
std::string event_id(const EventRecord& record, const Origin& origin);

// Runs in a child: waits for the broker.
DeliveryResult relay_events(const RelaySettings& settings, const std::vector<EventRecord>& events);

// The two kinds of it.
DeliveryResult relay_to_redis(const RelaySettings& settings,
                              const std::vector<EventRecord>& events);
DeliveryResult relay_to_mqtt(const RelaySettings& settings, const std::vector<EventRecord>& events);

// The topic of an event. No value in it makes another level of a topic, or a pattern.
std::string topic_of(const RelaySettings& settings, const EventRecord& record);

}  // namespace sup::listeners

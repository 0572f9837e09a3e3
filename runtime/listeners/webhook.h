// Messages about events for web hooks: what is sent where, and what the answer means for the queue.
#pragma once

#include <string>
#include <vector>

#include "runtime/listeners/message_format.h"
#include "runtime/listeners/outbox.h"

namespace sup::listeners {

struct WebhookSettings {
  std::string url;
  std::string secret;  // empty: no signature
  std::vector<std::string> headers;
  int timeout_seconds = 10;
  TlsSettings tls;
  std::string proxy;
  MessageSettings message;
  bool is_dry_run = false;
};

// The request of a message at a time, signed; fails where no signature can be made.
schema::Result<HttpRequest> webhook_request(const WebhookSettings& settings,
                                            const std::string& body, std::int64_t milliseconds);

// Sends one message of as many events as the service takes. In a child: waits for the server.
DeliveryResult send_webhook(const WebhookSettings& settings,
                            const std::vector<EventRecord>& events);

// What must not be said of a URL: anything behind the host.
std::string url_without_secret(const std::string& url);

}  // namespace sup::listeners

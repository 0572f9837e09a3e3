#include "runtime/listeners/webhook.h"

#include <algorithm>

#include "runtime/listeners/mail.h"
#include "runtime/listeners/signature.h"
#include "runtime/listeners/times.h"
#include "schema/text.h"

namespace sup::listeners {

std::string url_without_secret(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "the URL";
  const std::size_t end = url.find_first_of("/?#", scheme + 3);
  std::string host = url.substr(scheme + 3, end == std::string::npos ? end : end - scheme - 3);
  const std::size_t login = host.rfind('@');
  if (login != std::string::npos) host.erase(0, login + 1);
  return url.substr(0, scheme + 3) + host + (end == std::string::npos ? "" : "/…");
}

namespace {

DeliveryResult send_message(const WebhookSettings& settings,
                            const std::vector<EventRecord>& events) {
  const Message message = build_message(settings.message, events);
  if (settings.is_dry_run) {
    log_line("webhook", "would send: " + message.body);
    return all_sent(message.count);
  }
  const schema::Result<HttpRequest> request =
      webhook_request(settings, message.body, milliseconds_now());
  if (!request) return {.text = request.error().message};
  const HttpAnswer answer = send_http(*request);
  const Verdict verdict = judge_answer(*settings.message.format, answer);
  if (verdict.kind == Verdict::Kind::taken) return all_sent(message.count);
  return {.delivery = verdict.kind == Verdict::Kind::refused ? Delivery::refused : Delivery::later,
          .text = url_without_secret(settings.url) + " " + verdict.text,
          .pause = Seconds(answer.retry_after_seconds)};
}

}  // namespace

schema::Result<HttpRequest> webhook_request(const WebhookSettings& settings,
                                            const std::string& body, std::int64_t milliseconds) {
  HttpRequest request{.method = "POST",
                      .url = settings.url,
                      .headers = settings.headers,
                      .body = body,
                      .timeout_seconds = settings.timeout_seconds,
                      .tls = settings.tls,
                      .proxy = settings.proxy};
  // Unless the user has others.
  for (const std::string& usual :
       {std::string("User-Agent: suplance/" SUP_VERSION),
        "Content-Type: " + settings.message.content_type, std::string("Expect:")}) {
    const std::string name = schema::lower(usual.substr(0, usual.find(':') + 1));
    const auto is_same = [&](const std::string& own) {
      return schema::lower(own.substr(0, name.size())) == name;
    };
    if (std::none_of(settings.headers.begin(), settings.headers.end(), is_same)) {
      request.headers.push_back(usual);
    }
  }
  if (settings.secret.empty()) return request;
  const auto sign = [](std::string_view key, std::string_view text) {
    return hmac_sha256(key, text);
  };
  switch (settings.message.format->signature) {
    case ServiceSignature::header: {
      const schema::Result<std::string> made = sign(settings.secret, body);
      if (!made) return made.error();
      request.headers.push_back("X-Signature: sha256=" + hexadecimal(*made));
      break;
    }
    case ServiceSignature::url: {
      const std::string stamp = std::to_string(milliseconds);
      const schema::Result<std::string> made =
          sign(settings.secret, stamp + "\n" + settings.secret);
      if (!made) return made.error();
      request.url += (request.url.find('?') == std::string::npos ? "?" : "&");
      request.url += "timestamp=" + stamp + "&sign=" + url_escaped(base64(*made));
      break;
    }
    case ServiceSignature::body: {
      const std::string stamp = std::to_string(milliseconds / 1000);
      // Feishu signs nothing with a key that is made of both.
      const schema::Result<std::string> made = sign(stamp + "\n" + settings.secret, "");
      if (!made) return made.error();
      request.body = with_feishu_signature(body, stamp, base64(*made));
      break;
    }
  }
  return request;
}

DeliveryResult send_webhook(const WebhookSettings& settings,
                            const std::vector<EventRecord>& events) {
  DeliveryResult result = send_message(settings, events);
  // One of several spoils the message: the first is tried alone, the rest comes again.
  if (result.delivery == Delivery::refused && events.size() > 1) {
    result = send_message(settings, {events.front()});
  }
  return result;
}

}  // namespace sup::listeners

// The command line of webhook.

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>

#include "runtime/listeners/event_tool.h"
#include "runtime/listeners/pacing.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/tools.h"
#include "runtime/listeners/webhook.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

constexpr const char* webhook_name = "webhook";
// Beyond the limit of a request; two are made if one event spoils a message.
constexpr Seconds webhook_grace{30};

std::string webhook_help() {
  return "Sends events to a web hook.\n"
         "\n"
         "Usage: suplance webhook [OPTION...] [URL]\n"
         "\n"
         "    [eventlistener:chat]\n"
         "    command=suplance webhook -f slack --url-file /etc/supervisor/slack.url --unexpected\n"
         "    events=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL\n"
         "\n" +
         argument_help(arguments_of(webhook_name));
}

int local_second_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  return parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec;
}

// A mistake, or nothing.
using Mistake = std::optional<std::string>;

struct WebhookLine {
  WebhookSettings webhook;
  Pacing::Settings pacing;
  OutboxSettings queue;
  EventFilter filter;
  Seconds window{0};
};

schema::Result<std::string> whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return schema::Error{path + ": cannot be read"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool holds_secret(const std::string& url, const MessageFormat& format) {
  const std::string low = schema::lower(url);
  const auto has = [&](std::string_view text) { return low.find(text) != std::string::npos; };
  return format.url_secret == UrlSecret::yes || has("@") || has("token=") || has("key=") ||
         has("secret=") || has("sign=");
}

Mistake take_url(const CommandLine& line, WebhookSettings& settings) {
  if (line.words.size() > 1) return "one URL is expected";
  if (const auto file = line.value("url-file")) {
    if (!line.words.empty()) return "either --url-file or a URL, not both";
    schema::Result<std::string> url = first_line(*file);
    if (!url) return url.error().message;
    settings.url = std::move(*url);
  } else if (!line.words.empty()) {
    settings.url = line.words[0];
    if (holds_secret(settings.url, *settings.message.format)) {
      log_line(
          webhook_name,
          "the URL is a secret, and seen by all users of this machine; give it by --url-file or "
          "in the environment as WEBHOOK_URL");
    }
  } else {
    settings.url = environment("WEBHOOK_URL");
  }
  if (settings.url.empty()) return "which URL? As a word, by --url-file or as $WEBHOOK_URL";
  if (!settings.url.starts_with("http://") && !settings.url.starts_with("https://")) {
    return "a URL begins with http:// or https://";
  }
  return std::nullopt;
}

Mistake take_header(const std::string& header, WebhookSettings& settings) {
  const std::size_t colon = header.find(':');
  if (colon == 0 || colon == std::string::npos ||
      header.find_first_of("\r\n") != std::string::npos) {
    return "`Name: value` is expected as a header, not " + schema::python_repr(header);
  }
  settings.headers.push_back(header);
  return std::nullopt;
}

Mistake take_headers(const CommandLine& line, WebhookSettings& settings) {
  for (const std::string& header : line.values("header")) {
    if (Mistake wrong = take_header(header, settings)) return wrong;
    const std::string name = schema::lower(header.substr(0, header.find(':')));
    if (name.find("auth") != std::string::npos || name.find("token") != std::string::npos ||
        name.find("key") != std::string::npos) {
      log_line(webhook_name, "the header " + name +
                                 " is seen by all users of this machine; give it by --header-file");
    }
  }
  if (const auto path = line.value("header-file")) {
    std::ifstream file(*path);
    if (!file) return *path + ": cannot be read";
    for (std::string header; std::getline(file, header);) {
      if (!header.empty() && header.back() == '\r') header.pop_back();
      if (header.empty()) continue;
      // The text may be a password: it is not shown.
      if (take_header(header, settings)) return *path + ": each line is a header, `Name: value`";
    }
  }
  return std::nullopt;
}

Mistake take_message(const CommandLine& line, MessageSettings& message) {
  message.origin.host = host_name();
  if (const auto text = line.value("text")) {
    if (Mistake wrong = template_mistake(*text, false)) return "--text: " + *wrong;
    message.line = *text;
  }
  if (const auto path = line.value("template")) {
    schema::Result<std::string> text = whole_file(*path);
    if (!text) return text.error().message;
    if (Mistake wrong = template_mistake(*text, true)) return *path + ": " + *wrong;
    message.body_template = std::move(*text);
  }
  if (const auto type = line.value("content-type")) {
    if (!message.body_template) return "--content-type is for --template";
    if (type->find_first_of("\r\n") != std::string::npos) return "--content-type: one line";
    message.content_type = *type;
  }
  return std::nullopt;
}

Mistake take_pacing(const CommandLine& line, WebhookLine& all) {
  int collect = 0;
  int batch = static_cast<int>(all.pacing.batch);
  int window = 0;
  if (Mistake wrong = take_number(line, "batch", 0, collect)) return wrong;
  if (Mistake wrong = take_number(line, "batch-maximum", 1, batch)) return wrong;
  if (Mistake wrong = take_number(line, "deduplicate", 0, window)) return wrong;
  const int usual = all.webhook.message.format->minute_maximum;
  if (usual > 0) all.pacing.rate = {.count = usual, .period = Seconds(60)};
  if (const auto rate = line.value("rate"); rate == "0") {
    all.pacing.rate = {};
  } else if (rate) {
    const std::optional<Rate> parsed = parse_rate(*rate);
    if (!parsed)
      return "--rate " + *rate +
             ": a number of messages in so many seconds is expected, such as 10/60, or 0";
    all.pacing.rate = *parsed;
  }
  if (const auto quiet = line.value("quiet")) {
    all.pacing.quiet = parse_quiet_hours(*quiet);
    if (!all.pacing.quiet)
      return "--quiet " + *quiet + ": two times of day are expected, such as 22:00-07:30";
  }
  all.pacing.collect = Seconds(collect);
  all.pacing.batch = static_cast<std::size_t>(batch);
  all.pacing.is_durable = line.has("queue");
  all.window = Seconds(window);
  // What waits goes together only if it was meant to wait.
  const bool waits = collect > 0 || all.pacing.rate.count > 0 || all.pacing.quiet;
  all.queue.batch = waits || line.has("batch-maximum") ? all.pacing.batch : 1;
  return std::nullopt;
}

Mistake read_webhook(const CommandLine& line, WebhookLine& all) {
  WebhookSettings& webhook = all.webhook;
  const std::string format = line.value("format").value_or("json");
  webhook.message.format = message_format(format);
  if (webhook.message.format == nullptr) {
    return "--format " + format + ": one of " + message_format_names() + " is expected";
  }
  if (Mistake wrong = take_url(line, webhook)) return wrong;
  if (Mistake wrong = take_headers(line, webhook)) return wrong;
  if (Mistake wrong = take_message(line, webhook.message)) return wrong;
  if (Mistake wrong = take_pacing(line, all)) return wrong;
  if (Mistake wrong = take_number(line, "timeout", 1, webhook.timeout_seconds)) return wrong;
  if (Mistake wrong = take_queue(line, all.queue)) return wrong;
  schema::Result<std::string> secret = read_secret(line, webhook_name, "secret", "WEBHOOK_SECRET");
  if (!secret) return secret.error().message;
  webhook.secret = std::move(*secret);
  webhook.tls = {.authorities = line.value("ca-file").value_or(""),
                 .verifies = !line.has("insecure")};
  webhook.proxy = line.value("proxy").value_or("");
  webhook.is_dry_run = line.has("dry-run");
  schema::Result<EventFilter> filter = read_filter(line);
  if (!filter) return filter.error().message;
  all.filter = std::move(*filter);
  return std::nullopt;
}

int test(const WebhookSettings& settings) {
  const DeliveryResult result = send_webhook(settings, {sample_record()});
  if (result.delivery == Delivery::sent) {
    std::puts(settings.is_dry_run ? "nothing was sent" : "the message was taken");
    return 0;
  }
  std::printf("the message was not taken: %s\n", result.text.c_str());
  return 1;
}

}  // namespace

int webhook(int count, char** arguments) {
  const CommandLine line = read_command_line(webhook_name, count, arguments);
  if (line.has("help")) {
    std::fputs(webhook_help().c_str(), stdout);
    return 0;
  }
  if (line.mistake) return refuse_arguments(webhook_name, *line.mistake);
  WebhookLine all;
  all.queue.name = webhook_name;
  all.queue.noun = "message";
  all.queue.suffix = "event";
  if (const Mistake wrong = read_webhook(line, all)) return refuse_arguments(webhook_name, *wrong);
  if (line.has("test")) return test(all.webhook);
  if (!is_under_supervisor()) {
    return refuse_arguments(webhook_name,
                            "this is an event listener, to be started by a supervisor; "
                            "--test sends a message by hand");
  }
  all.queue.limit =
      2 * Seconds(longest_request_seconds(all.webhook.timeout_seconds)) + webhook_grace;
  Workers workers;
  Pacing pacing(all.pacing, local_second_of_day);
  Outbox::Handlers handlers = event_handlers();
  handlers.deliver = [&](const Outbox::Texts& texts) {
    return send_webhook(all.webhook, records_of(texts));
  };
  Outbox outbox(all.queue, workers, std::move(handlers), &pacing);
  QueueingListener listener(std::move(all.filter), Deduplicator(all.window), outbox);
  return listen_to_queue(webhook_name, listener, workers, outbox);
}

}  // namespace sup::listeners

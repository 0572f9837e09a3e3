#include "runtime/listeners/relay.h"
#include "runtime/listeners/resp.h"

namespace sup::listeners {

namespace {

class Redis {
 public:
  explicit Redis(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  schema::Status send(const std::string& bytes) { return connection_->send(bytes); }

  schema::Result<RespReply> reply() {
    for (;;) {
      schema::Result<std::optional<RespReply>> next = reader_.next();
      if (!next) return next.error();
      if (next->has_value()) return std::move(**next);
      const schema::Result<std::string> bytes = connection_->receive();
      if (!bytes) return bytes.error();
      reader_.feed(*bytes);
    }
  }

  // Fails for an answer that is an error, too.
  schema::Status ask(const std::vector<std::string>& words) {
    schema::Status sent = send(resp_command(words));
    if (!sent) return sent;
    const schema::Result<RespReply> answer = reply();
    if (!answer) return answer.error();
    if (answer->is_error) return schema::Error{answer->text};
    return schema::Nothing{};
  }

 private:
  std::unique_ptr<Connection> connection_;
  RespReader reader_;
};

std::vector<std::string> add_command(const RelaySettings& settings, const EventRecord& record) {
  std::vector<std::string> words{"XADD", settings.name};
  if (settings.maximum > 0) {
    words.insert(words.end(), {"MAXLEN", "~", std::to_string(settings.maximum)});
  }
  words.insert(words.end(), {"*", "id", event_id(record, settings.origin)});
  for (auto& [name, value] : event_values(record, settings.origin)) {
    words.push_back(name);
    words.push_back(value);
  }
  return words;
}

schema::Status log_in(const RelaySettings& settings, Redis& redis) {
  if (!settings.password.empty()) {
    std::vector<std::string> words{"AUTH"};
    if (!settings.user.empty()) words.push_back(settings.user);
    words.push_back(settings.password);
    schema::Status done = redis.ask(words);
    if (!done) return done;
  }
  return settings.database > 0 ? redis.ask({"SELECT", std::to_string(settings.database)})
                               : schema::Status(schema::Nothing{});
}

}  // namespace

DeliveryResult relay_to_redis(const RelaySettings& settings,
                              const std::vector<EventRecord>& events) {
  const std::string name = settings.target.socket.empty()
                               ? settings.target.host + ":" + std::to_string(settings.target.port)
                               : settings.target.socket;
  schema::Result<std::unique_ptr<Connection>> connection = Connection::open(settings.target);
  if (!connection) return {.text = name + ": " + connection.error().message};
  Redis redis(std::move(*connection));
  const schema::Status logged_in = log_in(settings, redis);
  if (!logged_in) return {.text = name + ": " + logged_in.error().message};
  std::string commands;
  for (const EventRecord& event : events) commands += resp_command(add_command(settings, event));
  const schema::Status sent = redis.send(commands);
  if (!sent) return {.text = name + ": " + sent.error().message};
  DeliveryResult result;
  for (; result.done < events.size(); ++result.done) {
    const schema::Result<RespReply> answer = redis.reply();
    if (!answer || answer->is_error) {
      // What is wrong with a broker (memory, rights, a key of another type) will be mended.
      result.text = name + ": " + (answer ? answer->text : answer.error().message);
      return result;
    }
  }
  result.delivery = Delivery::sent;
  return result;
}

}  // namespace sup::listeners

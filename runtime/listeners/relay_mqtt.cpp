// By libmosquitto, which is loaded by the child that sends.

#include <dlfcn.h>
#include <mosquitto.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <set>
#include <type_traits>

#include "runtime/listeners/relay.h"

namespace sup::listeners {

namespace {

constexpr const char* library_name = "libmosquitto.so.1";
constexpr int slice_milliseconds = 100;

struct Library {
  decltype(&::mosquitto_lib_init) init = nullptr;
  decltype(&::mosquitto_new) create = nullptr;
  decltype(&::mosquitto_destroy) destroy = nullptr;
  decltype(&::mosquitto_username_pw_set) set_login = nullptr;
  decltype(&::mosquitto_tls_set) set_tls = nullptr;
  decltype(&::mosquitto_tls_insecure_set) set_insecure = nullptr;
  decltype(&::mosquitto_tls_opts_set) set_tls_options = nullptr;
  decltype(&::mosquitto_connect_callback_set) on_connect = nullptr;
  decltype(&::mosquitto_publish_callback_set) on_publish = nullptr;
  decltype(&::mosquitto_connect) connect = nullptr;
  decltype(&::mosquitto_publish) publish = nullptr;
  decltype(&::mosquitto_loop) loop = nullptr;
  decltype(&::mosquitto_disconnect) disconnect = nullptr;
  decltype(&::mosquitto_strerror) error_text = nullptr;
  decltype(&::mosquitto_connack_string) refusal_text = nullptr;
  std::string error;
};

const Library& library() {
  static const Library loaded = [] {
    Library all;
    void* const handle = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* const why = ::dlerror();
      all.error = std::string(why != nullptr ? why : library_name) + " (package libmosquitto1)";
      return all;
    }
    const auto find = [&](const char* name, auto& function) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
      if (function == nullptr && all.error.empty()) {
        all.error = std::string(library_name) + " has no " + name;
      }
    };
    find("mosquitto_lib_init", all.init);
    find("mosquitto_new", all.create);
    find("mosquitto_destroy", all.destroy);
    find("mosquitto_username_pw_set", all.set_login);
    find("mosquitto_tls_set", all.set_tls);
    find("mosquitto_tls_insecure_set", all.set_insecure);
    find("mosquitto_tls_opts_set", all.set_tls_options);
    find("mosquitto_connect_callback_set", all.on_connect);
    find("mosquitto_publish_callback_set", all.on_publish);
    find("mosquitto_connect", all.connect);
    find("mosquitto_publish", all.publish);
    find("mosquitto_loop", all.loop);
    find("mosquitto_disconnect", all.disconnect);
    find("mosquitto_strerror", all.error_text);
    find("mosquitto_connack_string", all.refusal_text);
    if (all.error.empty()) all.init();
    return all;
  }();
  return loaded;
}

// One connection.
class Client {
 public:
  explicit Client(const RelaySettings& settings)
      : settings_(settings), client_(library().create(nullptr, true, this)) {}

  ~Client() {
    if (client_ != nullptr) library().destroy(client_);
  }

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // What is wrong, or an empty text.
  std::string connect() {
    if (client_ == nullptr) return "no memory";
    library().on_connect(client_, [](mosquitto*, void* self, int code) {
      auto& client = *static_cast<Client*>(self);
      client.is_answered_ = true;
      client.refusal_ = code;
    });
    library().on_publish(client_, [](mosquitto*, void* self, int number) {
      static_cast<Client*>(self)->unconfirmed_.erase(number);
    });
    if (!settings_.user.empty()) {
      library().set_login(client_, settings_.user.c_str(), settings_.password.c_str());
    }
    if (settings_.target.is_tls) {
      const std::string& file = settings_.target.tls.authorities;
      const int code =
          library().set_tls(client_, file.empty() ? nullptr : file.c_str(),
                            file.empty() ? "/etc/ssl/certs" : nullptr, nullptr, nullptr, nullptr);
      if (code != MOSQ_ERR_SUCCESS) return text_of(code);
      if (!settings_.target.tls.verifies) {
        library().set_tls_options(client_, 0, nullptr, nullptr);  // SSL_VERIFY_NONE
        library().set_insecure(client_, true);
      }
    }
    const int code =
        library().connect(client_, settings_.target.host.c_str(), settings_.target.port, 60);
    if (code != MOSQ_ERR_SUCCESS) return text_of(code);
    std::string wrong = run([this] { return is_answered_; });
    if (!wrong.empty()) return wrong;
    return refusal_ == 0 ? "" : library().refusal_text(refusal_);
  }

  // Hands a message over; its number, or nothing and what is wrong.
  std::optional<int> publish(const std::string& topic, const std::string& body,
                             std::string& wrong) {
    int number = 0;
    const int code =
        library().publish(client_, &number, topic.c_str(), static_cast<int>(body.size()),
                          body.data(), settings_.quality, false);
    if (code != MOSQ_ERR_SUCCESS) {
      wrong = text_of(code);
      return std::nullopt;
    }
    unconfirmed_.insert(number);
    return number;
  }

  // Until the broker has confirmed all. What is wrong, or an empty text.
  std::string confirm() {
    return run([this] { return unconfirmed_.empty(); });
  }

  bool is_confirmed(int number) const { return !unconfirmed_.contains(number); }

  void disconnect() { library().disconnect(client_); }

 private:
  static std::string text_of(int code) {
    return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : library().error_text(code);
  }

  // Lets the library work until `is_done`. The time begins anew with each message that is
  // confirmed.
  template <class Condition>
  std::string run(Condition is_done) {
    using Clock = std::chrono::steady_clock;
    const Seconds patience(settings_.target.timeout_seconds);
    Instant limit = Clock::now() + patience;
    std::size_t before = unconfirmed_.size();
    while (!is_done()) {
      if (Clock::now() >= limit) return "timed out";
      const int code = library().loop(client_, slice_milliseconds, 1);
      if (code != MOSQ_ERR_SUCCESS && !is_done()) {
        return refusal_ != 0 ? library().refusal_text(refusal_) : text_of(code);
      }
      if (unconfirmed_.size() != before) limit = Clock::now() + patience;
      before = unconfirmed_.size();
    }
    return "";
  }

  const RelaySettings& settings_;
  mosquitto* client_;
  bool is_answered_ = false;
  int refusal_ = 0;
  std::set<int> unconfirmed_;
};

std::string body_of(const RelaySettings& settings, const EventRecord& record) {
  // The id is the first member.
  return R"({"id":")" + json_escaped(event_id(record, settings.origin)) + "\"," +
         event_json(record, settings.origin).substr(1);
}

}  // namespace

DeliveryResult relay_to_mqtt(const RelaySettings& settings,
                             const std::vector<EventRecord>& events) {
  const std::string name = settings.target.host + ":" + std::to_string(settings.target.port) + ": ";
  if (!library().error.empty()) return {.text = library().error};
  Client client(settings);
  std::string wrong = client.connect();
  if (!wrong.empty()) return {.text = name + wrong};
  std::vector<int> numbers;
  DeliveryResult result;
  for (const EventRecord& event : events) {
    const auto number = client.publish(topic_of(settings, event), body_of(settings, event), wrong);
    if (!number) break;
    numbers.push_back(*number);
  }
  const std::string unconfirmed = client.confirm();
  if (wrong.empty()) wrong = unconfirmed;
  while (result.done < numbers.size() && client.is_confirmed(numbers[result.done])) ++result.done;
  client.disconnect();
  if (result.done == events.size()) return all_sent(events.size());
  result.text = name + wrong;
  return result;
}

}  // namespace sup::listeners

#include "runtime/listeners/transfer.h"

#include <dlfcn.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <curl/curl.h>

namespace sup::listeners {

namespace {

constexpr std::size_t body_maximum = std::size_t{16} << 20U;
constexpr curl_off_t retry_after_maximum = 3600;
constexpr const char* curl_name = "libcurl.so.4";

// What is used of libcurl.
struct Curl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_send) easy_send = nullptr;
  decltype(&::curl_easy_recv) easy_recv = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  std::string error;
};

template <class Function>
void find(void* handle, const char* name, Function& function, std::string& error) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  if (function == nullptr && error.empty()) error = std::string(curl_name) + " has no " + name;
}

// Loaded once and kept.
const Curl& curl() {
  static const Curl loaded = [] {
    Curl all;
    void* const handle = ::dlopen(curl_name, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* const why = ::dlerror();
      all.error = std::string(why != nullptr ? why : curl_name) + " (package libcurl4)";
      return all;
    }
    find(handle, "curl_global_init", all.global_init, all.error);
    find(handle, "curl_easy_init", all.easy_init, all.error);
    find(handle, "curl_easy_setopt", all.easy_setopt, all.error);
    find(handle, "curl_easy_perform", all.easy_perform, all.error);
    find(handle, "curl_easy_getinfo", all.easy_getinfo, all.error);
    find(handle, "curl_easy_strerror", all.easy_strerror, all.error);
    find(handle, "curl_easy_cleanup", all.easy_cleanup, all.error);
    find(handle, "curl_easy_send", all.easy_send, all.error);
    find(handle, "curl_easy_recv", all.easy_recv, all.error);
    find(handle, "curl_slist_append", all.slist_append, all.error);
    find(handle, "curl_slist_free_all", all.slist_free_all, all.error);
    if (all.error.empty()) all.global_init(CURL_GLOBAL_DEFAULT);
    return all;
  }();
  return loaded;
}

class List {
 public:
  explicit List(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      head_ = curl().slist_append(head_, text.c_str());
    }
  }

  ~List() { curl().slist_free_all(head_); }

  List(const List&) = delete;
  List& operator=(const List&) = delete;

  curl_slist* get() const { return head_; }

 private:
  curl_slist* head_ = nullptr;
};

// One transfer.
class Transfer {
 public:
  Transfer() : handle_(curl().easy_init()) {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_ERRORBUFFER, text_);
  }

  ~Transfer() { curl().easy_cleanup(handle_); }

  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  template <class T>
  void set(CURLoption option, T value) {
    curl().easy_setopt(handle_, option, value);
  }

  void set(const TlsSettings& tls) {
    if (!tls.authorities.empty()) set(CURLOPT_CAINFO, tls.authorities.c_str());
    set(CURLOPT_SSL_VERIFYPEER, tls.verifies ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, tls.verifies ? 2L : 0L);
  }

  CURLcode perform() { return curl().easy_perform(handle_); }

  long number(CURLINFO what) const {
    long value = 0;
    curl().easy_getinfo(handle_, what, &value);
    return value;
  }

  curl_off_t large_number(CURLINFO what) const {
    curl_off_t value = 0;
    curl().easy_getinfo(handle_, what, &value);
    return value;
  }

  CURL* handle() const { return handle_; }

  // In the words of the system where it was the system.
  std::string error(CURLcode code) const {
    if (code == CURLE_OPERATION_TIMEDOUT) return "timed out";
    const long number_of_system = number(CURLINFO_OS_ERRNO);
    if (code == CURLE_COULDNT_CONNECT && number_of_system != 0) {
      return std::strerror(static_cast<int>(number_of_system));
    }
    return text_[0] != 0 ? text_ : curl().easy_strerror(code);
  }

 private:
  CURL* handle_;
  char text_[CURL_ERROR_SIZE] = "";
};

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* place) {
  auto& body = *static_cast<std::string*>(place);
  body.append(bytes, std::min(size, body_maximum - std::min(body.size(), body_maximum)));
  return size;
}

// "HTTP/1.1 404 Not Found"; the last one counts.
std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* place) {
  std::string_view line(bytes, size);
  if (!line.starts_with("HTTP/")) return size;
  for (int words = 0; words < 2; ++words) {
    line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
  }
  const std::size_t end = std::min(line.find_first_of("\r\n"), line.size());
  *static_cast<std::string*>(place) = line.substr(0, end);
  return size;
}

std::size_t give_message(char* bytes, std::size_t, std::size_t size, void* place) {
  auto& rest = *static_cast<std::string_view*>(place);
  const std::size_t count = std::min(size, rest.size());
  std::memcpy(bytes, rest.data(), count);
  rest.remove_prefix(count);
  return count;
}

std::string in_brackets(const std::string& address) { return "<" + address + ">"; }

}  // namespace

int longest_request_seconds(int timeout_seconds) {
  return std::max(4 * std::max(timeout_seconds, 1), 60);  // for a server that drips
}

HttpAnswer send_http(const HttpRequest& request) {
  HttpAnswer answer;
  if (!curl().error.empty()) {
    answer.error = curl().error;
    answer.is_unasked = true;
    return answer;
  }
  Transfer transfer;
  const List headers(request.headers);
  const long timeout = std::max(request.timeout_seconds, 1);
  transfer.set(CURLOPT_URL, request.url.c_str());
  transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
  // HTTP/2 has no reason phrases, which httpok mails.
  transfer.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  transfer.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "POST") {
    transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    transfer.set(CURLOPT_POSTFIELDS, request.body.data());
  }
  transfer.set(CURLOPT_HTTPHEADER, headers.get());
  transfer.set(CURLOPT_CONNECTTIMEOUT, timeout);
  transfer.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  transfer.set(CURLOPT_LOW_SPEED_TIME, timeout);
  transfer.set(CURLOPT_TIMEOUT,
               static_cast<long>(longest_request_seconds(request.timeout_seconds)));
  if (!request.proxy.empty()) {
    transfer.set(CURLOPT_NOPROXY, "");
    transfer.set(CURLOPT_PROXY, request.proxy.c_str());
  }
  transfer.set(request.tls);
  transfer.set(CURLOPT_WRITEFUNCTION, &take_body);
  transfer.set(CURLOPT_WRITEDATA, &answer.body);
  transfer.set(CURLOPT_HEADERFUNCTION, &take_header);
  transfer.set(CURLOPT_HEADERDATA, &answer.reason);
  const CURLcode code = transfer.perform();
  if (code != CURLE_OK) {
    answer.error = transfer.error(code);
    answer.is_refused = code == CURLE_COULDNT_CONNECT;
    answer.is_unasked = code == CURLE_SSL_CACERT_BADFILE;
    return answer;
  }
  answer.status = static_cast<int>(transfer.number(CURLINFO_RESPONSE_CODE));
  answer.retry_after_seconds = static_cast<int>(
      std::clamp<curl_off_t>(transfer.large_number(CURLINFO_RETRY_AFTER), 0, retry_after_maximum));
  return answer;
}

namespace {

class CurlConnection : public Connection {
 public:
  explicit CurlConnection(const Target& target) : timeout_seconds_(target.timeout_seconds) {
    const bool is_ipv6 = target.host.find(':') != std::string::npos;
    url_ = (target.is_tls ? "https://" : "http://") +
           (target.socket.empty() ? (is_ipv6 ? "[" + target.host + "]" : target.host) + ":" +
                                        std::to_string(target.port)
                                  : "localhost");
    transfer_.set(CURLOPT_URL, url_.c_str());
    if (!target.socket.empty()) transfer_.set(CURLOPT_UNIX_SOCKET_PATH, target.socket.c_str());
    transfer_.set(CURLOPT_CONNECT_ONLY, 1L);
    transfer_.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
    transfer_.set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(timeout_seconds_));
    transfer_.set(target.tls);
  }

  schema::Status connect() {
    const CURLcode code = transfer_.perform();
    if (code != CURLE_OK) return schema::Error{transfer_.error(code)};
    return schema::Nothing{};
  }

  schema::Status send(std::string_view bytes) override {
    while (!bytes.empty()) {
      std::size_t count = 0;
      const CURLcode code =
          curl().easy_send(transfer_.handle(), bytes.data(), bytes.size(), &count);
      if (code == CURLE_AGAIN) {
        if (!wait(POLLOUT)) return schema::Error{"timed out"};
      } else if (code != CURLE_OK) {
        return schema::Error{transfer_.error(code)};
      }
      bytes.remove_prefix(count);
    }
    return schema::Nothing{};
  }

  schema::Result<std::string> receive() override {
    for (;;) {
      std::array<char, 1U << 14U> bytes{};
      std::size_t count = 0;
      const CURLcode code =
          curl().easy_recv(transfer_.handle(), bytes.data(), bytes.size(), &count);
      if (code == CURLE_OK && count > 0) return std::string(bytes.data(), count);
      if (code == CURLE_OK) return schema::Error{"the connection was closed"};
      if (code != CURLE_AGAIN) return schema::Error{transfer_.error(code)};
      if (!wait(POLLIN)) return schema::Error{"timed out"};
    }
  }

 private:
  bool wait(short events) const {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl().easy_getinfo(transfer_.handle(), CURLINFO_ACTIVESOCKET, &socket);
    pollfd one{socket, events, 0};
    return ::poll(&one, 1, timeout_seconds_ * 1000) > 0;
  }

  int timeout_seconds_;
  std::string url_;
  Transfer transfer_;
};

}  // namespace

schema::Result<std::unique_ptr<Connection>> Connection::open(const Target& target) {
  if (!curl().error.empty()) return schema::Error{curl().error};
  auto connection = std::make_unique<CurlConnection>(target);
  const schema::Status connected = connection->connect();
  if (!connected) return connected.error();
  return std::unique_ptr<Connection>(std::move(connection));
}

SmtpAnswer send_smtp(const SmtpServer& server, const std::string& from,
                     const std::vector<std::string>& recipients, std::string_view message) {
  if (!curl().error.empty()) return {.error = curl().error};
  Transfer transfer;
  std::vector<std::string> bracketed;
  std::transform(recipients.begin(), recipients.end(), std::back_inserter(bracketed), in_brackets);
  const List list(bracketed);
  const bool is_tls = server.security == MailSecurity::tls;
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  const std::string url = (is_tls ? "smtps://" : "smtp://") +
                          (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" +
                          (!server.port.empty() ? server.port
                           : is_tls             ? "465"
                                                : "25");
  const std::string sender = in_brackets(from);
  const long timeout = std::max(server.timeout_seconds, 1);
  transfer.set(CURLOPT_URL, url.c_str());
  transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  transfer.set(CURLOPT_USE_SSL,
               static_cast<long>(server.security == MailSecurity::starttls ? CURLUSESSL_ALL
                                                                           : CURLUSESSL_NONE));
  transfer.set(server.tls);
  if (!server.user.empty()) {
    transfer.set(CURLOPT_USERNAME, server.user.c_str());
    transfer.set(CURLOPT_PASSWORD, server.password.c_str());
  }
  transfer.set(CURLOPT_MAIL_FROM, sender.c_str());
  transfer.set(CURLOPT_MAIL_RCPT, list.get());
  transfer.set(CURLOPT_CONNECTTIMEOUT, timeout);
  transfer.set(CURLOPT_TIMEOUT, timeout);
  transfer.set(CURLOPT_UPLOAD, 1L);
  transfer.set(CURLOPT_READFUNCTION, &give_message);
  transfer.set(CURLOPT_READDATA, &message);
  const CURLcode code = transfer.perform();
  if (code == CURLE_OK) return {.is_sent = true};
  const long status = transfer.number(CURLINFO_RESPONSE_CODE);
  // A wrong password or certificate is mended by somebody, an unknown recipient is not.
  const bool is_about_mail = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
                             code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE ||
                             code == CURLE_UPLOAD_FAILED;
  const bool is_answered = is_about_mail && status >= 400 && status < 600;
  std::string error = transfer.error(code);
  const std::string number = std::to_string(status);
  if (is_answered && error.find(number) == std::string::npos) error += " (" + number + ")";
  return {.is_answered = is_answered,
          .is_refused = is_answered && status >= 500,
          .error = server.host + ": " + error};
}

}  // namespace sup::listeners

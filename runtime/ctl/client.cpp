#include "runtime/ctl/client.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "schema/text.h"

namespace sup::ctl {

namespace {

namespace http = boost::beast::http;
namespace base64 = boost::beast::detail::base64;

// Of each thread: one that has had enough of a call takes it back, which is nothing to the others.
thread_local volatile std::sig_atomic_t interrupted = 0;
// By when a call of this thread has to be answered, if it has to be.
thread_local std::optional<std::chrono::steady_clock::time_point> deadline;
// That is told of each SIGINT, whichever thread has got it; -1 if none is.
std::atomic<int> told_descriptor{-1};
static_assert(std::atomic<int>::is_always_lock_free, "a handler of signals looks at it");

void throw_if_interrupted() {
  if (interrupted != 0) {
    throw Interrupted{};
  }
}

std::string authorization(const Credentials& credentials) {
  const std::string plain = *credentials.username + ":" + *credentials.password;
  std::string encoded(base64::encoded_size(plain.size()), 0);
  encoded.resize(base64::encode(encoded.data(), plain.data(), plain.size()));
  return "Authorization: Basic " + encoded + "\r\n";
}

Failure bad_address(std::string text, std::string_view where) {
  Failure failure = value_error(std::move(text), where);
  failure.kind = Failure::Kind::connection;
  return failure;
}

// A body that takes what comes, not what the other side says that will come.
struct GrowingBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>& /*header*/, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      error = {};
      if (length && *length > answer_maximum_bytes) error = http::error::body_limit;
      // Instead of growing through all sizes; more than usual is not believed.
      constexpr std::uint64_t usual = std::uint64_t{1} << 20U;
      if (length) body_.reserve(std::min(*length, usual));
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t count = 0;
      for (const boost::asio::const_buffer each : boost::beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(each.data()), each.size());
        count += each.size();
      }
      return count;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

// `begin` is what the answer begins with.
Failure bad_answer(const boost::system::error_code& error, std::string_view begin) {
  const bool is_tls =
      begin.size() > 1 && (begin[0] == '\x15' || begin[0] == '\x16') && begin[1] == '\x03';
  std::string hint;
  if (error == http::error::body_limit) {
    hint = "the answer is larger than a gigabyte, or says that it is";
  } else if (is_tls) {
    hint =
        "what answers speaks TLS (https), supctl plain HTTP: name a port without TLS, or the "
        "UNIX socket";
  } else if (begin.starts_with("HTTP/") && error == http::error::partial_message) {
    hint = "the connection ended before the whole answer was there";
  } else if (!begin.starts_with("HTTP/")) {
    hint = "what answers speaks another protocol; it begins with " +
           schema::python_repr(begin.substr(0, begin.find_first_of("\r\n")));
  }
  return {.kind = Failure::Kind::connection,
          .text = "the answer is no HTTP: " + error.message(),
          .python_class = "http.client.BadStatusLine",
          .place = place::bad_status,
          .hint = std::move(hint)};
}

Failure no_answer(const Address& address) {
  return {
      .kind = Failure::Kind::connection,
      .text = "Remote end closed connection without response",
      .python_class = "http.client.RemoteDisconnected",
      .place = place::no_answer,
      .hint = address.is_unix()
                  ? "it took the connection and closed it without a word: it ends just now, or "
                    "is neither suprun nor supervisord"
                  : "it took the connection and closed it without a word, as a server does that "
                    "speaks TLS (https): supctl speaks plain HTTP"};
}

// Until it is ready, SIGINT has come, or the time is over, which ends the call.
void wait_until_deadline(pollfd wanted) {
  const std::chrono::nanoseconds rest = *deadline - std::chrono::steady_clock::now();
  if (rest.count() <= 0 || !wait_or_interrupt({&wanted, 1}, rest)) {
    throw system_error(ETIMEDOUT, place::socket_read);
  }
}

// A call that sends or connects over a UNIX socket ends by then, too.
void limit_sending(int descriptor) {
  if (!deadline) return;
  const auto rest = std::max(
      std::chrono::ceil<std::chrono::microseconds>(*deadline - std::chrono::steady_clock::now()),
      std::chrono::microseconds(1));  // 0 would be no limit
  constexpr std::int64_t second = 1'000'000;
  const timeval time{.tv_sec = rest.count() / second, .tv_usec = rest.count() % second};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

// Until it is ready, or SIGINT has come.
void wait_patiently(pollfd wanted, const Address& address) {
  if (deadline) {
    wait_until_deadline(wanted);
    return;
  }
  constexpr std::chrono::seconds silence(5);
  if (wait_or_interrupt({&wanted, 1}, silence)) return;
  const std::string text =
      "supctl: no answer from " + address.url + " yet; it is waited for, Ctrl-C ends that\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  wait_or_interrupt({&wanted, 1});
}

int connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > sizeof address.sun_path) {
    throw Failure{.kind = Failure::Kind::connection,
                  .text = "AF_UNIX path too long",
                  .python_class = "OSError",
                  .place = place::unix_connect,
                  .hint = "the path of a socket has at most " +
                          std::to_string(sizeof address.sun_path - 1) + " bytes, this one has " +
                          std::to_string(path.size())};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Python gives the length of the text alone, and a path may fill the whole field.
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  limit_sending(descriptor);
  if (descriptor < 0 ||
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    const int number = errno;
    ::close(descriptor);
    throw_if_interrupted();
    throw system_error(number, place::unix_connect);
  }
  return descriptor;
}

// What came of it: 0, or errno.
int connect_patiently(int descriptor, const addrinfo& to, const Address& address) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
  int number = ::connect(descriptor, to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (number == EINPROGRESS) {
    wait_patiently({.fd = descriptor, .events = POLLOUT, .revents = 0}, address);
    socklen_t size = sizeof number;
    if (was_interrupted()) {
      number = EINTR;
    } else if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) != 0) {
      number = errno;
    }
  }
  ::fcntl(descriptor, F_SETFL, flags);
  return number;
}

int connect_tcp(const Address& address) {
  const std::string& host = address.host;
  const std::string& port = address.port;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  throw_if_interrupted();
  if (code != 0) {
    throw Failure{.kind = Failure::Kind::connection,
                  .text = "[Errno " + std::to_string(code) + "] " + ::gai_strerror(code),
                  .python_class = "socket.gaierror",
                  .place = place::name_lookup};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  int number = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int descriptor =
        ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    number = descriptor < 0 ? errno : connect_patiently(descriptor, *each, address);
    if (number == 0) {
      return descriptor;
    }
    ::close(descriptor);
    throw_if_interrupted();
  }
  throw system_error(number, place::tcp_connect);
}

}  // namespace

void interrupts_end_calls() {
  struct sigaction action {};

  action.sa_handler = [](int) {  // without SA_RESTART
    interrupted = 1;
    const int number = errno;
    if (const int told = told_descriptor; told >= 0) {
      [[maybe_unused]] const ssize_t written =
          ::write(told, &interrupt_event, sizeof interrupt_event);
    }
    errno = number;
  };
  ::sigaction(SIGINT, &action, nullptr);
}

void tell_of_interrupts(int event_descriptor) { told_descriptor = event_descriptor; }

bool was_interrupted() { return interrupted != 0; }

void forget_interrupt() { interrupted = 0; }

AnswerLimit::AnswerLimit(std::chrono::milliseconds time) {
  deadline = std::chrono::steady_clock::now() + time;
}

AnswerLimit::~AnswerLimit() { deadline.reset(); }

Address parse_address(const std::string& url) {
  Address address{.url = url, .path = {}, .host = {}, .port = {}};
  if (url.starts_with("unix://")) {
    address.path = url.substr(std::strlen("unix://"));
    return address;
  }
  if (!url.starts_with("http://")) {
    throw bad_address("Unknown protocol for serverurl " + url, place::unknown_protocol);
  }
  std::string place = url.substr(std::strlen("http://"));
  place.resize(std::min(place.find_first_of("/?#"), place.size()));
  place.erase(0, place.rfind('@') + 1);
  // Looked at when Python's client connects.
  const auto is_control = [](char c) { return (c >= 0 && c <= ' ') || c == '\x7F'; };
  const bool is_ipv6 = place.starts_with('[');
  const std::size_t end = is_ipv6 ? place.find(']') : place.find(':');
  address.host = schema::lower(is_ipv6 ? place.substr(1, end - 1) : place.substr(0, end));
  const std::size_t colon = end == std::string::npos ? end : place.find(':', end);
  address.port = colon == std::string::npos ? "" : place.substr(colon + 1);
  unsigned short number = 0;
  const char* const last = address.port.data() + address.port.size();
  const auto [parsed, error] = std::from_chars(address.port.data(), last, number);
  if (!address.port.empty() && (error == std::errc::invalid_argument || parsed != last)) {
    throw bad_address(
        "Port could not be cast to integer value as " + schema::python_repr(address.port),
        place::bad_port);
  }
  if (!address.port.empty() && error != std::errc()) {
    throw bad_address("Port out of range 0-65535", "/usr/lib/python3.11/urllib/parse.py line: 184");
  }
  if (address.port.empty()) {
    address.port = "80";
  }
  const auto control = std::find_if(address.host.begin(), address.host.end(), is_control);
  if (control != address.host.end()) {
    throw Failure{.kind = Failure::Kind::connection,
                  .text = "URL can't contain control characters. " +
                          schema::python_repr(address.host) + " (found at least " +
                          schema::python_repr(std::string(1, *control)) + ")",
                  .python_class = "http.client.InvalidURL",
                  .place = "/usr/lib/python3.11/http/client.py line: 1235"};
  }
  return address;
}

bool only_asks(std::string_view method) {
  const std::string_view name = method.substr(method.find('.') + 1);
  return method.starts_with("system.list") || name.starts_with("get") || name.starts_with("read") ||
         name.starts_with("tail");
}

Socket::Socket(const Address& address)
    : descriptor_(address.is_unix() ? connect_unix(address.path) : connect_tcp(address)) {}

Socket::~Socket() { ::close(descriptor_); }

void Socket::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) {
      const int number = errno;
      throw_if_interrupted();
      if (number == EINTR) continue;
      throw system_error(number, place::socket_read);
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool wait_or_interrupt(std::span<pollfd> wanted, std::optional<std::chrono::nanoseconds> limit) {
  const std::chrono::nanoseconds whole = limit.value_or(std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const timespec time{.tv_sec = seconds.count(), .tv_nsec = (whole - seconds).count()};
  int ready = 1;
  sigset_t only_interrupt;
  sigset_t before;
  ::sigemptyset(&only_interrupt);
  ::sigaddset(&only_interrupt, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &only_interrupt, &before);
  if (interrupted == 0) {
    // What comes of it tells who reads.
    ready = ::ppoll(wanted.data(), wanted.size(), limit ? &time : nullptr, &before);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return ready != 0;
}

void Socket::wait_for_answer(const Address& address) const {
  wait_patiently({.fd = descriptor_, .events = POLLIN, .revents = 0}, address);
}

bool Socket::is_ended() const {
  char byte = 0;
  const ssize_t count = ::recv(descriptor_, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
  // Nobody has been asked: a byte would be no answer.
  return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

std::size_t Socket::read(char* buffer, std::size_t size) {
  for (;;) {
    pollfd wanted{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (deadline) {
      wait_until_deadline(wanted);
    } else {
      wait_or_interrupt({&wanted, 1});
    }
    throw_if_interrupted();
    const ssize_t count = ::recv(descriptor_, buffer, size, 0);
    const int number = errno;
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    throw_if_interrupted();
    if (number != EINTR) {
      throw system_error(number, place::socket_read);
    }
  }
}

struct Client::Answer {
  unsigned status = 0;
  std::string reason;
  std::string body;
};

Client::Client(Address address, Credentials credentials)
    : address_(std::move(address)), credentials_(std::move(credentials)) {}

Client::~Client() = default;

std::string Client::post(std::string_view path, std::string_view body, bool may_repeat) {
  std::string request;
  request.reserve(body.size() + 512);
  request.append("POST ").append(path).append(" HTTP/1.1\r\nHost: ");
  request.append(address_.is_unix() ? "localhost" : address_.host + ":" + address_.port);
  request.append("\r\nUser-Agent: supctl/" SUP_VERSION
                 "\r\nContent-Type: text/xml\r\nAccept: text/xml\r\n");
  if (credentials_.username && credentials_.password) {
    request.append(authorization(credentials_));
  }
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  request.append(body);

  std::optional<Answer> answer = try_post(request, may_repeat);
  if (!answer) {
    answer = try_post(request, may_repeat);
  }
  if (answer->status != 200) {
    Failure failure = http_error(static_cast<int>(answer->status), answer->reason);
    failure.hint = hint_about_server();
    throw failure;
  }
  return std::move(answer->body);
}

std::string Client::hint_about_server() const {
  if (server_.starts_with("suprun/") || server_.starts_with("Medusa/")) {
    return {};
  }
  return server_.empty()
             ? "what answers is neither suprun nor supervisord, which say so"
             : "what answers calls itself " + schema::python_repr(server_.substr(0, 200)) +
                   ", which is neither suprun nor supervisord";
}

// Nothing if an old connection turned out to be closed, and to ask on another one does no harm.
std::optional<Client::Answer> Client::try_post(std::string_view request, bool may_repeat) {
  if (socket_ && socket_->is_ended()) {
    socket_.reset();
  }
  const bool is_old = socket_ != nullptr;
  // Closed on every way out, unless the answer was whole and another question may follow.
  std::unique_ptr<Socket> socket = is_old ? std::move(socket_) : std::make_unique<Socket>(address_);
  try {
    socket->write(request);
  } catch (const Failure&) {
    if (is_old) return std::nullopt;
    throw;
  }
  http::response_parser<GrowingBody> parser;
  parser.eager(true);
  parser.body_limit(answer_maximum_bytes);
  std::string begin;
  if (!is_old) {
    socket->wait_for_answer(address_);
  }
  // An answer's header has 8 KB at most, says Beast. Not filled before and not larger, as each page
  // that is touched takes longer than a system call.
  constexpr std::size_t room = std::size_t{1} << 14U;
  const auto buffer = std::make_unique_for_overwrite<char[]>(room);
  std::size_t filled = 0;
  bool is_begun = false;
  while (!parser.is_done()) {
    const std::size_t count = socket->read(buffer.get() + filled, room - filled);
    boost::system::error_code error;
    if (count == 0 && !is_begun) {
      if (is_old && may_repeat) return std::nullopt;
      throw no_answer(address_);
    }
    if (count == 0) {
      parser.put_eof(error);
    } else {
      if (!std::exchange(is_begun, true)) {
        constexpr std::size_t enough = 40;
        begin.assign(buffer.get(), std::min(count, enough));
      }
      filled += count;
      const std::size_t used = parser.put(boost::asio::buffer(buffer.get(), filled), error);
      filled -= used;
      std::memmove(buffer.get(), buffer.get() + used, filled);
    }
    if (error && error != http::error::need_more) {
      throw bad_answer(error, begin);
    }
  }
  server_ = std::string(parser.get()[http::field::server]);
  Answer answer{.status = parser.get().result_int(),
                .reason = std::string(parser.get().reason()),
                .body = std::move(parser.get().body())};
  if (parser.get().keep_alive() && filled == 0 && answer.status == 200) {
    socket_ = std::move(socket);
  }
  return answer;
}

struct Stream::Reader {
  http::response_parser<GrowingBody> parser;
  std::string pending;
};

Stream::Stream(const Address& address, const Credentials& credentials, const std::string& path,
               const std::string& header)
    : socket_(address), reader_(std::make_unique<Reader>()) {
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: ";
  request += address.is_unix() ? "localhost" : address.host + ":" + address.port;
  request += "\r\nAccept: */*\r\nUser-Agent: supctl/" SUP_VERSION "\r\n";
  if (credentials.username && credentials.password && !credentials.password->empty()) {
    request += authorization(credentials);
  }
  if (!header.empty()) {
    request += header + "\r\n";
  }
  socket_.write(request + "\r\n");
  reader_->parser.eager(true);
  reader_->parser.body_limit(boost::none);
}

Stream::~Stream() = default;

bool Stream::read(std::string& body) {
  char bytes[1U << 16U];
  const std::size_t count = socket_.read(bytes, sizeof bytes);
  if (count == 0) {
    return false;
  }
  std::string& pending = reader_->pending;
  pending.append(bytes, count);
  boost::system::error_code error;
  for (std::size_t used = 1; used != 0 && !pending.empty() && !error && !reader_->parser.is_done();
       pending.erase(0, used)) {
    used = reader_->parser.put(boost::asio::buffer(pending), error);
  }
  if (error && error != http::error::need_more) {
    throw bad_answer(error, pending.substr(0, 40));
  }
  body += reader_->parser.get().body();
  reader_->parser.get().body().clear();
  return !reader_->parser.is_done();
}

int Stream::status() const {
  return reader_->parser.is_header_done() ? static_cast<int>(reader_->parser.get().result_int())
                                          : 0;
}

}  // namespace sup::ctl

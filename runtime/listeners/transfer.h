// HTTP, SMTP and bare connections by libcurl, for the children that workers.h starts. The library
// is loaded with the first transfer, in the child: a listener that waits for events does not hold
// it, and starts without its two dozen shared libraries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace sup::listeners {

struct TlsSettings {
  std::string authorities{};  // a PEM file; empty: those of the system
  bool verifies = true;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers{};  // "Name: value", and "Name:" for none at all
  std::string body{};                  // of a POST
  // For the connection, and for each silence of the server after it.
  int timeout_seconds = 10;
  TlsSettings tls{};
  std::string proxy{};  // http://host:port; empty: none
};

// How long a request with this timeout can take, whatever the server does.
int longest_request_seconds(int timeout_seconds);

struct HttpAnswer {
  int status = 0;               // 0: no answer
  std::string reason;           // "Not Found"
  std::string body;             // at most 16 MB of it
  std::string error;            // why there is no answer
  bool is_refused = false;      // nobody listens there
  bool is_unasked = false;      // what is missing is missing here: no request was made
  int retry_after_seconds = 0;  // the server wants no request sooner
};

// Does not follow redirections, knows no proxies but the one in the request.
HttpAnswer send_http(const HttpRequest& request);

// A connection that carries any protocol. Each call waits, and fails when its time is over.
class Connection {
 public:
  struct Target {
    std::string host;
    int port = 0;
    std::string socket{};  // a UNIX socket instead
    bool is_tls = false;
    TlsSettings tls{};
    int timeout_seconds = 10;
  };

  static schema::Result<std::unique_ptr<Connection>> open(const Target& target);

  Connection() = default;
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual schema::Status send(std::string_view bytes) = 0;
  // At least one byte.
  virtual schema::Result<std::string> receive() = 0;
};

enum class MailSecurity : std::uint8_t { none, starttls, tls };

struct SmtpServer {
  std::string host = "localhost";
  std::string port;  // empty: 25, or 465 with tls
  MailSecurity security = MailSecurity::none;
  std::string user;  // empty: no authentication
  std::string password;
  TlsSettings tls;
  int timeout_seconds = 30;  // for a whole mail
};

struct SmtpAnswer {
  bool is_sent = false;
  // It was not sent because of what the server said of this mail or its recipients.
  bool is_answered = false;
  // The server will not take this mail, whenever it comes.
  bool is_refused = false;
  std::string error{};
};

// `message` has lines that end with CR LF.
SmtpAnswer send_smtp(const SmtpServer& server, const std::string& from,
                     const std::vector<std::string>& recipients, std::string_view message);

}  // namespace sup::listeners

// A request of HTTP as routes see it, and the answer that they give.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/types.h"
#include "runtime/rpc/access.h"

namespace sup::http {

struct Header {
  std::string_view name;
  std::string_view value;
};

struct Request {
  std::string_view method;
  std::string_view target;  // as it was sent
  std::string path;         // without the query, %-signs decoded
  std::string_view query;   // behind the ?
  int version = 11;         // 10 is HTTP/1.0
  bool keep_alive = true;
  bool has_length = false;  // the length of the body was told, or it came in chunks
  std::vector<Header> headers;
  std::string body;
  rpc::Access access{rpc::Role::none};  // what who sent it may do

  // Of the first header of this name, in any case of letters; empty if there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

// An answer that takes time or never ends. It is asked again whenever the daemon did something, and
// when `wake` has come.
class LaterAnswer {
 public:
  enum class Progress : std::uint8_t {
    waiting,  // ask again later
    more,     // ask again as soon as what was appended is sent
    done,     // the next request of the connection may be answered
    close     // the connection ends with it
  };

  virtual ~LaterAnswer() = default;

  // Appends what is to be sent, the head of the response included.
  virtual Progress resume(core::Now now, std::string& out) = 0;

  // When it wants to be asked although nothing happened.
  virtual core::Instant wake() const { return core::never; }

  // The server goes away: appends what ends the answer cleanly. False: it has an end, which may be
  // waited for.
  virtual bool end(std::string& /*out*/) { return false; }

  // A stream: looked at only when an event or a log is new, or at its time, and some twenty times
  // in a second at most, instead of each time. It is the last answer of its connection.
  virtual bool is_stream() const { return false; }

  // Has a file open for as long as it lasts, as streams do unless they say otherwise.
  virtual bool holds_file() const { return is_stream(); }
};

struct Response {
  int status = 200;
  std::string headers;  // lines, without the length of the body
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead, one that others are sent as well
  bool close = false;                  // the connection ends with it, and the response says so
  std::unique_ptr<LaterAnswer> later;  // instead of all that

  void clear();
};

// "Not Found"
std::string_view reason(int status);

// An error with the text that Supervisor gives it.
void refuse(Response& response, int status);

// Status line and the headers that every response has. `wall` is the time of the Date header.
void append_head(std::string& out, int version, int status, std::chrono::nanoseconds wall);

// The whole head of a response with a body of a known length.
void append_head(std::string& out, const Request& request, const Response& response,
                 std::size_t length, std::chrono::nanoseconds wall);

// "Sat, 28 Nov 2026 20:45:00 GMT"
std::string http_date(std::int64_t seconds);

}  // namespace sup::http

// From bytes to requests: HTTP/1.0 and 1.1, read with Beast's parser and its strictness. Bytes come
// in pieces of any size; everything is bounded. No socket is in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http/request.h"

namespace sup::http {

struct RequestLimits {
  std::size_t header = std::size_t{16} << 10;
  std::size_t body = std::size_t{8} << 20;
};

class RequestReader {
 public:
  explicit RequestReader(RequestLimits limits = {});
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  enum class State : std::uint8_t {
    idle,      // nothing of a request came yet
    partial,   // the rest is missing
    head,      // of request() all but the body is there; go_on() takes the rest
    complete,  // request() is there
    broken     // what came is no request; status() tells
  };

  // Takes bytes of one request and returns how many; the rest is for later. Stops behind the head,
  // so that nothing of a body is kept before somebody looked at who sends it. Does nothing when a
  // head is there, or a request is complete or broken.
  std::size_t feed(std::string_view bytes);

  // The head is found good: the body may come, or there is none and the request is complete.
  void go_on();

  // Whether a head is there with more to follow.
  bool awaits_body() const;

  // What the body takes of memory by now.
  std::size_t body_room() const;

  State state() const { return state_; }

  // Valid until reset().
  Request& request() { return request_; }

  // Of the answer to what is broken.
  int status() const { return status_; }

  // For the next request.
  void reset();

 private:
  class Parser;

  std::size_t take_head(std::string_view bytes);
  int fault_of_head() const;
  std::size_t take_body(std::string_view bytes);
  void fail(int status);

  RequestLimits limits_;
  State state_ = State::idle;
  int status_ = 0;
  std::string head_;
  bool head_is_complete_ = false;
  std::string rest_;  // of a body in chunks, what cannot be read without more
  std::unique_ptr<Parser> parser_;
  Request request_;
};

}  // namespace sup::http

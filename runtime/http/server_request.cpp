#include "runtime/http/server_request.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>

#include "schema/text.h"

namespace sup::http {

namespace beast = boost::beast::http;
using boost::system::error_code;

namespace {

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool has_quote(std::string_view text) { return text.find('"') != std::string_view::npos; }

// What Beast wants more of, though the line before a chunk is there. It takes an extension whose
// quotes are not closed for one that goes on, and then loses its place. Nobody quotes extensions,
// and none is read: quotes are refused.
bool is_stuck(std::string_view rest) {
  constexpr std::string_view end_of_line = "\r\n";
  if (rest.starts_with(end_of_line)) {
    rest.remove_prefix(end_of_line.size());  // behind the chunk before
  }
  const std::size_t end = rest.find(end_of_line);
  return end != std::string_view::npos && has_quote(rest.substr(0, end));
}

}  // namespace

// Beast cuts the bytes into pieces and checks them; what they mean is put into the request. The
// head that is being read stays where it is, so that the pieces can be kept as views.
class RequestReader::Parser final : public beast::basic_parser<true> {
 public:
  Parser(Request& request, const std::string& head) : request_(request), head_(head) {}

 private:
  std::string_view keep(boost::beast::string_view text) {
    const std::less<> before;
    if (!before(text.data(), head_.data()) &&
        !before(head_.data() + head_.size(), text.data() + text.size())) {
      return view(text);
    }
    return folded_.emplace_back(text.data(), text.size());  // a header of several lines
  }

  void on_request_impl(beast::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code&) override {
    request_.method = keep(method);
    request_.target = keep(target);
    request_.version = version;
  }

  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}

  void on_field_impl(beast::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& error) override {
    constexpr std::size_t most_headers = 200;
    if (request_.headers.size() >= most_headers) {
      error = beast::error::header_limit;
      return;
    }
    request_.headers.push_back({keep(name), keep(value)});
  }

  void on_header_impl(error_code&) override {}

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(boost::beast::string_view bytes, error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view extensions,
                            error_code& error) override {
    if (has_quote(view(extensions))) {
      error = beast::error::bad_chunk_extension;  // see is_stuck()
    }
  }

  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes,
                                 error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_finish_impl(error_code&) override {}

  Request& request_;
  const std::string& head_;
  std::deque<std::string> folded_;
};

RequestReader::RequestReader(RequestLimits limits) : limits_(limits) {}

RequestReader::~RequestReader() = default;

void RequestReader::reset() {
  state_ = State::idle;
  head_is_complete_ = false;
  rest_.clear();
  parser_.reset();
  request_.headers.clear();
  request_.path.clear();
  // To assign an empty text would keep the memory of the old one.
  constexpr std::size_t kept = 4096;
  for (std::string* text : {&head_, &request_.body}) {
    text->clear();
    if (text->capacity() > kept) {
      std::string().swap(*text);
    }
  }
}

void RequestReader::fail(int status) {
  state_ = State::broken;
  status_ = status;
}

std::size_t RequestReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && (state_ == State::idle || state_ == State::partial)) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t step = head_is_complete_ ? take_body(rest) : take_head(rest);
    if (step == 0) {
      break;
    }
    taken += step;
  }
  return taken;
}

std::size_t RequestReader::take_head(std::string_view bytes) {
  if (head_.empty()) {
    // Clients send an empty line too many after a request.
    const std::size_t blank = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    if (blank > 0) {
      return blank;
    }
    // Of what is no HTTP, such as the first message of TLS, no end of a head may ever come.
    if (!is_letter(bytes.front())) {
      fail(400);
      return bytes.size();
    }
  }
  state_ = State::partial;
  constexpr std::string_view end = "\r\n\r\n";
  // The end may have begun in what came before.
  const std::size_t before = head_.size();
  const std::size_t from = before < end.size() ? 0 : before - (end.size() - 1);
  head_ += bytes.substr(
      0, std::min(bytes.size(), limits_.header + 1 - std::min(before, limits_.header)));
  const std::size_t found = head_.find(end, from);
  if (found == std::string::npos) {
    if (head_.size() > limits_.header) {
      fail(431);
    }
    return head_.size() - before;
  }
  const std::size_t length = found + end.size();
  head_.resize(length);
  head_is_complete_ = true;

  parser_ = std::make_unique<Parser>(request_, head_);
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header));
  parser_->body_limit(limits_.body);
  error_code error;
  const std::size_t used = parser_->put(boost::asio::buffer(head_), error);
  if (error == beast::error::header_limit) {
    fail(431);
  } else if (error == beast::error::body_limit) {
    fail(413);
  } else if ((error && error != beast::error::need_more) || !parser_->is_header_done() ||
             used != head_.size()) {
    fail(400);
  } else if (const int fault = fault_of_head(); fault != 0) {
    fail(fault);
  } else {
    request_.keep_alive = parser_->keep_alive();
    request_.has_length = parser_->content_length().has_value() || parser_->chunked();
    const std::size_t question = request_.target.find('?');
    request_.path = schema::decode_percent(request_.target.substr(0, question));
    request_.query = question == std::string_view::npos ? std::string_view{}
                                                        : request_.target.substr(question + 1);
    state_ = State::head;
  }
  return length - before;
}

// What leaves open where the request ends, or whom it is for, though each line is well-formed:
// whoever stands between the client and us could read it otherwise. 0 if there is nothing.
int RequestReader::fault_of_head() const {
  std::size_t hosts = 0;
  std::size_t codings = 0;
  bool is_chunked = true;
  for (const Header& each : request_.headers) {
    if (schema::equals_ignoring_case(each.name, "Host")) {
      ++hosts;
    } else if (schema::equals_ignoring_case(each.name, "Transfer-Encoding")) {
      ++codings;
      is_chunked = is_chunked && schema::equals_ignoring_case(each.value, "chunked");
    }
  }
  if (hosts > 1 || (codings > 0 && request_.version == 10)) {
    return 400;
  }
  return codings > 1 || !is_chunked ? 501 : 0;
}

void RequestReader::go_on() {
  if (state_ == State::head) {
    state_ = parser_->is_done() ? State::complete : State::partial;
  }
}

bool RequestReader::awaits_body() const { return state_ == State::head && !parser_->is_done(); }

std::size_t RequestReader::body_room() const {
  // A small text lives where the request does.
  return request_.body.empty() ? 0 : request_.body.capacity() + rest_.capacity();
}

std::size_t RequestReader::take_body(std::string_view bytes) {
  // A line between chunks may come in pieces; Beast wants it whole.
  const std::size_t before = rest_.size();
  std::string_view all = bytes;
  if (before > 0) {
    rest_ += bytes;
    all = rest_;
  }
  std::size_t used = 0;
  while (used < all.size() && !parser_->is_done()) {
    error_code error;
    const std::size_t step =
        parser_->put(boost::asio::buffer(all.data() + used, all.size() - used), error);
    used += step;
    if (error && error != beast::error::need_more) {
      fail(error == beast::error::body_limit ? 413 : 400);
      return bytes.size();
    }
    if (step == 0) {
      break;
    }
    // The last line before a chunk, with all headers that follow it, is taken in one step.
    if (parser_->is_done() && parser_->chunked() && step > limits_.header) {
      fail(400);
      return bytes.size();
    }
  }
  if (parser_->is_done()) {
    state_ = State::complete;
    rest_.clear();
    return used - before;
  }
  rest_ = std::string(all.substr(used));
  if (rest_.size() > limits_.header || is_stuck(rest_)) {
    fail(400);
  }
  return bytes.size();
}

}  // namespace sup::http

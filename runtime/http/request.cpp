#include "runtime/http/request.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "schema/text.h"

namespace sup::http {

std::string_view Request::header(std::string_view name) const {
  for (const Header& each : headers) {
    if (schema::equals_ignoring_case(each.name, name)) {
      return each.value;
    }
  }
  return {};
}

bool Request::has_header(std::string_view name) const {
  for (const Header& each : headers) {
    if (schema::equals_ignoring_case(each.name, name)) {
      return true;
    }
  }
  return false;
}

void Response::clear() {
  status = 200;
  headers.clear();
  body.clear();
  shared_body.reset();
  close = false;
  later.reset();
}

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 301: return "Moved Permanently";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Time-out";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Request Entity Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Unknown";
  }
}

void refuse(Response& response, int status) {
  response.status = status;
  response.headers = "Content-Type: text/html\r\n";
  response.body =
      "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n"
      "<h1>Error response</h1>\r\n<p>Error code ";
  response.body.append(std::to_string(status)).append(".\r\n<p>Message: ");
  response.body.append(reason(status)).append(".\r\n</body>\r\n");
}

std::string http_date(std::int64_t seconds) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<std::chrono::days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

void append_head(std::string& out, int version, int status, std::chrono::nanoseconds wall) {
  // The date is the same for a second, and thousands of answers.
  static std::int64_t dated = -1;
  static std::string common;
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(wall).count();
  if (second != dated) {
    dated = second;
    common = "\r\nServer: suprun/" SUP_VERSION "\r\nDate: " + http_date(second) + "\r\n";
  }
  out += version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  std::array<char, 12> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += ' ';
  out += reason(status);
  out += common;
}

void append_head(std::string& out, const Request& request, const Response& response,
                 std::size_t length, std::chrono::nanoseconds wall) {
  append_head(out, request.version, response.status, wall);
  out += response.headers;
  out += "Content-Length: ";
  std::array<char, 24> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  if (response.close) {
    out += "\r\nConnection: close";
  } else if (request.version == 10 && request.keep_alive) {
    out += "\r\nConnection: Keep-Alive";
  }
  out += "\r\n\r\n";
}

}  // namespace sup::http

// What all pages have in common, and the files that come with them.
#include <array>
#include <cstdint>
#include <random>

#include "runtime/core/concat.h"
#include "runtime/http/page.h"
#include "runtime/http/page_assets.h"
#include "runtime/http/problem.h"

namespace sup::http {

namespace {

std::string hash_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  }
  return std::to_string(hash);
}

void answer_asset(const Request& request, Response& response, std::string_view type,
                  std::string_view bytes) {
  if (!is_question(request, response)) {
    return;
  }
  const std::string tag = "\"" + hash_of(bytes) + "\"";
  response.headers = core::concat("Content-Type: ", type,
                                  "\r\nX-Content-Type-Options: nosniff\r\n"
                                  "Cache-Control: no-cache\r\nETag: ",
                                  tag, "\r\n");
  if (request.header("If-None-Match") == tag) {
    response.status = 304;
  } else {
    response.body = bytes;
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char sign : text) {
    switch (sign) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += sign; break;
    }
  }
  return escaped;
}

std::string random_token() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device device;
  std::string token;
  for (int i = 0; i < 4; ++i) {
    std::uint32_t bits = device();
    for (int digit = 0; digit < 8; ++digit) {
      token += digits[bits & 0xFU];
      bits >>= 4U;
    }
  }
  return token;
}

void begin_page(Response& response, std::string_view title, bool with_script,
                std::string_view token) {
  const std::string nonce = with_script ? random_token() : std::string();
  // Referrer-Policy: with no-referrer, forms would be sent with "Origin: null".
  response.headers = core::concat(
      "Content-Type: text/html;charset=utf-8\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src ",
      nonce.empty() ? "'none'" : "'nonce-" + nonce + "'",
      "; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'\r\n");
  response.body = core::concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
      escape_html(title),
      "</title>\n<link rel=\"icon\" href=\"data:,\">\n"
      "<link rel=\"stylesheet\" href=\"stylesheets/supervisor.css\">\n");
  if (with_script) {
    response.body +=
        core::concat("<script nonce=\"", nonce, "\" src=\"page.js\" defer></script>\n");
  }
  response.body += core::concat("</head>\n<body data-token=\"", token, "\">\n");
}

void end_page(Response& response) { response.body += "</body>\n</html>\n"; }

void answer_stylesheet(Site& /*site*/, Request& request, Response& response) {
  answer_asset(request, response, "text/css;charset=utf-8", page_css());
}

void answer_script(Site& /*site*/, Request& request, Response& response) {
  answer_asset(request, response, "text/javascript;charset=utf-8", page_js());
}

void answer_ok(Site& /*site*/, Request& request, Response& response) {
  if (is_question(request, response)) {
    response.headers = "Content-Type: text/plain\r\n";
    response.body = "OK";
  }
}

}  // namespace sup::http

#include "runtime/listeners/mail.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "schema/text.h"

namespace sup::listeners {

namespace {

constexpr std::size_t line_maximum = 990;  // RFC 5322 allows 998
constexpr std::size_t base64_line = 76;
constexpr std::size_t encoded_word_bytes = 45;  // 60 characters of base64; 75 are allowed in all

std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return line;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

// RFC 2047, cut between characters.
std::string header_text(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), encoded_word_bytes);
    while (size < text.size() && size > 1 &&
           (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
      --size;
    }
    words +=
        (words.empty() ? "=?utf-8?b?" : "\r\n =?utf-8?b?") + base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return words;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\n' || text[i] == '\r' ? "\r\n" : std::string(1, text[i]);
  }
  return out;
}

std::string in_lines(std::string_view text, std::size_t width) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += width) {
    out.append(text.substr(i, width)).append("\r\n");
  }
  return out;
}

bool has_long_line(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    length = c == '\n' ? 0 : length + 1;
    if (length > line_maximum) return true;
  }
  return false;
}

std::tm local(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::localtime_r(&time, &parts);
  return parts;
}

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
    };
    const unsigned three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    out += letters[three >> 18U];
    out += letters[three >> 12U & 63U];
    out += i + 1 < bytes.size() ? letters[three >> 6U & 63U] : '=';
    out += i + 2 < bytes.size() ? letters[three & 63U] : '=';
  }
  return out;
}

std::string sendmail_text(const Mail& mail) {
  std::string text = "To: " + on_one_line(mail.to) + "\n";
  if (!mail.from.empty()) text += "From: " + on_one_line(mail.from) + "\n";
  if (mail.subject) text += "Subject: " + on_one_line(*mail.subject) + "\n";
  return text + "\n" + mail.body;
}

std::string mime_text(const Mail& mail) {
  const bool is_plain = is_ascii(mail.body) && !has_long_line(mail.body);
  std::string text =
      std::string("Content-Type: text/plain; charset=\"") +
      (is_ascii(mail.body) ? "us-ascii" : "utf-8") +
      "\"\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: " + (is_plain ? "7bit" : "base64") +
      "\r\n";
  if (mail.subject && !mail.subject->empty()) {
    text += "Subject: " + header_text(on_one_line(*mail.subject)) + "\r\n";
  }
  text += "From: " + on_one_line(mail.from) + "\r\nTo: " + on_one_line(mail.to) +
          "\r\nDate: " + mail_date(mail.created) + "\r\nMessage-ID: <" + mail.id + ">\r\n\r\n";
  return text + (is_plain ? with_crlf(mail.body) : in_lines(base64(mail.body), base64_line));
}

std::vector<std::string> bare_addresses(std::string_view list) {
  std::vector<std::string> addresses;
  for (std::string_view item : schema::split_list(list)) {
    const std::size_t begin = item.find('<');
    if (begin != std::string_view::npos) {
      item = item.substr(begin + 1, item.find('>', begin) - begin - 1);
    }
    if (!item.empty()) addresses.push_back(on_one_line(item));
  }
  return addresses;
}

std::string mail_date(std::int64_t seconds) {
  // Names of days and months are English in mails, whatever the locale.
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d -0000",
                days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text.data();
}

std::string time_stamp(std::int64_t milliseconds) {
  const std::tm parts = local(milliseconds / 1000);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%d-%02d-%02d %02d:%02d:%02d,%03d", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(milliseconds % 1000));
  return text.data();
}

std::string c_time_stamp(std::int64_t seconds) {
  const std::tm parts = local(seconds);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y %Z", &parts)};
}

}  // namespace sup::listeners

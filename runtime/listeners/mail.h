// The text of a mail: as superlance pipes it to sendmail, and as MIME for SMTP. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sup::listeners {

struct Mail {
  std::string to;  // addresses between commas
  // Those of them who do not have it yet; all, if there is nothing.
  std::optional<std::string> recipients{};
  std::string from;  // empty: left to sendmail
  std::optional<std::string> subject;
  std::string body;
  std::int64_t created = 0;  // seconds since 1970
  std::string id;            // what stands between < and > in Message-ID
};

// "To: …\nSubject: …\n\nBODY", byte for byte what superlance writes. With a From only if there is
// one. Line breaks in an address or subject become blanks.
std::string sendmail_text(const Mail& mail);

// A MIME message with lines that end with CR LF, headers in the order of Python's email package.
std::string mime_text(const Mail& mail);

// The addresses alone, without names: "Ops <a@x>, b@x" gives a@x and b@x.
std::vector<std::string> bare_addresses(std::string_view list);

// On one line.
std::string base64(std::string_view bytes);

// "Mon, 23 Nov 2026 02:06:00 -0000"
std::string mail_date(std::int64_t seconds);

// 2026-11-23 02:06:00,123 in local time, as Python's logging and superlance's batch tools print it.
std::string time_stamp(std::int64_t milliseconds);

// Tue Nov 23 02:06:00 2026 CET, as memmon has it.
std::string c_time_stamp(std::int64_t seconds);

}  // namespace sup::listeners

#include "runtime/listeners/check_report.h"

#include <algorithm>

namespace sup::listeners {

std::string print_report(const CheckReport& report) {
  std::string text;
  const auto add = [&](std::string part) {
    std::replace(part.begin(), part.end(), '\0', ' ');
    text += part;
    text += '\0';
  };
  add(report.state);
  for (const CheckReport::Letter& letter : report.letters) {
    add(letter.subject);
    add(letter.body);
  }
  return text;
}

CheckReport parse_report(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  CheckReport report;
  if (!parts.empty()) report.state = parts.front();
  for (std::size_t i = 1; i + 1 < parts.size(); i += 2) {
    report.letters.push_back({.subject = parts[i], .body = parts[i + 1]});
  }
  return report;
}

}  // namespace sup::listeners

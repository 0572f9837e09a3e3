#include "lint/xml_text.h"

#include "compiler/plain_text.h"

namespace sup::lint {

std::string xml_text(std::string_view text) {
  std::string out;
  const std::string line = compiler::one_line(text);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view rest = std::string_view(line).substr(i);
    switch (line[i]) {
      case '&': out += "&amp;"; continue;
      case '<': out += "&lt;"; continue;
      case '>': out += "&gt;"; continue;
      case '"': out += "&quot;"; continue;
      default: break;
    }
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      out += "\xEF\xBF\xBD";
      i += 2;
    } else {
      out += line[i];
    }
  }
  return out;
}

}  // namespace sup::lint

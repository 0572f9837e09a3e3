// Text in XML.
#pragma once

#include <string>
#include <string_view>

namespace sup::lint {

// Any bytes as one line that may stand in an attribute or between tags: control characters are
// written as escapes, and what is not UTF-8 or no character of XML as U+FFFD.
std::string xml_text(std::string_view text);

}  // namespace sup::lint

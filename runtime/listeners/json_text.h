#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace sup::listeners {

// On one line. Bytes that are no UTF-8 become U+FFFD: events come from anybody.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sup::listeners

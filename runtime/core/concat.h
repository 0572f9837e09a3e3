// Joins texts and numbers to one text: what log lines and event payloads are made with.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

namespace sup::core {

namespace detail {

inline void append_part(std::string& text, std::string_view part) { text += part; }

template <class Number>
requires std::is_integral_v<Number>

void append_part(std::string& text, Number number) { text += std::to_string(number); }

}  // namespace detail

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  (detail::append_part(text, parts), ...);
  return text;
}

}  // namespace sup::core

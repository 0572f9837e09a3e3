#include "lint/facts/amounts.h"

namespace sup::lint {

std::string readable_size(std::int64_t bytes) {
  constexpr std::int64_t kilo = std::int64_t{1} << 10;
  constexpr std::int64_t mega = std::int64_t{1} << 20;
  constexpr std::int64_t giga = std::int64_t{1} << 30;
  if (bytes < kilo) return std::to_string(bytes) + " bytes";
  const std::int64_t unit = bytes >= giga ? giga : bytes >= mega ? mega : kilo;
  // In tenths, without leaving the range of the type.
  const std::int64_t tenths = bytes / unit * 10 + bytes % unit * 10 / unit;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
         (unit == giga   ? " GB"
          : unit == mega ? " MB"
                         : " KB");
}

}  // namespace sup::lint

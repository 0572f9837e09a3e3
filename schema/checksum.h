// FNV-1a, 64 bits: guards what is written down against accidents, not against malice.
#pragma once

#include <cstdint>
#include <string_view>

namespace sup::schema {

constexpr std::uint64_t checksum_start = 0xcbf29ce484222325ULL;

constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = checksum_start) {
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace sup::schema

#include "lint/lsp/uri.h"

#include <array>
#include <optional>

#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

constexpr std::string_view file_scheme = "file://";

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-._~").find(c) != std::string_view::npos;
}

}  // namespace

std::string path_of_uri(std::string_view uri) {
  if (!schema::equals_ignoring_case(uri.substr(0, file_scheme.size()), file_scheme))
    return std::string(uri);
  // What stands before the path is a host, and that is this one.
  const std::size_t slash = uri.find('/', file_scheme.size());
  if (slash == std::string_view::npos) return std::string(uri);
  const std::string_view encoded = uri.substr(slash);
  std::string path;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const auto high = encoded[i] == '%' && i + 2 < encoded.size() ? digit(encoded[i + 1])
                                                                  : std::optional<unsigned>{};
    const auto low = high ? digit(encoded[i + 2]) : std::optional<unsigned>{};
    if (low) {
      path += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      path += encoded[i];
    }
  }
  // No file has such a name, and the system would see another one.
  if (path.find('\0') != std::string::npos) return std::string(uri);
  return schema::normal_path(path);
}

std::string uri_of_path(std::string_view path) {
  if (!path.starts_with('/')) return std::string(path);
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri(file_scheme);
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      uri += c;
    } else {
      uri += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return uri;
}

}  // namespace sup::lint::lsp

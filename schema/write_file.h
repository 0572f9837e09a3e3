// Writing a file whole or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace sup::schema {

// What becomes of a file that is there already.
enum class Existing : std::uint8_t {
  replaced,  // by a new file
  changed,   // the same, and mode and owner stay; an error where the owner cannot be kept
  refused    // it stays as it is, which is an error
};

// Writes to a temporary file beside `path`, syncs and renames, so that there is never half a file.
// Symbolic links are followed, devices and pipes written to.
Status write_file(std::string_view bytes, const std::string& path, Existing existing);

// The same; what is there is replaced. `mode`: permissions of the file, without it those of new
// files.
Status write_file(std::string_view bytes, const std::string& path, std::optional<unsigned> mode);

// Permissions of what only its owner may read.
constexpr unsigned private_file = 0600;

// What a path names once symbolic links are followed; the path itself when there is nothing yet.
std::string resolved_path(const std::string& path);

}  // namespace sup::schema

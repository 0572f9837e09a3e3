// plan.bin: the plan as a file.
//
//   offset  bytes  content
//        0      8  magic: "SUPPLAN" and a zero byte
//        8      4  format version, little endian (1)
//       12      4  zero
//       16      8  length of the payload, little endian
//       24      8  XXH64-style checksum of the payload: FNV-1a, 64 bits, little endian
//       32      n  payload: CBOR (RFC 8949), a map
//
// CBOR because other tools read it; cbor.h writes and reads the few kinds of item that are used,
// without a tree in between, as a daemon is to start at once. Option names are the keys, so that a
// plan can be read without this table; booleans and integers travel as such, all else as text,
// templates always as text. A missing key means the default of the reader's table (older plan,
// newer daemon); an unknown key or option is refused by name (newer plan, older daemon). Size and
// depth are bounded; the checksum guards against accidents, not against malice: decode trusts
// nothing. Same plan, same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/plan.h"
#include "schema/result.h"

namespace sup::schema {

constexpr std::uint32_t plan_format_version = 1;
constexpr std::size_t plan_maximum_bytes = std::size_t{256} << 20U;

std::string encode_plan(const Plan& plan);

// One-line errors that name what is wrong: truncated, checksum, version, unknown option.
Result<Plan> decode_plan(std::string_view bytes);

// Whether the bytes start like a plan, damaged perhaps: to tell plan and configuration apart.
bool looks_like_plan(std::string_view bytes);

// Sixteen hexadecimal digits that change with the content.
std::string plan_hash(const Plan& plan);

// Writes the file whole or not at all (see write_file.h). A relocatable plan takes the folder of
// its file for %(here)s when it is read.
Status write_plan_file(const Plan& plan, const std::string& path);
Result<Plan> read_plan_file(const std::string& path);

}  // namespace sup::schema

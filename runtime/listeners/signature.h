// HMAC-SHA256, by OpenSSL's libcrypto, which is loaded when the first signature is made: in the
// child that sends, where libcurl brings it anyway.
#pragma once

#include <string>
#include <string_view>

#include "schema/result.h"

namespace sup::listeners {

// 32 bytes.
schema::Result<std::string> hmac_sha256(std::string_view key, std::string_view message);

std::string hexadecimal(std::string_view bytes);

}  // namespace sup::listeners

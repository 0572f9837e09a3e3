// The arguments of a call that came as a JSON object.
#pragma once

#include <string>
#include <variant>

#include "runtime/rpc/value.h"

namespace sup::http {

// The members, or a sentence on what is wrong. Values are texts, numbers, true, false and null, or
// an object of such values; nothing nests deeper. Nothing at all is no member.
std::variant<rpc::Struct, std::string> read_json_body(const std::string& body);

}  // namespace sup::http

// Faults by name: what a method answers when it does not do what it was asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/rpc/xmlrpc.h"

namespace sup::rpc {

enum class FaultCode : int {
#define FAULT(name, number, http) name = (number),
#include "runtime/rpc/faults.def"
#undef FAULT
};

constexpr std::string_view fault_name(FaultCode code) {
  switch (code) {
#define FAULT(name, number, http) \
  case FaultCode::name:           \
    return #name;
#include "runtime/rpc/faults.def"
#undef FAULT
  }
  return "UNKNOWN";
}

// Of the answer over HTTP that has no other way to say it.
constexpr int http_status(int code) {
  switch (code) {
#define FAULT(name, number, http) \
  case number:                    \
    return http;
#include "runtime/rpc/faults.def"
#undef FAULT
    default: return 500;
  }
}

// "BAD_NAME", or with something behind it "BAD_NAME: web".
inline Fault fault(FaultCode code) {
  return Fault{.code = static_cast<int>(code), .text = std::string(fault_name(code))};
}

inline Fault fault(FaultCode code, std::string_view extra) {
  Fault made = fault(code);
  made.text.append(": ").append(extra);
  return made;
}

}  // namespace sup::rpc

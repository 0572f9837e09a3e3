// XML-RPC as Supervisor speaks it: bytes to values and back, both sides of a call. What is written
// has, byte for byte, the form that Python's xmlrpc.client gives it; what is read may be less tidy.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "runtime/rpc/value.h"
#include "schema/result.h"

namespace sup::rpc {

struct Call {
  std::string method;
  Array parameters;

  bool operator==(const Call& other) const = default;
};

struct Fault {
  int code = 0;
  std::string text;

  bool operator==(const Fault& other) const = default;
};

using Response = std::variant<Value, Fault>;

// Reading. Takes all types of XML-RPC: int, i4, i8 and double by Python's rules, boolean (1 is true
// and all else false), base64 as the text that it stands for, dates as text; a value without a type
// is a string, and one of an unknown type is its text. Elements nest at most `maximum_depth` deep.
// The text is changed while it is read, so that large ones need no second copy.
inline constexpr int maximum_depth = 100;

// Fails for what is no XML or has no method name.
schema::Result<Call> parse_call(std::string text);
schema::Result<Response> parse_response(std::string text);

// Writing. Dates and base64 are never sent.
std::string print_call(const Call& call);
std::string print_fault(const Fault& fault);

// Length of the character that `text` begins with in UTF-8, 0 if it is none that XML takes.
std::size_t character_length(std::string_view text);

// <value>…</value> and a line end.
void append_value(const Value& value, std::string& out);
// The text with & < and > as entities. What XML cannot carry, control characters and broken UTF-8,
// becomes U+FFFD: Python sends it as it is, and no client can read that.
void append_escaped(std::string_view text, std::string& out);

}  // namespace sup::rpc

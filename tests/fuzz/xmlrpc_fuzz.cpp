// Any bytes are a call or are refused; a call that was read is written and read again as the same,
// and whatever text is in it, the answer is XML that our own reader takes.
#include "runtime/rpc/writer.h"
#include "runtime/rpc/xmlrpc.h"
#include "schema/text.h"
#include "tests/fuzz/target.h"

using namespace sup;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::as_text(data, size));
  std::string escaped;
  rpc::append_escaped(text, escaped);
  fuzz::require(!schema::invalid_utf8(escaped), "escaped text is UTF-8");
  const auto response = rpc::parse_response(rpc::print_response(text));
  fuzz::require(static_cast<bool>(response), "every text can be sent");

  const auto call = rpc::parse_call(text);
  if (!call) {
    fuzz::require(!call.error().message.empty(), "a refusal says why");
    return 0;
  }
  fuzz::require(!call->method.empty(), "a call has a method");
  // The values may hold what XML cannot carry, and a carriage return, which is sent as it is, is a
  // line end for whoever reads it; read once more, they stay.
  const auto sent = rpc::parse_call(rpc::print_call(*call));
  fuzz::require(static_cast<bool>(sent), "what was read can be written and read again");
  const std::string written = rpc::print_call(*sent);
  const auto again = rpc::parse_call(written);
  fuzz::require(static_cast<bool>(again), "what was written can be read again");
  fuzz::require(rpc::print_call(*again) == written, "written twice, it is the same");

  // Numbers beyond 32 bits are cut to these, once and for all.
  const std::string answer = rpc::print_response(rpc::Value(sent->parameters));
  const auto taken = rpc::parse_response(answer);
  fuzz::require(taken && std::holds_alternative<rpc::Value>(*taken), "an answer can be read");
  fuzz::require(rpc::print_response(std::get<rpc::Value>(*taken)) == answer,
                "an answer that was read is the same when it is written again");
  return 0;
}

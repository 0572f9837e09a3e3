// Whatever a client says of itself: in gets only who gives user and password.
#include <string>

#include "runtime/http/gate.h"
#include "tests/fuzz/target.h"

using namespace sup;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::as_text(data, size));
  const std::size_t line = text.find('\n');
  const std::string authorization = text.substr(0, line);
  const std::string origin = line == std::string::npos ? "" : text.substr(line + 1);

  http::Request request;
  request.headers.push_back({"Authorization", authorization});
  if (!origin.empty()) request.headers.push_back({"Origin", origin});
  const http::Gate gate(
      http::GateSettings{.users = {{.name = "user", .password = "secret"}}, .is_local = true});
  if (!gate.admit(request, nullptr, false).refusal) {
    const auto given =
        http::decode_base64(authorization.substr(authorization.find_last_of(" \t") + 1));
    fuzz::require(given && *given == "user:secret", "only the password opens");
  }
  const http::Gate open(http::GateSettings{.host = "127.0.0.1"});
  http::Request foreign;
  foreign.headers.push_back({"Host", "rebound.example"});
  foreign.headers.push_back({"Origin", origin});
  fuzz::require(open.admit(foreign, nullptr, false).refusal == 403,
                "a name that a stranger chose is refused");

  fuzz::require(http::equal_in_constant_time(text, text), "a text is itself");
  fuzz::require(!http::equal_in_constant_time(text + "x", text), "a longer one is not");
  fuzz::require(http::password_matches("{SHA}" + http::sha1_hex(text), text),
                "the hash is its own");
  return 0;
}

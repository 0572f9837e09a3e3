// Bytes as they come from a socket, in one piece and in pieces of every size: the same requests,
// and nothing beyond the limits. The first byte says how they are cut.
#include <string>
#include <vector>

#include "runtime/http/server_request.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

constexpr http::RequestLimits limits{.header = 2048, .body = 4096};

// What was read, as one text for each request, until the bytes end or are no request.
std::vector<std::string> requests_in(std::string_view bytes, std::size_t step) {
  std::vector<std::string> found;
  http::RequestReader reader(limits);
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const std::size_t taken = reader.feed(piece);
      fuzz::require(
          reader.request().body.empty() || reader.state() != http::RequestReader::State::head,
          "nothing of a body is kept before its head was looked at");
      reader.go_on();
      fuzz::require(taken <= piece.size(), "no more is taken than there is");
      piece.remove_prefix(taken);
      if (reader.state() == http::RequestReader::State::broken) {
        fuzz::require((reader.status() >= 400 && reader.status() < 500) || reader.status() == 501,
                      "the fault is the client's");
        found.push_back("broken");
        return found;
      }
      if (reader.state() == http::RequestReader::State::complete) {
        const http::Request& request = reader.request();
        fuzz::require(request.body.size() <= limits.body, "bodies are bounded");
        fuzz::require(request.version == 10 || request.version == 11, "a version that is known");
        std::string text(request.method);
        text.append(" ").append(request.path).append("?").append(request.query);
        for (const http::Header& each : request.headers) {
          text.append("\n").append(each.name).append(": ").append(each.value);
        }
        text.append("\n\n").append(request.body);
        found.push_back(text);
        reader.reset();
      } else {
        fuzz::require(taken > 0 || piece.empty(), "it goes on");
      }
    }
  }
  return found;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::as_text(data + 1, size - 1);
  const std::vector<std::string> whole = requests_in(bytes, bytes.size() + 1);
  const std::vector<std::string> cut = requests_in(bytes, data[0] % 32U + 1U);
  fuzz::require(whole == cut, "how the bytes come makes no difference");
  return 0;
}

// Any requests to any route, from whoever may do nothing and from whoever may do all: each is
// answered, with a status, with headers that are lines of their own, and with JSON where it says
// so. Streams go on until they have nothing to say. The first byte says who asks.
#include <array>
#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/http/routes.h"
#include "runtime/http/server_request.h"
#include "tests/fuzz/target.h"
#include "tests/unit/http/fake_site.h"

using namespace sup;

namespace {

constexpr std::string_view json_type = "Content-Type: application/json";
constexpr std::string_view problem_type = "Content-Type: application/problem+json";

void check_headers(std::string_view headers) {
  while (!headers.empty()) {
    const std::size_t end = headers.find("\r\n");
    fuzz::require(end != std::string_view::npos, "a header ends its line");
    const std::string_view line = headers.substr(0, end);
    fuzz::require(line.find(": ") != std::string_view::npos, "a header has a name");
    fuzz::require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
                  "nobody writes headers of his own");
    headers.remove_prefix(end + 2);
  }
}

bool is_json(const http::Response& response) {
  return response.headers.find(json_type) != std::string::npos ||
         response.headers.find(problem_type) != std::string::npos;
}

class Site : http::FakeSite {
 public:
  Site() {
    machine_.put("/a.log", "0123456789\nline\n\xff\xfe\n");
    machine_.put("/main.log", "the daemon's\n");
  }

  void take(http::Request& request) {
    http::Response response;
    http::answer(*site_, request, response);
    if (response.later) {
      follow(*response.later);
      return;
    }
    fuzz::require(response.status >= 200 && response.status < 600, "a status");
    fuzz::require(!http::reason(response.status).empty(), "a status that has a name");
    check_headers(response.headers);
    if (is_json(response) && request.method != "HEAD" && !response.body.empty()) {
      fuzz::require(nlohmann::json::accept(response.body), "what is called JSON is JSON");
    }
  }

 private:
  // Until it waits for what nobody does, which it may.
  void follow(http::LaterAnswer& later) {
    constexpr std::size_t most = std::size_t{64} << 20U;
    std::string out;
    for (int turn = 0; turn < 100; ++turn) {
      events_->collect(machine_.time);
      const auto progress = later.resume(machine_.time, out);
      fuzz::require(out.size() < most, "what is said at once is bounded");
      if (progress == http::LaterAnswer::Progress::done ||
          progress == http::LaterAnswer::Progress::close) {
        return;
      }
      if (progress == http::LaterAnswer::Progress::waiting && turn > 3) break;
      machine_.time.steady += std::chrono::seconds(1);
    }
    later.end(out);
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array roles{rpc::Role::owner, rpc::Role::none, rpc::Role::read, rpc::Role::operate,
                             rpc::Role::admin};
  std::string_view bytes = fuzz::as_text(data + 1, size - 1);
  Site site;
  http::RequestReader reader;
  for (int count = 0; count < 20 && !bytes.empty(); ++count) {
    while (!bytes.empty() && reader.state() != http::RequestReader::State::complete &&
           reader.state() != http::RequestReader::State::broken) {
      bytes.remove_prefix(reader.feed(bytes));
      reader.go_on();
    }
    if (reader.state() != http::RequestReader::State::complete) return 0;
    reader.request().access = rpc::Access(roles[data[0] % roles.size()]);
    site.take(reader.request());
    reader.reset();
  }
  return 0;
}

// Any bytes are read as messages or as faults, whatever pieces they come in; any messages are
// answered by messages, and the server stays alive and comes to rest.
#include <string>

#include "lint/lsp/lines.h"
#include "lint/lsp/server.h"
#include "tests/fuzz/target.h"

using namespace sup;
using namespace sup::lint::lsp;

namespace {

void require_sound(const std::string& body) {
  const auto message = parse_message(body);
  fuzz::require(message && message->is_object(), "what is sent is JSON");
  fuzz::require(message->contains("method") || message->contains("id"),
                "what is sent is a message");
}

// Bodies of the text, one a line, each as a message to a server that was started.
void serve(std::string_view text) {
  compiler::MemoryFileSystem disk;
  disk.files["/etc/supervisord.conf"] = "[supervisord]\n[include]\nfiles=conf.d/*.conf\n";
  disk.files["/etc/conf.d/a.conf"] = "[program:a]\ncommand=/bin/cat\n";
  Server server(disk, {});
  const auto work = [&] {
    while (server.has_work() && !server.exit_status()) {
      server.work();
      for (const std::string& body : server.take_output()) require_sound(body);
    }
  };
  server.receive({R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}})",
                  {},
                  false});
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    server.receive({std::string(line), {}, false});
    work();
  }
  server.end_of_input();
  fuzz::require(server.exit_status().has_value(), "the end of the input ends it");
}

void read(std::string_view text) {
  MessageReader whole;
  whole.feed(text);
  MessageReader pieces;
  std::size_t at = 0;
  for (;;) {
    const auto one = whole.next();
    auto other = pieces.next();
    while (!other && at < text.size()) {
      const std::size_t length = std::min<std::size_t>(text.size() - at, 1 + at % 7);
      pieces.feed(text.substr(at, length));
      at += length;
      other = pieces.next();
    }
    fuzz::require(one.has_value() == other.has_value(), "pieces make the same messages");
    if (!one) break;
    fuzz::require(one->body == other->body && one->fault == other->fault,
                  "pieces make equal messages");
  }
}

// Places of a text lead back to themselves.
void convert(std::string_view text) {
  const LineIndex lines(text);
  for (const Encoding encoding : {Encoding::utf8, Encoding::utf16, Encoding::utf32}) {
    for (std::uint32_t offset = 0; offset <= text.size() && offset < 500; ++offset) {
      const Position position = lines.position(text, offset, encoding);
      const std::uint32_t back = lines.offset(text, position, encoding);
      fuzz::require(back <= offset, "a place is not behind itself");
      fuzz::require(lines.position(text, back, encoding) == position, "a place is one place");
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  read(text);
  serve(text);
  convert(text);
  return 0;
}

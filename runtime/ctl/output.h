// What a command prints: lines of text, or with --json one document on one line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/rpc/value.h"

namespace sup::ctl {

// A value as JSON on one line. Bytes that are no UTF-8 become U+FFFD.
std::string to_json(const rpc::Value& value);

// What a text of JSON says; nothing if it is none.
std::optional<rpc::Value> from_json(const std::string& text);

// Where text is put that is not to be seen on standard output as it is.
struct Sink {
  std::string text;
  std::string server;  // whose output it is
  // Of a command that goes on: some of the text can be shown, and be taken out.
  std::function<void()> show;
};

class Output {
 public:
  // Prints to `sink`, or to standard output if it is null.
  explicit Output(Sink* sink = nullptr) : sink_(sink) {}

  void use_json(bool json) { is_json_ = json; }

  bool is_json() const { return is_json_; }

  // Text, unless JSON was asked for. `line` adds the line end.
  void text(std::string_view text);
  void line(std::string_view text);

  // An entry of the document's "results", if JSON was asked for.
  void record(rpc::Struct record);

  // A document of its own, at once: for what goes on for ever. Of several servers it names its own.
  void stream(rpc::Struct record);

  // The document is done: "results" follow `head`.
  void finish(rpc::Struct head);

  // From now on the command says what happens, for as long as the user likes.
  void goes_on() { goes_on_ = true; }

  // Ends the line in which a terminal shows ^C.
  void interrupted();

  // What was printed can be seen.
  void flush();

 private:
  void write(std::string_view text);

  Sink* sink_;
  bool is_json_ = false;
  bool goes_on_ = false;
  rpc::Array records_;
};

}  // namespace sup::ctl

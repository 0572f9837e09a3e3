// Results as JSON (RFC 8259), beside the XML of writer.h and from the same pieces.
#pragma once

#include <string>
#include <string_view>

#include "runtime/rpc/writer.h"

namespace sup::rpc {

// Appends compact JSON. What is no UTF-8 becomes U+FFFD; integers have all their digits.
class JsonWriter final : public Writer {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void nil() override;
  void boolean(bool value) override;
  void integer(std::int64_t value) override;
  void real(double value) override;
  void text(std::string_view value) override;
  void begin_array() override;
  void end_array() override;
  void begin_struct() override;
  void member(std::string_view name) override;
  void end_struct() override;

 private:
  void separate();

  std::string& out_;
  bool after_value_ = false;  // a comma comes before the next one
};

// The text in quotation marks.
void append_json(std::string_view text, std::string& out);

}  // namespace sup::rpc

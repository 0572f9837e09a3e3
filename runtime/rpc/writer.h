// How a method gives its result: it says it piece by piece, so that an answer of a thousand
// processes is written once, straight in the form of the protocol, and never stands in memory as a
// tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/rpc/kept_answer.h"
#include "runtime/rpc/value.h"

namespace sup::rpc {

class Writer {
 public:
  virtual ~Writer() = default;

  virtual void nil() = 0;
  virtual void boolean(bool value) = 0;
  virtual void integer(std::int64_t value) = 0;
  virtual void real(double value) = 0;
  virtual void text(std::string_view value) = 0;

  virtual void begin_array() = 0;
  virtual void end_array() = 0;
  // Before each value of a struct comes member() with its name.
  virtual void begin_struct() = 0;
  virtual void member(std::string_view name) = 0;
  virtual void end_struct() = 0;

  // Before a result that depends on nothing but `state`: whether it is there from another time, so
  // that nothing is to be said.
  virtual bool has(const AnswerState& /*state*/) { return false; }

  void value(const Value& value);

  void boolean_member(std::string_view name, bool value) {
    member(name);
    boolean(value);
  }

  // The same in one; names are of letters here.
  virtual void integer_member(std::string_view name, std::int64_t value) {
    member(name);
    integer(value);
  }

  virtual void text_member(std::string_view name, std::string_view value) {
    member(name);
    text(value);
  }
};

// Appends XML-RPC, byte for byte as Python's xmlrpc.client writes it, with two exceptions: integers
// are cut to the 32 bits that the protocol knows, and what XML cannot carry (control characters,
// broken UTF-8) becomes U+FFFD, where Python sends what no client can read.
class XmlWriter final : public Writer {
 public:
  // Until finish() or its end, `out` has more behind what was written, and is nobody else's. With
  // `kept`, which is an answer to the same method, has() looks there.
  explicit XmlWriter(std::string& out, KeptAnswer* kept = nullptr)
      : out_(out), used_(out.size()), kept_(kept) {}

  ~XmlWriter() override {
    if (!finished_) finish();
  }

  XmlWriter(const XmlWriter&) = delete;
  XmlWriter& operator=(const XmlWriter&) = delete;

  // The end of writing.
  void finish();

  // What has() was asked for, if it was and has not found it: the answer may be kept for that.
  const std::optional<AnswerState>& unknown() const { return unknown_; }

  // The answer is the one that is kept.
  bool is_known() const { return known_; }

  bool has(const AnswerState& state) override;
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
  void integer_member(std::string_view name, std::int64_t value) override;
  void text_member(std::string_view name, std::string_view value) override;

 private:
  void value_ends();
  template <class... Parts>
  void append(const Parts&... parts);
  void append_text(std::string_view text);

  std::string& out_;
  std::size_t used_;
  KeptAnswer* kept_;
  std::optional<AnswerState> unknown_;
  bool known_ = false;
  bool finished_ = false;
  std::vector<bool> is_struct_;  // what is open, outermost first
};

// Python's repr of a float: the shortest text that is the same number, with a point.
std::string python_real(double value);

// Keeps the result as a value.
class ValueWriter final : public Writer {
 public:
  // The finished result.
  Value take() { return std::move(result_); }

  // About how many bytes it is when it is sent.
  std::size_t size() const { return size_; }

  void nil() override { put({}); }

  void boolean(bool value) override { put(value); }

  void integer(std::int64_t value) override { put(value); }

  void real(double value) override { put(value); }

  void text(std::string_view value) override {
    size_ += value.size();
    put(value);
  }

  void begin_array() override { open_.push_back({Array(), {}}); }

  void end_array() override { close(); }

  void begin_struct() override { open_.push_back({Struct(), {}}); }

  void member(std::string_view name) override {
    open_.back().member = name;
    size_ += name.size() + tags;
  }

  void end_struct() override { close(); }

 private:
  // What stands around a value or a name.
  static constexpr std::size_t tags = 32;

  struct Container {
    Value value;
    std::string member;  // the name of its next one
  };

  void put(Value value);
  void close();

  std::vector<Container> open_;
  Value result_;
  std::size_t size_ = 0;
};

// The answer around a value: everything before and after it.
extern const std::string_view response_head;
extern const std::string_view response_tail;

// The whole of it.
std::string print_response(const Value& value);

}  // namespace sup::rpc

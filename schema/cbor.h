// The part of CBOR (RFC 8949) that plans are written in: maps, arrays, text, whole numbers, true
// and false, all of definite length. Written in the shortest form, so that same content means same
// bytes. Reading trusts nothing: no allocation follows a claimed length, depth is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sup::schema {

class CborWriter {
 public:
  // Headers; their items follow, for a map twice as many.
  void map(std::size_t pairs) { head(5, pairs); }

  void array(std::size_t items) { head(4, items); }

  void text(std::string_view text);
  void integer(std::int64_t value);

  void boolean(bool value) { out_ += value ? '\xF5' : '\xF4'; }

  std::string take() { return std::move(out_); }

 private:
  void head(unsigned major, std::uint64_t value);

  std::string out_;
};

// Thrown by CborReader and caught by who reads a whole: what is wrong, in words.
struct CborError {
  std::string message;
};

// Reads items one after the other. `what` names the item in an error.
class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t position() const { return at_; }

  void go_to(std::size_t position) { at_ = position; }

  bool at_end() const { return at_ == bytes_.size(); }

  // Number of pairs; not more than there are bytes left.
  std::size_t map(const char* what);
  // Number of items; `wanted` unless it is 0.
  std::size_t array(const char* what, std::size_t wanted = 0);
  // A part of the bytes.
  std::string_view text(const char* what);
  std::uint32_t number(const char* what);  // 0 to 2^32-1
  bool boolean(const char* what);

  enum class Kind : std::uint8_t { integer, text, array, map, boolean };
  Kind next_kind() const;
  std::int64_t integer(const char* what);

  // Leaves out one item with all that is in it.
  void skip();

 private:
  struct Head {
    unsigned major = 0;
    std::uint64_t value = 0;
  };

  Head head();
  std::size_t count(const Head& head, std::size_t bytes_for_each, const char* what) const;

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace sup::schema

#include "schema/cbor.h"

#include <limits>

namespace sup::schema {
namespace {

constexpr unsigned unsigned_type = 0;
constexpr unsigned negative_type = 1;
constexpr unsigned text_type = 3;
constexpr unsigned array_type = 4;
constexpr unsigned map_type = 5;
constexpr unsigned simple_type = 7;
constexpr std::uint64_t false_value = 20;
constexpr std::uint64_t true_value = 21;

CborError not_cbor() { return {"its content is not CBOR"}; }

CborError not_a(const char* what, const char* kind) {
  return {std::string(what) + " is not " + kind};
}

}  // namespace

void CborWriter::head(unsigned major, std::uint64_t value) {
  const unsigned type = major << 5U;
  if (value < 24) {
    out_ += static_cast<char>(type | static_cast<unsigned>(value));
    return;
  }
  const unsigned size = value <= 0xFFU ? 0 : value <= 0xFFFFU ? 1 : value <= 0xFFFFFFFFU ? 2 : 3;
  out_ += static_cast<char>(type | (24U + size));
  for (unsigned byte = 1U << size; byte > 0; --byte)
    out_ += static_cast<char>(value >> (8U * (byte - 1)) & 0xFFU);
}

void CborWriter::text(std::string_view text) {
  head(text_type, text.size());
  out_ += text;
}

void CborWriter::integer(std::int64_t value) {
  if (value >= 0)
    head(unsigned_type, static_cast<std::uint64_t>(value));
  else
    head(negative_type, static_cast<std::uint64_t>(-(value + 1)));
}

CborReader::Head CborReader::head() {
  if (at_ >= bytes_.size()) throw not_cbor();
  const auto first = static_cast<unsigned char>(bytes_[at_++]);
  Head head{static_cast<unsigned>(first) >> 5U, first & 0x1FU};
  if (head.value < 24) return head;
  if (head.value > 27) throw not_cbor();  // without a length, or reserved
  const std::size_t size = std::size_t{1} << (head.value - 24);
  if (bytes_.size() - at_ < size) throw not_cbor();
  head.value = 0;
  for (std::size_t i = 0; i < size; ++i)
    head.value = head.value << 8U | static_cast<unsigned char>(bytes_[at_++]);
  return head;
}

std::size_t CborReader::count(const Head& head, std::size_t bytes_for_each,
                              const char* what) const {
  if (head.value > (bytes_.size() - at_) / bytes_for_each)
    throw CborError{std::string(what) + " is longer than the plan"};
  return static_cast<std::size_t>(head.value);
}

std::size_t CborReader::map(const char* what) {
  const Head found = head();
  if (found.major != map_type) throw not_a(what, "a map");
  return count(found, 2, what);
}

std::size_t CborReader::array(const char* what, std::size_t wanted) {
  const Head found = head();
  if (found.major != array_type || (wanted != 0 && found.value != wanted))
    throw not_a(what, "a list as expected");
  return count(found, 1, what);
}

std::string_view CborReader::text(const char* what) {
  const Head found = head();
  if (found.major != text_type) throw not_a(what, "text");
  const std::string_view text = bytes_.substr(at_, count(found, 1, what));
  at_ += text.size();
  return text;
}

std::uint32_t CborReader::number(const char* what) {
  const Head found = head();
  if (found.major != unsigned_type || found.value > std::numeric_limits<std::uint32_t>::max())
    throw not_a(what, "a number");
  return static_cast<std::uint32_t>(found.value);
}

bool CborReader::boolean(const char* what) {
  const Head found = head();
  if (found.major != simple_type || (found.value != false_value && found.value != true_value))
    throw not_a(what, "true or false");
  return found.value == true_value;
}

std::int64_t CborReader::integer(const char* what) {
  const Head found = head();
  if (found.major > negative_type ||
      found.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw not_a(what, "a whole number");
  const auto value = static_cast<std::int64_t>(found.value);
  return found.major == negative_type ? -1 - value : value;
}

CborReader::Kind CborReader::next_kind() const {
  if (at_ >= bytes_.size()) throw not_cbor();
  switch (static_cast<unsigned char>(bytes_[at_]) >> 5U) {
    case unsigned_type:
    case negative_type: return Kind::integer;
    case text_type: return Kind::text;
    case array_type: return Kind::array;
    case map_type: return Kind::map;
    case simple_type: return Kind::boolean;
    default: throw not_cbor();
  }
}

void CborReader::skip() {
  // Items that are still to come; no depth is remembered, so none can be too deep.
  for (std::uint64_t left = 1; left > 0; --left) {
    const Kind kind = next_kind();
    if (kind == Kind::text) {
      text("text");
    } else if (kind == Kind::array) {
      left += array("a list");
    } else if (kind == Kind::map) {
      left += 2 * map("a map");
    } else {
      head();
    }
  }
}

}  // namespace sup::schema

#include "runtime/rpc/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "runtime/rpc/xmlrpc.h"

namespace sup::rpc {

const std::string_view response_head =
    "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n";
const std::string_view response_tail = "</param>\n</params>\n</methodResponse>\n";

namespace {

// Of an integer of 32 bits, the only ones that XML-RPC knows; others are cut to these.
class Digits {
 public:
  explicit Digits(std::int64_t value) {
    using Limits = std::numeric_limits<std::int32_t>;
    const std::int64_t cut = std::clamp<std::int64_t>(value, Limits::min(), Limits::max());
    end_ = std::to_chars(digits_.data(), digits_.data() + digits_.size(), cut).ptr;
  }

  std::string_view text() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 16> digits_;
  const char* end_;
};

constexpr bool is_plain_xml(char sign) {
  return sign >= ' ' && sign != '&' && sign != '<' && sign != '>';
}

// The same of eight: compilers do not find by themselves how to look at them at once.
constexpr bool are_plain_xml(std::uint64_t signs) {
  constexpr std::uint64_t each = 0x0101010101010101;
  constexpr std::uint64_t high = each * 0x80;
  // The high bit of a byte of these is set if it is what is looked for. A borrow may set one beside
  // such a byte, which changes nothing.
  const std::uint64_t control = (signs - each * ' ') & ~signs;
  const std::uint64_t ampersand = signs ^ each * '&';
  const std::uint64_t bracket = (signs | each * ('<' ^ '>')) ^ each * '>';
  const std::uint64_t found =
      signs | control | ((ampersand - each) & ~ampersand) | ((bracket - each) & ~bracket);
  return (found & high) == 0;
}

std::uint64_t eight_at(const char* place) {
  std::uint64_t signs = 0;
  std::memcpy(&signs, place, sizeof signs);
  return signs;
}

// Whether it stands for itself in XML.
bool is_plain_xml(std::string_view text) {
  constexpr std::size_t step = sizeof(std::uint64_t);
  if (text.size() < step) {
    return std::ranges::all_of(text, [](char sign) { return is_plain_xml(sign); });
  }
  // The last eight may be looked at twice in part.
  const char* const last = text.data() + text.size() - step;
  for (const char* place = text.data(); place < last; place += step) {
    if (!are_plain_xml(eight_at(place))) {
      return false;
    }
  }
  return are_plain_xml(eight_at(last));
}

struct Speaker {
  Writer& out;

  void operator()(std::monostate) const { out.nil(); }

  void operator()(bool value) const { out.boolean(value); }

  void operator()(std::int64_t value) const { out.integer(value); }

  void operator()(double value) const { out.real(value); }

  void operator()(const std::string& value) const { out.text(value); }

  void operator()(const Array& value) const {
    out.begin_array();
    for (const Value& each : value) {
      out.value(each);
    }
    out.end_array();
  }

  void operator()(const Struct& value) const {
    out.begin_struct();
    for (const Member& each : value) {
      out.member(each.name);
      out.value(each.value);
    }
    out.end_struct();
  }
};

}  // namespace

std::string python_real(double value) {
  std::array<char, 32> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  std::string text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  if (text.find_first_of(".en") == std::string::npos) {
    text += ".0";
  }
  return text;
}

void Writer::value(const Value& value) { std::visit(Speaker{*this}, value.content()); }

namespace {

// Literals are copied without a call.
template <std::size_t size>
constexpr std::size_t length_of(const char (&)[size]) {
  return size - 1;
}

inline std::size_t length_of(std::string_view part) { return part.size(); }

template <std::size_t size>
void put(char*& to, const char (&part)[size]) {
  std::memcpy(to, part, size - 1);
  to += size - 1;
}

inline void put(char*& to, std::string_view part) {
  std::memcpy(to, part.data(), part.size());
  to += part.size();
}

}  // namespace

// Room is made in large steps, as bytes that are cut off in the end: an answer has a hundred
// thousand pieces.
template <class... Parts>
inline void XmlWriter::append(const Parts&... parts) {
  const std::size_t length = (length_of(parts) + ...);
  if (out_.size() - used_ < length) {
    // Of so many bytes that they are still near when they are written; the string sees to it that
    // it moves rarely.
    const std::size_t step = std::clamp<std::size_t>(used_, 2048, 16384);
    out_.resize(used_ + length + step);
  }
  char* to = out_.data() + used_;
  (put(to, parts), ...);
  used_ += length;
}

bool XmlWriter::has(const AnswerState& state) {
  if (kept_ == nullptr || !is_struct_.empty()) {
    return false;
  }
  known_ = kept_->is_of(state);
  if (!known_) {
    unknown_ = state;
    std::string room = kept_->take_room();
    room.append(out_, 0, used_);
    out_.swap(room);
  }
  return known_;
}

void XmlWriter::finish() {
  out_.resize(used_);
  finished_ = true;
}

inline void XmlWriter::append_text(std::string_view text) {
  constexpr std::size_t is_long = 16384;
  if (is_plain_xml(text)) {
    append(text);
  } else if (text.size() < is_long) {
    // Aside, as a string that is cut and grown again is filled each time.
    std::string escaped;
    append_escaped(text, escaped);
    append(escaped);
  } else {
    out_.resize(used_);
    append_escaped(text, out_);
    used_ = out_.size();
  }
}

inline void XmlWriter::value_ends() {
  if (!is_struct_.empty() && is_struct_.back()) {
    append("</member>\n");
  }
}

void XmlWriter::integer_member(std::string_view name, std::int64_t value) {
  append("<member>\n<name>", name, "</name>\n<value><int>", Digits(value).text(),
         "</int></value>\n</member>\n");
}

void XmlWriter::text_member(std::string_view name, std::string_view value) {
  if (is_plain_xml(value)) {
    append("<member>\n<name>", name, "</name>\n<value><string>", value,
           "</string></value>\n</member>\n");
  } else {
    member(name);
    text(value);
  }
}

void XmlWriter::nil() {
  append("<value><nil/></value>");  // as Python: no end of line
  value_ends();
}

void XmlWriter::boolean(bool value) {
  append("<value><boolean>", std::string_view(value ? "1" : "0"), "</boolean></value>\n");
  value_ends();
}

void XmlWriter::integer(std::int64_t value) {
  append("<value><int>", Digits(value).text(), "</int></value>\n");
  value_ends();
}

void XmlWriter::real(double value) {
  append("<value><double>", std::string_view(python_real(value)), "</double></value>\n");
  value_ends();
}

void XmlWriter::text(std::string_view value) {
  append("<value><string>");
  append_text(value);
  append("</string></value>\n");
  value_ends();
}

void XmlWriter::begin_array() {
  append("<value><array><data>\n");
  is_struct_.push_back(false);
}

void XmlWriter::end_array() {
  is_struct_.pop_back();
  append("</data></array></value>\n");
  value_ends();
}

void XmlWriter::begin_struct() {
  append("<value><struct>\n");
  is_struct_.push_back(true);
}

void XmlWriter::member(std::string_view name) {
  append("<member>\n<name>");
  append_text(name);
  append("</name>\n");
}

void XmlWriter::end_struct() {
  is_struct_.pop_back();
  append("</struct></value>\n");
  value_ends();
}

void ValueWriter::put(Value value) {
  size_ += tags;
  if (open_.empty()) {
    result_ = std::move(value);
  } else if (auto* items = open_.back().value.get<Array>()) {
    items->push_back(std::move(value));
  } else {
    open_.back().value.get<Struct>()->push_back({open_.back().member, std::move(value)});
  }
}

void ValueWriter::close() {
  Value whole = std::move(open_.back().value);
  open_.pop_back();
  put(std::move(whole));
}

std::string print_response(const Value& value) {
  std::string out(response_head);
  {
    XmlWriter writer(out);
    writer.value(value);
  }
  out += response_tail;
  return out;
}

}  // namespace sup::rpc

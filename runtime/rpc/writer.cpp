#include "runtime/rpc/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "runtime/rpc/xmlrpc.h"

namespace sup::rpc {

const std::string_view response_head =
    "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n";
const std::string_view response_tail = "</param>\n</params>\n</methodResponse>\n";

namespace {

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

void Writer::value(const Value& value) { std::visit(Speaker{*this}, value.content()); }

void XmlWriter::value_ends() {
  if (!is_struct_.empty() && is_struct_.back()) {
    out_ += "</member>\n";
  }
}

void XmlWriter::nil() {
  out_ += "<value><nil/></value>";  // as Python: no end of line
  value_ends();
}

void XmlWriter::boolean(bool value) {
  out_ += value ? "<value><boolean>1</boolean></value>\n" : "<value><boolean>0</boolean></value>\n";
  value_ends();
}

void XmlWriter::integer(std::int64_t value) {
  using Limits = std::numeric_limits<std::int32_t>;
  const std::int64_t cut = std::clamp<std::int64_t>(value, Limits::min(), Limits::max());
  std::array<char, 16> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), cut).ptr;
  out_ += "<value><int>";
  out_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out_ += "</int></value>\n";
  value_ends();
}

// Python's repr: the shortest text that is the same number, with a point.
void XmlWriter::real(double value) {
  std::array<char, 32> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out_.append("<value><double>").append(text);
  out_ += text.find_first_of(".en") == std::string_view::npos ? ".0" : "";
  out_ += "</double></value>\n";
  value_ends();
}

void XmlWriter::text(std::string_view value) {
  out_ += "<value><string>";
  append_escaped(value, out_);
  out_ += "</string></value>\n";
  value_ends();
}

void XmlWriter::begin_array() {
  out_ += "<value><array><data>\n";
  is_struct_.push_back(false);
}

void XmlWriter::end_array() {
  is_struct_.pop_back();
  out_ += "</data></array></value>\n";
  value_ends();
}

void XmlWriter::begin_struct() {
  out_ += "<value><struct>\n";
  is_struct_.push_back(true);
}

void XmlWriter::member(std::string_view name) {
  out_ += "<member>\n<name>";
  append_escaped(name, out_);
  out_ += "</name>\n";
}

void XmlWriter::end_struct() {
  is_struct_.pop_back();
  out_ += "</struct></value>\n";
  value_ends();
}

void ValueWriter::put(Value value) {
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

}  // namespace sup::rpc

#include "runtime/rpc/xmlrpc.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include <pugixml.hpp>

#include "runtime/rpc/well_formed.h"
#include "runtime/rpc/writer.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::rpc {

namespace {

// What is wrong with a text ends its reading, not more.
struct Unreadable {
  std::string why;
};

// What stands before the first element in it; comments between its pieces do not count.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) break;
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  return text;
}

bool is_element(const pugi::xml_node& node) { return node.type() == pugi::node_element; }

pugi::xml_node first_element(const pugi::xml_node& node) {
  return node.find_child([](const pugi::xml_node& child) { return is_element(child); });
}

constexpr std::size_t most_digits = 4300;  // that Python reads

// One beyond 64 bits is the last within: each method's own limits are far below and have their
// fault.
std::int64_t integer(std::string_view text) {
  std::int64_t number = 0;
  bool overflow = false;
  if (!schema::read_python_int(text, 10, number, overflow)) {
    if (overflow && text.size() <= most_digits) {
      return schema::strip(text).starts_with('-') ? std::numeric_limits<std::int64_t>::min()
                                                  : std::numeric_limits<std::int64_t>::max();
    }
    throw Unreadable{"`" + std::string(text) + "` is no integer"};
  }
  return number;
}

double real(std::string_view text) {
  std::string_view digits = schema::strip(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw Unreadable{"`" + std::string(text) + "` is no number"};
  }
  return number;
}

// What a sign stands for in base64, -1 for others.
constexpr std::array<std::int8_t, 256> base64_values = [] {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}();

// As Python's decodestring: signs that are none of base64 are passed over. What is meant is text.
std::string decoded(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t signs = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    const int value = base64_values[static_cast<unsigned char>(c)];
    padding += c == '=' ? 1 : 0;
    if (value < 0) continue;
    ++signs;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
    }
  }
  if (signs % 4 == 1 || (signs % 4 != 0 && padding < 4 - signs % 4) ||
      schema::invalid_utf8(bytes)) {
    throw Unreadable{"no text in base64"};
  }
  return bytes;
}

// The form of Python's "%Y%m%dT%H:%M:%S"; the text itself is the value.
std::string date(std::string text) {
  constexpr std::string_view form = "00000000T00:00:00";
  const bool is_one = std::ranges::equal(
      text, form, [](char a, char b) { return b == '0' ? a >= '0' && a <= '9' : a == b; });
  if (!is_one) throw Unreadable{"`" + text + "` is no date"};
  return text;
}

Value value_in(const pugi::xml_node& element, int depth);

Array array_in(const pugi::xml_node& element, int depth) {
  const pugi::xml_node data = first_element(element);
  if (!data) throw Unreadable{"an array without data"};
  Array items;
  for (const pugi::xml_node& value : data.children()) {
    if (is_element(value)) items.push_back(value_in(value, depth));
  }
  return items;
}

// Of members of one name the last counts and the place of the first, as in a Python dictionary.
void keep_last(Struct& members) {
  std::vector<std::size_t> by_name(members.size());
  std::iota(by_name.begin(), by_name.end(), std::size_t{0});
  const auto name = [&](std::size_t place) -> const std::string& { return members[place].name; };
  std::ranges::stable_sort(by_name, {}, name);
  std::vector<bool> is_double(members.size());
  bool has_doubles = false;
  for (std::size_t i = 0, first = 0; i < by_name.size(); ++i) {
    if (name(by_name[i]) != name(by_name[first])) first = i;
    if (i == first) continue;
    members[by_name[first]].value = std::move(members[by_name[i]].value);
    is_double[by_name[i]] = true;
    has_doubles = true;
  }
  if (!has_doubles) return;
  std::size_t kept = 0;
  for (std::size_t place = 0; place < members.size(); ++place) {
    if (is_double[place]) continue;
    if (kept != place) members[kept] = std::move(members[place]);
    ++kept;
  }
  members.resize(kept);
}

Struct struct_in(const pugi::xml_node& element, int depth) {
  Struct members;
  for (const pugi::xml_node& member : element.children()) {
    if (!is_element(member)) continue;
    const pugi::xml_node name = first_element(member);
    pugi::xml_node value = name.next_sibling();
    while (value && !is_element(value)) value = value.next_sibling();
    if (!value) throw Unreadable{"a member without name or value"};
    std::string text = text_of(name);
    Value content = value_in(value, depth);
    members.push_back({std::move(text), std::move(content)});
  }
  keep_last(members);
  return members;
}

Value typed(const pugi::xml_node& element, int depth) {
  const std::string_view type = element.name();
  if (type == "string") return text_of(element);
  if (type == "int" || type == "i4" || type == "i8") return integer(text_of(element));
  if (type == "boolean") return text_of(element) == "1";
  if (type == "struct") return struct_in(element, depth);
  if (type == "array") return array_in(element, depth);
  if (type == "double") return real(text_of(element));
  if (type == "nil") return {};
  if (type == "base64") return decoded(text_of(element));
  if (type == "dateTime.iso8601") return date(text_of(element));
  return text_of(element);
}

// `element` is a <value>.
Value value_in(const pugi::xml_node& element, int depth) {
  if (depth >= maximum_depth) throw Unreadable{"values nest too deep"};
  const pugi::xml_node child = first_element(element);
  return child ? typed(child, depth + 1) : Value(text_of(element));
}

// The root element, whatever its name.
pugi::xml_node load(pugi::xml_document& document, std::string& text) {
  const pugi::xml_parse_result result = document.load_buffer_inplace(
      text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single,
      pugi::encoding_utf8);
  if (!result) throw Unreadable{std::string("no XML: ") + result.description()};
  const pugi::xml_node root = document.document_element();
  for (pugi::xml_node next = root.next_sibling(); next; next = next.next_sibling()) {
    if (is_element(next)) throw Unreadable{"no XML: a second root"};
  }
  return root;
}

constexpr std::string_view head = "<?xml version='1.0'?>\n";

void append_number(std::int64_t number, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

struct Printer {
  std::string& out;

  void operator()(std::monostate) const { out += "<value><nil/></value>"; }  // as Python: no end

  void operator()(bool value) const {
    out +=
        value ? "<value><boolean>1</boolean></value>\n" : "<value><boolean>0</boolean></value>\n";
  }

  void operator()(std::int64_t value) const {
    out += "<value><int>";
    append_number(value, out);
    out += "</int></value>\n";
  }

  void operator()(double value) const {
    out.append("<value><double>").append(python_real(value)).append("</double></value>\n");
  }

  void operator()(const std::string& value) const {
    out += "<value><string>";
    append_escaped(value, out);
    out += "</string></value>\n";
  }

  void operator()(const Array& value) const {
    out += "<value><array><data>\n";
    for (const Value& each : value) append_value(each, out);
    out += "</data></array></value>\n";
  }

  void operator()(const Struct& value) const {
    out += "<value><struct>\n";
    for (const Member& each : value) {
      out += "<member>\n<name>";
      append_escaped(each.name, out);
      out += "</name>\n";
      append_value(each.value, out);
      out += "</member>\n";
    }
    out += "</struct></value>\n";
  }
};

}  // namespace

schema::Result<Call> parse_call(std::string text) {
  try {
    pugi::xml_document document;
    if (schema::invalid_utf8(text)) throw Unreadable{"no UTF-8"};
    if (const auto problem = xml_problem(text)) {
      throw Unreadable{"no XML: " + std::string(*problem)};
    }
    const pugi::xml_node root = load(document, text);
    Call call;
    call.method = text_of(root.child("methodName"));
    if (call.method.empty()) throw Unreadable{"no method name"};
    for (const pugi::xml_node& parameter : root.child("params").children()) {
      if (!is_element(parameter)) continue;
      const pugi::xml_node value = first_element(parameter);
      if (!value) throw Unreadable{"a parameter without value"};
      call.parameters.push_back(value_in(value, 0));
    }
    return call;
  } catch (Unreadable& reason) {
    return schema::Error{.message = std::move(reason.why)};
  }
}

schema::Result<Response> parse_response(std::string text) {
  try {
    pugi::xml_document document;
    const pugi::xml_node root = load(document, text);
    if (const pugi::xml_node fault = root.child("fault")) {
      const Value value = value_in(fault.child("value"), 0);
      const Value* code = value.member("faultCode");
      const Value* string = value.member("faultString");
      if (code == nullptr || !code->is<std::int64_t>() || string == nullptr ||
          !string->is<std::string>()) {
        throw Unreadable{"a fault without code and text"};
      }
      return Response(
          Fault{static_cast<int>(*code->get<std::int64_t>()), *string->get<std::string>()});
    }
    const pugi::xml_node value = root.child("params").child("param").child("value");
    if (!value) throw Unreadable{"neither a value nor a fault"};
    return Response(value_in(value, 0));
  } catch (Unreadable& reason) {
    return schema::Error{.message = std::move(reason.why)};
  }
}

namespace {

// Bytes that stand for themselves in XML.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (unsigned byte = 0x20; byte < 0x80; ++byte) table[byte] = true;
  for (const char byte : std::string_view("\t\n\r")) table[static_cast<unsigned char>(byte)] = true;
  for (const char byte : std::string_view("&<>")) table[static_cast<unsigned char>(byte)] = false;
  return table;
}();

}  // namespace

std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4) return 0;
  unsigned code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  const bool is_too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool is_none = (code >= 0xD800 && code < 0xE000) || code == 0xFFFE || code == 0xFFFF;
  return is_too_long || is_none || code > 0x10FFFF ? 0 : length;
}

void append_escaped(std::string_view text, std::string& out) {
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (plain[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    const bool is_sign = static_cast<unsigned char>(text[at]) < 0x80;
    const std::size_t length = is_sign ? 0 : character_length(text.substr(at));
    if (length > 0) {
      at += length;
      continue;
    }
    out.append(text, begin, at - begin);
    switch (text[at]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += "\xEF\xBF\xBD"; break;
    }
    begin = ++at;
  }
  out.append(text, begin, text.size() - begin);
}

void append_value(const Value& value, std::string& out) {
  std::visit(Printer{out}, value.content());
}

std::string print_call(const Call& call) {
  std::string out(head);
  out += "<methodCall>\n<methodName>";
  append_escaped(call.method, out);
  out += "</methodName>\n<params>\n";
  for (const Value& each : call.parameters) {
    out += "<param>\n";
    append_value(each, out);
    out += "</param>\n";
  }
  out += "</params>\n</methodCall>\n";
  return out;
}

std::string print_fault(const Fault& fault) {
  std::string out(head);
  out += "<methodResponse>\n<fault>\n";
  append_value(
      Struct{
          {"faultCode",   fault.code},
          {"faultString", fault.text}
  },
      out);
  out += "</fault>\n</methodResponse>\n";
  return out;
}

}  // namespace sup::rpc

#include "runtime/rpc/arguments.h"

#include <cmath>

#include "runtime/rpc/writer.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::rpc {

namespace {

// Python's repr(): as str(), texts in quotes.
std::string python_form(const Value& value) {
  const std::string* text = value.get<std::string>();
  return text != nullptr ? schema::python_repr(*text) : python_text(value);
}

}  // namespace

std::optional<std::string_view> text_argument(const Value& value) {
  const std::string* text = value.get<std::string>();
  return text != nullptr ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<std::int64_t> integer_argument(const Value& value) {
  if (const auto* number = value.get<std::int64_t>()) {
    return *number;
  }
  if (const auto* flag = value.get<bool>()) {
    return *flag ? 1 : 0;
  }
  if (const auto* real = value.get<double>()) {
    constexpr double limit = 9e18;
    if (std::isfinite(*real) && std::abs(*real) < limit) {
      return static_cast<std::int64_t>(*real);
    }
    return std::nullopt;
  }
  if (const auto* text = value.get<std::string>()) {
    std::int64_t number = 0;
    bool overflow = false;
    if (schema::read_python_int(*text, 10, number, overflow)) {
      return number;
    }
  }
  return std::nullopt;
}

bool truth(const Value& value) {
  struct Judge {
    bool operator()(std::monostate) const { return false; }

    bool operator()(bool flag) const { return flag; }

    bool operator()(std::int64_t number) const { return number != 0; }

    bool operator()(double number) const { return number != 0; }

    bool operator()(const std::string& text) const { return !text.empty(); }

    bool operator()(const Array& items) const { return !items.empty(); }

    bool operator()(const Struct& members) const { return !members.empty(); }
  };

  return std::visit(Judge{}, value.content());
}

std::string python_text(const Value& value) {
  struct Speaker {
    std::string operator()(std::monostate) const { return "None"; }

    std::string operator()(bool flag) const { return flag ? "True" : "False"; }

    std::string operator()(std::int64_t number) const { return std::to_string(number); }

    std::string operator()(double number) const { return python_real(number); }

    std::string operator()(const std::string& text) const { return text; }

    std::string operator()(const Array& items) const {
      std::string text = "[";
      for (const Value& each : items) {
        text += (text.size() > 1 ? ", " : "") + python_form(each);
      }
      return text + "]";
    }

    std::string operator()(const Struct& members) const {
      std::string text = "{";
      for (const Member& each : members) {
        text += (text.size() > 1 ? ", " : "") + schema::python_repr(each.name) + ": " +
                python_form(each.value);
      }
      return text + "}";
    }
  };

  return std::visit(Speaker{}, value.content());
}

}  // namespace sup::rpc

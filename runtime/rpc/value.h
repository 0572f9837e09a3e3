// A value of XML-RPC, and of the JSON that is made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sup::rpc {

class Value;
struct Member;

using Array = std::vector<Value>;
using Struct = std::vector<Member>;  // members keep their order

class Value {
 public:
  using Content =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Struct>;

  Value() = default;  // nil

  // Implicit on purpose: a list of members reads as what it stands for.
  Value(bool value);
  Value(int value);
  Value(std::int64_t value);
  Value(double value);
  Value(std::string value);
  Value(std::string_view value);
  Value(const char* value);
  Value(Array value);
  Value(Struct value);

  template <class T>
  bool is() const {
    return std::holds_alternative<T>(content_);
  }

  bool is_nil() const { return is<std::monostate>(); }

  // Null when it is something else.
  template <class T>
  const T* get() const {
    return std::get_if<T>(&content_);
  }

  template <class T>
  T* get() {
    return std::get_if<T>(&content_);
  }

  // Of a struct; null when there is none of this name, or this is no struct.
  const Value* member(std::string_view name) const;

  const Content& content() const { return content_; }

  bool operator==(const Value& other) const;

 private:
  Content content_;
};

struct Member {
  std::string name;
  Value value;

  bool operator==(const Member& other) const = default;
};

// Here, as clang wants to know what a member is before it makes a list of them.
inline Value::Value(bool value) : content_(value) {}

inline Value::Value(int value) : content_(std::int64_t{value}) {}

inline Value::Value(std::int64_t value) : content_(value) {}

inline Value::Value(double value) : content_(value) {}

inline Value::Value(std::string value) : content_(std::move(value)) {}

inline Value::Value(std::string_view value) : content_(std::string(value)) {}

inline Value::Value(const char* value) : content_(std::string(value)) {}

inline Value::Value(Array value) : content_(std::move(value)) {}

inline Value::Value(Struct value) : content_(std::move(value)) {}

inline bool Value::operator==(const Value& other) const { return content_ == other.content_; }

inline const Value* Value::member(std::string_view name) const {
  const Struct* members = get<Struct>();
  if (members == nullptr) return nullptr;
  for (const Member& each : *members) {
    if (each.name == name) return &each.value;
  }
  return nullptr;
}

}  // namespace sup::rpc

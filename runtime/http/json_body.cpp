#include "runtime/http/json_body.h"

#include <nlohmann/json.hpp>

namespace sup::http {

namespace {

using Json = nlohmann::json;

// Reads without building a tree, which has no bounds.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  rpc::Struct members;
  std::string problem;

  bool null() override { return put({}); }

  bool boolean(bool value) override { return put(value); }

  bool number_integer(std::int64_t value) override { return put(value); }

  bool number_unsigned(std::uint64_t value) override {
    return value > INT64_MAX ? fail("a number is too large")
                             : put(static_cast<std::int64_t>(value));
  }

  bool number_float(double value, const std::string& /*text*/) override { return put(value); }

  bool string(std::string& value) override { return put(std::move(value)); }

  bool binary(binary_t& /*value*/) override { return fail("that is no JSON"); }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ == deepest) {
      return fail(expected);
    }
    if (++depth_ == deepest) {
      members.back().value = rpc::Struct();
    }
    return true;
  }

  bool key(std::string& name) override {
    // Bounded first: it is compared with all others.
    constexpr std::size_t most = 100;
    rpc::Struct& object = current();
    if (object.size() >= most) {
      return fail("no call takes so many values");
    }
    for (const rpc::Member& member : object) {
      if (member.name == name) {
        return fail("`" + name + "` is there twice");
      }
    }
    object.push_back({std::move(name), {}});
    return true;
  }

  bool end_object() override {
    --depth_;
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    return fail(depth_ == 0 ? "an object is expected" : expected);
  }

  bool end_array() override { return true; }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    return fail("that is no JSON: see byte " + std::to_string(position));
  }

 private:
  bool put(rpc::Value value) {
    if (depth_ == 0) {
      return fail("an object is expected");
    }
    current().back().value = std::move(value);
    return true;
  }

  // The object that is read.
  rpc::Struct& current() {
    return depth_ == deepest ? *members.back().value.get<rpc::Struct>() : members;
  }

  bool fail(std::string why) {
    problem = std::move(why);
    return false;
  }

  static constexpr int deepest = 2;
  static constexpr auto expected = "the values are texts, numbers, true and false";

  int depth_ = 0;
};

}  // namespace

std::variant<rpc::Struct, std::string> read_json_body(const std::string& body) {
  Reader reader;
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return rpc::Struct{};
  }
  if (!Json::sax_parse(body, &reader)) {
    return reader.problem.empty() ? std::string("that is no JSON") : std::move(reader.problem);
  }
  return std::move(reader.members);
}

}  // namespace sup::http

#include "runtime/ctl/output.h"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace sup::ctl {

namespace {

using Json = nlohmann::ordered_json;

struct ToJson {
  Json operator()(std::monostate) const { return nullptr; }

  Json operator()(bool value) const { return value; }

  Json operator()(std::int64_t value) const { return value; }

  Json operator()(double value) const { return value; }

  Json operator()(const std::string& value) const { return value; }

  Json operator()(const rpc::Array& value) const {
    Json array = Json::array();
    for (const rpc::Value& each : value) {
      array.push_back(std::visit(ToJson{}, each.content()));
    }
    return array;
  }

  Json operator()(const rpc::Struct& value) const {
    Json object = Json::object();
    for (const rpc::Member& each : value) {
      object[each.name] = std::visit(ToJson{}, each.value.content());
    }
    return object;
  }
};

}  // namespace

std::string to_json(const rpc::Value& value) {
  return std::visit(ToJson{}, value.content()).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Output::text(std::string_view text) {
  if (!is_json_) {
    write(text);
  }
}

void Output::line(std::string_view text) {
  if (!is_json_) {
    write(text);
    write("\n");
  }
}

void Output::record(rpc::Struct record) {
  if (is_json_) {
    records_.emplace_back(std::move(record));
  }
}

void Output::stream(rpc::Struct record) {
  write(to_json(std::move(record)) + "\n");
  flush();
}

void Output::finish(rpc::Struct head) {
  if (is_json_) {
    head.push_back({"results", std::exchange(records_, {})});
    write(to_json(std::move(head)) + "\n");
  }
  flush();
}

void Output::flush() {
  if (sink_ == nullptr) {
    std::fflush(stdout);
  }
}

void Output::write(std::string_view text) {
  if (sink_ != nullptr) {
    sink_->append(text);
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

}  // namespace sup::ctl

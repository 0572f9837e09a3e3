#include "runtime/ctl/output.h"

#include <algorithm>
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

// Texts of our own server only, which nest two deep.
constexpr int deepest_json = 16;

rpc::Value to_value(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean: return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return json.get<std::int64_t>();
    case Json::value_t::number_float: return json.get<double>();
    case Json::value_t::string: return json.get<std::string>();
    case Json::value_t::array: {
      rpc::Array array;
      for (const Json& each : json) {
        array.push_back(to_value(each));
      }
      return array;
    }
    case Json::value_t::object: {
      rpc::Struct object;
      for (const auto& [name, each] : json.items()) {
        object.push_back({name, to_value(each)});
      }
      return object;
    }
    default: return {};
  }
}

}  // namespace

std::optional<rpc::Value> from_json(const std::string& text) {
  const auto not_too_deep = [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    return depth < deepest_json;
  };
  const Json json = Json::parse(text, not_too_deep, false);
  return json.is_discarded() ? std::nullopt : std::optional(to_value(json));
}

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
  const auto is_server = [](const rpc::Member& member) { return member.name == "server"; };
  if (sink_ != nullptr && std::none_of(record.begin(), record.end(), is_server)) {
    record.insert(record.begin(), {"server", sink_->server});
  }
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

void Output::interrupted() {
  if (sink_ == nullptr) {
    line("");
  }
}

void Output::flush() {
  if (sink_ == nullptr) {
    std::fflush(stdout);
  } else if (goes_on_) {
    sink_->show();
  }
}

void Output::write(std::string_view text) {
  if (sink_ != nullptr) {
    sink_->text.append(text);
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

}  // namespace sup::ctl

#include "runtime/rpc/methods.h"

#include <array>

#include "runtime/rpc/calls.h"

namespace sup::rpc {

namespace {

constexpr std::array rows{
#define METHOD(space, name, shape, function, when, needs, help) \
  MethodRow{#space, #name, shape, &rpc::function, When::when, Needs::needs, help},
#include "runtime/rpc/methods.def"
#undef METHOD
};

}  // namespace

std::span<const MethodRow> methods() { return rows; }

Role role_of(Needs needs) {
  switch (needs) {
    case Needs::nothing: return Role::none;
    case Needs::see:
    case Needs::read: return Role::read;
    case Needs::handle:
    case Needs::operate: return Role::operate;
    default: return Role::admin;
  }
}

Shape read_shape(std::string_view shape) {
  Shape read;
  const std::size_t open = shape.find(" (");
  read.result = shape.substr(0, open);
  std::string_view list = shape.substr(open + 2);
  list.remove_suffix(1);
  while (!list.empty()) {
    const std::size_t comma = list.find(", ");
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 2);
    Parameter parameter;
    parameter.type = one.substr(0, one.find(' '));
    one.remove_prefix(parameter.type.size() + 1);
    parameter.optional = one.ends_with('?');
    parameter.name = parameter.optional ? one.substr(0, one.size() - 1) : one;
    read.required += parameter.optional ? 0 : 1;
    read.parameters.push_back(parameter);
  }
  return read;
}

std::string help_text(const MethodRow& row) {
  const Shape shape = read_shape(row.shape);
  std::string text(row.help);
  text += "\n";
  for (const Parameter& parameter : shape.parameters) {
    text.append("\n@param ").append(parameter.type).append(" ").append(parameter.name);
    text += parameter.optional ? " (may be left out)" : "";
  }
  text.append("\n@return ").append(shape.result).append(" result");
  return text;
}

}  // namespace sup::rpc

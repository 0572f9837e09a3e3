// The options of commands. One row each (options.def): what a command asks for is what completes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sup::ctl {

enum class OptionId : std::uint8_t {
#define OPTION(id, command, text, value) id,
#include "runtime/ctl/options.def"
};

// What follows an option.
enum class OptionValue : std::uint8_t { nothing, number, seconds, state, event_types };

struct Option {
  OptionId id;
  std::string_view command;  // empty: of all
  std::string_view text;
  OptionValue value;

  bool is_of(std::string_view name) const { return command.empty() || command == name; }

  // "--for=" takes a value so; "-n" takes it as the next word.
  bool has_sign() const { return value != OptionValue::nothing && text.starts_with("--"); }
};

// In the order of OptionId.
std::span<const Option> options();

const Option& option(OptionId id);

// Takes "NAME=VALUE" or "NAME VALUE" out of the words; nothing if it is not there.
std::optional<std::string> take_option(std::vector<std::string>& words, OptionId id);
bool take_flag(std::vector<std::string>& words, OptionId id);

// The states that wait knows, by their names.
std::span<const std::string_view> wait_states();

// What may be written behind it, as the documentation writes it; empty where that has no end.
std::vector<std::string> values_of(OptionValue value);

}  // namespace sup::ctl

#include "runtime/ctl/options.h"

#include <algorithm>
#include <array>

#include "schema/events.h"
#include "schema/states.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

using schema::ProcessState;
using schema::state_name;

constexpr std::array option_table = {
#define OPTION(id, command, text, value) Option{OptionId::id, command, text, OptionValue::value},
#include "runtime/ctl/options.def"
};

constexpr std::array known_states = {
    state_name(ProcessState::RUNNING),  state_name(ProcessState::STOPPED),
    state_name(ProcessState::EXITED),   state_name(ProcessState::FATAL),
    state_name(ProcessState::STARTING), state_name(ProcessState::BACKOFF),
    state_name(ProcessState::STOPPING), state_name(ProcessState::UNKNOWN)};

}  // namespace

std::span<const Option> options() { return option_table; }

const Option& option(OptionId id) { return option_table.at(static_cast<std::size_t>(id)); }

std::optional<std::string> take_option(std::vector<std::string>& words, OptionId id) {
  const std::string name(option(id).text);
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (word->starts_with(name + "=")) {
      std::string value = word->substr(name.size() + 1);
      words.erase(word);
      return value;
    }
    if (*word == name && word + 1 != words.end()) {
      std::string value = *(word + 1);
      words.erase(word, word + 2);
      return value;
    }
  }
  return std::nullopt;
}

bool take_flag(std::vector<std::string>& words, OptionId id) {
  const auto found = std::find(words.begin(), words.end(), option(id).text);
  if (found == words.end()) {
    return false;
  }
  words.erase(found);
  return true;
}

std::span<const std::string_view> wait_states() { return known_states; }

std::vector<std::string> values_of(OptionValue value) {
  std::vector<std::string> found;
  switch (value) {
    case OptionValue::nothing:
    case OptionValue::number:
    case OptionValue::seconds: break;
    case OptionValue::state:
      for (const std::string_view name : known_states) found.push_back(schema::lower(name));
      break;
    case OptionValue::event_types:
      for (const schema::EventRow& row : schema::event_rows()) found.emplace_back(row.name);
      break;
  }
  return found;
}

}  // namespace sup::ctl

#include "lint/listener_arguments.h"

#include <algorithm>

#include "lint/listeners.h"
#include "runtime/listeners/arguments.h"
#include "runtime/listeners/tables.h"

namespace sup::lint {

namespace {

// Commands of suplance that are no listeners.
bool is_for_people(std::string_view tool) { return tool == "check" || tool == "replay"; }

}  // namespace

bool ListenerArguments::is_batch_tool() const {
  return tool_ == "crashmailbatch" || tool_ == "fatalmailbatch" || tool_ == "crashsms";
}

const std::string* ListenerArguments::value(std::string_view name) const {
  const auto found = std::find_if(given_.rbegin(), given_.rend(),
                                  [&](const Given& each) { return each.name == name; });
  return found != given_.rend() ? &found->value : nullptr;
}

const Word& ListenerArguments::word(std::string_view text) const {
  const auto found = std::find_if(words_.begin(), words_.end(),
                                  [&](const Word* each) { return each->text == text; });
  return found != words_.end() ? **found : *program_;
}

const Word& ListenerArguments::word_of(const Given& given) const {
  const auto found = std::find_if(words_.begin(), words_.end(), [&](const Word* each) {
    if (given.value.empty()) return each->text.starts_with(given.as_given);
    return each->text == given.value || each->text.ends_with("=" + given.value) ||
           each->text == given.as_given + given.value;
  });
  return found != words_.end() ? **found : *program_;
}

std::optional<ListenerArguments> listener_arguments(const CommandLine& command) {
  if (command.argv.empty() || !command.error.empty() || !is_installed(command)) return std::nullopt;
  if (std::any_of(command.argv.begin(), command.argv.end(),
                  [](const Word& word) { return word.is_open; })) {
    return std::nullopt;
  }
  ListenerArguments found;
  std::size_t first = 1;
  if (command.program == "suplance" && command.argv.size() > 1) {
    found.tool_ = command.argv[1].text;
    found.is_ours_ = true;
    first = 2;
  } else if (const KnownListener* known = known_listener(command)) {
    found.tool_ = known->name;
  }
  const listeners::ToolTable* table = listeners::tool_table(found.tool_);
  if (table == nullptr || is_for_people(found.tool_)) return std::nullopt;
  if (!found.is_ours_ && table->of_superlance == 0) return std::nullopt;  // another `log`
  found.program_ = &command.argv[first - 1];
  std::vector<std::string> texts{found.tool_};
  for (std::size_t i = first; i < command.argv.size(); ++i) {
    found.words_.push_back(&command.argv[i]);
    texts.push_back(command.argv[i].text);
  }
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  listeners::CommandLine line =
      listeners::read_command_line(found.tool_, static_cast<int>(texts.size()), arguments.data());
  found.mistake_ = std::move(line.mistake);
  found.rest_ = std::move(line.words);
  for (const sup::GivenArgument& each : line.given) {
    const auto row = static_cast<std::size_t>(each.argument - table->arguments.data());
    found.is_ours_ = found.is_ours_ || row >= table->of_superlance;
    found.given_.push_back({.name = each.argument->name,
                            .as_given = each.as_given,
                            .value = each.value,
                            .form = each.argument->value,
                            .is_beyond = row >= table->of_superlance});
  }
  return found;
}

std::optional<std::string> tool_mistake(const CommandLine& command) {
  if (command.program != "suplance" || !command.error.empty() || !is_installed(command)) {
    return std::nullopt;
  }
  if (command.argv.size() < 2) return "as no tool is named";
  const Word& word = command.argv[1];
  if (word.is_open) return std::nullopt;
  // The one without options.
  if (word.text == "record") {
    if (command.argv.size() == 3) return std::nullopt;
    return "as record wants one file";
  }
  if (is_for_people(word.text)) return "as " + word.text + " is no listener";
  if (listeners::tool_table(word.text) != nullptr) return std::nullopt;
  return "as it has no tool " + in_backticks(word.text);
}

std::optional<std::string> form_mistake(std::string_view form, std::string_view value) {
  const std::string shown = in_backticks(value);
  if (form == "NUMBER" || form == "SECONDS") {
    const auto number = as_number(value);
    if (!number || *number < 0) return shown + " is no number";
  } else if (form == "SIZE") {
    if (!is_byte_size(value)) return shown + " is no size";
  } else if (form == "TIME") {
    if (!is_duration(value)) return shown + " is no time";
  } else if (form.find('|') != std::string_view::npos) {
    const std::string all = "|" + std::string(form) + "|";
    if (value.empty() || value.find('|') != std::string_view::npos ||
        all.find("|" + std::string(value) + "|") == std::string::npos) {
      return shown + " is none of " + std::string(form);
    }
  }
  return std::nullopt;
}

bool is_byte_size(std::string_view text) { return listeners::byte_size(text).has_value(); }

bool is_duration(std::string_view text) { return listeners::duration_seconds(text).has_value(); }

std::optional<int> as_number(std::string_view text) { return listeners::whole_number(text); }

}  // namespace sup::lint

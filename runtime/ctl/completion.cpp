#include "runtime/ctl/completion.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "runtime/ctl/command.h"
#include "runtime/ctl/options.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

constexpr std::string_view signal_names[] = {"HUP",  "INT",  "QUIT", "KILL", "USR1", "USR2",
                                             "TERM", "CONT", "STOP", "ALRM", "WINCH"};

void add_once(std::vector<std::string>& words, std::string word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    words.push_back(std::move(word));
  }
}

std::vector<std::string> process_names(std::string_view text,
                                       const std::vector<ProcessInfo>& processes) {
  std::vector<std::string> names;
  std::string_view group;
  for (const ProcessInfo& info : processes) {
    if (text.find(':') == std::string_view::npos && info.name == info.group) {
      names.push_back(info.name);
      continue;
    }
    names.push_back(info.group + ":" + info.name);
    if (info.group != group) {  // they come in order
      names.push_back(info.group + ":*");
    }
    group = info.group;
  }
  return names;
}

// Programs of which there may be several: as far as a server says, groups whose processes have
// numbers in their names.
std::vector<std::string> programs_with_numbers(const std::vector<ProcessInfo>& processes) {
  std::vector<std::string> names;
  std::vector<std::string> others;
  for (const ProcessInfo& info : processes) {
    const bool has_number = info.name.find_first_of("0123456789") != std::string::npos;
    add_once(has_number && info.name != info.group ? names : others, info.group + "=");
  }
  std::erase_if(names, [&](const std::string& name) {
    return std::find(others.begin(), others.end(), name) != others.end();
  });
  return names;
}

// The words of a line without --json, which may stand before the command.
std::vector<std::string> words_but_json(std::string_view line, std::string_view text) {
  std::vector<std::string> words = words_of(line);
  const auto end = text.empty() || words.empty() ? words.end() : words.end() - 1;
  words.erase(std::remove(words.begin(), end, option(OptionId::json).text), end);
  return words;
}

std::vector<std::string> options_of(const Command& command) {
  std::vector<std::string> found;
  for (const Option& each : options()) {
    if (each.is_of(command.name)) {
      found.push_back(std::string(each.text) + (each.has_sign() ? "=" : ""));
    }
  }
  return found;
}

// The values that may stand where `typed` is, in the case of its letters, each behind `before`. Of
// types with commas between them it is the last one.
std::vector<std::string> values_after(std::string before, std::string_view typed,
                                      OptionValue value) {
  const std::size_t comma = value == OptionValue::event_types ? typed.rfind(',') : typed.npos;
  if (comma != typed.npos) {
    before += typed.substr(0, comma + 1);
    typed.remove_prefix(comma + 1);
  }
  std::vector<std::string> found = values_of(value);
  for (std::string& each : found) {
    if (!typed.empty()) {
      each = typed == schema::lower(typed) ? schema::lower(each) : schema::upper(each);
    }
    each.insert(0, before);
  }
  return found;
}

// Those of the option whose value is being typed: "--for=st", or "st" behind "--for"; nothing if
// there is no such option there.
std::optional<std::vector<std::string>> option_values(const Command& command,
                                                      std::string_view previous,
                                                      std::string_view text) {
  for (const Option& each : options()) {
    if (!each.is_of(command.name) || each.value == OptionValue::nothing) continue;
    if (previous == each.text) return values_after("", text, each.value);
    const std::string start = std::string(each.text) + "=";
    if (text.starts_with(start)) return values_after(start, text.substr(start.size()), each.value);
  }
  return std::nullopt;
}

}  // namespace

std::vector<ProcessInfo> processes_for_completion(Session& session) {
  constexpr std::chrono::milliseconds patience(1000);
  const AnswerLimit limit(patience);
  try {
    return process_infos(session.call("supervisor.getAllProcessInfo"));
  } catch (const Failure&) {
    return {};
  }
}

std::vector<std::string> completions(std::string_view line, std::string_view text,
                                     const std::function<std::vector<ProcessInfo>()>& processes) {
  const std::vector<std::string> words = words_but_json(line, text);
  std::vector<std::string> found;
  const Command* command = words.empty() ? nullptr : find_command(words[0]);
  if (words.size() == 1 && text.starts_with('-')) {
    found.emplace_back(option(OptionId::json).text);
  } else if (words.empty() || (words.size() == 1 && !text.empty())) {
    for (const Command& each : commands()) {
      if (!each.help.empty()) found.emplace_back(each.name);
    }
  } else if (auto values =
                 command != nullptr
                     ? option_values(*command, words[words.size() - (text.empty() ? 1 : 2)], text)
                     : std::nullopt) {
    found = std::move(*values);
  } else if (command != nullptr && text.starts_with('-')) {
    found = options_of(*command);
  } else if (command != nullptr) {
    switch (command->completes) {
      case Completes::nothing:
      case Completes::files: break;
      case Completes::commands:
        for (const Command& each : commands()) {
          if (!each.help.empty()) found.emplace_back(each.name);
        }
        break;
      case Completes::addresses: found = {"http://", "unix://"}; break;
      case Completes::logs: {
        // Without the command, options, and the word that is being typed.
        const auto names =
            std::count_if(words.begin() + 1, words.end() - (text.empty() ? 0 : 1),
                          [](const std::string& word) { return !word.starts_with('-'); });
        if (names == 0) found = process_names(text, processes());
        if (names == 1) found = {"stdout", "stderr"};
        break;
      }
      case Completes::groups:
        for (const ProcessInfo& info : processes()) add_once(found, info.group);
        break;
      case Completes::signals:
        if (words.size() == 1 || (words.size() == 2 && !text.empty())) {
          found.assign(std::begin(signal_names), std::end(signal_names));
          break;
        }
        [[fallthrough]];
      case Completes::processes: found = process_names(text, processes()); break;
      case Completes::counts: found = programs_with_numbers(processes()); break;
    }
  }
  std::erase_if(found, [&](const std::string& word) { return !word.starts_with(text); });
  return found;
}

bool files_may_follow(std::string_view line, std::string_view text) {
  const std::vector<std::string> words = words_but_json(line, text);
  const Command* command = words.size() < (text.empty() ? 1 : 2) ? nullptr : find_command(words[0]);
  return command != nullptr && command->completes == Completes::files && !text.starts_with('-');
}

}  // namespace sup::ctl

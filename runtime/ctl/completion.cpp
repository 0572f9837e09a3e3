#include "runtime/ctl/completion.h"

#include <algorithm>
#include <utility>

#include "runtime/ctl/command.h"

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

// Options that the help texts do not have, as these are supervisorctl's.
constexpr std::pair<std::string_view, std::string_view> unnamed_options[] = {
    {"restart", "--rolling"},
    {"status",  "-v"       }
};

// The options of a command: those that its help names, and --json of all.
std::vector<std::string> options_of(const Command& command) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz-";
  std::vector<std::string> found;
  const std::string_view help = command.help;
  for (std::size_t at = help.find(" --"); at != std::string_view::npos;
       at = help.find(" --", at + 1)) {
    std::size_t end = std::min(help.find_first_not_of(letters, at + 1), help.size());
    if (end < help.size() && help[end] == '=') ++end;
    add_once(found, std::string(help.substr(at + 1, end - at - 1)));
  }
  for (const auto& [name, option] : unnamed_options) {
    if (name == command.name) found.emplace_back(option);
  }
  found.emplace_back("--json");
  return found;
}

}  // namespace

std::vector<std::string> completions(std::string_view line, std::string_view text,
                                     const std::function<std::vector<ProcessInfo>()>& processes) {
  const std::vector<std::string> words = words_of(line);
  std::vector<std::string> found;
  const Command* command = words.empty() ? nullptr : find_command(words[0]);
  if (words.empty() || (words.size() == 1 && !text.empty())) {
    for (const Command& each : commands()) {
      if (!each.description.empty()) found.emplace_back(each.name);
    }
  } else if (command != nullptr && text.starts_with('-')) {
    found = options_of(*command);
  } else if (command != nullptr) {
    switch (command->completes) {
      case Completes::nothing:
      case Completes::files: break;
      case Completes::commands:
        for (const Command& each : commands()) found.emplace_back(each.name);
        break;
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
    }
  }
  std::erase_if(found, [&](const std::string& word) { return !word.starts_with(text); });
  return found;
}

}  // namespace sup::ctl

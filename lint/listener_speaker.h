// What rules have to say of the command line of a listener of superlance or suplance.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "lint/lint.h"
#include "lint/listener_arguments.h"
#include "lint/listeners.h"

namespace sup::lint {

// One rule about one command line.
class ListenerSpeaker {
 public:
  ListenerSpeaker(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ListenerArguments& arguments, const compiler::Rule& rule)
      : context_(context), out_(out), section_(section), arguments_(arguments), rule_(rule) {}

  const ListenerArguments& arguments() const { return arguments_; }

  const ConfigEntry& entry() const { return *section_.find("command"); }

  Diagnostic& say(const Word& word, const std::string& text) {
    return say(rule_.severity, word, text);
  }

  Diagnostic& say(Severity severity, const Word& word, const std::string& text) {
    return out_.report(rule_, severity, context_.place_of(entry(), word),
                       section_.display() + " " + text);
  }

  // The same, of an option that was given.
  const ListenerArguments::Given* find(std::string_view name) const {
    const auto& given = arguments_.given();
    const auto found =
        std::find_if(given.rbegin(), given.rend(),
                     [&](const ListenerArguments::Given& each) { return each.name == name; });
    return found != given.rend() ? &*found : nullptr;
  }

  const Word& word_of(const ListenerArguments::Given& given) const {
    return arguments_.word_of(given);
  }

  const Context& context() const { return context_; }

  const ConfigSection& section() const { return section_; }

 private:
  const Context& context_;
  Diagnostics& out_;
  const ConfigSection& section_;
  const ListenerArguments& arguments_;
  const compiler::Rule& rule_;
};

// Calls `judge` with a speaker for the listener's command line, if it is known.
template <class Judge>
void with_arguments(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const compiler::Rule& rule, Judge judge) {
  if (!section.name || section.name->kind != SectionKind::eventlistener) return;
  const CommandLine* command = command_of(context, section);
  if (command == nullptr) return;
  const auto arguments = listener_arguments(*command);
  if (!arguments) return;
  ListenerSpeaker speaker(context, out, section, *arguments, rule);
  judge(speaker);
}

}  // namespace sup::lint

// Command lines of the listeners of superlance and suplance, read as these read them: by the tables
// of their options, which stand in runtime/listeners/tables.cpp alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/commands.h"
#include "lint/context.h"

namespace sup::lint {

class ListenerArguments {
 public:
  struct Given {
    std::string_view name;  // the option's long name
    std::string as_given;   // -p or --program
    std::string value;
    // What the option takes, as its tool's help names it: SECONDS, SIZE, rss|pss|cgroup.
    std::string_view form;
    bool is_beyond;  // superlance does not have it
  };

  // "crashmail", whatever it is called by.
  const std::string& tool() const { return tool_; }

  // Whether it is suplance for sure: called as `suplance TOOL`, or with an option that superlance
  // does not have.
  bool is_ours() const { return is_ours_; }

  bool is_batch_tool() const;

  // What the tool says of options that it does not know, or nothing.
  const std::optional<std::string>& mistake() const { return mistake_; }

  const std::vector<Given>& given() const { return given_; }

  // What is no option.
  const std::vector<std::string>& rest() const { return rest_; }

  bool has(std::string_view name) const { return value(name) != nullptr; }

  // The last one given, null if there is none.
  const std::string* value(std::string_view name) const;

  // The word that holds an option's value, or the program's.
  const Word& word_of(const Given& given) const;

  const Word& program() const { return *program_; }

  // The word in the command line with this text, or the program's.
  const Word& word(std::string_view text) const;

 private:
  friend std::optional<ListenerArguments> listener_arguments(const CommandLine& command);

  std::string tool_;
  bool is_ours_ = false;
  std::optional<std::string> mistake_;
  std::vector<Given> given_;
  std::vector<std::string> rest_;
  const Word* program_ = nullptr;
  std::vector<const Word*> words_;
};

// Of the listener that a command starts; nothing for other commands, and where the command line
// hangs on what is not known. Valid as long as the command line is.
std::optional<ListenerArguments> listener_arguments(const CommandLine& command);

// Why `suplance` itself refuses its first words, or nothing.
std::optional<std::string> tool_mistake(const CommandLine& command);

// Why a value is none of this form, or nothing; also for forms that are not known.
std::optional<std::string> form_mistake(std::string_view form, std::string_view value);

// SIZE and TIME as memmon reads them, the tick and the numbers of other tools.
bool is_byte_size(std::string_view text);
bool is_duration(std::string_view text);
std::optional<int> as_number(std::string_view text);

}  // namespace sup::lint

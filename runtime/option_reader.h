// Arguments of suprun and supctl, read as Python's getopt reads them: names may be cut short
// (--nodae) and values be joined (-edebug, --loglevel=debug), with the same words for what is
// wrong.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace sup {

// `letter` 0: only the long name. `value` empty: a flag.
struct Argument {
  const char* name;
  char letter;
  std::string_view value;
  std::string_view doc;
};

struct GivenArgument {
  const Argument* argument;
  std::string as_given;  // -c or --configuration
  std::string value;
};

// One reader at a time: getopt of the C library, which it stands on, has one state.
class OptionReader {
 public:
  // With `stops_at_word`, everything from the first word that is no option on is left alone.
  OptionReader(std::span<const Argument> known, int count, char** arguments, bool stops_at_word);

  // The next one, nothing at the end, or a mistake of usage.
  schema::Result<std::optional<GivenArgument>> next();

  // What is left, once next() gave nothing.
  std::vector<std::string> rest() const;

 private:
  struct Names;

  schema::Error not_understood(const std::string& word, int letter) const;
  const Argument& argument_of(int code) const;

  std::span<const Argument> known_;
  int count_;
  char** arguments_;
  std::string letters_;
};

// A line for each argument, as for --help and in the form of Supervisor's programs.
std::string argument_help(std::span<const Argument> known);

// Where Supervisor's programs look for their configuration; `program` is argv[0].
std::vector<std::string> configuration_places(const std::string& program);

}  // namespace sup

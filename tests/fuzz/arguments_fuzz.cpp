// Command lines of suplance's tools: the first line names the tool, each further one is a word.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "runtime/listeners/arguments.h"
#include "runtime/listeners/tables.h"
#include "tests/fuzz/target.h"

using namespace sup;
using namespace sup::listeners;

namespace {

void check_numbers(const std::string& word) {
  (void)whole_number(word);
  const auto size = byte_size(word);
  const auto seconds = duration_seconds(word);
  fuzz::require(!size || *size >= 0 || word.find('-') != std::string::npos, "no sign without one");
  fuzz::require(!seconds || *seconds >= 0 || word.find('-') != std::string::npos,
                "no sign without one");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::as_text(data, size);
  std::vector<std::string> words;
  while (!text.empty() && words.size() < 50) {
    const std::string_view line = text.substr(0, text.find('\n'));
    // As from the kernel: no NUL in a word.
    words.emplace_back(line.substr(0, line.find('\0')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  if (words.empty()) return 0;
  const ToolTable* table = tool_table(words.front());
  const std::string tool(table != nullptr ? table->name : std::string_view("crashmail"));
  std::vector<char*> arguments;
  for (std::string& word : words) {
    check_numbers(word);
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const CommandLine line =
      read_command_line(tool, static_cast<int>(words.size()), arguments.data());
  fuzz::require(!line.mistake || !line.mistake->empty(), "a mistake is told in words");
  const std::vector<sup::Argument>& known = arguments_of(tool);
  for (const GivenArgument& given : line.given) {
    fuzz::require(given.argument >= known.data() && given.argument < known.data() + known.size(),
                  "only options of the tool are found");
    fuzz::require(!given.argument->value.empty() || given.value.empty(), "a flag has no value");
    fuzz::require(line.has(given.argument->name), "what was given is found by its name");
  }
  fuzz::require(line.words.size() < words.size(), "no word is made up");
  return 0;
}

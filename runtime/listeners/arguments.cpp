#include "runtime/listeners/arguments.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <span>

#include "runtime/listeners/tables.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

template <std::size_t N>
std::optional<std::int64_t> with_unit(std::string_view given, const std::array<Unit, N>& units) {
  const std::string lowered = schema::lower(schema::strip(given));
  std::string_view text = lowered;
  std::int64_t factor = 1;
  for (const Unit& unit : units) {
    if (text.ends_with(unit.name)) {
      text.remove_suffix(unit.name.size());
      factor = unit.factor;
      break;
    }
  }
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end || text.empty() || number < 0 ||
      number > std::numeric_limits<std::int64_t>::max() / factor) {
    return std::nullopt;
  }
  return number * factor;
}

}  // namespace

std::optional<std::string> CommandLine::value(std::string_view name) const {
  const auto found = std::find_if(given.rbegin(), given.rend(), [&](const GivenArgument& each) {
    return name == each.argument->name;
  });
  return found != given.rend() ? std::optional(found->value) : std::nullopt;
}

std::vector<std::string> CommandLine::values(std::string_view name) const {
  std::vector<std::string> all;
  for (const GivenArgument& each : given) {
    if (name == each.argument->name) all.push_back(each.value);
  }
  return all;
}

namespace {

CommandLine read_arguments(std::span<const Argument> known, bool stops_at_word, int count,
                           char** arguments) {
  CommandLine line;
  OptionReader reader(known, count, arguments, stops_at_word);
  for (;;) {
    schema::Result<std::optional<GivenArgument>> next = reader.next();
    if (!next) {
      line.mistake = next.error().message;
      return line;
    }
    if (!next->has_value()) break;
    line.given.push_back(std::move(**next));
  }
  line.words = reader.rest();
  return line;
}

}  // namespace

CommandLine read_command_line(std::string_view tool, int count, char** arguments) {
  // getopt of the C library has one state, and rules of supcheck are asked in two threads.
  static std::mutex one_reader;
  const std::lock_guard lock(one_reader);
  const ToolTable* const table = tool_table(tool);
  SUP_CHECK(table != nullptr, "a tool without a table");
  const std::span<const Argument> all(table->arguments);
  // The C library puts words behind options.
  std::vector<char*> again(arguments, arguments + count);
  CommandLine line = read_arguments(all, table->stops_at_word, count, arguments);
  if (!line.mistake || table->of_superlance == 0) return line;
  // Names that are cut short mean what they did before there were more: --c of memmon.
  again.push_back(nullptr);
  CommandLine old =
      read_arguments(all.first(table->of_superlance), table->stops_at_word, count, again.data());
  return old.mistake ? line : old;
}

std::optional<int> whole_number(std::string_view text) {
  text = schema::strip(text);
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && parsed == end && !text.empty() ? std::optional(number)
                                                                : std::nullopt;
}

std::optional<std::int64_t> byte_size(std::string_view text) {
  static constexpr std::array units{
      Unit{"kb", std::int64_t{1} << 10U},
      Unit{"mb", std::int64_t{1} << 20U},
      Unit{"gb", std::int64_t{1} << 30U}
  };
  return with_unit(text, units);
}

std::optional<std::int64_t> duration_seconds(std::string_view text) {
  static constexpr std::array units{
      Unit{"s", 1    },
      Unit{"m", 60   },
      Unit{"h", 3600 },
      Unit{"d", 86400}
  };
  return with_unit(text, units);
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

schema::Result<std::string> first_line(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             std::fclose);
  if (file == nullptr) {
    const int number = errno;
    return schema::Error{path + ": " + std::strerror(number), number};
  }
  char line[4096] = "";
  if (std::fgets(line, sizeof line, file.get()) == nullptr) {
    return schema::Error{path + ": nothing in it"};
  }
  std::string text(line);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

bool is_under_supervisor() {
  return std::getenv("SUPERVISOR_SERVER_URL") != nullptr ||
         std::getenv("SUPERVISOR_ENABLED") != nullptr;
}

}  // namespace sup::listeners

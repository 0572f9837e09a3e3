// suplance: event listeners in one program. Called by the name of a tool (a link), or with that
// name as its first word.

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/listeners/tools.h"

namespace {

using namespace sup::listeners;

struct Tool {
  std::string_view name;
  int (*run)(int, char**);
  std::string_view summary;
};

constexpr std::array tools{
#define TOOL(name, function, link, summary) Tool{#name, &function, summary},
#include "runtime/listeners/tools.def"
#undef TOOL
};

const Tool* tool_named(std::string_view name) {
  const auto found =
      std::find_if(tools.begin(), tools.end(), [&](const Tool& tool) { return tool.name == name; });
  return found != tools.end() ? &*found : nullptr;
}

std::string help() {
  std::string text =
      "Event listeners for suprun and supervisord, as those of superlance and more.\n"
      "\n"
      "Usage: suplance TOOL [OPTION...]\n"
      "       TOOL [OPTION...]             where a link of that name is installed\n"
      "\n";
  for (const Tool& tool : tools) {
    std::string left = "  " + std::string(tool.name);
    left.resize(18, ' ');
    text += left + std::string(tool.summary) + "\n";
  }
  return text + "\n`suplance TOOL --help` says more.\n";
}

int run(int count, char** arguments) {
  if (count < 1) return 2;
  if (const Tool* called = tool_named(std::filesystem::path(arguments[0]).filename().string())) {
    return called->run(count, arguments);
  }
  const std::string word = count > 1 ? arguments[1] : "";
  if (word == "-h" || word == "--help" || word == "help") {
    std::fputs(help().c_str(), stdout);
    return 0;
  }
  if (word == "--version") {
    std::puts("suplance " SUP_VERSION);
    return 0;
  }
  if (const Tool* named = tool_named(word)) return named->run(count - 1, arguments + 1);
  std::fprintf(stderr, "suplance: %s\n%s",
               word.empty() ? "which tool?" : ("there is no tool `" + word + "`").c_str(),
               help().c_str());
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "suplance: %s\n", error.what());
    return 1;
  }
}

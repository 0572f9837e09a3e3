#include "lint/workers.h"

#include <algorithm>
#include <array>

namespace sup::lint {

bool is_celery_worker(const CommandLine& command) {
  if (command.program == "celeryd") return true;
  const bool is_celery = command.program == "celery" || command.has({"celery"});
  return is_celery && command.has({"worker", "celeryd"});
}

bool has_long_jobs(const CommandLine& command) {
  if (command.argv.empty()) return false;
  const std::string_view program = command.program;
  const std::string_view subcommand = command.subcommand();
  if (program == "artisan")
    return subcommand == "queue:work" || subcommand == "queue:listen" || subcommand == "horizon";
  if (program == "rq") return subcommand == "worker";
  if (program == "java") return command.has({"-jar"});
  constexpr std::array<std::string_view, 9> programs = {"sidekiq",  "resque",        "mysqld",
                                                        "mariadbd", "postgres",      "mongod",
                                                        "scylla",   "elasticsearch", "rqworker"};
  return std::find(programs.begin(), programs.end(), program) != programs.end() ||
         is_celery_worker(command);
}

const Word* finishing_option(const CommandLine& command) {
  const auto starts_with_any = [&](std::initializer_list<std::string_view> options) -> const Word* {
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      const std::string_view text = command.argv[i].text;
      for (const std::string_view option : options)
        if (text == option || (text.starts_with(option) && text[option.size()] == '='))
          return &command.argv[i];
    }
    return nullptr;
  };
  const std::string_view subcommand = command.subcommand();
  if (command.program == "artisan" && subcommand == "queue:work") {
    const auto is_zero = [](const Word* word) { return word->text.ends_with("=0"); };
    const Word* option =
        starts_with_any({"--max-jobs", "--max-time", "--once", "--stop-when-empty"});
    return option == nullptr || is_zero(option) ? nullptr : option;
  }
  if (command.program == "console" &&
      (subcommand == "messenger:consume" || subcommand == "messenger:consume-messages"))
    return starts_with_any({"--time-limit", "--limit", "--memory-limit", "-l", "-t", "-m"});
  return nullptr;
}

}  // namespace sup::lint

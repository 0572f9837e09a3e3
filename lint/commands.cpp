#include "lint/commands.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "schema/text.h"

namespace sup::lint {

namespace {

// Deeper nesting of wrappers and shells is nobody's command line.
constexpr int maximum_depth = 8;

// A program that runs the command in its arguments, from the programs' own manual pages.
struct WrapperRow {
  std::string_view name;
  std::string_view subcommand;     // "run" of `poetry run`, or empty
  std::string_view short_options;  // letters of options that take an argument
  std::string_view long_options;   // long ones, each between blanks
  std::size_t operands = 0;        // words before the command
  bool has_assignments = false;    // NAME=value before the command
};

constexpr std::array wrapper_rows = {
    WrapperRow{"exec",                     "",            "a",              "",                                                   0, false},
    WrapperRow{"command",                  "",            "",               "",                                                   0, false},
    WrapperRow{"env",                      "",            "uC",             " --unset --chdir ",                                  0, true },
    WrapperRow{"nohup",                    "",            "",               "",                                                   0, false},
    WrapperRow{"nice",                     "",            "n",              " --adjustment ",                                     0, false},
    WrapperRow{"ionice",                   "",            "cn",             " --class --classdata ",                              0, false},
    WrapperRow{"chrt",                     "",            "TPD",            "",                                                   1, false},
    WrapperRow{"taskset",                  "",            "",               "",                                                   1, false},
    WrapperRow{"numactl",                  "",            "CNmip",
               " --cpunodebind --physcpubind --membind --interleave --preferred ",                                                0, false},
    WrapperRow{"stdbuf",                   "",            "ioe",            " --input --output --error ",                         0, false},
    WrapperRow{"unbuffer",                 "",            "",               "",                                                   0, false},
    WrapperRow{"time",                     "",            "fo",             " --format --output ",                                0, false},
    WrapperRow{"timeout",                  "",            "ks",             " --kill-after --signal ",                            1, false},
    WrapperRow{"setsid",                   "",            "",               "",                                                   0, false},
    WrapperRow{"tini",                     "",            "pe",             "",                                                   0, false},
    WrapperRow{"dumb-init",                "",            "r",              " --rewrite ",                                        0, false},
    WrapperRow{"catatonit",                "",            "",               "",                                                   0, false},
    WrapperRow{"with-contenv",             "",            "",               "",                                                   0, false},
    WrapperRow{"gosu",                     "",            "",               "",                                                   1, false},
    WrapperRow{"su-exec",                  "",            "",               "",                                                   1, false},
    WrapperRow{"setuidgid",                "",            "",               "",                                                   1, false},
    WrapperRow{"s6-setuidgid",             "",            "",               "",                                                   1, false},
    WrapperRow{"chpst",                    "",            "uUbe/nmdofprct", "",                                                   0, false},
    WrapperRow{"setpriv",                  "",            "",
               " --reuid --regid --groups --ruid --rgid --euid --egid --inh-caps "
               "--ambient-caps --bounding-set --securebits --pdeathsig ",                                                         0, false},
    WrapperRow{"sudo",                     "",            "ugCDhpRrTtU",
               " --user --group --close-from --chdir --host --prompt --chroot --role "
               "--command-timeout --type --other-user ",                                                                          0, true },
    WrapperRow{"chroot",                   "",            "",               " --userspec --groups ",                              1, false},
    WrapperRow{"flock",                    "",            "wE",             " --wait --timeout --conflict-exit-code ",            1, false},
    WrapperRow{"busybox",                  "",            "",               "",                                                   0, false},
    WrapperRow{"pidproxy",                 "",            "",               "",                                                   1, false},
    WrapperRow{"xvfb-run",                 "",            "efnpsw",
               " --error-file --auth-file --server-num --xauth-protocol --server-args --wait ",                                   0,
               false                                                                                                                      },
    WrapperRow{"bundle",                   "exec",        "",               "",                                                   0, false},
    WrapperRow{"poetry",                   "run",         "",               "",                                                   0, false},
    WrapperRow{"pipenv",                   "run",         "",               "",                                                   0, false},
    WrapperRow{"pdm",                      "run",         "",               "",                                                   0, false},
    WrapperRow{"uv",                       "run",         "p",              " --with --python --directory --project --env-file ", 0, false},
    WrapperRow{"newrelic-admin",           "run-program", "",               "",                                                   0, false},
    WrapperRow{"ddtrace-run",              "",            "",               "",                                                   0, false},
    WrapperRow{"opentelemetry-instrument", "",            "",               "",                                                   0, false}
};

// A program that runs a script in a file.
struct InterpreterRow {
  std::string_view name;
  std::string_view short_options;  // letters of options that take an argument
  std::string_view code;           // letters of options behind which code stands
  char module;                     // letter of the option that names what runs, or 0
};

constexpr std::array interpreter_rows = {
    InterpreterRow{"python", "WX",   "c",    'm'},
    InterpreterRow{"pypy",   "WX",   "c",    'm'},
    InterpreterRow{"php",    "dczt", "rBRE", 'f'},
    InterpreterRow{"ruby",   "CEIr", "e",    0  },
    InterpreterRow{"perl",   "IMm",  "eE",   0  },
    InterpreterRow{"node",   "rC",   "ep",   0  },
    InterpreterRow{"nodejs", "rC",   "ep",   0  }
};

constexpr std::array<std::string_view, 9> shells = {"sh",  "bash", "dash", "ash", "ksh",
                                                    "zsh", "mksh", "tcsh", "csh"};

// By first letter the lengths that names of wrappers have, so that nearly all other names are told
// from them at a glance.
constexpr std::size_t longest_wrapper = 31;
constexpr std::array<std::uint32_t, 128> wrapper_lengths = [] {
  std::array<std::uint32_t, 128> made{};
  for (const WrapperRow& row : wrapper_rows)
    made[static_cast<unsigned char>(row.name.front())] |= 1U << row.name.size();
  return made;
}();

const WrapperRow* find_wrapper(std::string_view name) {
  if (name.empty() || name.size() > longest_wrapper) return nullptr;
  const auto first = static_cast<unsigned char>(name.front());
  if (first >= wrapper_lengths.size() || (wrapper_lengths[first] >> name.size() & 1U) == 0)
    return nullptr;
  const auto* row = std::find_if(wrapper_rows.begin(), wrapper_rows.end(),
                                 [&](const WrapperRow& each) { return each.name == name; });
  return row == wrapper_rows.end() ? nullptr : row;
}

const InterpreterRow* find_interpreter(std::string_view name) {
  const auto* row =
      std::find_if(interpreter_rows.begin(), interpreter_rows.end(),
                   [&](const InterpreterRow& each) { return is_version_of(name, each.name); });
  return row == interpreter_rows.end() ? nullptr : row;
}

bool is_option(const Word& word) { return word.text.size() > 1 && word.text.front() == '-'; }

// How many words an option takes: itself, and its argument if that is a word of its own.
std::size_t option_length(const Word& word, std::string_view short_options,
                          std::string_view long_options) {
  const std::string_view text = word.text;
  if (text.starts_with("--")) {
    if (text.find('=') != std::string_view::npos) return 1;
    return long_options.find(" " + std::string(text) + " ") == std::string_view::npos ? 1 : 2;
  }
  const std::size_t letter = text.find_first_of(short_options, 1);
  return letter != std::string_view::npos && letter + 1 == text.size() ? 2 : 1;
}

}  // namespace

class CommandReader {
 public:
  CommandReader(std::string_view value, CommandLine& command) : value_(value), command_(command) {}

  // Looks through `argv` until it is the program itself.
  void read(std::span<const Word> argv) {
    is_outermost_ = true;
    for (int depth = 0; depth < maximum_depth && !argv.empty(); ++depth) {
      const std::string name = base_name(argv.front());
      std::span<const Word> inner;
      bool is_known = true;
      if (is_shell(name))
        is_known = read_shell(name, argv, inner);
      else if (name == "su" || name == "runuser")
        is_known = read_su(name, argv, inner);
      else if (const WrapperRow* row = find_wrapper(name))
        is_known = read_wrapper(*row, argv, inner);
      if (!is_known) return;
      is_outermost_ = false;
      if (inner.empty()) {
        finish(argv, name);
        return;
      }
      argv = inner;
    }
  }

 private:
  void note(std::string_view name, std::span<const Word> argv, std::size_t end) {
    WrapperUse& use = command_.wrappers.emplace_back();
    use.name = name;
    use.word = argv.front();
    for (std::size_t i = 1; i < end && i < argv.size(); ++i) use.own.push_back(argv[i].text);
  }

  // False: what runs cannot be told. `inner` stays empty when it is the shell itself.
  bool read_shell(const std::string& name, std::span<const Word> argv,
                  std::span<const Word>& inner) {
    const auto* shell = std::find(shells.begin(), shells.end(), name);
    std::size_t i = 1;
    bool has_script = false;
    for (; i < argv.size() && (is_option(argv[i]) || argv[i].text.starts_with('+')); ++i) {
      const std::string_view text = argv[i].text;
      if (text == "--") {
        ++i;
        break;
      }
      if (text.starts_with("--")) {
        if (text == "--rcfile" || text == "--init-file") ++i;
        continue;
      }
      if (text.find('c') != std::string_view::npos) has_script = true;
      if (text.find_first_of("oO") != std::string_view::npos) ++i;
    }
    if (i >= argv.size()) return !has_script;
    note(*shell, argv, i);
    if (!has_script) {
      inner = argv.subspan(i);
      return true;
    }
    return read_script(argv[i], is_outermost_ ? i : 0, inner);
  }

  bool read_script(const Word& word, std::size_t index, std::span<const Word>& inner) {
    const std::string_view raw = value_.substr(word.begin, word.end - word.begin);
    const bool is_plain = raw == word.text;
    const bool is_quoted =
        raw.size() == word.text.size() + 2 && raw.substr(1, word.text.size()) == word.text;
    Script script =
        parse_script(word.text, word.begin + (is_quoted ? 1 : 0), word.end, is_plain || is_quoted);
    if (!command_.script) {
      command_.script = std::move(script);
      command_.script_word = index;
      if (const ScriptStep* last = command_.script->last()) inner = last->words;
    } else if (const ScriptStep* last = script.last()) {
      inner = command_.inner_.emplace_back(last->words);
    }
    return !inner.empty();
  }

  // su [options] [-] [user [arguments]], where -c may stand anywhere; runuser too, which else runs
  // a command as sudo does.
  bool read_su(const std::string& name, std::span<const Word> argv, std::span<const Word>& inner) {
    const std::string_view kept = name == "su" ? "su" : "runuser";
    for (std::size_t i = 1; i + 1 < argv.size(); ++i) {
      if (argv[i].text != "-c" && argv[i].text != "--command") continue;
      note(kept, argv, i);
      return read_script(argv[i + 1], 0, inner);
    }
    constexpr WrapperRow as_sudo = {"runuser", "",   "ugGsw", " --user --group --supp-group ",
                                    0,         false};
    if (kept == "runuser") return read_wrapper(as_sudo, argv, inner);
    note(kept, argv, argv.size());
    return false;
  }

  bool read_wrapper(const WrapperRow& row, std::span<const Word> argv,
                    std::span<const Word>& inner) {
    std::size_t i = 1;
    const auto skip_options = [&] {
      while (i < argv.size() && is_option(argv[i])) {
        if (argv[i].text == "--") {
          ++i;
          return;
        }
        i += option_length(argv[i], row.short_options, row.long_options);
      }
    };
    skip_options();
    if (!row.subcommand.empty()) {
      if (i >= argv.size() || argv[i].text != row.subcommand) return true;  // another use of it
      ++i;
      skip_options();
    }
    while (row.has_assignments && i < argv.size() && is_assignment(argv[i].text)) ++i;
    i += row.operands;
    if (row.operands > 0 && i < argv.size() && argv[i].text == "--") ++i;
    if (i >= argv.size()) return true;
    note(row.name, argv, i);
    inner = argv.subspan(i);
    return true;
  }

  void finish(std::span<const Word> argv, const std::string& name) {
    command_.argv = argv;
    command_.program = name;
    look_through_interpreter(name);
    command_.is_question_ = is_question();
  }

  void look_through_interpreter(const std::string& name) {
    const InterpreterRow* row = find_interpreter(name);
    if (row == nullptr) return;
    const std::span<const Word> words = command_.argv;
    std::size_t i = 1;
    while (i < words.size() && is_option(words[i])) {
      const std::string_view text = words[i].text;
      const bool is_long = text.starts_with("--");
      if (!is_long && text.find_first_of(row->code, 1) != std::string_view::npos) return;
      const bool is_module = !is_long && row->module != 0 && text.back() == row->module;
      if (is_module || text == "--") {
        ++i;
        break;
      }
      i += option_length(words[i], row->short_options, "");
    }
    if (i >= words.size()) return;
    command_.argv = words.subspan(i);
    command_.interpreter = name;
    command_.program = base_name(command_.argv.front());
  }

  bool is_question() const {
    const std::span<const Word> argv = command_.argv;
    if (argv.size() < 2) return false;
    constexpr std::array<std::string_view, 5> questions = {"--version", "--help", "--test",
                                                           "-configtest", "--configtest"};
    const bool asks = std::any_of(argv.begin() + 1, argv.end(), [&](const Word& word) {
      return is_option(word) &&
             std::find(questions.begin(), questions.end(), word.text) != questions.end();
    });
    if (asks) return true;
    // Many programs have other uses for these letters, with an argument behind them.
    const auto is_short = [](std::string_view text) {
      return text == "-h" || text == "-V" || text == "-v" || text == "-t" || text == "-T";
    };
    return is_short(argv.back().text) || (is_short(argv[1].text) && is_option(argv[2]));
  }

  std::string_view value_;
  CommandLine& command_;
  bool is_outermost_ = true;
};

std::string base_name(const Word& word) {
  const std::size_t slash = word.text.rfind('/');
  std::string name = slash == std::string::npos ? word.text : word.text.substr(slash + 1);
  if (word.is_open && name.find_first_of("%$`") != std::string::npos) name.clear();
  return name;
}

bool is_shell(std::string_view name) {
  return std::find(shells.begin(), shells.end(), name) != shells.end();
}

bool is_version_of(std::string_view name, std::string_view program) {
  // Asked of all programs, of which few begin with the same letter.
  if (name.empty() || program.empty() || name.front() != program.front()) return false;
  if (!name.starts_with(program)) return false;
  return name.find_first_not_of("0123456789.", program.size()) == std::string_view::npos;
}

const WrapperUse* CommandLine::wrapper(std::string_view name) const {
  const auto use = std::find_if(wrappers.begin(), wrappers.end(),
                                [&](const WrapperUse& each) { return each.name == name; });
  return use == wrappers.end() ? nullptr : &*use;
}

const Word* CommandLine::find(std::initializer_list<std::string_view> arguments) const {
  for (std::size_t i = 1; i < argv.size(); ++i)
    if (std::find(arguments.begin(), arguments.end(), argv[i].text) != arguments.end())
      return &argv[i];
  return nullptr;
}

bool CommandLine::has(std::initializer_list<std::string_view> arguments) const {
  return find(arguments) != nullptr;
}

std::optional<std::string_view> CommandLine::value_of(
    std::initializer_list<std::string_view> options) const {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view text = argv[i].text;
    for (const std::string_view option : options) {
      if (text == option && i + 1 < argv.size()) return argv[i + 1].text;
      if (text.size() > option.size() && text.starts_with(option) && text[option.size()] == '=')
        return text.substr(option.size() + 1);
    }
  }
  return std::nullopt;
}

std::string_view CommandLine::subcommand() const {
  for (std::size_t i = 1; i < argv.size(); ++i)
    if (!is_option(argv[i])) return argv[i].text;
  return {};
}

void CommandLine::clear() {
  words.clear();
  error = {};
  wrappers.clear();
  script.reset();
  script_word = 0;
  argv = {};
  interpreter.clear();
  program.clear();
  is_question_ = false;
  split_.clear();
  inner_.clear();
}

void CommandLine::read(std::string_view value, const Expand& expand) {
  clear();
  constexpr std::size_t usual = 8;
  split_.reserve(usual);
  schema::split_words(value, split_, error);
  words.reserve(split_.size());
  for (schema::CommandWord& word : split_) {
    Word& made = words.emplace_back();
    made.begin = word.begin;
    made.end = word.end;
    made.is_quoted = word.quoted;
    made.text = std::move(word.text);
    if (made.text.find('%') == std::string::npos) continue;
    // Blanks and quotes in a value would make other words of it.
    auto known = expand(made.text);
    if (!known || (!word.quoted && known->find_first_of(" \t\r\n'\"\\") != std::string::npos))
      made.is_open = true;
    else
      made.text = std::move(*known);
  }
  if (error.empty()) CommandReader(value, *this).read(words);
}

CommandLine parse_command(std::string_view value, const Expand& expand) {
  CommandLine command;
  command.read(value, expand);
  return command;
}

}  // namespace sup::lint

#include "runtime/command_line.h"

#include <array>
#include <filesystem>
#include <optional>

#include "runtime/host/setup.h"
#include "runtime/option_reader.h"
#include "schema/options.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup {

namespace {

// An option of [supervisord] has its name.
constexpr std::array known{
    Argument{"configuration",    'c', "FILE",     "configuration, or a plan; searched if not given"     },
    Argument{"nodaemon",         'n', "",         "stay in the foreground"                              },
    Argument{"silent",           's', "",         "no log lines on standard output"                     },
    Argument{"help",             'h', "",         "print this and leave"                                },
    Argument{"version",          'v', "",         "print the version and leave"                         },
    Argument{"user",             'u', "USER",     "change to this user"                                 },
    Argument{"umask",            'm', "UMASK",    "umask of the daemon"                                 },
    Argument{"directory",        'd', "FOLDER",   "folder to change to in the background"               },
    Argument{"logfile",          'l', "FILENAME", "use FILENAME as activity log"                        },
    Argument{"logfile_maxbytes", 'y', "BYTES",    "size at which it is rotated"                         },
    Argument{"logfile_backups",  'z', "COUNT",    "how many rotated logs are kept"                      },
    Argument{"loglevel",         'e', "LEVEL",    "critical, error, warn, info, debug, trace or blather"},
    Argument{"pidfile",          'j', "FILE",     "file for the process id"                             },
    Argument{"identifier",       'i', "NAME",     "name of this daemon"                                 },
    Argument{"childlogdir",      'q', "FOLDER",   "folder of AUTO child logs"                           },
    Argument{"nocleanup",        'k', "",         "keep AUTO child logs of earlier runs"                },
    Argument{"minfds",           'a', "COUNT",    "file descriptors that must be available"             },
    Argument{"strip_ansi",       't', "",         "remove ANSI escape sequences from output"            },
    Argument{"minprocs",         0,   "COUNT",    "processes that must be available"                    },
    Argument{"profile_options",  0,   "OPTIONS",
             "taken and ignored: there is no Python to be profiled"                                     },
    Argument{"insecure-http",    0,   "",         "serve TCP ports without a password"                  },
    Argument{"no-keeper",        0,   "",         "children end with a daemon that is killed"           },
    Argument{"keeper-seconds",   0,   "COUNT",    "how long they wait for the next one (600)"           },
    Argument{"exit-with",        0,   "PROGRAMS",
             "end with the status of the first of these that has ended for good"                        },
    Argument{"exit-on-fatal",    0,   "",         "end when any program is FATAL, with its exit status" },
    Argument{"compat",           0,   "NAMES",    "do as supervisord does, see below"                   },
};

schema::Error mistake(const std::string& text) { return schema::Error{.message = text}; }

// The value is put into `text` as it will be used.
std::optional<std::string> complaint(const schema::OptionRow& row, std::string& text,
                                     const schema::Facts& machine) {
  const bool is_directory = row.type == schema::DirectoryPath::name;
  if (is_directory || row.type == schema::FilePath::name) {
    std::string missing = schema::settle_path(text, is_directory, machine);
    if (!missing.empty()) {
      return missing;
    }
  }
  schema::SupervisordOptions unused = schema::SupervisordOptions::defaults();
  std::optional<schema::ValueError> error = row.read(&unused, text, schema::ReadContext{});
  return error ? std::optional(std::move(error->message)) : std::nullopt;
}

schema::Result<std::string> find_configuration(const std::string& program) {
  std::string list;
  for (const std::string& place : configuration_places(program)) {
    std::error_code ignored;
    if (std::filesystem::exists(place, ignored)) {
      return place;
    }
    list += (list.empty() ? "" : ", ") + place;
  }
  return mistake("No config file found at default paths (" + list +
                 "); use the -c option to specify a config file at a different path");
}

// One option that was given.
schema::Status take(const Argument& argument, const std::string& as_given, std::string value,
                    const schema::Facts& machine, CommandLine& line) {
  const std::string_view name = argument.name;
  const std::string wrong =
      "invalid value for " + as_given + " " + schema::python_repr(value) + ": ";
  if (name == "configuration") {
    if (!line.file.empty()) {
      return mistake("conflicting command line option " + schema::python_repr(as_given));
    }
    line.file = value;
    return schema::Nothing{};
  }
  if (name == "help" || name == "version") {
    (name == "help" ? line.help : line.version) = true;
    return schema::Nothing{};
  }
  if (name == "profile_options") {
    line.profile_options = value;
    return schema::Nothing{};
  }
  if (name == "insecure-http") {
    line.insecure_http = true;
    return schema::Nothing{};
  }
  if (name == "no-keeper") {
    line.keeper = false;
    return schema::Nothing{};
  }
  if (name == "keeper-seconds") {
    constexpr std::int64_t longest = 7 * 24 * 3600;
    std::int64_t seconds = 0;
    bool overflow = false;
    if (!schema::read_python_int(value, 10, seconds, overflow) || overflow || seconds < 1 ||
        seconds > longest) {
      return mistake(wrong + "it is not a number of seconds from 1 to " + std::to_string(longest));
    }
    line.keeper_seconds = static_cast<int>(seconds);
    return schema::Nothing{};
  }
  if (name == "exit-with") {
    const schema::Status names = core::read_exit_names(value, line.exit_rule);
    return names ? names : mistake(wrong + names.error().message);
  }
  if (name == "exit-on-fatal") {
    line.exit_rule.on_fatal = true;
    return schema::Nothing{};
  }
  if (name == "compat") {
    return core::read_compat(value, line.compat);
  }
  if (argument.value.empty()) {
    value = "true";
  } else if (std::optional<std::string> text = complaint(
                 *schema::find_option(schema::block::supervisord, name), value, machine)) {
    return mistake(wrong + *text);
  }
  for (const auto& [option, ignored] : line.settings) {
    if (option == name) {
      return mistake("conflicting command line option " + schema::python_repr(as_given));
    }
  }
  line.settings.emplace_back(name, std::move(value));
  return schema::Nothing{};
}

}  // namespace

schema::Result<CommandLine> read_command_line(int count, char** arguments,
                                              const schema::Facts& machine) {
  OptionReader reader(known, count, arguments, false);
  CommandLine line;
  for (;;) {
    schema::Result<std::optional<GivenArgument>> given = reader.next();
    if (!given) {
      return given.error();
    }
    if (!given->has_value()) {
      break;
    }
    const schema::Status taken =
        take(*(*given)->argument, (*given)->as_given, std::move((*given)->value), machine, line);
    if (!taken) {
      return taken.error();
    }
    if (line.help || line.version) {
      return line;
    }
  }
  const std::vector<std::string> rest = reader.rest();
  if (rest.size() > 1 || (rest.size() == 1 && !line.file.empty())) {
    std::string list;
    for (const std::string& each : rest) {
      list += (list.empty() ? "" : ", ") + schema::python_repr(each);
    }
    return mistake("positional arguments are not supported: [" + list + "]");
  }
  line.is_plan = rest.size() == 1;
  if (line.is_plan) {
    line.file = rest.front();
  }
  if (line.file.empty()) {
    const schema::Result<std::string> found = find_configuration(arguments[0]);
    if (!found) {
      return found.error();
    }
    line.file = *found;
    line.searched = true;
  }
  // The daemon may change its folder before it reads the file again.
  line.file = host::absolute_path(line.file);
  return line;
}

std::string command_line_help() {
  std::string text =
      "suprun runs the processes of a plan or of a Supervisor configuration. It goes in the place "
      "of\n"
      "supervisord -- run a set of applications as daemons.\n"
      "\n"
      "Usage: suprun [OPTION...] [-c FILE]\n"
      "       suprun [OPTION...] PLAN\n"
      "\n"
      "PLAN is what supc built. Options go before what the file says.\n"
      "\n" +
      argument_help(known);
  text +=
      "\n"
      "NAMES, separated by commas, restore what Supervisor does and suprun does better; `all` is\n"
      "every one of them:\n"
      "\n";
  for (const core::CompatRow& row : core::compat_rows()) {
    std::string left = "  " + std::string(row.name);
    left.resize(std::max<std::size_t>(left.size() + 1, 21), ' ');
    text += left + std::string(row.doc) + " (quirk " + std::string(row.quirk) + ")\n";
  }
  return text;
}

schema::Status apply_command_line(const CommandLine& line, schema::SupervisordOptions& options) {
  for (const auto& [name, value] : line.settings) {
    const schema::OptionRow* row = schema::find_option(schema::block::supervisord, name);
    const std::optional<schema::ValueError> error =
        row->read(&options, value, schema::ReadContext{});
    if (error) {
      return mistake("invalid value for --" + std::string(name) + ": " + error->message);
    }
  }
  return schema::Nothing{};
}

}  // namespace sup

// supctl: supervisorctl's commands and output, and more. Joins the command line, the configuration
// and the commands.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/ctl/command.h"
#include "runtime/ctl/completion.h"
#include "runtime/ctl/configuration.h"
#include "runtime/ctl/everywhere.h"
#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"
#include "runtime/ctl/shell.h"
#include "runtime/option_reader.h"
#include "schema/text.h"

namespace {

using namespace sup;
using namespace sup::ctl;

constexpr int exit_usage = 2;
// Of --complete: names of files may stand there, which shells know. 0: nothing but what was
// printed.
constexpr int exit_files_follow = 3;
constexpr int default_port = 9001;

constexpr std::array known{
    Argument{"configuration", 'c', "FILE",
             "configuration with [supervisorctl]; searched if not given"                         },
    Argument{"help",          'h', "",     "print this and leave"                                },
    Argument{"interactive",   'i', "",     "ask before reload and shutdown, ask for a password"  },
    Argument{"serverurl",     's', "URL",
             "http://[NAME:PASSWORD@]HOST:PORT or unix:///PATH; may be given repeatedly"         },
    Argument{"username",      'u', "NAME", "user name for the server"                            },
    Argument{"password",      'p', "TEXT", "password for the server"                             },
    Argument{"history_file",  'r', "FILE", "keep the shell's history there"                      },
    Argument{"hosts",         0,   "LIST", "several servers: HOST, HOST:PORT or URL, with commas"},
    Argument{"json",          0,   "",     "print one JSON document a server and command"        },
    Argument{"complete",      0,   "",     "print words that may follow; for shells"             },
    Argument{"version",       0,   "",     "print the version of supctl and leave"               },
};

// http://NAME:PASSWORD@HOST:PORT: the password stands in no message.
struct GivenServer {
  std::string url;  // without name and password
  Credentials credentials{};
};

struct CommandLine {
  std::string file;
  std::vector<GivenServer> servers;
  Credentials credentials;
  std::optional<std::string> history_file;
  bool is_interactive = false;
  bool wants_json = false;
  bool completes = false;
  bool help = false;
  bool version = false;
  std::vector<std::string> words;
};

schema::Error mistake(std::string text) { return schema::Error{.message = std::move(text)}; }

// What Supervisor's check of a URL finds wrong: a scheme, and something behind it.
std::string complaint_about_url(const std::string& url) {
  const std::string no_url = "value " + schema::python_repr(url) + " is not a URL";
  const std::size_t colon = url.find(':');
  const auto is_scheme_sign = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  if (colon == std::string::npos || colon == 0 ||
      std::isalpha(static_cast<unsigned char>(url[0])) == 0 ||
      !std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(colon), is_scheme_sign)) {
    return no_url;
  }
  std::string rest = url.substr(colon + 1);
  if (rest.starts_with("//")) {
    const std::string network_place = rest.substr(2, rest.find_first_of("/?#", 2) - 2);
    if ((network_place.find('[') == std::string::npos) !=
        (network_place.find(']') == std::string::npos)) {
      return "Invalid IPv6 URL";
    }
    rest.erase(0, 2);
  }
  return rest.empty() || rest[0] == '?' || rest[0] == '#' ? no_url : "";
}

GivenServer server_of(std::string url) {
  constexpr std::string_view scheme = "http://";
  const std::size_t end = std::min(url.find_first_of("/?#", scheme.size()), url.size());
  const std::size_t sign = url.substr(0, end).rfind('@');
  if (!url.starts_with(scheme) || sign == std::string::npos) return {.url = std::move(url)};
  const std::string given = url.substr(scheme.size(), sign - scheme.size());
  url.erase(scheme.size(), sign + 1 - scheme.size());
  const std::size_t colon = given.find(':');
  if (colon == std::string::npos) return {.url = std::move(url)};
  return {
      .url = std::move(url),
      .credentials = {
                      .username = schema::decode_percent(std::string_view(given).substr(0, colon)),
                      .password = schema::decode_percent(std::string_view(given).substr(colon + 1))}
  };
}

// "a,b:9002,unix:///x" as servers. False: it names none.
bool add_hosts(const std::string& list, std::vector<GivenServer>& servers) {
  const std::size_t before = servers.size();
  for (const std::string_view each : schema::split_list(list)) {
    std::string host(each);
    if (host.empty()) continue;
    if (host.find("://") == std::string::npos) {
      const std::size_t place = host.rfind('@') + 1;  // 0: no name before it
      host = "http://" + host +
             (host.find(':', place) == std::string::npos ? ":" + std::to_string(default_port) : "");
    }
    servers.push_back(server_of(std::move(host)));
  }
  return servers.size() > before;
}

// Puts one option in its place. A second time is a conflict, unless several are meant.
schema::Status take(GivenArgument given, CommandLine& line) {
  const std::string_view name = given.argument->name;
  const auto conflict = [&] {
    return mistake("conflicting command line option " + schema::python_repr(given.as_given));
  };
  if (name == "help") {
    line.help = true;
  } else if (name == "version") {
    line.version = true;
  } else if (name == "json") {
    line.wants_json = true;
  } else if (name == "complete") {
    line.completes = true;
  } else if (name == "interactive") {
    if (line.is_interactive) return conflict();
    line.is_interactive = true;
  } else if (name == "configuration") {
    if (!line.file.empty()) return conflict();
    line.file = given.value;
  } else if (name == "serverurl") {
    const std::string wrong = complaint_about_url(given.value);
    if (!wrong.empty()) {
      return mistake("invalid value for " + given.as_given + " " +
                     schema::python_repr(given.value) + ": " + wrong);
    }
    line.servers.push_back(server_of(std::move(given.value)));
  } else if (name == "hosts") {
    // An unset $HOSTS must not mean the server of this machine.
    if (!add_hosts(given.value, line.servers)) {
      return mistake("invalid value for " + given.as_given + " " +
                     schema::python_repr(given.value) + ": it names no server");
    }
  } else {
    std::optional<std::string>& place = name == "username"   ? line.credentials.username
                                        : name == "password" ? line.credentials.password
                                                             : line.history_file;
    if (place) return conflict();
    place = std::move(given.value);
  }
  return schema::Nothing{};
}

schema::Result<CommandLine> read_command_line(int count, char** arguments) {
  OptionReader reader(known, count, arguments, true);
  // All are read before the first is looked at, as Python does.
  std::vector<GivenArgument> all;
  for (;;) {
    schema::Result<std::optional<GivenArgument>> given = reader.next();
    if (!given) return given.error();
    if (!given->has_value()) break;
    all.push_back(std::move(**given));
  }
  CommandLine line;
  for (GivenArgument& given : all) {
    const schema::Status taken = take(std::move(given), line);
    if (!taken) return taken.error();
    if (line.help || line.version) return line;
  }
  line.words = reader.rest();
  return line;
}

std::string help() {
  std::string text =
      "Controls the processes of suprun or of supervisord.\n"
      "\n"
      "Usage: supctl [OPTION...] [COMMAND [ARGUMENT...]]\n"
      "\n"
      "Without a command, a shell reads them. Options go before the command, --json anywhere.\n"
      "\n" +
      argument_help(known) + "\nCommands:\n";
  for (const Command& command : commands()) {
    if (command.help.empty()) continue;
    std::string left = "  " + std::string(command.name);
    left.resize(14, ' ');
    text += left + std::string(command.description) + "\n";
  }
  text += "\nAdded to those of supervisorctl:\n";
  for (const Addition& each : additions()) {
    std::string left = "  " + std::string(each.typed);
    left.resize(34, ' ');
    text += left + std::string(each.does) + "\n";
  }
  return text + "\n`supctl help COMMAND` says more.\n";
}

int usage(const char* program, const std::string& text) {
  std::fprintf(stderr, "Error: %s\nFor help, use %s -h\n", text.c_str(), program);
  return exit_usage;
}

// What goes for every server. With an error comes advice, or none.
schema::Result<Settings> settings_of(const CommandLine& line, const char* program,
                                     std::string& advice) {
  Settings settings;
  settings.credentials = line.credentials;
  settings.history_file = line.history_file;
  settings.is_interactive = line.is_interactive || line.words.empty();
  settings.wants_json = line.wants_json;
  ask_this_machine(settings);
  if (!line.servers.empty()) {
    const GivenServer& server = line.servers.front();
    settings.url = server.url;
    // Those of one of several go for that one only.
    if (server.credentials.username && line.servers.size() == 1) {
      settings.credentials = server.credentials;
    }
    settings.url_origin = "the command line";
  }
  std::string file = line.file;
  for (const std::string& place : configuration_places(program)) {
    if (file.empty() && ::access(place.c_str(), F_OK) == 0) file = place;
  }
  if (file.empty()) {
    if (settings.url_origin.empty()) {
      settings.url_origin = "the default, as no configuration was found";
    }
    return settings;
  }
  const schema::Status read = read_configuration(file, settings);
  if (!read) {
    advice = advice_on(file, read.error());
    return read.error();
  }
  settings.place_of = places_in(file);
  settings.pidfile = pidfile_of(file);
  settings.served_urls = served_urls_of(file);
  return settings;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (std::size_t i = 0; i < words.size(); ++i) {
    line += (i > 0 ? " " : "") + words[i];
  }
  return line;
}

// The document for what went wrong before a server was asked.
void print_document(std::vector<std::string> words, const std::string& error, int exit) {
  std::erase(words, "--json");
  Output output;
  output.use_json(true);
  output.record({
      {"ok",    false},
      {"error", error}
  });
  output.finish({
      {"command", joined(words)},
      {"server",  ""           },
      {"exit",    exit         }
  });
}

// The same command for each server.
int run_on_several(const Settings& settings, const std::vector<GivenServer>& servers,
                   const std::string& command) {
  std::vector<Settings> each(servers.size(), settings);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    each[i].url = servers[i].url;
    if (servers[i].credentials.username) each[i].credentials = servers[i].credentials;
  }
  return run_everywhere(std::move(each), command);
}

// What talks to one server only: "the shell"; empty if several will do.
std::string needs_one_server(const CommandLine& line) {
  if (line.words.empty()) return "the shell";
  const std::string& command = line.words.front();
  const bool has_screen =
      command == "top" && !line.wants_json &&
      std::find(line.words.begin(), line.words.end(), "--json") == line.words.end();
  return has_screen || command == "fg" ? command : "";
}

// The last word may be empty: then a new one begins.
int complete(Session& session, const std::vector<std::string>& words) {
  const std::string text = words.empty() ? "" : words.back();
  for (const std::string& word :
       completions(joined(words), text, [&] { return processes_for_completion(session); })) {
    std::printf("%s\n", word.c_str());
  }
  return files_may_follow(joined(words), text) ? exit_files_follow : 0;
}

// The option before the command whose value the last argument is; null if it is something else.
const Argument* option_of_last(int count, char** arguments) {
  const std::string_view before = count > 3 ? arguments[count - 2] : "";
  const auto found = std::find_if(known.begin(), known.end(), [&](const Argument& each) {
    return !each.value.empty() && (before == std::string("--") + each.name ||
                                   (each.letter != 0 && before == std::string{'-', each.letter}));
  });
  if (found == known.end()) return nullptr;
  const schema::Result<CommandLine> first = read_command_line(count - 2, arguments);
  return first && first->words.empty() ? &*found : nullptr;
}

// An option is being typed: its long names.
void complete_option(const std::string& text) {
  for (const Argument& argument : known) {
    const std::string name = std::string("--") + argument.name;
    if (name.starts_with(text)) std::printf("%s\n", name.c_str());
  }
}

int run(int count, char** arguments) {
  const std::string_view last = arguments[count - 1];
  const std::span<char*> given(arguments + 1, static_cast<std::size_t>(count - 1));
  const auto is_given = [&](std::string_view word) {
    return std::find(given.begin(), given.end(), word) != given.end();
  };
  const bool tells_documents = is_given("--json") && !is_given("--complete");
  const auto document = [&](std::vector<std::string> words, const std::string& error, int exit) {
    if (tells_documents) print_document(std::move(words), error, exit);
    return exit;
  };
  const bool completes = count > 2 && std::string_view(arguments[1]) == "--complete";
  if (const Argument* option = completes ? option_of_last(count, arguments) : nullptr) {
    return option->value == "FILE" ? exit_files_follow : 0;
  }
  if (completes && last.starts_with('-')) {
    const schema::Result<CommandLine> before = read_command_line(count - 1, arguments);
    if (!before || before->words.empty()) {
      complete_option(std::string(last));
      return 0;
    }
  }
  schema::Result<CommandLine> line = read_command_line(count, arguments);
  if (!line) {
    return document({}, line.error().message, usage(arguments[0], line.error().message));
  }
  if (line->help) {
    std::fputs(help().c_str(), stdout);
    return 0;
  }
  if (line->version) {
    std::puts("supctl " SUP_VERSION);
    return 0;
  }
  std::string advice;
  schema::Result<Settings> settings = settings_of(*line, arguments[0], advice);
  if (!settings && settings.error().error_number != 0) {
    std::fprintf(stderr, "supctl: %s\n", settings.error().message.c_str());
    return document(line->words, settings.error().message, 1);
  }
  if (!settings) {
    const int status = usage(arguments[0], settings.error().message);
    std::fputs(advice.c_str(), stderr);
    return document(line->words, settings.error().message, status);
  }
  if (line->servers.size() > 1) {
    const std::string lonely = needs_one_server(*line);
    if (lonely.empty()) return run_on_several(*settings, line->servers, joined(line->words));
    const std::string error = lonely + " talks to one server, not to several";
    return document(line->words, error, usage(arguments[0], error));
  }
  Session session(std::move(*settings));
  if (line->completes) {
    return complete(session, line->words);
  }
  if (line->words.empty()) {
    interrupts_end_calls();
    run_shell(session);
    return 0;
  }
  session.run(joined(line->words));
  return session.exit_status;
}

// Who runs supctl and reads its output through a pipe may give up reading for a moment after a
// second of silence, look whether it has ended, and take the output for complete: so Ansible does
// (run_command), and a start says something after just about a second. What it says is there well
// before it ends.
void linger(std::chrono::steady_clock::time_point begun) {
  constexpr std::chrono::milliseconds silence(900);
  constexpr std::chrono::milliseconds moment(50);

  struct stat output {};

  const bool is_piped = ::fstat(STDOUT_FILENO, &output) == 0 && S_ISFIFO(output.st_mode);
  if (is_piped && std::chrono::steady_clock::now() - begun >= silence) {
    std::this_thread::sleep_for(moment);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto begun = std::chrono::steady_clock::now();
  try {
    const int status = run(count, arguments);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
      linger(begun);
      return status;
    }
    std::fputs("supctl: cannot write to standard output\n", stderr);
    return status == 0 ? 1 : status;
  } catch (const Interrupted&) {
    return 130;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "supctl: %s\n", error.what());
    return 1;
  }
}

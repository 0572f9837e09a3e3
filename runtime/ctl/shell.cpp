#include "runtime/ctl/shell.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include <editline/readline.h>

#include "runtime/ctl/command.h"
#include "runtime/ctl/completion.h"

namespace sup::ctl {

namespace {

namespace fs = std::filesystem;

constexpr int history_maximum_lines = 1000;

// editline is C and calls back without an argument: what it is to know is here.
struct Completing {
  Session* session = nullptr;
  std::optional<std::vector<ProcessInfo>> processes;  // until the next command
  std::vector<std::string> words;
} completing;

std::vector<ProcessInfo> known_processes() {
  if (!completing.processes) {
    completing.processes = processes_for_completion(*completing.session);
  }
  return *completing.processes;
}

char* next_word(const char* /*text*/, int state) {
  const auto index = static_cast<std::size_t>(state);
  return index < completing.words.size() ? ::strdup(completing.words[index].c_str()) : nullptr;
}

// Files and folders, these with a slash behind them, whose paths begin so.
std::vector<std::string> file_names(const std::string& text) {
  const std::size_t name = text.rfind('/') + 1;  // 0: no folder
  const std::string folder = text.substr(0, name);
  const std::string begin = text.substr(name);
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator each(folder.empty() ? "." : folder, error), end;
       !error && each != end; each.increment(error)) {
    std::string file = each->path().filename().string();
    if (!file.starts_with(begin) || (file.starts_with('.') && begin.empty())) continue;
    std::error_code ignored;
    if (each->is_directory(ignored)) file += '/';
    found.push_back(folder + file);
  }
  std::sort(found.begin(), found.end());
  return found;
}

char** complete_word(const char* text, int begin, int /*end*/) {
  rl_attempted_completion_over = 1;  // what is found here is all that is meant
  const std::string line = std::string(rl_line_buffer, static_cast<std::size_t>(begin)) + text;
  completing.words = completions(line, text, known_processes);
  if (completing.words.empty() && files_may_follow(line, text)) {
    completing.words = file_names(text);
  }
  // Behind "--for=" and a folder the word goes on.
  const bool goes_on = completing.words.size() == 1 &&
                       completing.words[0].find_last_of("=/") == completing.words[0].size() - 1;
  rl_completion_append_character = goes_on ? 0 : ' ';
  return completing.words.empty() ? nullptr : rl_completion_matches(text, next_word);
}

// The next character that is typed, -1 at the end of input or after Ctrl-C. The signal is let
// through only while this waits: one that came a moment before would be missed by a plain read.
int next_key(FILE* /*input*/) {
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  sigset_t none;
  ::sigemptyset(&none);
  while (::ppoll(&waiting, 1, nullptr, &none) < 0) {
    if (errno != EINTR || was_interrupted()) return -1;
  }
  std::mbstate_t state{};
  for (char byte = 0; ::read(STDIN_FILENO, &byte, 1) == 1;) {
    wchar_t key = 0;
    const std::size_t used = std::mbrtowc(&key, &byte, 1, &state);
    if (used == static_cast<std::size_t>(-1)) return static_cast<unsigned char>(byte);
    if (used != static_cast<std::size_t>(-2)) return static_cast<int>(key);
  }
  return -1;
}

// For as long as this lives, SIGINT waits.
class HeldSignal {
 public:
  HeldSignal() {
    sigset_t held;
    ::sigemptyset(&held);
    ::sigaddset(&held, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &held, &before_);
  }

  ~HeldSignal() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  HeldSignal(const HeldSignal&) = delete;
  HeldSignal& operator=(const HeldSignal&) = delete;

 private:
  sigset_t before_{};
};

// Plain lines, as supervisorctl's: both may use the same file.
class HistoryFile {
 public:
  explicit HistoryFile(std::optional<std::string> path) : path_(std::move(path)) {
    if (!path_) return;
    std::ifstream file(*path_);
    for (std::string line; std::getline(file, line);) {
      if (!line.empty()) add_history(line.c_str());
    }
  }

  // Readable by the user alone: passwords get typed in wrong places.
  ~HistoryFile() {
    if (!path_) return;
    std::string text;
    const int first = std::max(0, history_length - history_maximum_lines);
    for (int i = first; i < history_length; ++i) {
      const HIST_ENTRY* entry = history_get(history_base + i);
      if (entry != nullptr) text += std::string(entry->line) + "\n";
    }
    const std::string fresh = *path_ + ".new";
    const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return;
    const bool is_whole =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(descriptor);
    if (!is_whole || std::rename(fresh.c_str(), path_->c_str()) != 0) {
      ::unlink(fresh.c_str());
    }
  }

  HistoryFile(const HistoryFile&) = delete;
  HistoryFile& operator=(const HistoryFile&) = delete;

 private:
  std::optional<std::string> path_;
};

void prepare_editing(Session& session) {
  completing.session = &session;
  std::setlocale(LC_CTYPE, "");
  rl_readline_name = "supctl";
  rl_getc_function = next_key;
  rl_initialize();
  using_history();
  stifle_history(history_maximum_lines);
  // group:process, group:*, names with a dash and --for=state are one word each.
  static char breaks[] = " \t\n";
  rl_completer_word_break_characters = breaks;
  rl_basic_word_break_characters = breaks;  // which libedit looks at
  rl_attempted_completion_function = complete_word;
}

std::optional<std::string> edited_line(const std::string& prompt) {
  completing.processes.reset();
  const HeldSignal held;
  const std::unique_ptr<char, void (*)(void*)> line(::readline(prompt.c_str()), std::free);
  if (was_interrupted()) {
    throw Interrupted{};
  }
  if (line == nullptr) {
    return std::nullopt;
  }
  if (*line != 0) {
    add_history(line.get());
  }
  return std::string(line.get());
}

}  // namespace

void run_shell(Session& session) {
  const bool is_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  const bool is_for_programs = session.settings.wants_json && !is_terminal;
  const std::string prompt = is_for_programs ? "" : session.settings.prompt + "> ";
  std::unique_ptr<HistoryFile> history;
  try {
    bool ends = session.run("status");
    if (is_terminal) {
      prepare_editing(session);
      history = std::make_unique<HistoryFile>(session.settings.history_file);
    }
    while (!ends) {
      session.output.flush();
      const std::optional<std::string> line =
          is_terminal ? edited_line(prompt) : session.ask(prompt);
      if (!line && is_for_programs) return;
      ends = session.run(line.value_or("EOF"));
    }
  } catch (const Interrupted&) {
    session.output.line("");
    session.output.flush();
  }
}

}  // namespace sup::ctl

// For authors of listeners: check drives one through a script, record keeps events in a file,
// replay feeds them to a listener.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "runtime/listeners/arguments.h"
#include "runtime/listeners/driver.h"
#include "runtime/listeners/loop.h"
#include "runtime/listeners/script.h"
#include "runtime/listeners/tables.h"
#include "runtime/listeners/tools.h"
#include "schema/text.h"
#include "schema/write_file.h"

namespace sup::listeners {

namespace {

constexpr int default_limit_seconds = 5;
constexpr std::size_t long_payload = 200'000;  // more than a pipe holds
constexpr int repetitions = 6;
// What a listener, or a command that it runs, says of an event may come after the answer.
constexpr std::chrono::milliseconds latest_words{1000};
// Whoever speaks without an event, as after another attempt to reach a server, does so meanwhile.
constexpr std::chrono::milliseconds unasked_words{4000};

int usage(const char* tool, const std::string& text, const std::string& help) {
  std::fprintf(stderr, "%s: %s\n%s", tool, text.c_str(), help.c_str());
  return exit_usage;
}

// One scenario after the other, each with a listener of its own.
class Check {
 public:
  Check(std::vector<std::string> command, Seconds limit)
      : command_(std::move(command)), limit_(limit) {}

  int run() {
    if (!every_type()) return report();  // what cannot start cannot be checked further
    in_pieces();
    long_one();
    read_late();
    same_again();
    end_within_event();
    return report();
  }

 private:
  void error(const std::string& where, const std::string& what) {
    ++errors_;
    std::printf("error: %s: %s\n", where.c_str(), what.c_str());
  }

  void note(const std::string& where, const std::string& what) {
    ++notes_;
    std::printf("note: %s: %s\n", where.c_str(), what.c_str());
  }

  // Null after a mistake.
  std::unique_ptr<Driver> started(const char* scenario) {
    auto driver = std::make_unique<Driver>(command_, limit_);
    if (const auto wrong = driver->start()) {
      error(scenario, *wrong + last_words(*driver));
      return nullptr;
    }
    return driver;
  }

  static std::string last_words(Driver& driver) {
    std::string text = driver.take_errors();
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const std::size_t line = text.rfind('\n');
    if (line != std::string::npos) text.erase(0, line + 1);
    return text.empty() ? "" : "; its last words: " + text;
  }

  bool send(Driver& driver, const char* scenario, const SampleEvent& event, const SendPlan& plan) {
    const int serial = serial_++;
    ++events_;
    const std::string where =
        std::string(scenario) + ", " + event.name + " (serial " + std::to_string(serial) + ")";
    if (const auto wrong = driver.send(event_text(event, serial), plan)) {
      error(where, *wrong + last_words(driver));
      return false;
    }
    if (driver.result() == "FAIL") note(where, "rejected: it would be sent again and again");
    return true;
  }

  void finish(Driver& driver, const char* scenario) {
    if (const auto wrong = driver.finish()) {
      error(scenario, *wrong);
    } else if (WIFSIGNALED(driver.status()) || WEXITSTATUS(driver.status()) != 0) {
      note(scenario, "it " + status_text(driver.status()) +
                         " at the end of its input: the supervisor is gone, which is no failure" +
                         last_words(driver));
    }
  }

  bool every_type() {
    const char* const scenario = "every type of event";
    const auto driver = started(scenario);
    if (!driver) return false;
    for (const SampleEvent& event : sample_events()) {
      if (!send(*driver, scenario, event, {})) return true;
    }
    finish(*driver, "end of input");
    return true;
  }

  void in_pieces() {
    const char* const scenario = "events that come in pieces";
    const auto driver = started(scenario);
    if (!driver) return;
    const SendPlan bytewise{.piece_bytes = 1, .pause = std::chrono::milliseconds(1)};
    for (const SampleEvent& event : sample_events()) {
      if (event.name != "PROCESS_STATE_EXITED" && event.name != "PROCESS_LOG_STDOUT") continue;
      if (!send(*driver, scenario, event, bytewise)) return;
    }
  }

  void long_one() {
    const char* const scenario = "a long payload";
    const auto driver = started(scenario);
    if (!driver) return;
    SampleEvent event{"PROCESS_LOG_STDOUT",
                      "processname:cat groupname:pets pid:2766 channel:stdout\n"};
    while (event.payload.size() < long_payload) event.payload += "a line, and another; ";
    if (send(*driver, scenario, event, {})) {
      send(*driver, scenario, {"TICK_5", "when:1795399560"}, {});
    }
  }

  void read_late() {
    const char* const scenario = "a supervisor that reads late";
    const auto driver = started(scenario);
    if (!driver) return;
    const SendPlan late{.deafness = std::chrono::milliseconds(300)};
    send(*driver, scenario, {"TICK_5", "when:1795399560"}, late);
  }

  // The same event must have the same effect each time. A listener that reads one event by itself
  // and the next through a library acts on every second one only; the protocol is kept, but what it
  // says on standard error tells.
  void same_again() {
    const char* const scenario = "the same event again";
    const auto driver = started(scenario);
    if (!driver) return;
    driver->take_errors();
    // Words that come by themselves, as those of another attempt to reach a server, may fall on
    // every second event by chance. They do so twice hardly ever, and come without an event, too.
    if (!alternates(*driver, scenario)) return;
    driver->wait_for_errors(unasked_words);
    if (!driver->take_errors().empty() || !alternates(*driver, scenario)) return;
    error(
        scenario,
        "it acts on every second event only: twelve times the same was answered, and every second "
        "left a trace on standard error. Is READY written and an event read in two places of "
        "its loop?");
  }

  // Whether just every second one of some events that are the same makes the listener speak.
  bool alternates(Driver& driver, const char* scenario) {
    bool alternates = true;
    bool spoke_before = false;
    bool has_spoken = false;
    for (int i = 0; i < repetitions; ++i) {
      const SampleEvent event{"PROCESS_STATE_EXITED",
                              "processname:cat groupname:pets from_state:RUNNING expected:0 "
                              "pid:2766"};
      if (!send(driver, scenario, event, {})) return false;
      // Late words would be taken for those of the next event.
      if (alternates && has_spoken) driver.wait_for_errors(latest_words);
      const bool speaks = !driver.take_errors().empty();
      alternates = alternates && (i == 0 || speaks != spoke_before);
      has_spoken = has_spoken || speaks;
      spoke_before = speaks;
    }
    return alternates;
  }

  void end_within_event() {
    const char* const scenario = "end of input within an event";
    const auto driver = started(scenario);
    if (!driver) return;
    driver->send_part(
        "ver:3.0 server:supervisor serial:1 pool:check poolserial:1 eventname:TICK_5 "
        "len:15\nwhen:");
    finish(*driver, scenario);
  }

  int report() const {
    std::printf("%d events sent, %d errors, %d notes\n", events_, errors_, notes_);
    return errors_ > 0 ? 1 : 0;
  }

  std::vector<std::string> command_;
  Seconds limit_;
  int serial_ = 0;
  int events_ = 0;
  int errors_ = 0;
  int notes_ = 0;
};

class Recorder : public Listener {
 public:
  explicit Recorder(int file) : file_(file) {}

  bool handle(const Event& event) override {
    const off_t size = ::lseek(file_, 0, SEEK_END);
    if (write_all(file_, event.header + "\n" + event.payload)) return true;
    log_line("record", std::string("cannot write: ") + std::strerror(errno));
    // Half an event would spoil what comes behind it.
    if (size >= 0 && ::ftruncate(file_, size) != 0) log_line("record", "half an event stays");
    return false;
  }

 private:
  int file_;
};

schema::Result<std::vector<Event>> recorded_events(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int number = errno;
    return schema::Error{path + ": " + std::strerror(number), number};
  }
  EventReader reader;
  reader.feed(std::string(std::istreambuf_iterator<char>(file), {}));
  std::vector<Event> events;
  for (;;) {
    schema::Result<std::optional<Event>> next = reader.next();
    if (!next) return schema::Error{path + ": " + next.error().message};
    if (!next->has_value()) break;
    events.push_back(std::move(**next));
  }
  if (reader.is_within()) return schema::Error{path + ": the last event is not whole"};
  return events;
}

std::optional<Seconds> limit_of(const CommandLine& line) {
  const auto given = line.value("timeout");
  if (!given) return Seconds(default_limit_seconds);
  const std::optional<int> number = whole_number(*given);
  return number && *number > 0 ? std::optional(Seconds(*number)) : std::nullopt;
}

}  // namespace

int check(int count, char** arguments) {
  const std::string help =
      "Drives an event listener through a scripted session and tells each breach of the protocol.\n"
      "\nUsage: suplance check [OPTION...] -- COMMAND [ARGUMENT...]\n\n"
      "Sent are: an event of every type, events in pieces, a long one, the same again and again, "
      "and "
      "the\nend of input. The status is 1 if there are errors.\n\n" +
      argument_help(arguments_of("check"));
  const CommandLine line = read_command_line("check", count, arguments);
  if (line.has("help")) {
    std::fputs(help.c_str(), stdout);
    return 0;
  }
  const std::optional<Seconds> limit = limit_of(line);
  if (line.mistake) return usage("check", *line.mistake, help);
  if (!limit) return usage("check", "--timeout: a number of seconds is expected", help);
  if (line.words.empty()) return usage("check", "which command?", help);
  std::signal(SIGPIPE, SIG_IGN);
  return Check(line.words, *limit).run();
}

int record(int count, char** arguments) {
  const std::string help =
      "An event listener that appends the events it gets to a file, byte for byte.\n"
      "\nUsage: suplance record FILE\n";
  const std::string word = count == 2 ? arguments[1] : "";
  if (word == "-h" || word == "--help") {
    std::fputs(help.c_str(), stdout);
    return 0;
  }
  if (word.empty() || word[0] == '-') return usage("record", "one FILE is expected", help);
  const int file =
      ::open(word.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, schema::private_file);
  if (file < 0) {
    log_line("record", word + ": " + std::strerror(errno));
    return 1;
  }
  Workers workers;
  Recorder recorder(file);
  const int status = run_listener({.name = "record"}, recorder, workers, nullptr);
  ::close(file);
  return status;
}

int replay(int count, char** arguments) {
  const std::string help =
      "Feeds the events of a file that record wrote to an event listener.\n"
      "\nUsage: suplance replay [OPTION...] FILE -- COMMAND [ARGUMENT...]\n\n" +
      argument_help(arguments_of("replay"));
  CommandLine line = read_command_line("replay", count, arguments);
  if (line.has("help")) {
    std::fputs(help.c_str(), stdout);
    return 0;
  }
  const std::optional<Seconds> limit = limit_of(line);
  if (line.mistake) return usage("replay", *line.mistake, help);
  if (!limit) return usage("replay", "--timeout: a number of seconds is expected", help);
  if (line.words.size() > 1 && line.words[1] == "--") line.words.erase(line.words.begin() + 1);
  if (line.words.size() < 2) return usage("replay", "FILE and COMMAND are expected", help);
  const schema::Result<std::vector<Event>> events = recorded_events(line.words[0]);
  if (!events) {
    log_line("replay", events.error().message);
    return exit_usage;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Driver driver({line.words.begin() + 1, line.words.end()}, *limit);
  std::optional<std::string> wrong = driver.start();
  int failed = 0;
  for (const Event& event : *events) {
    if (wrong) break;
    wrong = driver.send(event.header + "\n" + event.payload, {});
    if (wrong) wrong = event.header + ": " + *wrong;
    write_all(STDERR_FILENO, driver.take_errors());
    failed += !wrong && driver.result() == "FAIL" ? 1 : 0;
  }
  if (!wrong) wrong = driver.finish();
  write_all(STDERR_FILENO, driver.take_errors());
  if (wrong) std::printf("error: %s\n", wrong->c_str());
  std::printf("%zu events, %d rejected\n", events->size(), failed);
  return wrong ? 1 : 0;
}

}  // namespace sup::listeners

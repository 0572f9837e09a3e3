// The command top.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "runtime/ctl/command.h"
#include "runtime/ctl/commands.h"
#include "runtime/ctl/options.h"
#include "runtime/ctl/resources.h"
#include "runtime/ctl/targets.h"

namespace sup::ctl {

namespace {

// Keys come at once and unseen, for as long as this lives.
class KeyMode {
 public:
  KeyMode() {
    is_terminal_ = ::isatty(STDOUT_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }

  ~KeyMode() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

  KeyMode(const KeyMode&) = delete;
  KeyMode& operator=(const KeyMode&) = delete;

  bool is_terminal() const { return is_terminal_; }

  // Waits; true if the user has enough.
  bool wait(std::chrono::milliseconds time) const {
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    if (::poll(&keys, is_terminal_ ? 1 : 0, static_cast<int>(time.count())) > 0) {
      char key = 0;
      return ::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q';
    }
    return was_interrupted();
  }

 private:
  termios before_{};
  bool is_terminal_ = false;
};

struct TopRow {
  const ProcessInfo* info;
  std::optional<Load> load;
};

// Busy ones first, then by name as they came.
void sort_by_load(std::vector<TopRow>& rows) {
  const auto cpu = [](const TopRow& row) { return row.load ? row.load->cpu_percent : -1; };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const TopRow& a, const TopRow& b) { return cpu(a) > cpu(b); });
}

std::string headline(const std::vector<TopRow>& rows) {
  Load sum;
  std::size_t running = 0;
  for (const TopRow& row : rows) {
    running += row.info->pid != 0 ? 1 : 0;
    if (row.load) {
      sum.cpu_percent += row.load->cpu_percent;
      sum.memory_bytes += row.load->memory_bytes;
    }
  }
  return std::to_string(rows.size()) + " processes, " + std::to_string(running) + " with a pid, " +
         load_text(sum);
}

// Each line at most `width` characters long.
std::string cut(std::string_view text, std::size_t width) {
  std::string cut;
  std::size_t count = 0;
  for (const char byte : text) {
    const bool is_first = (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;  // of a character
    count = byte == '\n' ? 0 : count + (is_first ? 1 : 0);
    if (count <= width) cut += byte;
  }
  return cut;
}

void show(Session& session, std::vector<TopRow> rows, bool is_terminal) {
  sort_by_load(rows);
  if (session.output.is_json()) {
    rpc::Array processes;
    for (const TopRow& row : rows) {
      rpc::Struct record = record_of(*row.info);
      add_load(row.load, record);
      processes.emplace_back(std::move(record));
    }
    rpc::Struct document;
    document.push_back({"server", session.settings.url});
    document.push_back({"processes", std::move(processes)});
    session.output.stream(std::move(document));
    return;
  }
  std::string text = headline(rows) + "\n";
  winsize size{};
  if (is_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 3 &&
      rows.size() > size.ws_row - 2U) {
    rows.resize(size.ws_row - 2U);
  }
  std::vector<const ProcessInfo*> infos;
  std::vector<std::string> columns;
  for (const TopRow& row : rows) {
    infos.push_back(row.info);
    columns.push_back(load_text(row.load));
  }
  text += status_lines(infos, columns);
  if (size.ws_col > 0) text = cut(text, size.ws_col);
  // To the top, all cleared.
  session.output.text((is_terminal ? "\x1B[H\x1B[2J" : "") + text);
  session.output.flush();
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_one = error == std::errc() && end == text.data() + text.size();
  return is_one && value >= 0.1 && value <= 1e6 ? std::optional(value) : std::nullopt;
}

}  // namespace

bool run_top(Session& session, const std::string& argument) {
  if (!session.is_up()) {
    return false;
  }
  std::vector<std::string> names = words_of(argument);
  const std::optional<std::string> count = take_option(names, OptionId::top_count);
  const std::optional<std::string> distance = take_option(names, OptionId::top_seconds);
  const std::optional<double> rounds = number_of(count.value_or("1000000"));
  const std::optional<double> seconds = number_of(distance.value_or("2"));
  if (!rounds || !seconds) {
    session.misused("Error: -n and -d take numbers", "top", status::invalid_arguments);
    return false;
  }
  const auto pause = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  const std::int64_t daemon = local_daemon(session);
  interrupts_end_calls();
  session.output.goes_on();
  const KeyMode keys;
  ProcessTable before = ProcessTable::read();
  // The first picture comes soon, the others at their pace.
  bool ends = keys.wait(std::min(pause, std::chrono::milliseconds(300)));
  for (double round = 1; !ends; ++round) {
    const std::vector<ProcessInfo> all = all_statuses(session);
    ProcessTable after = ProcessTable::read();
    std::vector<TopRow> rows;
    const std::vector<const ProcessInfo*> wanted = named(session, all, names, status::generic);
    if (wanted.empty() && !names.empty()) break;
    for (const ProcessInfo* info : wanted) {
      rows.push_back({info, load_between(before, after, info->pid, daemon)});
    }
    show(session, std::move(rows), keys.is_terminal());
    before = std::move(after);
    ends = round >= *rounds || keys.wait(pause);
  }
  forget_interrupt();
  return false;
}

}  // namespace sup::ctl

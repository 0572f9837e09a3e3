// Event listeners for Supervisor and suprun in C++17: one header, nothing else.
//
//     #include <suplance/listener.h>
//
//     int main() {
//       return suplance::listen([](const suplance::Event& event) {
//         if (event.name == "PROCESS_STATE_FATAL") std::cerr << event["processname"] << "
//         failed\n";
//       });
//     }
//
//     [eventlistener:mine]
//     command=/usr/local/bin/mine
//     events=PROCESS_STATE_FATAL
//
// listen() speaks the protocol: it says READY, reads an event, calls the function and says the
// result, until its input ends. While it runs, what the program writes to standard output (by
// std::cout, printf, or in programs that it starts) goes to standard error: the protocol cannot be
// disturbed.
//
// A function that returns nothing accepts each event. One that returns bool rejects by false: the
// event comes again, at once, so reject only what will go well soon. What it throws is written to
// standard error, and the event is accepted.
//
// Until it returns, no other event comes, and a supervisor keeps ten (buffer_size=) and drops the
// oldest: work that takes long belongs in another thread or process.
//
// `suplance check -- COMMAND` tries a listener out.
#ifndef SUPLANCE_LISTENER_H
#define SUPLANCE_LISTENER_H

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

namespace suplance {

struct Event {
  std::string name;  // PROCESS_STATE_EXITED
  std::map<std::string, std::string>
      header;  // ver, server, serial, pool, poolserial, eventname, len
  std::map<std::string, std::string> fields;  // of the payload's first line: processname, pid …
  std::string payload;                        // all of it
  std::string data;  // what stands behind the first line: output, a message

  // A field of the payload, empty if there is none.
  std::string operator[](const std::string& key) const {
    const auto found = fields.find(key);
    return found != fields.end() ? found->second : std::string();
  }
};

// What `len` of the header counts: characters of UTF-8 with Supervisor, and with suprun unless
// event_length=bytes stands in its section. Only output and messages (PROCESS_LOG,
// PROCESS_COMMUNICATION, REMOTE_COMMUNICATION) can tell them apart.
enum class Length { characters, bytes };

namespace detail {

// Words of a line, KEY:VALUE each.
inline std::map<std::string, std::string> pairs(const std::string& line) {
  std::map<std::string, std::string> all;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::size_t colon = line.find(':', at);
    if (colon < end)
      all.emplace(line.substr(at, colon - at), line.substr(colon + 1, end - colon - 1));
    at = end + 1;
  }
  return all;
}

class Input {
 public:
  // A line without its end; false at the end of the input.
  bool line(std::string& text) {
    std::size_t end;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      if (!more()) return false;
    }
    text = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return true;
  }

  // So many bytes or characters; false if the input ends before.
  bool take(std::size_t count, Length length, std::string& text) {
    std::size_t bytes = 0;
    for (std::size_t taken = 0; taken < count; ++taken) {
      if (!has(bytes + 1)) return false;
      const std::size_t size = length == Length::bytes ? 1 : size_of(buffer_[bytes]);
      if (!has(bytes + size)) return false;
      bytes += size;
    }
    text = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return true;
  }

 private:
  static std::size_t size_of(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
  }

  bool has(std::size_t bytes) {
    while (buffer_.size() < bytes) {
      if (!more()) return false;
    }
    return true;
  }

  bool more() {
    char bytes[65536];
    ssize_t count;
    do {
      count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  std::string buffer_;
};

// Standard output for the protocol alone.
class Output {
 public:
  Output() : file_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::cout.flush();
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }

  ~Output() {
    std::cout.flush();
    ::dup2(file_, STDOUT_FILENO);
    ::close(file_);
  }

  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool say(const std::string& text) const {
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t count = ::write(file_, text.data() + done, text.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  }

 private:
  int file_;
};

template <class Function>
bool accepts(Function& function, const Event& event) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Function&, const Event&>>) {
      function(event);
      return true;
    } else {
      return function(event);
    }
  } catch (const std::exception& error) {
    std::cerr << event.name << ": " << error.what() << std::endl;
  } catch (...) {
    std::cerr << event.name << ": an exception" << std::endl;
  }
  return true;
}

inline bool read_event(Input& input, Length length, Event& event, bool& is_wrong) {
  std::string line;
  if (!input.line(line)) return false;
  event.header = pairs(line);
  event.name = event.header["eventname"];
  const std::string& count = event.header["len"];
  if (event.name.empty() || count.empty() || count.size() > 9 ||
      count.find_first_not_of("0123456789") != std::string::npos) {
    std::cerr << "not the header of an event: " << line << std::endl;
    is_wrong = true;
    return false;
  }
  if (!input.take(std::stoul(count), length, event.payload)) return false;
  const std::size_t end = std::min(event.payload.find('\n'), event.payload.size());
  event.fields = pairs(event.payload.substr(0, end));
  event.data = end < event.payload.size() ? event.payload.substr(end + 1) : std::string();
  return true;
}

}  // namespace detail

// The status for main(): 0 when the input has ended, 1 if it was no protocol.
template <class Function>
int listen(Function function, Length length = Length::characters) {
  const detail::Output output;
  detail::Input input;
  bool is_wrong = false;
  while (output.say("READY\n")) {
    Event event;
    if (!detail::read_event(input, length, event, is_wrong)) break;
    const bool accepted = detail::accepts(function, event);
    std::cout.flush();
    if (!output.say(accepted ? "RESULT 2\nOK" : "RESULT 4\nFAIL")) break;
  }
  return is_wrong ? 1 : 0;
}

}  // namespace suplance

#endif

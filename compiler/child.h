// Running a program for what it prints. The program is looked up in PATH and gets its arguments as
// they are; no shell is involved.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "schema/result.h"

namespace sup::compiler {

struct ChildOutput {
  int status = 0;  // as of waitpid
  std::string output;
  std::string errors;  // at most a few kilobytes

  bool succeeded() const { return status == 0; }

  // First line of what it complained about.
  std::string complaint() const;
};

// Runs it to its end, without input. An Error: it cannot be run, or prints more than `limit` bytes.
schema::Result<ChildOutput> run_child(const std::vector<std::string>& arguments, std::size_t limit);

// A program that answers requests on its standard output. Ended and waited for on destruction.
class Conversation {
 public:
  static schema::Result<Conversation> start(const std::vector<std::string>& arguments);

  Conversation(Conversation&& other) noexcept;
  Conversation& operator=(Conversation&&) = delete;
  ~Conversation();

  bool say(const std::string& text);
  // Reads up to a line feed, which is dropped; false at the end or after `limit` bytes.
  bool hear_line(std::string& line, std::size_t limit);
  bool hear(std::string& bytes, std::size_t count);

 private:
  Conversation(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  bool fill();

  pid_t pid_;
  int socket_;  // both its standard input and output
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace sup::compiler

// Small pieces of Linux that the host is made of: owned file descriptors, pipes, names of errors.
// Everything that is opened here is close-on-exec; children get their descriptors from Spawner
// alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/core/types.h"
#include "schema/result.h"

namespace sup::host {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;

  explicit Descriptor(int number) : number_(number) {}

  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset(std::exchange(other.number_, -1));
    }
    return *this;
  }

  ~Descriptor() { reset(); }

  int get() const { return number_; }

  explicit operator bool() const { return number_ >= 0; }

  int release() { return std::exchange(number_, -1); }

  void reset(int number = -1);

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

// Both ends block and are close-on-exec.
schema::Result<Pipe> make_pipe();

void set_non_blocking(int descriptor);

// "ENOENT" for ENOENT.
std::string error_name(int error_number);

// "No such file or directory".
std::string error_text(int error_number);

// "cannot WHAT: No such file or directory".
schema::Error system_error(std::string_view what, int error_number);

// Nanoseconds of CLOCK_MONOTONIC and of the wall clock.
core::Now now();

// Marks what the daemon was given beyond its standard files close-on-exec: no child gets it.
void keep_from_children();

// /dev/null, or where that cannot be opened something that can neither be read nor written.
Descriptor open_nothing(int flags);

// Opens /dev/null on those of the descriptors 0, 1 and 2 that are closed, so that nothing else gets
// these numbers.
void occupy_standard_descriptors();

}  // namespace sup::host

// supctl's reading of a configuration: any text is a [supervisorctl] or a mistake in one sentence.
// The file is one in memory, which the reader opens by its name in /proc.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "runtime/ctl/configuration.h"
#include "tests/fuzz/target.h"

using namespace sup;

namespace {

int memory_file() {
  static const int file = ::memfd_create("configuration", MFD_CLOEXEC);
  fuzz::require(file >= 0, "there is memory for a file");
  return file;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = memory_file();
  fuzz::require(::ftruncate(file, 0) == 0, "it can be emptied");
  fuzz::require(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "it can be written");
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  ctl::Settings settings;
  const schema::Status status = ctl::read_configuration(path, settings);
  if (!status) {
    fuzz::require(!status.error().message.empty(), "a mistake is told in words");
    return 0;
  }
  fuzz::require(settings.configuration_file == path, "what was read is named");
  fuzz::require(!settings.url_origin.empty(), "where the address comes from is told");
  (void)ctl::places_in(path)("a", "a", "command");
  return 0;
}

#include "runtime/listeners/batch_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "runtime/listeners/workers.h"
#include "schema/descriptor.h"
#include "schema/write_file.h"

namespace sup::listeners {

BatchFile::BatchFile(const std::string& folder) : path_(folder.empty() ? "" : folder + "/batch") {}

std::vector<std::string> BatchFile::load() const {
  std::vector<std::string> messages;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line) && !file.eof();) messages.push_back(line);
  return messages;
}

schema::Status BatchFile::append(std::string_view message) const {
  if (path_.empty()) return schema::Nothing{};
  const auto failure = [&] {
    const int number = errno;
    return schema::Error{"cannot write " + path_ + ": " + std::strerror(number), number};
  };
  const schema::Descriptor file(::open(
      path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, schema::private_file));

  struct stat before {};

  if (file.get() < 0 || ::fstat(file.get(), &before) != 0) return failure();
  const std::string line = std::string(message) + "\n";
  if (write_all(file.get(), line) && ::fdatasync(file.get()) == 0) return schema::Nothing{};
  schema::Error error = failure();
  if (::ftruncate(file.get(), before.st_size) != 0) error.message += "; half a line stays";
  return error;
}

void BatchFile::clear() const {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace sup::listeners

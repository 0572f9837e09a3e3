// Files as migration makes them, in memory: how a configuration of another dialect is compiled or
// checked without being written anew. Places in what is found are those of the new texts.
#pragma once

#include <map>
#include <string>

#include "compiler/migrate/migrate.h"

namespace sup::compiler {

class MigratedFiles final : public FileSystem {
 public:
  // `base` must outlive this.
  explicit MigratedFiles(const FileSystem& base) : base_(base) {}

  // Puts the configuration at `path`, with what it includes, in its new form before the old one. An
  // Error when it cannot be read.
  schema::Status add(const std::string& path, const MigrateOptions& options);

  schema::Result<std::string> read(const std::string& path) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;

 private:
  const FileSystem& base_;
  std::map<std::string, std::string> texts_;  // by absolute path
};

}  // namespace sup::compiler

// Files as migration makes them, in memory: how a configuration of another dialect is compiled or
// checked without being written anew. Places in what is found are those of the new texts.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/migrate/migrate.h"

namespace sup::compiler {

// What the daemon of the dialect makes of a text in another way than Supervisor.
struct DialectDifference {
  std::uint32_t offset = 0;  // in the new text
  std::string message;
};

class MigratedFiles final : public FileSystem {
 public:
  // `base` must outlive this.
  explicit MigratedFiles(const FileSystem& base) : base_(base) {}

  // Puts the configuration at `path`, with what it includes, in its new form before the old one. An
  // Error when it cannot be read.
  schema::Status add(const std::string& path, const MigrateOptions& options);

  // What had to be changed or was lost in the file at `path`, in its order; nothing for a file that
  // was not translated from this dialect.
  std::span<const DialectDifference> differences(const std::string& path,
                                                 schema::Dialect dialect) const;

  schema::Result<FileText> read(const std::string& path) const override;
  schema::Result<FileText> read_match(const std::string& path) const override;

  bool is_read_by_many() const override { return base_.is_read_by_many(); }

  std::vector<std::string> glob(const std::string& pattern) const override;
  bool is_directory(const std::string& path) const override;
  std::optional<schema::Error> unlisted(const std::string& folder) const override;
  bool is_pipe(const std::string& path) const override;
  std::string absolute(const std::string& path) const override;

 private:
  struct NewText {
    std::string text;
    schema::Dialect dialect = schema::Dialect::supervisor4;
    std::vector<DialectDifference> differences;
  };

  const FileSystem& base_;
  std::map<std::string, NewText> texts_;  // by absolute path
};

}  // namespace sup::compiler

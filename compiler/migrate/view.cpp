#include "compiler/migrate/view.h"

#include <utility>

namespace sup::compiler {

schema::Status MigratedFiles::add(const std::string& path, const MigrateOptions& options) {
  SourceMap sources;
  const auto loaded = load_for_migration(path, base_, options, sources);
  if (!loaded) return loaded.error();
  std::vector<const Document*> documents;
  for (const LoadedFile& file : loaded->files) documents.push_back(&file.document);
  Migration migration = migrate(sources, documents, options);
  for (std::size_t i = 0; i < migration.texts.size(); ++i) {
    texts_[base_.absolute(sources[loaded->files[i].source].path)] = std::move(migration.texts[i]);
  }
  return schema::Nothing{};
}

schema::Result<std::string> MigratedFiles::read(const std::string& path) const {
  const auto found = texts_.find(base_.absolute(path));
  if (found != texts_.end()) return found->second;
  return base_.read(path);
}

std::vector<std::string> MigratedFiles::glob(const std::string& pattern) const {
  return base_.glob(pattern);
}

bool MigratedFiles::is_directory(const std::string& path) const { return base_.is_directory(path); }

std::string MigratedFiles::absolute(const std::string& path) const { return base_.absolute(path); }

}  // namespace sup::compiler

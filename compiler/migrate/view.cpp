#include "compiler/migrate/view.h"

#include <utility>

namespace sup::compiler {

schema::Status MigratedFiles::add(const std::string& path, const MigrateOptions& options) {
  SourceMap sources;
  const auto loaded = load_for_migration(path, base_, options, sources);
  if (!loaded) return loaded.error();
  std::vector<const Document*> documents;
  for (const LoadedFile& file : loaded->files) documents.push_back(&file.document);
  Migration migration = migrate(sources, documents, with_files(options, *loaded, sources, base_));
  std::vector<NewText> texts(migration.texts.size());
  for (MigrationNote& note : migration.notes) {
    if (note.fate != Fate::kept)
      texts[note.text].differences.push_back({note.offset, std::move(note.message)});
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i].text = std::move(migration.texts[i]);
    texts[i].dialect = migration.recognised.dialect;
    texts_[base_.absolute(sources[loaded->files[i].source].path)] = std::move(texts[i]);
  }
  return schema::Nothing{};
}

std::span<const DialectDifference> MigratedFiles::differences(const std::string& path,
                                                              schema::Dialect dialect) const {
  const auto found = texts_.find(base_.absolute(path));
  if (found == texts_.end() || found->second.dialect != dialect) return {};
  return found->second.differences;
}

schema::Result<FileText> MigratedFiles::read(const std::string& path) const {
  const auto found = texts_.empty() ? texts_.end() : texts_.find(base_.absolute(path));
  if (found != texts_.end()) return FileText(found->second.text);
  return base_.read(path);
}

schema::Result<FileText> MigratedFiles::read_match(const std::string& path) const {
  const auto found = texts_.empty() ? texts_.end() : texts_.find(base_.absolute(path));
  if (found != texts_.end()) return FileText(found->second.text);
  return base_.read_match(path);
}

std::vector<std::string> MigratedFiles::glob(const std::string& pattern) const {
  return base_.glob(pattern);
}

bool MigratedFiles::is_directory(const std::string& path) const { return base_.is_directory(path); }

std::optional<schema::Error> MigratedFiles::unlisted(const std::string& folder) const {
  return base_.unlisted(folder);
}

bool MigratedFiles::is_pipe(const std::string& path) const { return base_.is_pipe(path); }

std::string MigratedFiles::absolute(const std::string& path) const { return base_.absolute(path); }

}  // namespace sup::compiler

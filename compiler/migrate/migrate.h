// Translation of configurations of other dialects (schema/dialects.def) into ones of today's
// Supervisor. Pure: takes documents, returns texts and a report. All that is not translated stays
// byte for byte as it is: comments, order, line ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/config.h"
#include "compiler/diagnostics.h"
#include "compiler/file_system.h"
#include "compiler/source.h"
#include "schema/dialects.h"
#include "schema/result.h"
#include "schema/values.h"

namespace sup::compiler {

struct MigrateOptions {
  std::optional<schema::Dialect> dialect;  // nothing: recognised
  schema::Target target = schema::default_target;
  bool for_suprun = true;  // or for Supervisor, which loads extensions in Python
  bool fragment = false;   // a part of a configuration: [supervisord] is not missed
  // What with_files() knows: the folders of the files, in their order and absolute, and the files
  // that the Go supervisord reads besides.
  std::vector<std::string> folders = {};
  std::vector<std::string> left_out = {};
};

// What became of something that was written.
enum class Fate : std::uint8_t { kept, changed, lost };

struct MigrationNote {
  Fate fate = Fate::kept;
  Span span;
  std::string message;
  // Where the same is in the new texts: index of the text, and offset.
  std::uint32_t text = 0;
  std::uint32_t offset = 0;
};

// What a dialect was recognised by.
struct Recognised {
  schema::Dialect dialect = schema::Dialect::supervisor4;
  std::optional<Span> evidence;  // nothing: it is today's Supervisor, or was told
};

struct Migration {
  Recognised recognised;
  bool is_fragment = false;          // a part of a configuration, by its sections or as told
  std::vector<std::string> texts;    // of the files, in their order
  std::vector<MigrationNote> notes;  // in the order of files and places

  std::size_t count(Fate fate) const;

  // Whether nothing had to be changed.
  bool is_current() const { return count(Fate::changed) + count(Fate::lost) == 0; }
};

// The dialect of the files that make one configuration.
Recognised recognise(const SourceMap& sources, const std::vector<const Document*>& files);

// The product whose section one of the files has, if nothing can be made of its configurations
// here; else empty.
std::string_view foreign_product(const SourceMap& sources,
                                 const std::vector<const Document*>& files);

// Translates the files that make one configuration, the main file first. Sources may be added to
// the map: the notes of files whose lines had to be joined first lie in those, under the same name
// and with the same line numbers.
Migration migrate(SourceMap& sources, const std::vector<const Document*>& files,
                  const MigrateOptions& options);

// The files that `path` and its includes name, in any of the dialects. An Error when the main file
// cannot be read; included ones that cannot be read are not there.
schema::Result<LoadedFiles> load_for_migration(const std::string& path, const FileSystem& files,
                                               const MigrateOptions& options, SourceMap& sources);

// The options with what is to be known of files that were loaded so.
MigrateOptions with_files(MigrateOptions options, const LoadedFiles& loaded,
                          const SourceMap& sources, const FileSystem& files);

// One line for each note: "old.conf:3:1: changed: ...", headed by the dialect, closed by the
// counts.
std::string render_report(const Migration& migration, const SourceMap& sources);

}  // namespace sup::compiler

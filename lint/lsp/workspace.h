// What is checked: each open document as the root that it is, as a part of the root that includes
// it, or as a fragment. A root and all that it includes are one unit.
//
// Nothing is checked when a document changes, only when check() is called: the server does that
// when no message waits, so that many changes are one check.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/compile.h"
#include "lint/lsp/documents.h"
#include "lint/options.h"
#include "lint/policy.h"

namespace sup::lint::lsp {

// A configuration that was checked.
struct Unit {
  std::string path;  // of the main file
  bool is_root = false;
  std::unique_ptr<compiler::Compilation> compilation;  // null: not checked yet, or cannot be read
  LintOptions options;                                 // that it was compiled with
  compiler::Diagnostics diagnostics;
  std::map<std::string, compiler::SourceId, std::less<>> sources;  // by absolute path
  bool is_dirty = true;
  // The same compilation with all values bound; made when hover asks for it.
  std::unique_ptr<compiler::Compilation> bound;
  std::vector<std::optional<LineIndex>> lines;  // by source; made when asked for
};

// The findings of a file that are to be shown instead of those before.
struct Findings {
  std::string path;
  std::optional<std::int64_t> version;  // of an open document
  std::vector<Diagnostic> diagnostics;
};

class Workspace {
 public:
  // `disk` must outlive this.
  explicit Workspace(const compiler::FileSystem& disk) : documents_(disk) { renew_policies(); }

  const Documents& documents() const { return documents_; }

  // The open document, or null.
  const TextDocument* find(std::string_view uri) { return documents_.find(uri); }

  // What the client says above settings files, as a command line would.
  void set_options(PolicySources sources);

  void set_encoding(Encoding encoding) { encoding_ = encoding; }

  Encoding encoding() const { return encoding_; }

  void open(std::string uri, std::int64_t version, std::string text);
  // False: there is no such document, or a change of it is none.
  bool change(std::string_view uri, std::int64_t version,
              const std::vector<ContentChange>& changes);
  void close(std::string_view uri);
  // Files on the disk may be others now.
  void files_changed();

  bool is_dirty() const { return is_dirty_; }

  // Checks what has changed.
  void check();

  // What check() found since the last call, file by file, where it is not what was found before.
  std::vector<Findings> take_findings();

  // How strictly files are checked; for compiling one anew as check() does.
  Policies& policies() { return *policies_; }

  // The findings of a file as they are now.
  std::vector<Diagnostic> findings(const std::string& path);

  // The units that contain a file, checked. Only of the last check: call check() before.
  std::vector<Unit*> units_of(std::string_view path);

  // The first unit of the file as it was checked last, or null. Places in it may be out of date.
  const Unit* last_unit_of(std::string_view path) const;

  // Binds all values of a unit.
  const compiler::Compilation& bind(Unit& unit) const;

  // The file of a source, absolute.
  std::string path_of(const Unit& unit, compiler::SourceId source) const;
  Range range(Unit& unit, const compiler::Span& span) const;
  Location location(Unit& unit, const compiler::Span& span) const;

  // Protocol diagnostics of those of a unit's findings that are in a source, in their order.
  Diagnostic diagnostic(Unit& unit, const compiler::Diagnostic& finding) const;

 private:
  void check(Unit& unit);
  // Settings files are read anew.
  void renew_policies();
  // Keeps what is wrong in settings files, to be shown there.
  void take_mistakes();
  void index_sources(Unit& unit) const;
  // The root above the document that includes it, or null.
  Unit* discover_root(const std::string& path);
  // Makes a unit of each document that is a root or belongs to none; drops what nobody needs.
  void assign();
  bool is_part_of_root(std::string_view path) const;
  // Remembers that the findings of the unit's files may have changed.
  void touch(const Unit& unit);

  Documents documents_;
  PolicySources sources_;
  std::unique_ptr<Policies> policies_;
  std::vector<std::unique_ptr<Unit>> mistakes_;  // of settings files
  Encoding encoding_ = Encoding::utf16;
  std::map<std::string, std::unique_ptr<Unit>, std::less<>> units_;  // by path of the main file
  // Documents whose roots were looked for and not found.
  std::set<std::string, std::less<>> without_root_;
  std::set<std::string, std::less<>> touched_;    // files whose findings may have changed
  std::set<std::string, std::less<>> rewritten_;  // documents that were opened or changed
  std::map<std::string, std::vector<Diagnostic>, std::less<>> shown_;  // by path, not empty
  bool is_dirty_ = false;
};

}  // namespace sup::lint::lsp

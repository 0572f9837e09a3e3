// A configuration while it is being translated: its sections merged as the daemon merges them, and
// the edits and notes that gather. Used by the translators of the dialects.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/migrate/migrate.h"

namespace sup::compiler::migration {

// key = value, as written.
struct Item {
  std::string key;           // lower case
  std::string_view written;  // as it stands there
  std::string value;         // lines joined by newline
  std::uint32_t file = 0;    // index into the files
  std::uint32_t entry = 0;   // index into the document's entries
  Span span;                 // of the key
  bool overridden = false;   // a later line sets the same key
  bool settled = false;      // its fate is known
};

struct Header {
  std::uint32_t file = 0;
  std::uint32_t section = 0;  // index into the document's sections
};

// A section, with all its occurrences.
struct Part {
  std::string name;   // full
  std::string word;   // before the colon
  std::string label;  // behind it
  std::vector<Header> headers;
  std::vector<Item> items;
  std::set<std::string> result;  // keys that the new section sets
  std::string new_name;          // full, of the new section
  bool is_gone = false;          // commented out

  // The item that counts, or null.
  Item* find(std::string_view key);

  bool sets(std::string_view key) const { return result.count(std::string(key)) != 0; }
};

// A line of a new section.
struct Setting {
  std::string key;
  std::string value;
  std::string comment;  // behind the value, with its ; or #, or empty
};

class Draft {
 public:
  Draft(const SourceMap& sources, std::vector<const Document*> files,
        const MigrateOptions& options);

  std::deque<Part>& parts() { return parts_; }

  Part* find(std::string_view name);

  // Behind values stands no comment: all that follows is value, in the dialect.
  void set_comments_are_values() { comments_are_values_ = true; }

  // Whether the new configuration has [supervisord].
  bool has_daemon() const { return has_daemon_; }

  const MigrateOptions& options() const { return options_; }

  const SourceMap& sources() const { return sources_; }

  const Document& document(std::uint32_t file) const { return *files_[file]; }

  Span header_span(const Part& part) const;

  // The value with what Supervisor takes for a comment: circus has none behind values.
  std::string whole_value(const Item& item) const;

  void note(Fate fate, Span span, std::string message);

  // "`key` in [section]"
  std::string name_of(const Part& part, const Item& item) const;

  // Writes another key.
  void rename(Part& part, Item& item, std::string_view key, const std::string& message);

  // Writes another key and value. A value that cannot stand on a line is lost; false then.
  bool rewrite(Part& part, Item& item, std::string_view key, std::string_view value,
               const std::string& message);

  // Keeps it as a comment.
  void comment_out(Part& part, Item& item, Fate fate, const std::string& message);

  // Deletes the lines; returns the comment that stood behind the value.
  std::string take(Part& part, Item& item, const std::string& message);

  // Keeps the section as comments.
  void comment_out(Part& part, Fate fate, const std::string& message);

  // Doubles each % of the value `times` times.
  void escape_percent(Part& part, Item& item, unsigned times);

  // Writes a further setting behind the last one of the section. Where it cannot be written, a note
  // says that it is lost.
  bool add(Part& part, std::string_view key, std::string_view value, const std::string& message);

  // Writes another name between the brackets.
  void rename_header(Part& part, const std::string& name, const std::string& message);

  // Appends a section to the file; settings that cannot be written are left out.
  void add_section(std::uint32_t file, const std::string& name,
                   const std::vector<Setting>& settings, Span cause, const std::string& message);

  // Notes what was kept; returns the new texts.
  std::vector<std::string> finish();

  std::vector<MigrationNote> take_notes();

 private:
  struct Place {
    std::uint32_t file;
    std::uint32_t offset;
    std::string indentation;
    std::string delimiter;
  };

  Place end_of(const Part& part) const;
  std::uint32_t last_line(const Item& item) const;
  std::string_view line_end(std::uint32_t file) const;
  void edit(Span span, std::string text);
  void comment_lines(const Item& item);
  void insert_lines(std::uint32_t file, std::uint32_t offset, const std::string& text);
  void replace_value(const Item& item, std::string_view value);

  const SourceMap& sources_;
  std::vector<const Document*> files_;
  const MigrateOptions& options_;
  std::deque<Part> parts_;
  std::map<std::string, Part*, std::less<>> by_name_;
  std::map<SourceId, std::size_t> file_of_;
  std::vector<std::vector<Edit>> edits_;  // by file
  // By file and offset; new sections come behind lines that are added to the last section.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> insertions_;
  std::map<std::uint32_t, std::string> sections_;  // by file
  std::vector<MigrationNote> notes_;
  bool has_daemon_ = false;
  bool comments_are_values_ = false;
};

// Whether the value can stand behind its key on one line and is read back as it is.
bool is_writable(std::string_view value);

// "[program:x]"
std::string bracketed(std::string_view name);
// "`text`"
using schema::in_backticks;

}  // namespace sup::compiler::migration

// A configuration as written, merged: sections with their settings, each with the place where it
// was written. This is what lint rules look at. Made by bind() from the documents that load() read.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ini/document.h"
#include "compiler/source.h"
#include "schema/options.h"
#include "schema/plan.h"

namespace sup::compiler {

// One file that was read.
struct LoadedFile {
  SourceId source = 0;
  std::string directory;  // absolute
  Document document;
};

// What load() read: the main file first, then included ones in order.
struct LoadedFiles {
  std::deque<LoadedFile> files;
  bool has_include = false;           // the main file has [include]
  std::vector<std::string> warnings;  // as Supervisor would log them
  std::vector<std::string> infos;
};

// key = value of one section, as written.
struct ConfigEntry {
  std::string_view key;                       // lower case
  const schema::OptionRow* option = nullptr;  // of this section's kind; null: not known there
  Span key_span;
  Span value_span;          // first line of the value; empty value: the place after the delimiter
  std::string_view value;   // joined lines, as written
  std::uint32_t file = 0;   // index into Config::files
  std::uint32_t entry = 0;  // index into the document's entries
  std::uint32_t section_index = 0;
  bool overridden = false;    // a later line of the same section sets the same key
  bool from_default = false;  // inherited from [DEFAULT]
};

// A section, with all its occurrences merged.
struct ConfigSection {
  std::string_view full_name;
  std::optional<schema::SectionName> name;  // nothing: Supervisor ignores the section
  std::vector<Span> headers;                // each occurrence; the brackets included
  std::vector<std::uint32_t> header_files;  // files of these
  std::uint32_t first_line = 1;             // of the first header
  std::vector<ConfigEntry> entries;         // of all occurrences, in order, overridden ones too

  // The entry that counts, or null.
  const ConfigEntry* find(std::string_view key) const;
  // The first header's name part, for messages: "[program:web]".
  std::string display() const;
  // Whether it runs processes: program, fcgi-program or eventlistener.
  bool is_process() const;
};

struct Config {
  const LoadedFiles* files = nullptr;
  std::vector<ConfigSection> sections;
  bool fragment = false;  // a part of a configuration: no complaint about what other files hold
  std::deque<std::string> texts;  // owns joined values and lowered keys

  const ConfigSection* find(std::string_view full_name) const;

  Span key_span(const ConfigEntry& entry) const { return entry.key_span; }

  // First line of the value; an empty value has the place after the delimiter.
  Span value_span(const ConfigEntry& entry) const { return entry.value_span; }
};

}  // namespace sup::compiler

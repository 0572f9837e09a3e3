// What one run of supcheck has to tell, and the formats that tell it. Renderers are pure: what they
// need of the world (colour, folders, time) is in the report.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics.h"
#include "compiler/source.h"
#include "lint/check.h"

namespace sup::lint {

// Points into a CheckResult.
struct Finding {
  const compiler::Diagnostic* diagnostic = nullptr;
  const compiler::Compilation* compilation = nullptr;

  const compiler::SourceMap& sources() const;

  const compiler::Source& source() const;

  compiler::Position begin() const;
  compiler::Position end() const;  // behind the last byte
};

struct Report {
  std::vector<Finding> findings;   // in the order of the files
  std::vector<std::string> files;  // that were read, as the user named them
  std::size_t file_count = 0;      // of different files
  bool has_failed = false;         // something could not be read
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t remarks = 0;       // info and style
  std::size_t safe_fixes = 0;    // findings that --fix mends
  std::size_t unsafe_fixes = 0;  // findings that only --unsafe-fixes mends
  std::size_t rules = 0;         // that were asked
  std::size_t known = 0;         // findings that a baseline hides
  std::optional<std::chrono::milliseconds> time;
  bool color = false;
  // Absolute folders: the one that relative paths start from, and that of the repository, which
  // paths are told from where a format wants that.
  std::string folder = "/";
  std::string root = "/";
};

// All that is found. The result must outlive the report.
Report make_report(const CheckResult& result);

// The findings of each file of the report, files without any as well.
struct FileFindings {
  std::string_view file;
  std::vector<const Finding*> findings;
};

std::vector<FileFindings> by_file(const Report& report);

enum class FormatEdits : std::uint8_t { no_edits, all_edits };

struct Format {
  std::string_view name;
  FormatEdits edits;
  std::string_view help;
  std::string (*render)(const Report& report);
};

#define FORMAT(name, edits, help) std::string render_##name(const Report& report);
#include "lint/formats.def"
#undef FORMAT

std::span<const Format> formats();

// Null if there is none.
const Format* find_format(std::string_view name);

// "2 errors, 1 warning in 3 files (234 rules, 12 ms), 2 fixable with --fix", with a line end. Empty
// when no file could be read.
std::string closing_line(const Report& report);

// The message and its hint on one line of valid UTF-8 without control characters.
std::string full_message(const compiler::Diagnostic& diagnostic);

// "web.conf:3:1", on one line.
std::string place_text(const compiler::Span& span, const compiler::SourceMap& sources);

// What is to be said besides the message, for formats that show no lines: the hint, labels with
// their places, notes, and who includes the file. Valid UTF-8.
std::vector<std::string> notes_of(const Finding& finding);

// The path from the root of the repository if the file is below it, else absolute.
std::string path_in_repository(std::string_view path, const Report& report);

// The text with U+FFFD for bytes that are not UTF-8.
std::string valid_utf8(std::string_view text);

// Whether replacing by these texts gives what was meant also after a renderer made them UTF-8.
bool is_utf8(const compiler::Fix& fix);

// Hexadecimal digits for each finding that stay when lines move and values change: they are made of
// the file, the rule, the section and the option, and count where all of these are equal.
std::vector<std::string> fingerprints(const Report& report);

// Counts columns in units of UTF-16, as SARIF and GitHub do; fast if asked in ascending order.
class Utf16Columns {
 public:
  // 1-based.
  std::uint32_t column(const compiler::SourceMap& sources, compiler::SourceId source,
                       std::uint32_t offset);

 private:
  const compiler::SourceMap* sources_ = nullptr;
  compiler::SourceId source_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t bytes_ = 0;  // of the line that were counted
  std::uint32_t units_ = 0;
};

}  // namespace sup::lint

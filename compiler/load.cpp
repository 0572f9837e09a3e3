#include "compiler/load.h"

#include <algorithm>
#include <atomic>

#include "compiler/compiler_rules.h"
#include "compiler/ini/report.h"
#include "schema/expand.h"
#include "schema/memory.h"
#include "schema/parallel.h"
#include "schema/plan_io.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

constexpr std::string_view include_section = "include";
constexpr std::size_t most_files = 100000;  // an include cannot fill the memory

class Loader {
 public:
  Loader(const FileSystem& files, const CompileOptions& options, SourceMap& sources,
         Diagnostics& diagnostics)
      : files_(files), options_(options), sources_(sources), diagnostics_(diagnostics) {}

  LoadedFiles run(const std::string& path, std::optional<std::string>& failure) {
    auto bytes = files_.read(path);
    if (!bytes) {
      failure = bytes.error().message;
      return {};
    }
    if (schema::looks_like_plan(*bytes)) {
      failure = path + ": it is a plan, a configuration is wanted";
      return {};
    }
    main_ = path;
    Folders folders(files_);
    add(parsed(path, std::move(*bytes), std::nullopt, sources_.size(), folders));
    root_ = loaded_.files.front().directory;
    include();
    return std::move(loaded_);
  }

 private:
  // A file that was read and taken apart, as the source of some number.
  struct Parsed {
    std::shared_ptr<const Source> source;
    std::unique_ptr<LoadedFile> file;
    bool has_include = false;
  };

  // The folder of one file after the other, which mostly is that of the file before. Folders of
  // included files come from their pattern, which was absolute.
  class Folders {
   public:
    explicit Folders(const FileSystem& files) : files_(files) {}

    const std::string& of(const std::string& path) {
      const std::string_view written = std::string_view(path).substr(0, path.rfind('/') + 1);
      if (written.empty() || written != written_) {
        written_ = written;
        folder_ = directory_name(files_.absolute(path));
      }
      return folder_;
    }

   private:
    const FileSystem& files_;
    std::string written_;  // of the last file, with its slash
    std::string folder_;   // the same, absolute
  };

  // Asks nothing that another thread changes.
  Parsed parsed(const std::string& path, FileText bytes, std::optional<Span> from,
                std::size_t number, Folders& folders) const {
    Parsed made{std::make_shared<const Source>(as_source(path, std::move(bytes), from)),
                std::make_unique<LoadedFile>()};
    LoadedFile& file = *made.file;
    file.source = static_cast<SourceId>(number);
    file.directory = folders.of(path);
    take_apart(*made.source, file);
    const auto& sections = file.document.sections;
    made.has_include = std::any_of(sections.begin(), sections.end(), [&](const auto& section) {
      return file.document.text(section.name) == include_section;
    });
    return made;
  }

  void take_apart(const Source& source, LoadedFile& file) const {
    file.document = parse(file.source, source.bytes, options_.target);
  }

  void add(Parsed parsed) {
    const Source& source = *parsed.source;
    LoadedFile& file = *parsed.file;
    const SourceId number = sources_.add(std::move(parsed.source));
    // Another one when a file before it could not be read.
    if (file.source != number) {
      file.source = number;
      take_apart(source, file);
    }
    report_unreadable(file.document, sources_, options_.target, diagnostics_);
    loaded_.files.push_back(std::move(parsed.file));
  }

  Source as_source(const std::string& path, FileText bytes, std::optional<Span> from) const {
    const TemplateKind kind = options_.templates == TemplateKind::automatic
                                  ? look_for_template(bytes).kind
                                  : options_.templates;
    if (kind == TemplateKind::none) return {path, std::move(bytes), from};
    MaskedText masked = mask_template(bytes, kind);
    if (masked.markers.empty()) return {path, std::move(bytes), from};
    return {path,
            std::move(masked.text),
            from,
            std::move(bytes),
            std::move(masked.markers),
            masked.has_control};
  }

  // The last files= of the main file's [include], as Python merges it; else that of [DEFAULT].
  std::optional<Entry> include_entry(const Document& document) {
    std::optional<Entry> found;
    std::optional<Entry> inherited;
    for (const SectionHeader& section : document.sections) {
      const std::string_view name = document.text(section.name);
      const bool is_include = name == include_section;
      if (!is_include && name != default_section) continue;
      loaded_.has_include |= is_include;
      for (std::uint32_t i = 0; i < section.entry_count; ++i) {
        const Entry entry = document.entry(section.first_entry + i);
        if (schema::lower(document.text(entry.key)) == "files")
          (is_include ? found : inherited) = entry;
      }
    }
    return found ? found : inherited;
  }

  void include() {
    const Document& document = loaded_.files.front().document;
    const std::optional<Entry> entry = include_entry(document);
    if (!loaded_.has_include) return;
    if (!entry) {
      report_no_files(document);
      return;
    }
    const std::string here = loaded_.files.front().directory;
    const std::string value = document.value(sources_, *entry);
    if (schema::strip(value).empty()) {
      diagnostics_
          .report(compiler_rule("include-matches-nothing"),
                  {entry->key.source, entry->key.begin, entry->delimiter.end},
                  "[include] has an empty `files=`; nothing is included")
          .with_hint("name files, or remove the section");
      return;
    }
    if (value.find('%') != std::string::npos) {
      include_template(*entry, value, here);
      return;
    }
    // Words, each with its place.
    std::size_t at = 0;
    while (at < value.size()) {
      const std::size_t space = schema::leading_space(std::string_view(value).substr(at));
      if (space != 0) {
        at += space;
        continue;
      }
      std::size_t end = at;
      while (end < value.size() && schema::leading_space(std::string_view(value).substr(end)) == 0)
        ++end;
      const auto spans = document.spans(*entry, at, end - at);
      include_pattern(value.substr(at, end - at), spans.empty() ? entry->value : spans.front(),
                      here);
      at = end;
    }
  }

  void report_no_files(const Document& document) {
    for (const SectionHeader& section : document.sections) {
      if (document.text(section.name) != include_section) continue;
      Diagnostic& made =
          diagnostics_
              .report(compiler_rule("include-without-files"), section.header,
                      "[include] has no `files=`; Supervisor refuses the configuration")
              .with_hint("add `files=`, or remove [include]");
      for (std::uint32_t i = 0; i < section.entry_count; ++i) {
        const Span key = document.key(section.first_entry + i);
        if (schema::edit_distance(sources_.text(key), "files", 2) <= 2)
          made.with_hint("did you mean `files` in line " +
                         std::to_string(sources_.position(key.source, key.begin).line) + "?")
              .fix("write `files`", key, "files", true);
      }
      return;
    }
  }

  static std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!(text = schema::strip_left(text)).empty()) {
      std::size_t end = 0;
      while (end < text.size() && schema::leading_space(text.substr(end)) == 0) ++end;
      words.push_back(text.substr(0, end));
      text.remove_prefix(end);
    }
    return words;
  }

  // Patterns that depend on names: all bound now, as the files have to be read now.
  void include_template(const Entry& entry, const std::string& value, const std::string& here) {
    std::vector<std::string> missing;
    const auto find = [&](std::string_view name) -> std::optional<schema::TemplateValue> {
      if (name == "here") return std::string_view(here);
      if (name == "host_node_name") return std::string_view(options_.host_name);
      if (name.starts_with("ENV_")) {
        const auto found = options_.environment.find(name.substr(4));
        if (found != options_.environment.end()) return std::string_view(found->second);
        missing.emplace_back(name.substr(4));
      }
      return std::nullopt;
    };
    const schema::Expanded result = schema::expand(value, find);
    if (result.errors.empty()) {
      const std::vector<std::string_view> patterns = words_of(result.text);
      const std::vector<std::string_view> written = words_of(sources_.text(entry.value));
      // Each has its own place, unless the value goes on below or a variable has blanks.
      const bool is_known =
          written.size() == patterns.size() && sources_.text(entry.value) == value;
      for (std::size_t i = 0; i < patterns.size(); ++i) {
        Span place = entry.value;
        if (is_known) {
          place.begin +=
              static_cast<std::uint32_t>(written[i].data() - sources_.text(entry.value).data());
          place.end = place.begin + static_cast<std::uint32_t>(written[i].size());
        }
        is_of_host_ = sources_.text(place).find("%(host_node_name)") != std::string_view::npos;
        include_pattern(std::string(patterns[i]), place, here);
      }
      is_of_host_ = false;
      return;
    }
    if (missing.empty()) {
      for (const schema::ExpandError& error : result.errors)
        diagnostics_
            .report(compiler_rule(error.rule), entry.value,
                    "[include] files: " + compiler_message(error.rule, error.message))
            .with_hint(std::string(compiler_advice(error.rule)));
      return;
    }
    // A plan without these files is not the whole configuration; who only checks may be sent a
    // part.
    const Severity severity = options_.environment_is_complete ? Severity::error
                              : options_.only_check            ? Severity::info
                                                               : Severity::warning;
    const std::string first = missing.front();
    std::vector<std::string> others;  // patterns that need nothing unknown
    if (!options_.environment_is_complete) {
      for (const std::string_view word : words_of(value)) {
        const schema::Expanded one = schema::expand(word, find);
        if (!one.errors.empty()) continue;
        for (const std::string_view pattern : words_of(one.text)) others.emplace_back(pattern);
      }
    }
    diagnostics_
        .report(compiler_rule("environment-variable-required"), severity, entry.value,
                "[include] files: depends on environment variable `" + first +
                    (severity == Severity::error
                         ? "`, which is not set; Supervisor refuses it"
                         : "`, which is not known while compiling; " +
                               std::string(others.empty() ? "nothing is included"
                                                          : "what needs it is not included")))
        .with_hint("give --env " + first + "=...");
    for (const std::string& pattern : others) include_pattern(pattern, entry.value, here);
  }

  void include_pattern(const std::string& pattern, Span span, const std::string& here) {
    const std::string joined = pattern.starts_with('/') ? pattern
                               : here == "/"            ? "/" + pattern
                                                        : here + "/" + pattern;
    const auto matches = files_.glob(joined);
    constexpr std::size_t told = 100;  // more missing patterns are one mistake
    if (matches.empty() && loaded_.warnings.size() >= told) return;
    if (matches.empty()) {
      loaded_.warnings.push_back("No file matches via include \"" + joined + "\"");
      report_no_match(pattern, joined, span, here);
      return;
    }
    if (!may_read_by_two(matches.size())) {
      Folders folders(files_);
      for (const std::string& match : matches)
        take(match, read_match(match, span, sources_.size(), folders), pattern, span);
      return;
    }
    std::vector<std::optional<schema::Result<Parsed>>> read = read_by_two(matches, span);
    for (std::size_t i = 0; i < matches.size(); ++i)
      take(matches[i], std::move(*read[i]), pattern, span);
  }

  // From both ends, until they meet. Their numbers are those that they get when all files before
  // them can be read.
  std::vector<std::optional<schema::Result<Parsed>>> read_by_two(
      const std::vector<std::string>& matches, Span span) const {
    constexpr std::size_t at_a_time = 8;
    std::vector<std::optional<schema::Result<Parsed>>> read(matches.size());
    const std::size_t number_of_first = sources_.size();
    std::atomic<std::size_t> taken{0};
    const auto read_portions = [&](bool from_end) {
      const schema::LargePageAhead memory;
      Folders folders(files_);
      for (std::size_t own = 0;; own += at_a_time) {
        const std::size_t all = taken.fetch_add(at_a_time);
        if (all >= matches.size()) return;
        const std::size_t count = std::min(at_a_time, matches.size() - all);
        for (std::size_t k = own; k < own + count; ++k) {
          const std::size_t i = from_end ? matches.size() - 1 - k : k;
          read[i] = read_match(matches[i], span, number_of_first + i, folders);
        }
      }
    };
    schema::do_both([&] { read_portions(false); }, [&] { read_portions(true); });
    return read;
  }

  schema::Result<Parsed> read_match(const std::string& path, Span from, std::size_t number,
                                    Folders& folders) const {
    auto bytes = files_.read_match(path);
    if (!bytes) return bytes.error();
    return parsed(as_named(path), std::move(*bytes), from, number, folders);
  }

  bool may_read_by_two(std::size_t files) const {
    constexpr std::size_t many = 100;
    return files >= many && files + loaded_.files.size() <= most_files &&
           files_.is_read_by_many() && schema::has_second_processor();
  }

  // A file that the pattern matches.
  void take(const std::string& path, schema::Result<Parsed> file, const std::string& pattern,
            Span span) {
    if (loaded_.files.size() >= most_files) return;
    if (!options_.only_check)
      loaded_.infos.push_back("Included extra file \"" + path + "\" during parsing");
    if (file) {
      const bool has_include = file->has_include;
      add(std::move(*file));
      if (has_include) report_nested();
    } else if (files_.is_directory(path)) {
      diagnostics_
          .report(compiler_rule("include-names-directory"), span,
                  "`" + path + "` is a folder; Supervisor says it is included and reads nothing")
          .with_hint("did you mean `" + pattern + "/*.conf`?");
    } else {
      diagnostics_.report(
          compiler_rule("include-unreadable"), span,
          file.error().message + (files_.is_pipe(path) ? "; Supervisor waits for its writer"
                                                       : "; Supervisor skips it without a word"));
    }
  }

  // An empty folder may be filled later, and a folder that is not here may be on the machine that
  // the file is for; a pattern that none of the files of its folder matches is a mistake.
  void report_no_match(const std::string& pattern, const std::string& joined, Span span,
                       const std::string& here) {
    const std::string folder = directory_name(joined);
    const bool is_here = files_.is_directory(folder);
    const bool has_others = is_here && !files_.glob(folder == "/" ? "/*" : folder + "/*").empty();
    const bool may_be_elsewhere =
        !options_.ask_machine &&
        (is_of_host_ || !joined.starts_with(here == "/" ? here : here + "/"));
    const auto unlisted = is_here && !has_others ? files_.unlisted(folder) : std::nullopt;
    const bool is_plausible = may_be_elsewhere || (is_here && !has_others && !unlisted);
    Diagnostic& made =
        diagnostics_.report(compiler_rule("include-matches-nothing"),
                            is_plausible ? Severity::info : Severity::warning, span,
                            "`" + pattern + "` matches no file" +
                                (may_be_elsewhere ? " here" : "") + "; nothing is included");
    if (unlisted)
      made.with_hint("who checks it may not list the folder: " + unlisted->message);
    else if (may_be_elsewhere)
      made.with_hint(
          is_of_host_ ? "what its files hold is not checked; it hangs on the name of the host"
                      : "what its files hold is not checked; --root names the folder of an image");
    else if (is_plausible)
      made.with_hint("the folder is empty");
    if (pattern != joined) made.note("looked for " + joined);
  }

  // Included files are shown the way the main file was named.
  std::string as_named(const std::string& path) const {
    if (main_.starts_with('/')) return path;
    const std::string below = root_ + "/";
    if (!path.starts_with(below)) return path;
    const std::string folder = directory_name(main_);
    return (folder.empty() ? "" : folder + "/") + path.substr(below.size());
  }

  void report_nested() {
    const Document& document = loaded_.files.back().document;
    for (const SectionHeader& section : document.sections)
      if (document.text(section.name) == include_section)
        diagnostics_
            .report(compiler_rule("nested-include"), section.header,
                    "[include] in an included file; Supervisor ignores it")
            .with_hint("name these files in the main file");
  }

  const FileSystem& files_;
  const CompileOptions& options_;
  SourceMap& sources_;
  Diagnostics& diagnostics_;
  bool is_of_host_ = false;  // the pattern at hand has the name of the host in it
  LoadedFiles loaded_;
  std::string main_;
  std::string root_;  // the folder of the main file
};

}  // namespace

LoadedFiles load(const std::string& path, const FileSystem& files, const CompileOptions& options,
                 SourceMap& sources, Diagnostics& diagnostics,
                 std::optional<std::string>& failure) {
  return Loader(files, options, sources, diagnostics).run(path, failure);
}

}  // namespace sup::compiler

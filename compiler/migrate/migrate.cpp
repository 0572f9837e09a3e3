#include "compiler/migrate/migrate.h"

#include <algorithm>
#include <deque>
#include <set>

#include "compiler/load.h"
#include "compiler/migrate/draft.h"
#include "compiler/migrate/text.h"
#include "compiler/migrate/translators.h"
#include "schema/expand.h"
#include "schema/extensions.h"
#include "schema/text.h"

namespace sup::compiler {

namespace {

using schema::Dialect;
using schema::DialectKey;

// More files than this are none that a person wrote.
constexpr std::size_t most_migrated_files = 10000;

// In the order in which they are believed: some know the keys of others, too.
constexpr Dialect candidates[] = {Dialect::circus, Dialect::supervice,   Dialect::rsupervisord,
                                  Dialect::go,     Dialect::supervisor2, Dialect::supervisor3};

// Whether the value is one that the dialect alone has.
bool is_telling_value(Dialect dialect, const DialectKey& row, const std::string& value) {
  // The source of a template says nothing about what becomes of it.
  if (value.find("<%") != value.npos || value.find("{{") != value.npos) return false;
  if (dialect == Dialect::go && row.treatment == schema::Treatment::signals) {
    return value.find(' ') != value.npos && value.find("%(") == value.npos;
  }
  if (dialect == Dialect::go && row.treatment == schema::Treatment::log_target &&
      row.section == "program") {
    return value.starts_with("syslog @") || value.find(",/") != value.npos ||
           value.find(", /") != value.npos;
  }
  if (dialect == Dialect::go && row.treatment == schema::Treatment::restart_word) {
    return value == "unexpected-exitcode";
  }
  if (dialect == Dialect::supervisor3 && row.treatment == schema::Treatment::events) {
    return migration::rewrite_events(value).has_value();
  }
  return false;
}

std::string word_of(std::string_view section) {
  return std::string(section.substr(0, section.find(':')));
}

// Whether a section of that name is one of the dialect alone.
bool is_marked(Dialect dialect, std::string_view name) {
  const std::string word = word_of(name);
  const schema::DialectMarker* marker = schema::find_marker(word);
  const bool is_named = word.size() < name.size();
  return marker != nullptr && marker->dialect == dialect &&
         (marker->naming == schema::Naming::named) == is_named;
}

// Whether a setting of the section is one of the dialect alone. What no daemon reads as a section
// says nothing.
bool is_telling(Dialect dialect, std::string_view name, std::string_view key,
                const std::string& value) {
  if (!schema::classify_section(name) && !is_marked(dialect, name)) return false;
  const DialectKey* row = migration::row_of(dialect, word_of(name), key);
  return row != nullptr && (schema::is_telling(*row) || is_telling_value(dialect, *row, value));
}

// The place in the document that shows the dialect.
std::optional<Span> evidence_in(const SourceMap& sources, const Document& document,
                                Dialect dialect) {
  for (const SectionHeader& header : document.sections) {
    const std::string_view name = sources.text(header.name);
    if (is_marked(dialect, name)) return header.header;
    for (std::uint32_t i = 0; i < header.entry_count; ++i) {
      const Entry entry = document.entry(header.first_entry + i);
      if (is_telling(dialect, name, sources.text(entry.key), document.value(sources, entry))) {
        return entry.key;
      }
    }
  }
  return std::nullopt;
}

// What is left over from other dialects has had no effect and is put away.
void put_away_leftovers(migration::Draft& draft, Dialect dialect) {
  for (migration::Part& part : draft.parts()) {
    if (part.is_gone) continue;
    for (const Dialect other : candidates) {
      if (other != dialect && is_marked(other, part.new_name)) {
        draft.comment_out(
            part, Fate::changed,
            migration::bracketed(part.name) + " is not read by " + migration::product_of(dialect));
        break;
      }
      for (migration::Item& item : part.items) {
        if (item.settled || !is_telling(other, part.new_name, item.key, item.value)) continue;
        draft.comment_out(
            part, item, Fate::changed,
            draft.name_of(part, item) + " has no effect in " + migration::product_of(dialect));
      }
    }
  }
}

// Python 2 takes lines that begin with the word rem for comments, today's Supervisor sees junk.
std::string without_remarks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    constexpr std::size_t word = 3;
    if (schema::equals_ignoring_case(line.substr(0, word), "rem") &&
        (line.size() == word || schema::is_ascii_space(line[word]))) {
      out += ';';
    }
    out += line;
    text.remove_prefix(end);
  }
  return out;
}

bool is_go(Dialect dialect) { return dialect == Dialect::go || dialect == Dialect::rsupervisord; }

std::string without_blank_lines(std::string_view value) {
  std::string out;
  for (const char c : value)
    if (c != '\n' || !out.ends_with('\n')) out += c;
  return out;
}

// Supervisor 2 and 3 ran on Python 2, which reads some lines in another way. Those keep their text,
// and with it today's meaning: a person has to look at them.
void note_old_lines(migration::Draft& draft, const SourceMap& sources, const Document& today) {
  const Document old = parse(today.source, sources[today.source].bytes, schema::Target::v3_4);
  if (!old.junk.empty() || !old.junk_before_header.empty()) return;  // it was never read so
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < old.entry_count(); ++i) {
    const Entry before = old.entry(i);
    while (next < today.entry_count() && today.entry_line(next) < before.line) {
      draft.note(Fate::lost, today.key(next++),
                 "Supervisor 3 read this line as a part of the value above it");
    }
    const std::string value = old.value(sources, before);
    const bool is_there = next < today.entry_count() && today.entry_line(next) == before.line;
    const std::string now = is_there ? today.value(sources, today.entry(next)) : std::string();
    if (is_there) ++next;
    // Blank lines between the lines of a value do not matter to any option.
    if (is_there && without_blank_lines(now) == value) continue;
    // Values may be secret.
    draft.note(
        Fate::lost, before.key,
        !is_there ? "today's Supervisor reads this line as a part of the value above it"
        : value.starts_with(now)
            ? "Supervisor 3 read more of this value: what is a comment today was a part of it"
            : "Supervisor 3 read this value in another way");
  }
}

// The text as Supervisor's reader of files sees its lines.
std::string prepared(Dialect dialect, std::string_view text) {
  if (is_go(dialect)) return migration::join_go_lines(text);
  if (dialect == Dialect::circus || dialect == Dialect::supervisor2 ||
      dialect == Dialect::supervisor3) {
    return without_remarks(text);
  }
  return std::string(text);
}

// Whether indentation alone makes lines of the original belong to the entry.
bool is_joined_by_indentation(const Document& original, std::string_view text, const Entry& entry) {
  const auto line = [&](std::uint32_t index) {
    const Line found = original.line(index);
    return schema::strip(text.substr(found.begin, found.end - found.begin));
  };
  if (line(entry.line).find("\"\"\"") != std::string_view::npos) return false;
  for (std::uint32_t next = entry.line + 1; next < original.line_count(); ++next) {
    const LineKind kind = original.line_kind(next);
    if (kind == LineKind::header || kind == LineKind::entry) return false;
    if (kind == LineKind::continuation && !line(next - 1).ends_with('\\')) return true;
  }
  return false;
}

// The Go supervisord joins lines at a backslash and ignores indentation.
void note_indented_lines(migration::Draft& draft, const std::vector<const Document*>& originals,
                         Dialect dialect) {
  for (const migration::Part& part : draft.parts()) {
    for (const migration::Item& item : part.items) {
      const Document& joined = draft.document(item.file);
      const Document& original = *originals[item.file];
      if (!joined.has_continuation(item.entry) ||
          !is_joined_by_indentation(original, draft.sources()[original.source].bytes,
                                    joined.entry(item.entry))) {
        continue;
      }
      draft.note(Fate::changed, item.span,
                 "lines below " + draft.name_of(part, item) + " are not a part of it for " +
                     migration::product_of(dialect) +
                     ", which joins lines at a final `\\`; they take effect now");
    }
  }
}

// They stay in the text, where they do no harm.
void note_extensions(migration::Draft& draft) {
  for (migration::Part& part : draft.parts()) {
    const bool is_interface = part.word == "rpcinterface";
    if (!is_interface && part.word != "ctlplugin") continue;
    const migration::Item* factory =
        part.find(is_interface ? "supervisor.rpcinterface_factory" : "supervisor.ctl_factory");
    if (factory == nullptr || schema::is_main_interface(factory->value)) continue;
    draft.note(Fate::lost, draft.header_span(part),
               migration::bracketed(part.name) + " is an extension in Python, which " +
                   (is_interface ? "suprun does not run: it answers no `" + part.label + ".*`"
                                 : "supctl does not run: it lacks its commands"));
  }
}

// Where %(here)s of an included file leads to the folder of the main file, or nothing: it is the
// same.
std::string way_to_main(const std::vector<std::string>& folders, std::uint32_t file) {
  if (file >= folders.size() || folders[file] == folders.front()) return {};
  const std::string& main = folders.front();
  const std::string below = main == "/" ? main : main + "/";
  if (!folders[file].starts_with(below)) return schema::escape_template(main);
  std::string way = "%(here)s";
  const std::string_view rest = std::string_view(folders[file]).substr(below.size());
  for (std::size_t i = 0; i <= static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '/'));
       ++i)
    way += "/..";
  return way;
}

// Up to Supervisor 3, and for the Go supervisord, %(here)s is the folder of the main file
// everywhere.
void settle_here(migration::Draft& draft) {
  constexpr std::string_view here = "%(here)s";
  for (migration::Part& part : draft.parts()) {
    const auto name = schema::classify_section(part.name);
    if (!name) continue;
    for (migration::Item& item : part.items) {
      const std::string way = way_to_main(draft.options().folders, item.file);
      if (way.empty() || item.value.find(here) == std::string::npos ||
          schema::find_option(name->kind, item.key) == nullptr)
        continue;
      const std::string why =
          ": `%(here)s` was the folder of the main file, and is that of its own file today";
      if (item.settled || item.value.find('\n') != std::string::npos) {
        draft.note(Fate::lost, item.span, draft.name_of(part, item) + why);
        continue;
      }
      std::string value;
      std::string_view rest = item.value;
      for (std::size_t at = 0; (at = rest.find(here)) != std::string_view::npos;
           rest.remove_prefix(at + here.size()))
        value.append(rest.substr(0, at)).append(way);
      draft.rewrite(part, item, item.key, value.append(rest), draft.name_of(part, item) + why);
    }
  }
}

// Names that were read there by an [include] and are not today.
void note_left_out(migration::Draft& draft) {
  migration::Part* include = draft.find("include");
  const migration::Item* files = include != nullptr ? include->find("files") : nullptr;
  if (files == nullptr) return;
  for (const std::string& path : draft.options().left_out)
    draft.note(Fate::lost, files->span,
               migration::in_backticks(path) +
                   " is read by the Go supervisord, for which a pattern is a part of a name; it is "
                   "not read today, and not migrated");
}

void translate(migration::Draft& draft, Dialect dialect) {
  switch (dialect) {
    case Dialect::circus: migration::translate_circus(draft); return;
    case Dialect::go:
    case Dialect::rsupervisord: migration::translate_go(draft, dialect); return;
    case Dialect::supervisor2:
    case Dialect::supervisor3:
    case Dialect::supervice: migration::translate_supervisor(draft, dialect); return;
    default: return;
  }
}

}  // namespace

std::size_t Migration::count(Fate fate) const {
  return static_cast<std::size_t>(std::count_if(
      notes.begin(), notes.end(), [&](const MigrationNote& note) { return note.fate == fate; }));
}

Recognised recognise(const SourceMap& sources, const std::vector<const Document*>& files) {
  for (const Dialect dialect : candidates) {
    for (const Document* document : files) {
      if (const auto evidence = evidence_in(sources, *document, dialect)) {
        return {dialect, evidence};
      }
    }
  }
  return {};
}

std::string_view foreign_product(const SourceMap& sources,
                                 const std::vector<const Document*>& files) {
  for (const Document* document : files) {
    for (const SectionHeader& header : document->sections) {
      const std::string name = schema::lower(sources.text(header.name));
      const schema::DialectMarker* marker = schema::find_marker(word_of(name));
      if (marker == nullptr || !is_marked(marker->dialect, name)) continue;
      const schema::DialectRow& row = schema::dialect_row(marker->dialect);
      if (!schema::dialect_from_name(row.name)) return row.product;
    }
  }
  return {};
}

Migration migrate(SourceMap& sources, const std::vector<const Document*>& files,
                  const MigrateOptions& options) {
  Migration migration;
  migration.recognised =
      options.dialect ? Recognised{*options.dialect, std::nullopt} : recognise(sources, files);
  const Dialect dialect = migration.recognised.dialect;
  std::deque<Document> joined;
  std::vector<const Document*> documents = files;
  std::vector<MigrationNote> notes;
  for (const Document*& document : documents) {
    std::string text = prepared(dialect, sources[document->source].bytes);
    if (text == sources[document->source].bytes || text.size() > source_maximum_bytes) continue;
    const std::string path = sources[document->source].path;
    const std::string_view before = sources[document->source].bytes;
    const auto difference = static_cast<std::uint32_t>(
        std::mismatch(text.begin(), text.end(), before.begin(), before.end()).first - text.begin());
    const SourceId id = sources.add({path, std::move(text), std::nullopt});
    notes.push_back({
        Fate::changed,
        {id, difference, difference},
        "from here on, lines are joined and comments are marked in today's way"
    });
    document = &joined.emplace_back(parse(id, sources[id].bytes));
  }
  migration::Draft draft(sources, documents, options);
  for (MigrationNote& note : notes) draft.note(note.fate, note.span, std::move(note.message));
  if (is_go(dialect)) note_indented_lines(draft, files, dialect);
  if (dialect == Dialect::supervisor2 || dialect == Dialect::supervisor3) {
    for (const Document* document : documents) note_old_lines(draft, sources, *document);
  }
  translate(draft, dialect);
  if ((dialect == Dialect::supervisor3 || is_go(dialect)) &&
      options.target != schema::Target::v3_4) {
    settle_here(draft);
  }
  if (dialect == Dialect::go) note_left_out(draft);
  if (dialect != Dialect::supervisor4) put_away_leftovers(draft, dialect);
  if (options.for_suprun && !is_go(dialect)) note_extensions(draft);
  // Where no daemon was configured and none had to be added.
  migration.is_fragment = options.fragment || !draft.has_daemon();
  migration.texts = draft.finish();
  migration.notes = draft.take_notes();
  return migration;
}

namespace {

// The patterns of include and include_dir of a circus.ini.
std::vector<std::string> circus_patterns(const SourceMap& sources, const LoadedFile& file) {
  std::vector<std::string> patterns;
  const Document& document = file.document;
  for (const SectionHeader& header : document.sections) {
    if (sources.text(header.name) != "circus") continue;
    for (std::uint32_t i = 0; i < header.entry_count; ++i) {
      const Entry entry = document.entry(header.first_entry + i);
      const DialectKey* row =
          schema::find_dialect_key(Dialect::circus, "circus", sources.text(entry.key));
      if (row == nullptr || row->treatment != schema::Treatment::moved) continue;
      std::string value = document.value(sources, entry);
      std::replace(value.begin(), value.end(), '\n', ' ');
      std::replace(value.begin(), value.end(), ',', ' ');
      for (const std::string_view word : schema::split_list(value, ' ')) {
        if (word.empty()) continue;
        std::string pattern(word);
        if (!pattern.starts_with('/')) pattern = file.directory + "/" + pattern;
        if (row->key.ends_with("_dir")) pattern += "/*.ini";
        patterns.push_back(std::move(pattern));
      }
    }
  }
  return patterns;
}

void add_circus_files(LoadedFiles& loaded, const FileSystem& files, SourceMap& sources) {
  std::set<std::string> known;
  for (std::size_t i = 0; i < loaded.files.size(); ++i) {
    known.insert(files.absolute(sources[loaded.files[i].source].path));
    for (const std::string& pattern : circus_patterns(sources, loaded.files[i])) {
      for (const std::string& path : files.glob(pattern)) {
        if (loaded.files.size() >= most_migrated_files ||
            !known.insert(files.absolute(path)).second)
          continue;
        auto bytes = files.read_match(path);
        if (!bytes || bytes->size() > source_maximum_bytes) continue;
        const SourceId id = sources.add({path, std::move(*bytes), std::nullopt});
        loaded.files.push_back(std::make_unique<LoadedFile>(
            LoadedFile{id, directory_name(files.absolute(path)), parse(id, sources[id].bytes)}));
      }
    }
  }
}

std::string counted(std::size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word);
}

}  // namespace

schema::Result<LoadedFiles> load_for_migration(const std::string& path, const FileSystem& files,
                                               const MigrateOptions& options, SourceMap& sources) {
  CompileOptions compile_options;
  // Whoever will read the result: these are files of another reader.
  compile_options.target = schema::default_target;
  compile_options.fragment = options.fragment;
  Diagnostics ignored;  // what is wrong is reported of the result
  std::optional<std::string> failure;
  // Old texts are taken as they stand: ${NAME} is a value in them, and no mark of a template.
  compile_options.templates = TemplateKind::none;
  LoadedFiles loaded = load(path, files, compile_options, sources, ignored, failure);
  if (failure) return schema::Error{*failure, 0};
  add_circus_files(loaded, files, sources);
  return loaded;
}

MigrateOptions with_files(MigrateOptions options, const LoadedFiles& loaded,
                          const SourceMap& sources, const FileSystem& files) {
  std::set<std::string> read;
  for (const LoadedFile& file : loaded.files) {
    options.folders.push_back(file.directory);
    read.insert(files.absolute(sources[file.source].path));
  }
  if (loaded.files.size() == 0) return options;
  const Document& main = loaded.files.front().document;
  for (const SectionHeader& section : main.sections) {
    if (sources.text(section.name) != "include") continue;
    for (std::uint32_t i = 0; i < section.entry_count; ++i) {
      const Entry entry = main.entry(section.first_entry + i);
      if (schema::lower(sources.text(entry.key)) != "files") continue;
      std::string value = main.value(sources, entry);
      std::replace(value.begin(), value.end(), '\n', ' ');
      for (const std::string_view word : schema::split_list(value, ' ')) {
        const std::size_t slash = word.rfind('/') + 1;
        const std::string_view pattern = word.substr(slash);
        if (pattern.find_first_of("*?") == std::string_view::npos ||
            word.find_first_of("[%") != std::string_view::npos)
          continue;
        std::string folder(word.substr(0, slash));
        if (!folder.starts_with('/')) folder = options.folders.front() + "/" + folder;
        // Anywhere in the name, and in names that begin with a dot.
        for (const char* all : {"*", ".*"})
          for (const std::string& path : files.glob(folder + all))
            if (migration::matches_glob("*" + std::string(pattern) + "*",
                                        path.substr(path.rfind('/') + 1)) &&
                !files.is_directory(path) && read.insert(files.absolute(path)).second)
              options.left_out.push_back(path);
      }
    }
  }
  return options;
}

std::string render_report(const Migration& migration, const SourceMap& sources) {
  const auto place = [&](const Span& span) {
    const Position position = sources.position(span.source, span.begin);
    return sources[span.source].path + ":" + std::to_string(position.line) + ":" +
           std::to_string(position.column) + ": ";
  };
  std::string text;
  const std::string product = migration::product_of(migration.recognised.dialect);
  if (migration.recognised.evidence) {
    text +=
        place(*migration.recognised.evidence) + "this shows a configuration of " + product + "\n";
  } else if (migration.recognised.dialect != Dialect::supervisor4) {
    text += "taken for a configuration of " + product + ", as told\n";
  }
  for (const MigrationNote& note : migration.notes) {
    constexpr std::string_view words[] = {"kept: ", "changed: ", "lost: "};
    text += place(note.span);
    text += words[static_cast<std::size_t>(note.fate)];
    text += note.message + "\n";
  }
  if (migration.is_current()) return text + "nothing to change\n";
  return text + counted(migration.count(Fate::kept), "kept, ") +
         counted(migration.count(Fate::changed), "changed, ") +
         counted(migration.count(Fate::lost), "lost") + "\n";
}

}  // namespace sup::compiler

#include "compiler/migrate/draft.h"

#include <algorithm>

#include "compiler/edits.h"
#include "schema/text.h"

namespace sup::compiler::migration {

bool is_writable(std::string_view value) {
  if (schema::strip(value).size() != value.size()) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\n' || c == '\r' || c == '\0') return false;
    if ((c == ';' || c == '#') && (i == 0 || schema::trailing_space(value.substr(0, i)) != 0)) {
      return false;
    }
  }
  return true;
}

std::string bracketed(std::string_view name) { return "[" + std::string(name) + "]"; }

Item* Part::find(std::string_view key) {
  for (Item& item : items) {
    if (!item.overridden && item.key == key) return &item;
  }
  return nullptr;
}

Draft::Draft(const SourceMap& sources, std::vector<const Document*> files,
             const MigrateOptions& options)
    : sources_(sources), files_(std::move(files)), options_(options), edits_(files_.size()) {
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    const Document& document = *files_[file];
    file_of_[document.source] = file;
    for (std::uint32_t index = 0; index < document.sections.size(); ++index) {
      const SectionHeader& header = document.sections[index];
      const std::string name(sources_.text(header.name));
      Part*& part = by_name_[name];
      if (part == nullptr) {
        part = &parts_.emplace_back();
        part->name = name;
        part->new_name = name;
        has_daemon_ = has_daemon_ || name == "supervisord";
        const std::size_t colon = name.find(':');
        part->word = name.substr(0, colon);
        if (colon != std::string::npos) part->label = name.substr(colon + 1);
      }
      part->headers.push_back({file, index});
      for (std::uint32_t i = 0; i < header.entry_count; ++i) {
        const std::uint32_t number = header.first_entry + i;
        const Entry entry = document.entry(number);
        Item item;
        item.written = sources_.text(entry.key);
        item.key = schema::lower(item.written);
        item.value = document.value(sources_, entry);
        item.file = file;
        item.entry = number;
        item.span = entry.key;
        part->result.insert(item.key);
        part->items.push_back(std::move(item));
      }
    }
  }
  for (Part& part : parts_) {
    std::set<std::string_view> later;
    for (auto item = part.items.rbegin(); item != part.items.rend(); ++item) {
      item->overridden = !later.insert(item->key).second;
    }
  }
}

Part* Draft::find(std::string_view name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Span Draft::header_span(const Part& part) const {
  const Header& header = part.headers.front();
  return files_[header.file]->sections[header.section].header;
}

std::string Draft::whole_value(const Item& item) const {
  const Document& document = *files_[item.file];
  const Entry entry = document.entry(item.entry);
  const auto end_of_line = [&](std::uint32_t line) {
    const Line whole = document.line(line);
    return schema::strip_right(sources_.text({document.source, whole.begin, whole.end}));
  };
  const std::string_view first = end_of_line(entry.line);
  const std::size_t offset = entry.delimiter.end - document.line(entry.line).begin;
  std::string text(offset < first.size() ? schema::strip_left(first.substr(offset)) : "");
  for (std::uint32_t line = entry.line + 1; line <= last_line(item); ++line) {
    if (document.line(line).kind != LineKind::continuation) continue;
    text += '\n';
    text += schema::strip_left(end_of_line(line));
  }
  return text;
}

void Draft::note(Fate fate, Span span, std::string message) {
  notes_.push_back({fate, span, std::move(message)});
}

std::string Draft::name_of(const Part& part, const Item& item) const {
  return in_backticks(item.written) + " in " + bracketed(part.name);
}

// The last line that belongs to the value.
std::uint32_t Draft::last_line(const Item& item) const {
  const Document& document = *files_[item.file];
  const Entry entry = document.entry(item.entry);
  std::uint32_t last = entry.line;
  for (std::uint32_t i = entry.continuation_count; i > 0; --i) {
    const Span& span = document.continuations[entry.first_continuation + i - 1];
    if (span.begin == span.end) continue;
    // Lines are in order: the one that holds the last text of the value.
    std::uint32_t low = entry.line;
    std::uint32_t high = document.line_count();
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      (document.line(middle).begin <= span.begin ? low : high) = middle;
    }
    last = low;
    break;
  }
  return last;
}

std::string_view Draft::line_end(std::uint32_t file) const {
  const Document& document = *files_[file];
  if (document.line_count() == 0) return "\n";
  const Line first = document.line(0);
  const std::string_view text = sources_.text({document.source, first.begin, first.end});
  if (text.ends_with("\r\n")) return "\r\n";
  return text.ends_with('\r') ? "\r" : "\n";
}

void Draft::edit(Span span, std::string text) {
  edits_[file_of_[span.source]].push_back({span, std::move(text)});
}

void Draft::comment_lines(const Item& item) {
  const Document& document = *files_[item.file];
  const std::uint32_t last = last_line(item);
  for (std::uint32_t index = document.entry(item.entry).line; index <= last; ++index) {
    const Line line = document.line(index);
    if (line.kind != LineKind::entry && line.kind != LineKind::continuation) continue;
    edit({document.source, line.begin, line.begin}, ";");
  }
}

void Draft::replace_value(const Item& item, std::string_view value) {
  const Document& document = *files_[item.file];
  const Entry entry = document.entry(item.entry);
  const Line first = document.line(entry.line);
  const std::string_view all = sources_.text({document.source, first.begin, first.end});
  const auto end = static_cast<std::uint32_t>(first.begin + schema::strip_right(all).size());
  const bool to_end = comments_are_values_ && end > entry.value.end;
  edit({document.source, entry.value.begin, to_end ? end : entry.value.end}, std::string(value));
  const std::uint32_t last = last_line(item);
  for (std::uint32_t index = entry.line + 1; index <= last; ++index) {
    const Line line = document.line(index);
    if (line.kind != LineKind::continuation) continue;
    const Line before = document.line(index - 1);
    const std::string_view raw = sources_.text({document.source, line.begin, line.end});
    const bool has_comment =
        !comments_are_values_ && line.comment_begin < line.begin + schema::strip_right(raw).size();
    // A comment behind the text stays; without one the whole line goes.
    if (has_comment) {
      edit({document.source, line.content_begin, line.content_end}, "");
    } else {
      edit({document.source, before.end, line.end}, "");
    }
  }
}

void Draft::rename(Part& part, Item& item, std::string_view key, const std::string& message) {
  edit(item.span, std::string(key));
  part.result.insert(std::string(key));
  item.settled = true;
  note(Fate::changed, item.span, message);
}

bool Draft::rewrite(Part& part, Item& item, std::string_view key, std::string_view value,
                    const std::string& message) {
  if (!is_writable(value)) {
    comment_out(part, item, Fate::lost,
                name_of(part, item) + " has a value that cannot be written today");
    return false;
  }
  if (key != item.key) edit(item.span, std::string(key));
  replace_value(item, value);
  part.result.insert(std::string(key));
  item.settled = true;
  note(Fate::changed, item.span, message);
  return true;
}

void Draft::comment_out(Part& part, Item& item, Fate fate, const std::string& message) {
  if (item.settled) return;
  comment_lines(item);
  if (!item.overridden) part.result.erase(item.key);
  item.settled = true;
  note(fate, item.span, message);
}

std::string Draft::take(Part& part, Item& item, const std::string& message) {
  const Document& document = *files_[item.file];
  const Entry entry = document.entry(item.entry);
  const Line first = document.line(entry.line);
  const std::uint32_t last = last_line(item);
  for (std::uint32_t index = entry.line; index <= last; ++index) {
    const Line line = document.line(index);
    if (line.kind != LineKind::entry && line.kind != LineKind::continuation) continue;
    edit({document.source, line.begin, line.end}, "");
  }
  if (!item.overridden) part.result.erase(item.key);
  item.settled = true;
  note(Fate::changed, item.span, message);
  const std::string_view comment = schema::strip(
      sources_.text({document.source, std::min(first.comment_begin, first.end), first.end}));
  return std::string(comment);
}

void Draft::comment_out(Part& part, Fate fate, const std::string& message) {
  for (const Header& header : part.headers) {
    const Document& document = *files_[header.file];
    const Line line = document.line(document.sections[header.section].line);
    edit({document.source, line.begin, line.begin}, ";");
  }
  for (Item& item : part.items) {
    if (item.settled) continue;
    comment_lines(item);
    item.settled = true;
  }
  part.is_gone = true;
  note(fate, header_span(part), message);
}

void Draft::escape_percent(Part& part, Item& item, unsigned times) {
  const Document& document = *files_[item.file];
  const Entry entry = document.entry(item.entry);
  const std::string more((1U << times) - 1, '%');
  bool any = false;
  for (std::uint32_t i = 0; i <= entry.continuation_count; ++i) {
    const Span piece =
        i == 0 ? entry.value : document.continuations[entry.first_continuation + i - 1];
    const std::string_view text = sources_.text(piece);
    for (std::size_t at = text.find('%'); at != std::string_view::npos;
         at = text.find('%', at + 1)) {
      const auto place = static_cast<std::uint32_t>(piece.begin + at);
      edit({document.source, place, place}, more);
      any = true;
    }
  }
  if (!any) return;
  item.settled = true;
  note(Fate::changed, item.span, name_of(part, item) + ": a `%` is written `" + more + "%` today");
}

// Behind the last setting of the section, as deep as that.
Draft::Place Draft::end_of(const Part& part) const {
  const Header& header = part.headers.back();
  const Document& document = *files_[header.file];
  const SectionHeader& section = document.sections[header.section];
  Line line = document.line(section.line);
  std::string delimiter = "=";
  std::uint32_t end = line.end;
  if (section.entry_count != 0) {
    const std::uint32_t number = section.first_entry + section.entry_count - 1;
    Item last;
    last.file = header.file;
    last.entry = number;
    const Entry entry = document.entry(number);
    line = document.line(entry.line);
    end = document.line(last_line(last)).end;
    if (entry.value.begin != entry.value.end && entry.value.begin - entry.key.end <= 4) {
      delimiter = sources_.text({document.source, entry.key.end, entry.value.begin});
    }
  }
  return {header.file, end,
          std::string(sources_.text({document.source, line.begin, line.content_begin})), delimiter};
}

void Draft::insert_lines(std::uint32_t file, std::uint32_t offset, const std::string& text) {
  const Document& document = *files_[file];
  std::string& all = insertions_[{file, offset}];
  if (all.empty() && offset != 0) {
    const char before = sources_.text({document.source, offset - 1, offset}).front();
    if (before != '\n' && before != '\r') all += line_end(file);
  }
  all += text;
}

bool Draft::add(Part& part, std::string_view key, std::string_view value,
                const std::string& message) {
  if (!is_writable(value)) {
    note(Fate::lost, header_span(part),
         in_backticks(key) + " of " + bracketed(part.name) +
             " has a value that cannot be written today");
    return false;
  }
  const Place place = end_of(part);
  insert_lines(place.file, place.offset,
               place.indentation + std::string(key) + place.delimiter + std::string(value) +
                   std::string(line_end(place.file)));
  part.result.insert(std::string(key));
  note(Fate::changed, header_span(part), message);
  return true;
}

void Draft::rename_header(Part& part, const std::string& name, const std::string& message) {
  has_daemon_ = has_daemon_ || name == "supervisord";
  part.new_name = name;
  for (const Header& header : part.headers) {
    edit(files_[header.file]->sections[header.section].name, name);
  }
  if (!message.empty()) note(Fate::changed, header_span(part), message);
}

void Draft::add_section(std::uint32_t file, const std::string& name,
                        const std::vector<Setting>& settings, Span cause,
                        const std::string& message) {
  const std::string_view stop = line_end(file);
  has_daemon_ = has_daemon_ || name == "supervisord";
  std::string text(stop);
  text += bracketed(name);
  text += stop;
  for (const Setting& setting : settings) {
    if (!is_writable(setting.value)) {
      note(Fate::lost, cause,
           in_backticks(setting.key) + " of " + bracketed(name) +
               " has a value that cannot be written today");
      continue;
    }
    text += setting.key + "=" + setting.value;
    if (!setting.comment.empty()) text += " " + setting.comment;
    text += stop;
  }
  sections_[file] += text;
  note(Fate::changed, cause, message);
}

std::vector<std::string> Draft::finish() {
  for (const Part& part : parts_) {
    for (const Item& item : part.items) {
      if (!item.settled) note(Fate::kept, item.span, name_of(part, item));
    }
  }
  for (const auto& [file, text] : sections_) {
    insert_lines(file, static_cast<std::uint32_t>(sources_[files_[file]->source].bytes.size()),
                 text);
  }
  std::vector<std::string> texts;
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    std::vector<Edit> edits;
    for (const auto& [place, text] : insertions_) {
      if (place.first != file) continue;
      edits.push_back({
          {files_[file]->source, place.second, place.second},
          text
      });
    }
    edits.insert(edits.end(), edits_[file].begin(), edits_[file].end());
    std::vector<std::uint32_t> places;
    for (const MigrationNote& note : notes_)
      if (note.span.source == files_[file]->source) places.push_back(note.span.begin);
    texts.push_back(apply_edits(sources_[files_[file]->source].bytes, std::move(edits), places));
    auto place = places.begin();
    for (MigrationNote& note : notes_) {
      if (note.span.source != files_[file]->source) continue;
      note.text = file;
      note.offset = *place++;
    }
  }
  return texts;
}

std::vector<MigrationNote> Draft::take_notes() {
  std::stable_sort(notes_.begin(), notes_.end(),
                   [&](const MigrationNote& a, const MigrationNote& b) {
                     return std::pair(file_of_[a.span.source], a.span.begin) <
                            std::pair(file_of_[b.span.source], b.span.begin);
                   });
  return std::move(notes_);
}

}  // namespace sup::compiler::migration

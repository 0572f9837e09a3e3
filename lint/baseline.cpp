#include "lint/baseline.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "lint/sha1.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;
constexpr std::size_t maximum_bytes = std::size_t{64} << 20U;

// JSON holds UTF-8 only.
std::string in_utf8(std::string_view text) {
  if (!schema::invalid_utf8(text)) return std::string(text);
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

// With one blank wherever there is white space.
std::string content_hash(std::string_view text) {
  std::string normal;
  for (const char c : schema::strip(text)) {
    const bool is_space = schema::is_ascii_space(c);
    if (!is_space || normal.back() != ' ') normal += is_space ? ' ' : c;
  }
  constexpr std::size_t digits = 4;
  return sha1_hex(normal).substr(0, digits);
}

const compiler::LoadedFile* file_of(const compiler::Compilation& compilation,
                                    compiler::SourceId source) {
  const auto& files = compilation.files.files;
  if (source < files.size() && files[source].source == source) return &files[source];
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const auto& file) { return file.source == source; });
  return found == files.end() ? nullptr : &*found;
}

std::uint32_t end_of(const compiler::Document& document, const compiler::Entry& entry) {
  if (entry.continuation_count == 0) return entry.value.end;
  return document.continuations[entry.first_continuation + entry.continuation_count - 1].end;
}

// Section, key and value of what stands at the place.
void describe(const compiler::Compilation& compilation, const compiler::Span& place,
              KnownFinding& out) {
  const compiler::SourceMap& sources = compilation.sources;
  const std::uint32_t line = sources.position(place.source, place.begin).line;
  out.value = content_hash(sources.line(place.source, line));
  const compiler::LoadedFile* file = file_of(compilation, place.source);
  if (file == nullptr) return;
  const compiler::Document& document = file->document;
  const auto section = std::upper_bound(
      document.sections.begin(), document.sections.end(), place.begin,
      [&](std::uint32_t at, const auto& s) { return at < document.line_begin(s.line); });
  if (section != document.sections.begin())
    out.section = in_utf8(sources.text(std::prev(section)->name));
  const std::uint32_t after = document.entry_after(place.begin);
  if (after == 0) return;
  const compiler::Entry entry = document.entry(after - 1);
  if (place.begin > end_of(document, entry)) return;
  out.key = in_utf8(schema::lower(sources.text(entry.key)));
  out.value = content_hash(document.value(sources, entry));
}

schema::Error malformed(const std::string& what) { return {"this is no baseline: " + what, 0}; }

}  // namespace

std::string Baseline::relative(const std::string& file) const {
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  return in_utf8(std::filesystem::path(file).lexically_relative(folder).generic_string());
}

schema::Status Baseline::read(std::string_view text) {
  if (text.size() > maximum_bytes) return malformed("it is longer than 64 MB");
  // What is deeper is not part of a baseline and not kept.
  constexpr int deepest = 3;
  const auto keep = [](int depth, Json::parse_event_t, Json&) { return depth <= deepest; };
  const Json json = Json::parse(text, keep, false);
  if (!json.is_object()) return malformed("it is not a JSON object");
  const auto said = json.find("version");
  if (said == json.end() || !said->is_number_integer() || *said != version)
    return malformed("it has not version " + std::to_string(version));
  const auto list = json.find("findings");
  if (list == json.end() || !list->is_array()) return malformed("it has no list of findings");
  for (const Json& item : *list) {
    KnownFinding finding;
    const auto take = [&](const char* name, std::string& out) {
      const auto found = item.is_object() ? item.find(name) : item.end();
      if (!item.is_object() || found == item.end() || !found->is_string()) return false;
      out = found->get<std::string>();
      return true;
    };
    if (!take("file", finding.file) || !take("rule", finding.rule) ||
        !take("section", finding.section) || !take("key", finding.key) ||
        !take("value", finding.value)) {
      return malformed("a finding lacks file, rule, section, key or value");
    }
    const auto count = item.find("count");
    if (count == item.end() || !count->is_number_unsigned() || *count == 0U)
      return malformed("a finding has no count");
    findings_[std::move(finding)].known += count->get<std::uint32_t>();
  }
  return schema::Nothing{};
}

bool Baseline::takes(const compiler::Diagnostic& finding, const compiler::Compilation& compilation,
                     const std::string& file) {
  if (!takes_all_ && findings_.empty()) return false;
  KnownFinding known;
  known.file = relative(file);
  known.rule = finding.rule->id;
  describe(compilation, finding.span, known);
  if (takes_all_) {
    ++findings_[std::move(known)].met;
    return true;
  }
  const auto found = findings_.find(known);
  return found != findings_.end() && ++found->second.met <= found->second.known;
}

void Baseline::add_checked(const std::string& file) { checked_.insert(relative(file)); }

void Baseline::restart() {
  checked_.clear();
  for (auto& [finding, counts] : findings_) counts.met = 0;
}

std::size_t Baseline::left(const KnownFinding& finding, const Counts& counts,
                           Content content) const {
  if (content == Content::met) return counts.met;
  return checked_.contains(finding.file) ? std::min(counts.known, counts.met) : counts.known;
}

std::size_t Baseline::gone() const {
  std::size_t count = 0;
  for (const auto& [finding, counts] : findings_)
    count += counts.known - std::min(counts.known, left(finding, counts, Content::without_gone));
  return count;
}

std::size_t Baseline::met() const {
  std::size_t count = 0;
  for (const auto& [finding, counts] : findings_) count += counts.met;
  return count;
}

std::string Baseline::print(Content content) const {
  std::string out = "{\n  \"version\": " + std::to_string(version) + ",\n  \"findings\": [";
  bool is_first = true;
  for (const auto& [finding, counts] : findings_) {
    const std::size_t count = left(finding, counts, content);
    if (count == 0) continue;
    const Json line = {
        {"file",    finding.file   },
        {"rule",    finding.rule   },
        {"section", finding.section},
        {"key",     finding.key    },
        {"value",   finding.value  },
        {"count",   count          }
    };
    out += (is_first ? "\n    " : ",\n    ") + line.dump();
    is_first = false;
  }
  return out + (is_first ? "]\n}\n" : "\n  ]\n}\n");
}

}  // namespace sup::lint

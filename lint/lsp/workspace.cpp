#include "lint/lsp/workspace.h"

#include <algorithm>
#include <tuple>

#include "lint/check.h"
#include "lint/lsp/diagnostics.h"
#include "lint/report.h"
#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

// How many folders above that of a document are searched for a root that includes it, and how many
// files in each of them are looked at.
constexpr int folders_up = 3;
constexpr std::size_t most_candidates = 64;

std::unique_ptr<Unit> new_unit(const std::string& path, bool is_root) {
  auto unit = std::make_unique<Unit>();
  unit->path = path;
  unit->is_root = is_root;
  return unit;
}

}  // namespace

void Workspace::set_options(PolicySources sources) {
  sources_ = std::move(sources);
  sources_.base.only_check = true;
  files_changed();
}

void Workspace::renew_policies() {
  policies_ = std::make_unique<Policies>(documents_, sources_);
  for (const auto& unit : mistakes_) touch(*unit);
  mistakes_.clear();
}

void Workspace::files_changed() {
  renew_policies();
  without_root_.clear();
  for (auto& [path, unit] : units_) unit->is_dirty = true;
  is_dirty_ = true;
}

void Workspace::open(std::string uri, std::int64_t version, std::string text) {
  rewritten_.insert(documents_.open(std::move(uri), version, std::move(text)).path());
  // It may be what a pattern of [include] waits for.
  files_changed();
}

bool Workspace::change(std::string_view uri, std::int64_t version,
                       const std::vector<ContentChange>& changes) {
  TextDocument* document = documents_.find(uri);
  if (document == nullptr) return false;
  const bool is_complete = document->apply(changes, version, encoding_);
  for (auto& [path, unit] : units_) {
    if (path == document->path() || unit->sources.contains(document->path())) unit->is_dirty = true;
  }
  rewritten_.insert(document->path());
  is_dirty_ = true;
  return is_complete;
}

void Workspace::close(std::string_view uri) {
  const TextDocument* document = documents_.find(uri);
  if (document == nullptr) return;
  rewritten_.erase(document->path());
  documents_.close(uri);
  files_changed();
}

void Workspace::touch(const Unit& unit) {
  for (const auto& [path, source] : unit.sources) touched_.insert(path);
}

void Workspace::check(Unit& unit) {
  touch(unit);
  unit.bound.reset();
  unit.sources.clear();
  unit.lines.clear();
  Hidden hidden;
  Checked checked = check_file(unit.path, !unit.is_root, documents_, *policies_, hidden);
  unit.compilation = std::move(checked.compilation);
  unit.diagnostics = std::move(checked.diagnostics);
  unit.options = std::move(checked.options);
  unit.is_dirty = false;
  if (unit.compilation->failure) {
    unit.compilation.reset();
    return;
  }
  index_sources(unit);
  touch(unit);
}

void Workspace::index_sources(Unit& unit) const {
  unit.lines.resize(unit.compilation->sources.size());
  for (compiler::SourceId id = 0; id < unit.compilation->sources.size(); ++id)
    unit.sources.try_emplace(path_of(unit, id), id);
}

void Workspace::take_mistakes() {
  if (!policies_->has_mistakes()) return;
  auto unit = std::make_unique<Unit>();
  unit->compilation = policies_->take_mistakes();
  unit->diagnostics = unit->compilation->diagnostics;
  index_sources(*unit);
  touch(*unit);
  mistakes_.push_back(std::move(unit));
}

std::string Workspace::path_of(const Unit& unit, compiler::SourceId source) const {
  return documents_.absolute(unit.compilation->sources[source].path);
}

bool Workspace::is_part_of_root(std::string_view path) const {
  return std::any_of(units_.begin(), units_.end(), [&](const auto& unit) {
    return unit.second->is_root && unit.second->sources.contains(path);
  });
}

Unit* Workspace::discover_root(const std::string& path) {
  if (!path.starts_with('/') || without_root_.contains(path)) return nullptr;
  std::string folder = compiler::directory_name(path);
  for (int i = 0; i < folders_up && !folder.empty(); ++i) {
    std::vector<std::string> candidates = compiler::configurations_in(folder, documents_);
    if (candidates.size() > most_candidates) candidates.resize(most_candidates);
    for (const std::string& candidate : candidates) {
      if (candidate == path || units_.contains(candidate)) continue;
      const auto text = documents_.read(candidate);
      if (!text || !is_root(*text)) continue;
      auto root = new_unit(candidate, true);
      check(*root);
      if (!root->sources.contains(path)) continue;
      return units_.emplace(candidate, std::move(root)).first->second.get();
    }
    if (folder == "/") break;
    folder = compiler::directory_name(folder);
  }
  without_root_.insert(path);
  return nullptr;
}

void Workspace::assign() {
  std::set<std::string, std::less<>> roots;
  for (const auto& [path, document] : documents_.all()) {
    if (is_root(document->text())) roots.insert(path);
  }
  // What became a root or ceased to be one is another unit.
  const auto drop_if = [&](const auto& is_needless) {
    for (auto unit = units_.begin(); unit != units_.end();) {
      if (is_needless(*unit->second)) {
        touch(*unit->second);
        unit = units_.erase(unit);
      } else {
        ++unit;
      }
    }
  };
  drop_if([&](const Unit& unit) {
    return documents_.find_path(unit.path) != nullptr && unit.is_root != roots.contains(unit.path);
  });
  for (const std::string& path : roots) {
    auto& unit = units_[path];
    if (unit == nullptr) unit = new_unit(path, true);
  }
  for (auto& [path, unit] : units_) {
    if (unit->is_root && unit->is_dirty) check(*unit);
  }
  for (const auto& [path, document] : documents_.all()) {
    if (roots.contains(path)) continue;
    if (is_part_of_root(path) || discover_root(path) != nullptr) continue;
    auto& unit = units_[path];
    if (unit == nullptr) unit = new_unit(path, false);
  }
  drop_if([&](const Unit& unit) {
    if (!unit.is_root)
      return documents_.find_path(unit.path) == nullptr || is_part_of_root(unit.path);
    return std::none_of(documents_.all().begin(), documents_.all().end(), [&](const auto& open) {
      return open.first == unit.path || unit.sources.contains(open.first);
    });
  });
}

void Workspace::check() {
  if (!is_dirty_) return;
  is_dirty_ = false;
  assign();
  for (auto& [path, unit] : units_) {
    if (unit->is_dirty) check(*unit);
  }
  take_mistakes();
}

std::vector<Unit*> Workspace::units_of(std::string_view path) {
  std::vector<Unit*> found;
  for (auto& [main, unit] : units_) {
    if (unit->compilation != nullptr && unit->sources.contains(path)) found.push_back(unit.get());
  }
  return found;
}

const Unit* Workspace::last_unit_of(std::string_view path) const {
  for (const auto& [main, unit] : units_) {
    if (unit->compilation != nullptr && unit->sources.contains(path)) return unit.get();
  }
  return nullptr;
}

const compiler::Compilation& Workspace::bind(Unit& unit) const {
  if (unit.bound == nullptr) {
    compiler::CompileOptions options = unit.options;
    options.only_check = false;
    unit.bound = compiler::compile(unit.path, documents_, options);
  }
  return *unit.bound;
}

Range Workspace::range(Unit& unit, const compiler::Span& span) const {
  const std::string_view text = unit.compilation->sources.written(span.source);
  auto& lines = unit.lines[span.source];
  if (!lines) lines.emplace(text);
  return lines->range(text, span.begin, span.end, encoding_);
}

Location Workspace::location(Unit& unit, const compiler::Span& span) const {
  return {documents_.uri(path_of(unit, span.source)), range(unit, span)};
}

Diagnostic Workspace::diagnostic(Unit& unit, const compiler::Diagnostic& finding) const {
  Diagnostic made;
  made.range = range(unit, finding.span);
  made.severity = severity_of(finding);
  made.code = finding.rule->id;
  made.message = message_of(finding);
  made.tag = tag_of(finding);
  for (const compiler::Label& label : finding.labels)
    made.related.push_back({location(unit, label.span), valid_utf8(label.text)});
  return made;
}

std::vector<Diagnostic> Workspace::findings(const std::string& path) {
  std::vector<Diagnostic> found;
  // Several roots that include a file say the same of it.
  std::vector<Unit*> units = units_of(path);
  for (const auto& unit : mistakes_)
    if (unit->sources.contains(path)) units.push_back(unit.get());
  std::set<std::tuple<Position, Position, std::string, std::string>> seen;
  for (Unit* unit : units) {
    const compiler::SourceId source = unit->sources.find(path)->second;
    for (const compiler::Diagnostic& finding : unit->diagnostics.all()) {
      if (finding.span.source != source) continue;
      Diagnostic made = diagnostic(*unit, finding);
      if (units.size() == 1 ||
          seen.emplace(made.range.start, made.range.end, made.code, made.message).second)
        found.push_back(std::move(made));
    }
  }
  return found;
}

std::vector<Findings> Workspace::take_findings() {
  std::vector<Findings> all;
  for (const std::string& path : rewritten_) touched_.insert(path);
  for (const std::string& path : touched_) {
    std::vector<Diagnostic> now = findings(path);
    const auto shown = shown_.find(path);
    const bool is_same = shown == shown_.end() ? now.empty() : shown->second == now;
    const TextDocument* document = documents_.find_path(path);
    if (is_same && !rewritten_.contains(path)) continue;
    if (now.empty()) {
      if (shown != shown_.end()) shown_.erase(shown);
    } else {
      shown_.insert_or_assign(path, now);
    }
    Findings findings{path, std::nullopt, std::move(now)};
    if (document != nullptr) findings.version = document->version();
    all.push_back(std::move(findings));
  }
  touched_.clear();
  rewritten_.clear();
  return all;
}

}  // namespace sup::lint::lsp

#include "lint/check.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "compiler/ini/document.h"
#include "lint/baseline.h"
#include "lint/path_set.h"
#include "schema/text.h"

namespace sup::lint {

bool is_root(std::string_view text) {
  if (text.size() > compiler::source_maximum_bytes) return false;
  const auto has_daemon = [](std::string_view part) {
    const compiler::Document document = compiler::parse(0, part);
    return std::any_of(
        document.sections.begin(), document.sections.end(), [&](const auto& section) {
          return part.substr(section.name.begin, section.name.end - section.name.begin) ==
                 "supervisord";
        });
  };
  // Without indentation a header is one whatever stands above it; this is how it is mostly written.
  constexpr std::string_view daemon = "[supervisord]";
  bool any = false;
  for (std::size_t at = text.find(daemon); at != std::string_view::npos;
       at = text.find(daemon, at + 1)) {
    any = true;
    if (at != 0 && text[at - 1] != '\n' && text[at - 1] != '\r') continue;
    const std::string_view line = text.substr(at, text.find_first_of("\r\n", at) - at);
    if (has_daemon(line)) return true;
  }
  return any && has_daemon(text);
}

namespace {

// Files that were read ahead to see what they are, each handed over when it is read again.
class ReadAhead final : public compiler::FileSystem {
 public:
  explicit ReadAhead(const compiler::FileSystem& base) : base_(base) {}

  void keep(std::string path, compiler::FileText text) {
    texts_[std::move(path)] = std::move(text);
  }

  schema::Result<compiler::FileText> read(const std::string& path) const override {
    if (auto kept = texts_.extract(path)) return std::move(kept.mapped());
    return base_.read(path);
  }

  schema::Result<compiler::FileText> read_match(const std::string& path) const override {
    if (auto kept = texts_.extract(path)) return std::move(kept.mapped());
    return base_.read_match(path);
  }

  bool is_read_by_many() const override { return texts_.empty() && base_.is_read_by_many(); }

  std::vector<std::string> glob(const std::string& pattern) const override {
    return base_.glob(pattern);
  }

  bool is_directory(const std::string& path) const override { return base_.is_directory(path); }

  std::optional<schema::Error> unlisted(const std::string& folder) const override {
    return base_.unlisted(folder);
  }

  bool is_pipe(const std::string& path) const override { return base_.is_pipe(path); }

  std::string absolute(const std::string& path) const override { return base_.absolute(path); }

 private:
  const compiler::FileSystem& base_;
  mutable std::map<std::string, compiler::FileText> texts_;
};

// Whether a file stands where parts of a configuration do, as in conf.d/: what it says of
// [supervisord] completes the main file.
bool is_part(std::string_view absolute) {
  const std::size_t slash = absolute.rfind('/');
  if (slash == std::string_view::npos || absolute.substr(slash + 1) == "supervisord.conf")
    return false;
  return absolute.substr(0, slash).ends_with(".d");
}

// The files that were checked, each once under its absolute path.
class Covered {
 public:
  explicit Covered(const compiler::FileSystem& files) : files_(files) {}

  // The path stays where it is.
  void add(const std::string& path) {
    if (schema::is_normal_path(path))
      paths_.insert(path);
    else
      paths_.insert(others_.emplace_back(files_.absolute(path)));
  }

  bool contains(const std::string& path) const { return paths_.contains(files_.absolute(path)); }

  std::size_t size() const { return paths_.size(); }

 private:
  const compiler::FileSystem& files_;
  PathSet paths_;
  std::deque<std::string> others_;  // absolute ones of those that were written otherwise
};

struct Candidate {
  std::string path;
  bool is_root = false;
  std::size_t result = 0;  // index + 1 into the results of this run, 0: none
};

}  // namespace

bool Checked::fails() const {
  return std::any_of(
      diagnostics.all().begin(), diagnostics.all().end(),
      [&](const compiler::Diagnostic& finding) { return finding.severity >= failure_threshold; });
}

bool has_findings(const CheckResult& result) {
  return std::any_of(result.checked.begin(), result.checked.end(),
                     [](const Checked& checked) { return checked.fails(); });
}

Checked check_file(const std::string& path, bool is_fragment, const compiler::FileSystem& files,
                   Policies& policies, Hidden& hidden) {
  const Policy& policy = policies.of(path);
  LintOptions options = policy.options;
  options.fragment = options.fragment || is_fragment;
  Checked checked{
      compiler::compile(path, files, options), {}, options, policy.failure_threshold, 0};
  if (checked.compilation->failure) return checked;
  Judge judge(*checked.compilation, policies, files);
  checked.diagnostics = judge.judge(options);
  checked.rules = judge.rules();
  hidden.by_comments += judge.hidden().by_comments;
  hidden.by_baseline += judge.hidden().by_baseline;
  return checked;
}

void report_settings(Policies& policies, CheckResult& result) {
  result.failures.insert(result.failures.end(), policies.failures().begin(),
                         policies.failures().end());
  if (!policies.has_mistakes()) return;
  auto settings = policies.take_mistakes();
  compiler::Diagnostics mistakes = std::move(settings->diagnostics);
  result.checked.push_back({std::move(settings), std::move(mistakes), {}, Severity::warning, 0});
  result.settings_are_wrong = true;
}

CheckResult check_paths(const std::vector<std::string>& paths, const compiler::FileSystem& base,
                        Policies& policies) {
  CheckResult result;
  for (const auto& [path, baseline] : policies.baselines()) baseline->restart();
  ReadAhead files(base);
  std::vector<Candidate> candidates;
  std::set<std::string, std::less<>> seen;
  const auto add = [&](const std::string& path, bool is_named) {
    const std::string absolute = files.absolute(path);
    if (!seen.insert(absolute).second) return;
    auto text = is_named ? files.read(path) : files.read_match(path);
    if (!text) {
      result.failures.push_back(text.error().message);
      return;
    }
    candidates.push_back({path, is_root(*text) && !is_part(absolute)});
    files.keep(path, std::move(*text));
  };
  for (const std::string& path : paths) {
    if (files.is_directory(path)) {
      if (const auto error = files.unlisted(path)) result.failures.push_back(error->message);
      for (const std::string& file : compiler::configurations_in(path, files))
        if (!policies.excludes(file)) add(file, false);
    } else {
      add(path, true);
    }
  }

  Covered covered(files);
  std::vector<Checked> checked;
  const auto check = [&](Candidate& candidate) {
    if (policies.has_mistakes()) return;
    Checked made = check_file(candidate.path, !candidate.is_root, files, policies, result.hidden);
    if (made.compilation->failure) {
      result.failures.push_back(*made.compilation->failure);
      return;
    }
    const compiler::SourceMap& sources = made.compilation->sources;
    for (compiler::SourceId id = 0; id < sources.size(); ++id) covered.add(sources[id].path);
    checked.push_back(std::move(made));
    candidate.result = checked.size();
  };
  for (const Candidate& candidate : candidates) (void)policies.of(candidate.path);
  // Roots first, as they tell which of the other files are theirs.
  for (Candidate& candidate : candidates) {
    if (candidate.is_root) check(candidate);
  }
  for (Candidate& candidate : candidates) {
    if (!candidate.is_root && !covered.contains(candidate.path)) check(candidate);
  }
  report_settings(policies, result);
  if (result.settings_are_wrong) return result;
  for (const Candidate& candidate : candidates) {
    if (candidate.result != 0) result.checked.push_back(std::move(checked[candidate.result - 1]));
  }
  result.files = covered.size();
  return result;
}

}  // namespace sup::lint

#include "lint/policy.h"

#include <cerrno>
#include <utility>

#include "compiler/command_line.h"
#include "lint/baseline.h"
#include "lint/path_pattern.h"
#include "lint/settings_file.h"

namespace sup::lint {

struct Policies::SettingsFile {
  std::string path;  // as it is shown; empty: no file
  Settings settings;
};

namespace {

std::string with_slash(std::string folder) {
  if (!folder.ends_with('/')) folder += '/';
  return folder;
}

}  // namespace

Policies::Policies(const compiler::FileSystem& files, PolicySources sources)
    : files_(files),
      sources_(std::move(sources)),
      working_folder_(with_slash(files.absolute("."))),
      files_read_(std::make_unique<compiler::Compilation>()) {
  if (sources_.command_line.exclude)
    for (PathPattern& pattern : *sources_.command_line.exclude) pattern.folder = working_folder_;
}

Policies::~Policies() = default;

const Policies::SettingsFile* Policies::read(const std::string& path, bool must_exist) {
  if (const auto found = settings_files_.find(path); found != settings_files_.end())
    return found->second.get();
  auto text = files_.read(path);
  if (!text) {
    const int reason = text.error().error_number;
    if (!must_exist && (reason == ENOENT || reason == ENOTDIR)) return nullptr;
    failures_.push_back(text.error().message);
    text = compiler::FileText();
  }
  auto made = std::make_unique<SettingsFile>();
  made->path = path;
  const std::string folder = compiler::directory_name(path);
  const compiler::SourceId source = files_read_->sources.add({path, std::move(*text), {}});
  made->settings = read_settings(
      files_read_->sources, source, folder.empty() ? folder : with_slash(folder),
      with_slash(compiler::directory_name(files_.absolute(path))), files_read_->diagnostics);
  return settings_files_.emplace(path, std::move(made)).first->second.get();
}

const Policies::SettingsFile& Policies::file_for(const std::string& folder) {
  if (const auto found = by_folder_.find(folder); found != by_folder_.end()) return *found->second;
  static const SettingsFile none;
  const SettingsFile* nearest = nullptr;
  if (sources_.config_file) {
    nearest = read(*sources_.config_file, true);
  } else if (!sources_.isolated) {
    std::string path = with_slash(folder) + std::string(settings_file_name);
    if (path.starts_with(working_folder_)) path.erase(0, working_folder_.size());
    nearest = read(path, false);
    const std::string above = compiler::directory_name(folder);
    if (nearest == nullptr && above.size() < folder.size() && above.starts_with('/'))
      nearest = &file_for(above);
  }
  return *by_folder_.emplace(folder, nearest == nullptr ? &none : nearest).first->second;
}

// A thousand files of one folder have one policy, unless patterns tell them apart.
const Policy& Policies::of(const std::string& path) {
  const std::string_view folder = std::string_view(path).substr(0, path.rfind('/') + 1);
  if (last_ != nullptr && folder == last_folder_) return *last_;
  bool has_patterns = false;
  const Policy& found = find(path, has_patterns);
  last_ = has_patterns ? nullptr : &found;
  last_folder_ = folder;
  return found;
}

const Policy& Policies::find(const std::string& path, bool& has_patterns) {
  const std::string absolute = files_.absolute(path);
  // A text that is no file, as an editor has, is in the working folder.
  const SettingsFile& file = file_for(compiler::directory_name(
      absolute.starts_with('/') ? absolute : working_folder_ + std::string(settings_file_name)));
  has_patterns = !file.settings.per_path.empty();
  std::vector<bool> per_path;
  for (const PathSettings& entry : file.settings.per_path)
    per_path.push_back(matches_any(entry.paths, absolute));
  auto& kept = policies_[{&file, per_path}];
  if (!kept) kept = make(file, per_path);
  return *kept;
}

std::unique_ptr<Policy> Policies::make(const SettingsFile& file,
                                       const std::vector<bool>& per_path) {
  auto made = std::make_unique<Policy>();
  made->file = file.path;
  std::vector<const Settings*> layers{&file.settings};
  for (std::size_t i = 0; i < per_path.size(); ++i)
    if (per_path[i]) layers.push_back(&file.settings.per_path[i].settings);
  layers.push_back(&sources_.command_line);
  for (const Settings* layer : layers) made->settings = merged(made->settings, *layer);
  const Settings& settings = made->settings;
  made->options = sources_.base;
  LintOptions& options = made->options;
  options.style = settings.style.value_or(options.style);
  made->selection = Selection(layers, options.style);
  made->failure_threshold = settings.failure_threshold.value_or(Severity::warning);
  options.container = settings.container.value_or(options.container);
  if (settings.stop_timeout) options.stop_timeout = settings.stop_timeout->count;
  if (!settings.dialect) options.migrated = nullptr;
  if (settings.log_limit) options.log_limit = settings.log_limit->count;
  options.target = settings.target.value_or(options.target);
  options.target_is_explicit = settings.target.has_value() || options.target_is_explicit;
  options.templates = settings.templates.value_or(options.templates);
  if (settings.env || settings.env_file) {
    const auto paths = settings.env_file ? settings.env_file->paths : std::vector<std::string>{};
    const auto values = settings.env ? settings.env->values : std::vector<std::string>{};
    auto environment = compiler::read_environment(paths, values);
    if (environment)
      options.environment = std::move(*environment);
    else
      failures_.push_back(environment.error().message);
    // A list of variables says what the machine has: what is not in it is missing there.
    options.environment_is_complete = !paths.empty();
  }
  return made;
}

bool Policies::excludes(const std::string& path) {
  const Policy& policy = of(path);
  return policy.settings.exclude && matches_any(*policy.settings.exclude, files_.absolute(path));
}

Baseline* Policies::baseline_of(const std::string& path) {
  const Policy& policy = of(path);
  if (!policy.settings.baseline) return nullptr;
  const std::string& name = policy.settings.baseline->path;
  auto& kept = baselines_[name];
  if (kept) return kept.get();
  kept = std::make_unique<Baseline>(files_.absolute(name), renews_baselines_);
  if (renews_baselines_) return kept.get();
  const auto text = files_.read(name);
  if (!text) {
    failures_.push_back(text.error().message + " (--baseline-write makes it)");
  } else if (const auto status = kept->read(*text); !status) {
    failures_.push_back(name + ": " + status.error().message);
  }
  return kept.get();
}

std::unique_ptr<compiler::Compilation> Policies::take_mistakes() {
  files_read_->diagnostics.sort();
  return std::exchange(files_read_, std::make_unique<compiler::Compilation>());
}

std::string print_policies(Policies& policies, const std::vector<std::string>& paths) {
  std::string out;
  for (const std::string& path : paths) {
    const Policy& policy = policies.of(path);
    out += "# " + path + ": ";
    out += policy.file.empty() ? "no settings file" : "settings of " + policy.file;
    out += "\n" + print_settings(policy.settings) + "\n";
  }
  return out;
}

}  // namespace sup::lint

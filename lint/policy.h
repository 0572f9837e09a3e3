// How strictly each file is checked: the settings file that is nearest to it, and what the command
// line says above that.
//
// The nearest .supcheck.toml counts, in the folder of the file or in one above; those further up
// count for nothing there. Found files are kept by folder.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "lint/options.h"
#include "lint/selection.h"
#include "lint/settings.h"

namespace sup::lint {

class Baseline;

// What counts for a file.
struct Policy {
  Settings settings;    // file and command line together
  std::string file;     // of the settings; empty: there is none
  LintOptions options;  // how it is compiled and what rules are told
  Selection selection;
  Severity failure_threshold = Severity::warning;
};

struct PolicySources {
  Settings command_line;
  LintOptions base;                        // what settings do not say: the machine, its name
  std::optional<std::string> config_file;  // this settings file for all
  bool isolated = false;                   // no settings files
};

class Policies {
 public:
  // `files` must outlive this.
  Policies(const compiler::FileSystem& files, PolicySources sources);
  ~Policies();

  // The policy for the file at `path`, which need not exist. Mistakes in settings files are kept
  // for take_mistakes() and what is wrong left out.
  const Policy& of(const std::string& path);

  // Whether a file that was found in a folder is not to be checked.
  bool excludes(const std::string& path);

  // The baseline that counts for the file, or null.
  Baseline* baseline_of(const std::string& path);

  // All baselines that were read, by path.
  std::map<std::string, std::unique_ptr<Baseline>>& baselines() { return baselines_; }

  // Baselines are to be made of what is found: those that are there are not read.
  void renew_baselines() { renews_baselines_ = true; }

  bool has_mistakes() const { return !files_read_->diagnostics.all().empty(); }

  // The settings files as sources, and what is wrong in them. Once.
  std::unique_ptr<compiler::Compilation> take_mistakes();

  // What cannot be read, one line each.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  struct SettingsFile;

  // Tells, too, whether other files of the folder may have another policy.
  const Policy& find(const std::string& path, bool& has_patterns);
  const SettingsFile& file_for(const std::string& folder);
  const SettingsFile* read(const std::string& path, bool must_exist);
  std::unique_ptr<Policy> make(const SettingsFile& file, const std::vector<bool>& per_path);

  const compiler::FileSystem& files_;
  PolicySources sources_;
  std::string working_folder_;  // absolute, with a slash behind it
  std::map<std::string, std::unique_ptr<SettingsFile>> settings_files_;  // by path
  std::map<std::string, const SettingsFile*, std::less<>> by_folder_;
  std::map<std::pair<const SettingsFile*, std::vector<bool>>, std::unique_ptr<Policy>> policies_;
  std::map<std::string, std::unique_ptr<Baseline>> baselines_;
  std::unique_ptr<compiler::Compilation> files_read_;
  std::vector<std::string> failures_;
  const Policy* last_ = nullptr;  // that of all files of `last_folder_`, as it is written
  std::string last_folder_;
  bool renews_baselines_ = false;
};

// The settings that count for each of the paths, as settings files.
std::string print_policies(Policies& policies, const std::vector<std::string>& paths);

}  // namespace sup::lint

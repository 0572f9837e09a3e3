// What supcheck is told: a settings file, a configuration with comments that silence, and a
// baseline, parted by lines of five equals signs. Whatever they say, what is read is printed as it
// is read again, and a baseline takes what it was made of.
#include <array>
#include <string>

#include "compiler/render_text.h"
#include "lint/baseline.h"
#include "lint/check.h"
#include "lint/settings_file.h"
#include "tests/fuzz/target.h"

using namespace sup;
using namespace sup::lint;

namespace {

constexpr std::string_view border = "\n=====\n";
constexpr const char* settings_path = "/srv/.supcheck.toml";
constexpr const char* configuration_path = "/srv/conf/web.conf";
constexpr const char* baseline_path = "/srv/known.json";

std::string take_part(std::string_view& text) {
  const std::size_t end = std::min(text.find(border), text.size());
  std::string part(text.substr(0, end));
  text.remove_prefix(std::min(text.size(), end + border.size()));
  return part;
}

std::string settings_again(const std::string& toml, bool must_be_right) {
  compiler::SourceMap sources;
  const compiler::SourceId source = sources.add({".supcheck.toml", toml, {}});
  compiler::Diagnostics out;
  const Settings settings = read_settings(sources, source, "", "/srv/", out);
  fuzz::require(!must_be_right || out.all().empty(), "what is printed is right");
  for (const compiler::Diagnostic& each : out.all()) {
    (void)compiler::render_text(each, sources, {});
  }
  return print_settings(settings);
}

// How many findings are shown; `baseline`: what is made of them, when wanted.
std::size_t check(const compiler::FileSystem& files, PolicySources sources, std::string* baseline) {
  Policies policies(files, std::move(sources));
  if (baseline != nullptr) policies.renew_baselines();
  const CheckResult result = check_paths({configuration_path}, files, policies);
  std::size_t count = 0;
  for (const Checked& checked : result.checked) {
    for (const compiler::Diagnostic& each : checked.diagnostics.all()) {
      (void)compiler::render_text(each, checked.compilation->sources, {});
    }
    count += checked.diagnostics.all().size();
  }
  if (baseline != nullptr && !policies.baselines().empty()) {
    *baseline = policies.baselines().begin()->second->print(Baseline::Content::met);
  }
  return count;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::as_text(data, size);
  compiler::MemoryFileSystem files;
  const std::string toml = take_part(text);
  files.files[configuration_path] = take_part(text);
  files.files[baseline_path] = take_part(text);

  const std::string printed = settings_again(toml, false);
  fuzz::require(settings_again(printed, true) == printed, "printed settings are read again");

  Baseline given(baseline_path, false);
  if (given.read(files.files[baseline_path])) {
    const std::string kept = given.print(Baseline::Content::without_gone);
    Baseline again(baseline_path, false);
    fuzz::require(static_cast<bool>(again.read(kept)), "a printed baseline is one");
    fuzz::require(again.print(Baseline::Content::without_gone) == kept, "and the same one");
  }

  // With all three, as a user has them.
  files.files[settings_path] = toml;
  PolicySources sources;
  sources.command_line.baseline = FileName{baseline_path};
  (void)check(files, sources, nullptr);

  // Without the settings, which may choose another baseline.
  files.files.erase(settings_path);
  std::string made;
  // An error that prevents a plan is never a known one.
  const std::size_t not_taken = check(files, sources, &made);
  files.files[baseline_path] = made;
  fuzz::require(made.empty() || check(files, sources, nullptr) == not_taken,
                "a baseline takes what it was made of");
  return 0;
}

// A settings file, .supcheck.toml: TOML text to Settings.
#pragma once

#include <string>
#include <string_view>

#include "compiler/diagnostics.h"
#include "compiler/source.h"
#include "lint/settings.h"

namespace sup::lint {

inline constexpr std::string_view settings_file_name = ".supcheck.toml";

// Reads the text of a source. Paths and patterns are relative to `folder`, see SettingRow::add;
// `absolute_folder` is the same from the root on, with a slash behind it. What is wrong is reported
// and left out.
Settings read_settings(const compiler::SourceMap& sources, compiler::SourceId source,
                       const std::string& folder, const std::string& absolute_folder,
                       compiler::Diagnostics& out);

}  // namespace sup::lint

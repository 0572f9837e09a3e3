// From a configuration to a plan: what Supervisor would read of it, each setting once.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compiler/compile.h"

namespace sup::compiler {

// Makes the plan, and knows where each of its settings was written. The arguments must outlive it.
class Lowering {
 public:
  Lowering(const Config& config, const SourceMap& sources, const CompileOptions& options);

  // With options.only_check its sections have no settings; they are made when asked for.
  const schema::Plan& plan() const { return plan_; }

  schema::Plan take_plan() { return std::move(plan_); }

  // The settings of a section of the plan. With options.only_check they are made in `room`, without
  // their places.
  std::span<const schema::Setting> settings(std::size_t section,
                                            std::vector<schema::Setting>& room) const;

  // What section `section` of the plan was made of.
  const ConfigSection& section(std::size_t section) const { return *sections_[section]; }

  std::size_t section_count() const { return sections_.size(); }

  // The entry that setting `setting` of section `section` was made of.
  const ConfigEntry& entry(std::size_t section, std::size_t setting) const;

 private:
  std::string here_of(const LoadedFile& read) const;
  std::string_view fold_here(const ConfigEntry& entry) const;
  schema::Origin origin(const ConfigEntry& entry) const;
  bool is_setting(const ConfigEntry& entry) const;
  void add(const ConfigSection& section);
  void add_settings(const ConfigSection& section, std::vector<schema::Setting>& out) const;
  std::string_view text_of(const ConfigEntry& entry) const;

  const Config& config_;
  const CompileOptions& options_;
  schema::Plan plan_;
  std::vector<const ConfigSection*> sections_;  // by plan section
  std::vector<std::string> here_;               // by file
};

}  // namespace sup::compiler

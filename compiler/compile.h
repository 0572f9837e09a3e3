// The pipeline: bytes -> Documents (load) -> Config (bind) -> Plan (lower) -> checked (check).
// Each step is a function from one finished structure to the next; mistakes go to the sink and the
// pipeline goes on, so that one run reports them all.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/config.h"
#include "compiler/diagnostics.h"
#include "compiler/file_system.h"
#include "compiler/source.h"
#include "compiler/template_markers.h"
#include "schema/instantiate.h"
#include "schema/plan.h"

namespace sup::compiler {

struct CompileOptions {
  schema::Target target = schema::default_target;
  // Somebody asked for that version; otherwise nothing is said about what it lacks or changes.
  bool target_is_explicit = false;
  // The file is a part of a configuration (a file of conf.d): [supervisord] is not missed.
  bool fragment = false;
  // Environment that is known while compiling; what is missing stays open in the plan.
  std::map<std::string, std::string, std::less<>> environment;
  // Missing variables are errors.
  bool environment_is_complete = false;
  // Only mistakes are wanted: Compilation::resolved stays empty, and so do the plan's sections.
  bool only_check = false;
  // The plan is wanted, and what it would run is not: Compilation::resolved has no groups.
  bool only_plan = false;
  // Leave %(here)s open until boot, where it is the folder of the plan.
  bool relocatable = false;
  std::string host_name = "localhost";
  // Whose markers are masked. With `automatic` those that make errors, and the template is named;
  // whether a configuration is refused and what plan it makes do not change by that.
  TemplateKind templates = TemplateKind::automatic;
  // Asks the machine about users and folders; null: not asked.
  const schema::Facts* machine = nullptr;
  // The machine here is the one that will run it: rules about its files, users and limits speak.
  bool ask_machine = false;
};

struct Compilation {
  SourceMap sources;
  LoadedFiles files;
  Config config;
  schema::Plan plan;
  schema::Resolved resolved;  // bound with the assumed facts; complete only without errors
  Diagnostics diagnostics;
  // The world failed: the main file cannot be read. One line; nothing else is filled then.
  std::optional<std::string> failure;
};

// Compiles the configuration at `path`. Never throws; the result is on the heap because its parts
// refer to one another.
std::unique_ptr<Compilation> compile(const std::string& path, const FileSystem& files,
                                     const CompileOptions& options);

// What of the variables that were given is secret and expanded in the sources.
schema::Secrets given_secrets(const SourceMap& sources, const CompileOptions& options);

// What is reported of masked texts made fit for the user: nothing is said of places that touch a
// template's marker, names are as they were written, and nothing is fixed, as a fix may copy what
// is masked. Does nothing where there are no markers.
void settle_template_findings(const SourceMap& sources, Diagnostics& diagnostics);

}  // namespace sup::compiler

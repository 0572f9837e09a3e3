// SUP314: owners of sockets; SUP505, SUP506: sections that supervisorctl needs beside a control
// server.
#include <algorithm>

#include "compiler/compiler_rules.h"
#include "lint/lint.h"
#include "lint/names.h"
#include "lint/references.h"
#include "schema/extensions.h"

namespace sup::lint {

namespace {

// Whether some header that Supervisor does not know was to be [`word`]: that is told elsewhere.
bool is_misspelt(const Context& context, std::string_view word) {
  const auto& sections = context.config().sections;
  return std::any_of(sections.begin(), sections.end(), [&](const ConfigSection& section) {
    if (section.name) return false;
    const HeaderVerdict verdict = judge_header(section);
    return verdict.meant.starts_with(word) || (verdict.kind == HeaderKind::nameless &&
                                               section.full_name.starts_with(word.substr(0, 3)));
  });
}

void check_rpcinterface(const Context& context, Diagnostics& out) {
  const auto& servers = context.references().servers();
  if (context.config().fragment || servers.empty() ||
      context.config().find("rpcinterface:supervisor") != nullptr ||
      is_misspelt(context, "rpcinterface") || context.references().has_no_program())
    return;
  // It stands beside its server; where that is in the main file, so would it be.
  const ConfigSection& server = *servers.front().section;
  if (server.header_files.front() != 0 && !context.references().is_complete()) return;
  auto& diagnostic =
      out.report(rpcinterface_missing.rule, server.headers.front(),
                 server.display() +
                     " answers no command without [rpcinterface:supervisor]; supervisorctl cannot "
                     "use it");
  diagnostic.with_hint("add [rpcinterface:supervisor]");
  for (const ConfigSection* other : context.references().sections(SectionKind::rpcinterface)) {
    const ConfigEntry* factory = other->find("supervisor.rpcinterface_factory");
    if (factory == nullptr || !schema::is_main_interface(factory->value)) continue;
    diagnostic.label(other->headers.front(), "this interface has another name");
    return;
  }
  const compiler::LoadedFile& main = context.compilation().files.files.front();
  const std::string_view text = context.sources()[main.source].bytes;
  const std::string end = text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
  std::string section = text.ends_with('\n') ? end : end + end;
  section += "[rpcinterface:supervisor]" + end +
             "supervisor.rpcinterface_factory = " + std::string(schema::main_interface_factory) +
             end;
  const auto size = static_cast<std::uint32_t>(text.size());
  diagnostic.fix("add [rpcinterface:supervisor]", {main.source, size, size}, std::move(section),
                 true);
}

void check_ctl(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  const References& references = context.references();
  for (const SectionKind kind : {SectionKind::supervisorctl, SectionKind::ctlplugin}) {
    for (const ConfigSection* section : references.sections(kind)) {
      const auto& files = section->header_files;
      if (std::find(files.begin(), files.end(), 0U) != files.end()) continue;
      out.report(ctl_section_not_visible.rule, section->headers.front(),
                 section->display() +
                     " is in an included file, and supervisorctl reads the main file alone")
          .with_hint("move it to the main file");
    }
  }
  const bool any = !references.sections(SectionKind::supervisorctl).empty();
  const auto& servers = context.references().servers();
  if (any || servers.empty() || !context.references().is_complete() ||
      is_misspelt(context, "supervisorctl"))
    return;
  const ConfigSection& server = *servers.front().section;
  out.report(ctl_section_not_visible.rule, Severity::info, server.headers.front(),
             "supervisorctl finds no section [supervisorctl] in this configuration and does not "
             "know of " +
                 server.display())
      .with_hint("add [supervisorctl] with `serverurl=`, or call it with -s");
}

// "root,adm", "a b", "root:adm:x": what no name of a user or a group can be.
void check_owner(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  const auto owner = context.read<schema::UserGroup>(section, entry);
  if (!owner || context.machine() != nullptr ||
      entry.value.find_first_of("\"'") != std::string_view::npos)
    return;
  const auto is_impossible = [](std::string_view name) {
    return name.find("{{") == std::string_view::npos && name.find("<%") == std::string_view::npos &&
           (name.starts_with('$') || name.find_first_of(" \t\n,;:") != std::string_view::npos);
  };
  if (!is_impossible(owner->user) && !(owner->group && is_impossible(*owner->group))) return;
  out.report(compiler::compiler_rule("malformed-user"), context.value_place(entry),
             section.display() + " " + std::string(context.key_text(entry)) + ": " +
                 in_backticks(entry.value) +
                 " cannot be a user and a group; Supervisor refuses the configuration")
      .with_hint("write `user` or `user:group`");
}

}  // namespace

const LintRule impossible_owner = {
    .rule = {"SUP314", "malformed-user", Severity::error, "a value that cannot be a user"},
    .check_value = check_owner,
    .type = schema::UserGroup::name
};

const LintRule rpcinterface_missing = {
    .rule = {"SUP505", "rpcinterface-missing", Severity::warning,
             "a control server without the interface that answers"},
    .check = check_rpcinterface,
    .looks_at_whole = true
};

const LintRule ctl_section_not_visible = {
    .rule = {"SUP506", "ctl-section-not-visible", Severity::warning,
             "a section for supervisorctl that it does not read"},
    .check = check_ctl,
    .looks_at_whole = true
};

}  // namespace sup::lint

// SUP1009, SUP1010, SUP1012, SUP1013, SUP1106: files and limits of the machine.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "compiler/compiler_rules.h"
#include "lint/environments.h"
#include "lint/host.h"
#include "lint/lint.h"
#include "schema/permissions.h"

namespace sup::lint {

namespace {

using Kind = schema::FileFacts::Kind;

bool runs_as_root(std::string_view user) { return user == "root" || user == "0"; }

void check_socket(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || !machine->directory_exists ||
      section.name->kind != SectionKind::unix_http_server)
    return;
  const auto path = context.text(section, entry);
  if (!path || !path->starts_with('/')) return;
  const std::string folder = folder_of(*path);
  if (machine->directory_exists(folder)) return;
  out.report(socket_directory_missing.rule, context.value_place(entry),
             "the folder " + in_backticks(folder) + " does not exist; the daemon cannot open " +
                 section.display() + " and does not start")
      .with_hint("create it; below /run at each boot, by tmpfiles.d or RuntimeDirectory=");
}

constexpr unsigned to_write = 2;

// The file that keeps `user` from writing `path`: itself, or its folder when there is none yet.
std::optional<std::string> blocked_by(const schema::Facts& machine, const std::string& path,
                                      const schema::UserFacts& user, bool is_directory) {
  if (const auto file = machine.file(path)) {
    if (is_directory != (file->kind == Kind::directory) || file->kind == Kind::other)
      return std::nullopt;
    if (schema::permits(*file, user, to_write)) return std::nullopt;
    return path;
  }
  const std::string folder = folder_of(path);
  const auto parent = machine.file(folder);
  if (!parent || schema::permits(*parent, user, to_write)) return std::nullopt;
  return folder;
}

void check_writable(const Context& context, Diagnostics& out) {
  const schema::Facts* machine = context.machine();
  const ConfigSection* daemon = context.config().find("supervisord");
  if (machine == nullptr || !machine->file || !machine->user || daemon == nullptr) return;
  const auto name = context.read<schema::User>(*daemon, "user");
  if (!name || runs_as_root(*name)) return;
  const auto user = machine->user(*name);
  if (!user) return;
  const auto look_at = [&](const ConfigSection& section, OptionName key, bool is_directory) {
    const ConfigEntry* entry = section.find(key);
    if (entry == nullptr || entry->from_default) return;
    const auto path = context.text(section, *entry);
    if (!path || !path->starts_with('/') || path->starts_with("/dev/")) return;
    const auto blocked = blocked_by(*machine, *path, *user, is_directory);
    if (!blocked) return;
    out.report(not_writable.rule, context.value_place(*entry),
               in_backticks(*name) + ", as which the daemon runs, may not write " +
                   (*blocked == *path ? "this" : "into " + in_backticks(*blocked)))
        .with_hint("give it a folder of its own");
  };
  for (const ConfigSection& section : context.sections()) {
    if (!section.name) continue;
    if (section.name->kind == SectionKind::supervisord) {
      look_at(section, "logfile", false);
      look_at(section, "pidfile", false);
      look_at(section, "childlogdir", true);
    } else if (section.is_process()) {
      look_at(section, "stdout_logfile", false);
      if (!context.is_on(section, "redirect_stderr")) look_at(section, "stderr_logfile", false);
    } else if (section.name->kind == SectionKind::unix_http_server) {
      look_at(section, "file", false);
    }
  }
}

void check_limit(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  if (section.name->kind != SectionKind::supervisord) return;
  const auto wanted = context.read<schema::Integer>(section, entry);
  if (!wanted) return;
  const schema::Facts* machine = context.machine();
  // Root may raise the limit, where it has the capability for it.
  const bool is_beyond = machine != nullptr && machine->descriptor_limit &&
                         !machine->is_privileged && *wanted > *machine->descriptor_limit;
  constexpr std::int64_t usual_limit = 20000;
  if (!is_beyond && *wanted <= usual_limit) return;
  out.report(minfds_above_limit.rule, is_beyond ? Severity::error : Severity::info,
             context.value_place(entry),
             is_beyond ? "a process may open " + std::to_string(*machine->descriptor_limit) +
                             " descriptors here; the daemon refuses to start"
                       : "the daemon refuses to start where it cannot raise its limit to this, in "
                         "containers even as root")
      .with_hint("lower it, or raise the limit of the service");
}

// Who but root may change the file; empty if nobody.
std::string writer_of(const schema::FileFacts& file) {
  if ((file.mode & 02U) != 0 && (file.mode & 01000U) == 0) return "every user";
  if (file.user != 0) return "its owner, who is not root,";
  if ((file.mode & 020U) != 0 && file.group != 0) return "its group";
  return {};
}

// Whether a program of the section runs as root.
bool runs_as_root(const Context& context, const ConfigSection& section) {
  if (const ConfigEntry* entry = section.find("user"))
    return runs_as_root(context.read<schema::User>(section, *entry).value_or("-"));
  if (context.config().fragment) return false;  // not known
  const ConfigSection* daemon = context.config().find("supervisord");
  if (daemon == nullptr || daemon->find("user") == nullptr) return true;
  return runs_as_root(context.read<schema::User>(*daemon, "user").value_or("-"));
}

void check_others(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const schema::Facts* machine = context.machine();
  const ConfigEntry& entry = *section.find("command");
  if (machine == nullptr || !machine->file || !runs_as_root(context, section)) return;
  const auto found = find_program(context, section, entry);
  if (!found || found->path.empty()) return;
  const CommandLine& command = context.command(section, entry);
  std::vector<std::string> paths = {found->path};
  // The script of an interpreter, too.
  if (!command.argv.empty() && command.argv.front().text.starts_with('/') &&
      !command.argv.front().is_open && command.argv.front().text != found->path)
    paths.push_back(command.argv.front().text);
  for (const std::string& path : paths) {
    for (const std::string& each : {path, folder_of(path)}) {
      const auto file = machine->file(each);
      const std::string writer = file ? writer_of(*file) : std::string{};
      if (writer.empty()) continue;
      out.report(writable_by_others.rule, context.place_of(entry, command.words.front()),
                 section.display() + " runs as root, and " + writer + " may change " +
                     in_backticks(each))
          .with_hint("give it to root, or write `user=`");
      return;
    }
  }
}

void check_secrets(const Context& context, Diagnostics& out) {
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || !machine->file) return;
  std::set<compiler::SourceId> seen;
  for (const ConfigSection& section : context.sections()) {
    if (!section.name) continue;
    for (const ConfigEntry& entry : section.entries) {
      if (entry.option() == nullptr || entry.from_default) continue;
      bool is_secret = entry.option()->has(schema::OptionFlags::secret) && !entry.value.empty() &&
                       !entry.is_template;
      if (entry.option()->type == "environment") {
        const auto& pairs = context.environment_pairs(section, entry);
        is_secret = pairs && std::any_of(pairs->begin(), pairs->end(), [](const auto& pair) {
                      return is_secret_name(pair.name) && pair.value.size() > 2 &&
                             !schema::is_template(pair.value);
                    });
      }
      const Span place = context.key_span(entry);
      if (!is_secret || !seen.insert(place.source).second) continue;
      const auto file = machine->file(context.sources()[place.source].path);
      if (!file || (file->mode & 04U) == 0) continue;
      auto& diagnostic = out.report(secrets_readable.rule, place,
                                    "every user of the machine can read this file, and the secret "
                                    "in it");
      diagnostic.hidden = context.whole_value(entry);
      diagnostic.with_hint("chmod 640 " + context.sources()[place.source].path);
    }
  }
}

// Of a program; the daemon's own folders are asked for by the compiler, as it refuses to start.
void check_directory(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || !machine->directory_exists || !section.is_process()) return;
  const auto path = context.text(section, entry);
  if (!path || !path->starts_with('/') || machine->directory_exists(*path)) return;
  out.report(compiler::compiler_rule("directory-missing"), context.value_place(entry),
             section.display() + " directory: the folder " + in_backticks(*path) +
                 " does not exist; the program cannot be started");
}

}  // namespace

const LintRule program_directory_missing = {
    .rule = {"SUP1004",        "directory-missing", Severity::error,
             "a folder that does not exist on this machine"},
    .check_value = check_directory,
    .options = {"directory"}
};

const LintRule socket_directory_missing = {
    .rule = {"SUP1009",        "socket-directory-missing", Severity::error,
             "the folder of a control socket does not exist"},
    .check_value = check_socket,
    .options = {"file"}
};

const LintRule not_writable = {
    .rule = {"SUP1010", "not-writable", Severity::error,
             "a file that the daemon's user may not write"},
    .check = check_writable,
    .looks_at_whole = true
};

const LintRule minfds_above_limit = {
    .rule = {"SUP1012",        "minfds-above-limit", Severity::error,
             "more descriptors than the machine allows"},
    .check_value = check_limit,
    .options = {"minfds"}
};

const LintRule writable_by_others = {
    .rule = {"SUP1013",          "writable-by-others", Severity::warning,
             "a program of root that others may change"},
    .check_section = check_others,
    .options = {"command"}
};

const LintRule secrets_readable = {
    .rule = {"SUP1106", "secrets-readable", Severity::warning,
             "a file with secrets that every user can read"},
    .check = check_secrets,
    .looks_at_whole = true
};

}  // namespace sup::lint

// SUP822, SUP823, SUP1011, SUP1107: what the daemon's own user, folder and umask lead to.
#include <string>

#include "lint/lint.h"

namespace sup::lint {

namespace {

bool is_root(std::string_view user) { return user == "root" || user == "0"; }

// The user that the daemon changes to, if it is not root and known.
std::optional<std::string> lesser_user(const Context& context) {
  const ConfigSection* daemon = context.config().find("supervisord");
  if (daemon == nullptr) return std::nullopt;
  auto user = context.read<schema::User>(*daemon, "user");
  if (!user || is_root(*user)) return std::nullopt;
  return user;
}

void check_switch(const Context& context, Diagnostics& out) {
  const auto daemon = lesser_user(context);
  if (!daemon) return;
  const schema::Facts* machine = context.machine();
  for (const ConfigSection& section : context.sections()) {
    if (!section.is_process()) continue;
    const ConfigEntry* entry = section.find("user");
    if (entry == nullptr || entry->from_default) continue;
    const auto user = context.read<schema::User>(section, *entry);
    if (!user || *user == *daemon) continue;
    if (machine != nullptr && machine->user_exists && !machine->user_exists(*user)) continue;
    if (machine != nullptr && machine->user) {
      const auto a = machine->user(*user);
      const auto b = machine->user(*daemon);
      if (a && b && a->id == b->id) continue;
    }
    const ConfigSection& home = *context.config().find("supervisord");
    out.report(user_needs_root_supervisord.rule, context.value_place(*entry),
               section.display() + " cannot run as " + in_backticks(*user) +
                   ": the daemon has become " + in_backticks(*daemon) +
                   " before and may not change again")
        .with_hint("remove `user` here or in [supervisord]")
        .label(context.value_place(*home.find("user")), "the daemon's user");
  }
}

void check_foreground(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.name->kind != SectionKind::supervisord || !context.is_on(section, "nodaemon")) return;
  for (const OptionName key : OptionNames{"directory", "umask"}) {
    const ConfigEntry* entry = section.find(key);
    if (entry == nullptr || entry->from_default) continue;
    // 022 is the sample's, and what nearly everybody starts the daemon with.
    if (key == "umask" && context.read<schema::Octal>(section, *entry).value_or(022) == 022)
      continue;
    out.report(foreground_ignores_directory_and_umask.rule, context.key_span(*entry),
               in_backticks(context.key_text(*entry)) +
                   " has no effect with `nodaemon=true`; programs get that of whoever starts the "
                   "daemon")
        .with_hint("set it in the programs")
        .label(context.key_span(*section.find("nodaemon")), "in the foreground");
  }
}

void check_port(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  const auto address = context.read<schema::InetAddress>(section, entry);
  if (!address || address->port <= 0 || address->port >= 1024) return;
  const auto user = lesser_user(context);
  if (!user) return;
  out.report(privileged_port.rule, context.value_place(entry),
             "ports below 1024 are root's, and the daemon has become " + in_backticks(*user) +
                 " before it opens " + section.display())
      .with_hint("choose a port from 1024 on");
}

void check_root(const Context& context, Diagnostics& out) {
  const ConfigSection* daemon = context.config().find("supervisord");
  if (context.config().fragment || daemon == nullptr || daemon->find("user") != nullptr ||
      daemon->headers.empty() || context.read<schema::Boolean>(*daemon, "nodaemon").value_or(false))
    return;
  std::size_t count = 0;
  const ConfigSection* first = nullptr;
  for (const ConfigSection& section : context.sections()) {
    if (!section.is_process() || section.find("user") != nullptr) continue;
    if (first == nullptr) first = &section;
    ++count;
  }
  if (count == 0) return;
  out.report(runs_as_root.rule, daemon->headers.front(),
             "without `user` the daemon stays root when root starts it, and " + first->display() +
                 (count == 1 ? " runs" : " and " + std::to_string(count - 1) + " more run") +
                 " as root")
      .with_hint("write `user=` into the programs, or here if all may have the same");
}

}  // namespace

const LintRule user_needs_root_supervisord = {
    .rule = {"SUP822", "user-needs-root-supervisord", Severity::error,
             "a program's user that the daemon cannot change to"},
    .check = check_switch,
    .looks_at_whole = true
};

const LintRule foreground_ignores_directory_and_umask = {
    .rule = {"SUP823",           "foreground-ignores-directory-and-umask", Severity::warning,
             "directory or umask of a daemon in the foreground"},
    .check_section = check_foreground,
    .options = {"nodaemon"}
};

const LintRule privileged_port = {
    .rule = {"SUP1011",          "privileged-port", Severity::warning, "a port that only root may open"},
    .check_value = check_port,
    .options = {"port"}
};

const LintRule runs_as_root = {
    .rule = {"SUP1107", "runs-as-root", Severity::info, "programs that run as root"},
    .check = check_root,
    .looks_at_whole = true
};

}  // namespace sup::lint

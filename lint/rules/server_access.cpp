// SUP1006, SUP1008, SUP1101 to SUP1105, SUP1108, SUP1109, SUP1111: who can reach the control
// servers.
#include <algorithm>
#include <array>
#include <string>

#include "lint/lint.h"
#include "lint/references.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

bool is_unix(const ConfigSection& section) {
  return section.name->kind == SectionKind::unix_http_server;
}

bool is_inet(const ConfigSection& section) {
  return section.name->kind == SectionKind::inet_http_server;
}

// Whether the option is there and may have a text.
bool may_be_set(const Context& context, const ConfigSection& section, OptionName option) {
  const ConfigEntry* entry = section.find(option);
  return entry != nullptr && !context.text(section, *entry).value_or("?").empty();
}

// Empty ones let all in.
bool asks_for_password(const Context& context, const ConfigSection& section) {
  return may_be_set(context, section, "users") ||
         (may_be_set(context, section, "username") && may_be_set(context, section, "password"));
}

// One of both alone is refused, which another rule says.
bool has_credentials(const Context& context, const ConfigSection& section) {
  const bool has_one =
      (section.find("username") == nullptr) != (section.find("password") == nullptr);
  return has_one || asks_for_password(context, section);
}

// Whether everybody on the network may command the daemon here.
bool is_open_port(const Context& context, const ConfigSection& section) {
  if (!is_inet(section) || has_credentials(context, section)) return false;
  const auto address = context.read<schema::InetAddress>(section, "port");
  return address && !is_loopback(address->host);
}

// The first program that says who may manage it, or null.
const ConfigSection* find_grant(const Context& context) {
  const auto& all = context.config().sections;
  const auto granting = std::find_if(all.begin(), all.end(), [&](const ConfigSection& each) {
    return each.is_process() && may_be_set(context, each, "control");
  });
  return granting == all.end() ? nullptr : &*granting;
}

bool is_open_socket(const Context& context, const ConfigSection& section) {
  if (!is_unix(section) || has_credentials(context, section)) return false;
  // With `control` all others may do what it grants them, unless the server gives them a role.
  if (section.find("role") == nullptr && find_grant(context) != nullptr) return false;
  const auto mode = context.read<schema::Octal>(section, "chmod");
  return mode && *mode >= 0 && (*mode & 02) != 0;
}

void check_port(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_open_port(context, section)) return;
  const ConfigEntry& entry = *section.find("port");
  const auto address = context.read<schema::InetAddress>(section, entry);
  const bool is_any = is_any_host(address->host);
  const std::string local = "127.0.0.1:" + std::to_string(address->port);
  auto& diagnostic =
      out.report(control_port_open_to_network.rule, context.value_place(entry),
                 section.display() + " listens on " +
                     (is_any ? std::string("all interfaces") : "`" + address->host + "`") +
                     " without a password; whoever reaches it can start programs");
  diagnostic.with_hint("write " + in_backticks(local) + ", or set `username` and `password`");
  diagnostic.note("suprun refuses to start with it, unless it is given --insecure-http");
  if (!entry.from_default && context.is_single_line(entry) && !entry.is_template)
    diagnostic.fix("write " + in_backticks(local), context.value_span(entry), local, false);
}

void check_grants(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_inet(section) || has_credentials(context, section)) return;
  const ConfigEntry& entry = *section.find("port");
  const auto address = context.read<schema::InetAddress>(section, entry);
  if (!address || !is_loopback(address->host)) return;  // otherwise SUP1101
  const ConfigSection* granting = find_grant(context);
  if (granting == nullptr) return;
  out.report(open_port_beside_control.rule, context.value_place(entry),
             section.display() + " asks for no password: whoever is on the machine may do there " +
                 "what `control` of " + granting->display() + " grants to some")
      .with_hint("set `username` and `password`, or leave the server out")
      .label(context.value_place(*granting->find("control")), "granted here");
}

void check_clear(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_inet(section) || !asks_for_password(context, section)) return;
  const ConfigEntry& entry = *section.find("port");
  const auto address = context.read<schema::InetAddress>(section, entry);
  if (!address || is_loopback(address->host)) return;
  out.report(credentials_in_clear.rule, context.value_place(entry),
             "name and password of " + section.display() +
                 " travel the network in clear, as the server has no TLS")
      .with_hint("listen on 127.0.0.1 behind a proxy, or on a UNIX socket");
}

void check_world(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_open_socket(context, section)) return;
  const ConfigEntry& entry = *section.find("chmod");
  auto& diagnostic = out.report(world_writable_socket.rule, context.value_place(entry),
                                "every user of the machine can command the daemon by " +
                                    section.display() + ", which asks for no password");
  diagnostic.with_hint("write `0770`, and give the socket a group with `chown`");
  if (!entry.from_default && context.is_single_line(entry))
    diagnostic.fix("write `0770`", context.value_span(entry), "0770", false);
}

void check_group(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_unix(section) || section.find("chown") != nullptr) return;
  const ConfigEntry& entry = *section.find("chmod");
  const auto mode = context.read<schema::Octal>(section, entry);
  if (!mode || *mode < 0 || (*mode & 02) != 0 || (*mode & 020) == 0) return;
  out.report(socket_unreachable_for_users.rule, context.value_place(entry),
             "the mode lets the group of the socket in, but without `chown` it is the daemon's "
             "own group")
      .with_hint("write `chown=root:` and the group of those who use supervisorctl");
}

void check_path(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  if (!is_unix(section)) return;
  const auto path = context.text(section, entry);
  if (!path) return;
  constexpr std::size_t safe_length = 99;
  if (path->size() > safe_length)
    out.report(socket_path_too_long.rule, context.value_place(entry),
               "the path of the socket has " + std::to_string(path->size()) +
                   " bytes; a process id is appended while it is made, and then it may not fit "
                   "into the 107 of a socket")
        .with_hint("choose a path of at most 99 bytes");
}

void check_tmp(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_unix(section)) return;
  const ConfigEntry& entry = *section.find("file");
  const auto path = context.text(section, entry);
  // Where the configuration lies while it is checked says nothing of where it will.
  if (!path || entry.from_default || entry.value.starts_with("%(here)") ||
      !(path->starts_with("/tmp/") || path->starts_with("/var/tmp/")))
    return;
  auto& diagnostic = out.report(socket_in_tmp.rule, context.value_place(entry),
                                "cleaners of temporary files delete this socket, and any user may "
                                "take its name before the daemon does");
  const std::string wanted = "/run/" + path->substr(path->rfind('/') + 1);
  diagnostic.with_hint("write " + in_backticks(wanted));
  if (entry.is_template || !context.is_single_line(entry)) return;
  diagnostic.fix("write " + in_backticks(wanted), context.value_span(entry), wanted, false);
  const ConfigSection* client = context.config().find("supervisorctl");
  const ConfigEntry* url = client == nullptr ? nullptr : client->find("serverurl");
  if (url != nullptr && !url->from_default && url->value == "unix://" + *path &&
      context.is_single_line(*url))
    diagnostic.fixes.back().edits.push_back({context.value_span(*url), "unix://" + wanted});
}

void check_sha(const Context& context, Diagnostics& out, const ConfigSection& section,
               const ConfigEntry& entry) {
  if (!is_unix(section) && !is_inet(section)) return;
  const auto password = context.text(section, entry);
  constexpr std::string_view mark = "{SHA}";
  if (!password || !schema::equals_ignoring_case(password->substr(0, mark.size()), mark)) return;
  const std::string_view digest = std::string_view(*password).substr(mark.size());
  const bool is_marked = password->starts_with(mark);
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string lowered = schema::lower(digest);
  const bool is_hex =
      lowered.size() == 40 && lowered.find_first_not_of(digits) == std::string::npos;
  if (is_marked && is_hex && lowered == digest) return;
  // Blotted out by whoever published the file.
  if (digest.find_first_not_of("xX*") == std::string_view::npos) return;
  auto& diagnostic =
      out.report(sha_password_malformed.rule, context.value_place(entry),
                 is_marked ? "what follows `{SHA}` in " + section.display() +
                                 " is not 40 lower-case hexadecimal digits; no password matches it"
                           : "only `{SHA}` in upper case marks a digest; " + section.display() +
                                 " takes this for the password itself");
  diagnostic.hidden = context.whole_value(entry);
  diagnostic.with_hint("write `{SHA}` and the SHA-1 of the password as 40 hexadecimal digits");
  if (is_hex && context.is_single_line(entry) && !entry.is_template)
    diagnostic.fix("write it in lower case", context.value_span(entry), std::string(mark) + lowered,
                   is_marked);
}

void check_known(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (!is_unix(section) && !is_inet(section)) return;
  const auto user = context.read<schema::Text>(section, "username");
  const auto password = context.read<schema::Text>(section, "password");
  if (!user || !password) return;

  struct Pair {
    std::string_view user;
    std::string_view password;
  };

  // From the documentation, the sample and images that people copy from.
  constexpr std::array<Pair, 9> known = {
      {{"user", "123"},
       {"admin", "admin"},
       {"nobody", "nobody"},
       {"dummy", "dummy"},
       {"user", "user"},
       {"root", "root"},
       {"supervisor", "supervisor"},
       {"admin", "123456"},
       {"test", "test"}}
  };
  if (std::none_of(known.begin(), known.end(), [&](const Pair& pair) {
        return pair.user == *user && pair.password == *password;
      }))
    return;
  const ConfigEntry& entry = *section.find("password");
  const auto mode = context.read<schema::Octal>(section, "chmod").value_or(0700);
  const bool is_private = is_unix(section) && (mode & 06) == 0;
  auto& diagnostic = out.report(
      well_known_password.rule, is_private ? Severity::info : Severity::warning,
      context.key_span(entry),
      "name and password of " + section.display() + " are those of samples and known to everybody" +
          (is_private ? ", though the mode of the socket keeps others out" : ""));
  diagnostic.hidden = context.whole_value(entry);
  diagnostic.with_hint("choose a password of your own");
}

void check_plugin(const Context& context, Diagnostics& out) {
  const ConfigSection* open = nullptr;
  for (const ConfigSection* section : context.config().besides_programs)
    if (section->name && open == nullptr &&
        (is_open_port(context, *section) || is_open_socket(context, *section)))
      open = section;
  if (open == nullptr) return;
  for (const ConfigSection* rpcinterface :
       context.references().sections(SectionKind::rpcinterface)) {
    const ConfigSection& section = *rpcinterface;
    const ConfigEntry* entry = section.find("supervisor.rpcinterface_factory");
    if (entry == nullptr) continue;
    const bool adds = entry->value.find("supervisor_twiddler") != std::string_view::npos;
    const bool writes = entry->value.find("supervisor_filemanager") != std::string_view::npos;
    if (!adds && !writes) continue;
    out.report(rpc_plugin_grants_code_execution.rule, context.value_place(*entry),
               section.display() + " lets clients " +
                   (adds ? "add commands" : "write configurations") + ", and " + open->display() +
                   " asks none of them for a password; whoever reaches it can run anything")
        .with_hint("protect the server, or remove the interface")
        .label(open->headers.front(), "open to all");
  }
}

}  // namespace

const LintRule socket_unreachable_for_users = {
    .rule = {"SUP1006",       "socket-unreachable-for-users", Severity::info,
             "a mode for the group of a socket, but no group"},
    .check_section = check_group,
    .options = {"chmod"}
};

const LintRule socket_path_too_long = {
    .rule = {"SUP1008",        "socket-path-too-long", Severity::error,
             "the path of a socket does not fit"},
    .check_value = check_path,
    .options = {"file"}
};

const LintRule control_port_open_to_network = {
    .rule = {"SUP1101",          "control-port-open-to-network", Severity::warning,
             "a control port without password on the network"},
    .check_section = check_port,
    .options = {"port"}
};

const LintRule open_port_beside_control = {
    .rule = {"SUP1111",          "open-port-beside-control", Severity::warning,
             "a control port without password beside `control`"},
    .check_section = check_grants,
    .options = {"port"}
};

const LintRule credentials_in_clear = {
    .rule = {"SUP1102",       "credentials-in-clear", Severity::info,
             "name and password on the network without TLS"},
    .check_section = check_clear,
    .options = {"port"}
};

const LintRule world_writable_socket = {
    .rule = {"SUP1103",          "world-writable-socket", Severity::warning,
             "a control socket that every user may write to"},
    .check_section = check_world,
    .options = {"chmod"}
};

const LintRule sha_password_malformed = {
    .rule = {"SUP1104",        "sha-password-malformed", Severity::error,
             "a {SHA} password that nothing matches"},
    .check_value = check_sha,
    .options = {"password"}
};

const LintRule well_known_password = {
    .rule = {"SUP1105",          "well-known-password", Severity::warning, "name and password of a sample"},
    .check_section = check_known,
    .options = {"password"}
};

const LintRule socket_in_tmp = {
    .rule = {"SUP1108",       "socket-in-tmp", Severity::info,
             "a control socket in a folder for temporary files"},
    .check_section = check_tmp,
    .options = {"file"}
};

const LintRule rpc_plugin_grants_code_execution = {
    .rule = {"SUP1109", "rpc-plugin-grants-code-execution", Severity::warning,
             "an interface that adds programs, on an open server"},
    .check = check_plugin,
    .looks_at_whole = true
};

}  // namespace sup::lint

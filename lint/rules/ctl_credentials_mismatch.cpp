// SUP504: user name and password of [supervisorctl] that its server does not take.
#include "lint/lint.h"
#include "lint/references.h"
#include "lint/sha1.h"

namespace sup::lint {

namespace {

constexpr std::string_view hash_mark = "{SHA}";

// The server that supervisorctl is sent to; null if that is not known.
const Server* server_of(const Context& context, const ConfigSection& ctl) {
  const ConfigEntry* entry = ctl.find("serverurl");
  const schema::OptionRow* row = schema::find_option(SectionKind::supervisorctl, "serverurl");
  const auto text =
      entry != nullptr ? context.text(ctl, *entry) : std::optional(std::string(*row->default_text));
  const auto url = text ? read_server_url(*text) : std::nullopt;
  if (!url) return nullptr;
  for (const Server& server : context.references().servers())
    if (server.is_known && leads_to(*url, server)) return &server;
  return nullptr;
}

bool is_password(std::string_view given, std::string_view wanted) {
  if (!wanted.starts_with(hash_mark)) return given == wanted;
  const std::string_view hash = wanted.substr(hash_mark.size());
  // What is no hash is told as such.
  if (hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return true;
  return sha1_hex(given) == hash;
}

void check_ctl_credentials_mismatch(const Context& context, Diagnostics& out) {
  const ConfigSection* ctl = context.config().find("supervisorctl");
  if (context.config().fragment || ctl == nullptr || ctl->header_files.front() != 0) return;
  const Server* server = server_of(context, *ctl);
  if (server == nullptr) return;
  const ConfigEntry* wanted_name = server->section->find("username");
  const ConfigEntry* wanted_password = server->section->find("password");
  if (wanted_name == nullptr || wanted_password == nullptr) return;

  const auto report = [&](const ConfigEntry* entry, const std::string& message) -> Diagnostic& {
    auto& diagnostic =
        out.report(ctl_credentials_mismatch.rule,
                   entry != nullptr ? context.value_place(*entry) : Span(ctl->headers.front()),
                   ctl->display() + message + "; the server refuses supervisorctl");
    if (entry != nullptr) diagnostic.hidden = context.value_span(*entry);
    return diagnostic.label(server->section->headers.front(), "this server asks for them");
  };
  const ConfigEntry* name = ctl->find("username");
  const ConfigEntry* password = ctl->find("password");
  if (name == nullptr || password == nullptr) {
    report(nullptr,
           std::string(" has no ") + (name != nullptr       ? "`password=`"
                                      : password != nullptr ? "`username=`"
                                                            : "`username=` and `password=`"))
        .with_hint("repeat those of the server, the password as plain text");
    return;
  }
  const auto name_text = context.text(*ctl, *name);
  const auto wanted_name_text = context.text(*server->section, *wanted_name);
  if (name_text && wanted_name_text && *name_text != *wanted_name_text) {
    report(name, " username: the server knows another user")
        .with_hint("repeat the one of the server");
  }
  const auto text = context.text(*ctl, *password);
  const auto wanted = context.text(*server->section, *wanted_password);
  if (text && text->starts_with(hash_mark)) {
    report(password, " password: a hash is sent as it is, which is not the password")
        .with_hint("write the password as plain text");
  } else if (text && wanted && !is_password(*text, *wanted)) {
    report(password, " password: it is not the password of the server")
        .with_hint("repeat the one of the server, as plain text");
  }
}

}  // namespace

const LintRule ctl_credentials_mismatch = {
    .rule = {"SUP504", "ctl-credentials-mismatch", Severity::warning,
             "supervisorctl does not have the password of its server"},
    .check = check_ctl_credentials_mismatch,
    .looks_at_whole = true
};

}  // namespace sup::lint

// SUP503, SUP518: serverurl= where nobody listens.
#include <algorithm>

#include "lint/lint.h"
#include "lint/references.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

bool are_known(const std::vector<Server>& servers) {
  return std::all_of(servers.begin(), servers.end(),
                     [](const Server& server) { return server.is_known; });
}

// The server that the URL means when it leads to none: of the same kind, or any.
const Server* nearest_server(const std::vector<Server>& servers, const ServerUrl& url) {
  for (const Server& server : servers)
    if (server.is_unix == url.is_unix) return &server;
  return servers.empty() ? nullptr : &servers.front();
}

bool is_served(const std::vector<Server>& servers, const ServerUrl& url) {
  return std::any_of(servers.begin(), servers.end(),
                     [&](const Server& server) { return leads_to(url, server); });
}

// The address that was meant by a text that supervisorctl takes for none; empty where that is open.
std::string meant_address(const std::string& text) {
  const std::string small = schema::lower(text);
  if (small.starts_with("unix://") || small.starts_with("http://"))
    return small.substr(0, 7) + text.substr(7);
  if (small.starts_with("https://")) return "http://" + text.substr(8);
  const std::string path = small.starts_with("unix:") ? text.substr(5) : text;
  if (path.starts_with('/')) return "unix://" + path;
  const std::size_t colon = text.find(':');
  const bool is_host = colon != std::string::npos && colon + 1 < text.size() && colon > 0 &&
                       text.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return is_host ? "http://" + text : "";
}

// What is neither unix:// nor http:// is refused when supervisorctl connects, whatever listens.
bool check_scheme(const Context& context, Diagnostics& out, const ConfigSection& ctl,
                  const ConfigEntry& entry, const std::string& text) {
  if (text.empty() || text.starts_with("unix://") || text.starts_with("http://")) return false;
  const std::string meant = meant_address(text);
  auto& diagnostic =
      out.report(ctl_serverurl_mismatch.rule, context.value_place(entry),
                 ctl.display() + " serverurl: " + in_backticks(text) +
                     " begins with neither `unix://` nor `http://`; supervisorctl cannot connect");
  diagnostic.with_hint(meant.empty()
                           ? "write `unix://` and the path of the socket, or `http://HOST:PORT`"
                           : "did you mean " + in_backticks("serverurl=" + meant) + "?");
  if (!meant.empty() && context.is_single_line(entry))
    diagnostic.fix("write " + in_backticks(meant), context.value_span(entry), meant, false);
  return true;
}

void check_ctl_url(const Context& context, Diagnostics& out) {
  const ConfigSection* ctl = context.config().find("supervisorctl");
  // A section that supervisorctl does not read has a rule of its own.
  if (context.config().fragment || ctl == nullptr || ctl->header_files.front() != 0) return;
  const ConfigEntry* entry = ctl->find("serverurl");
  const schema::OptionRow* row = schema::find_option(SectionKind::supervisorctl, "serverurl");
  const auto text = entry != nullptr ? context.text(*ctl, *entry)
                                     : std::optional(std::string(*row->default_text));
  const auto url = text ? read_server_url(*text) : std::nullopt;
  if (entry != nullptr && text && check_scheme(context, out, *ctl, *entry, *text)) return;
  const auto& servers = context.references().servers();
  if (!url || !are_known(servers)) return;

  const Span place = entry != nullptr ? context.value_place(*entry) : Span(ctl->headers.front());
  if (url->is_unix && !url->path.starts_with('/')) {
    out.report(ctl_serverurl_mismatch.rule, place,
               ctl->display() + " serverurl: " + in_backticks(*text) +
                   " is relative; supervisorctl looks for it in the folder that it is called in")
        .with_hint("write the whole path, with three slashes");
    return;
  }
  if (is_served(servers, *url) || is_elsewhere(*url, context)) return;
  if (servers.empty() && context.references().has_no_program()) return;
  const Server* meant = nearest_server(servers, *url);
  const bool is_same_kind = meant != nullptr && meant->is_unix == url->is_unix;
  // A server of another kind may be in a file that is not here.
  if (!is_same_kind && !context.references().is_complete()) return;
  std::string message =
      meant == nullptr ? ctl->display() + " has no server to talk to, none is configured"
      : entry != nullptr
          ? ctl->display() + " serverurl: no server listens at " + in_backticks(*text)
          : ctl->display() + " has no `serverurl=`, and no server listens at " +
                in_backticks(*text) + ", which it is then";
  message += "; supervisorctl cannot connect";
  auto& diagnostic = out.report(ctl_serverurl_mismatch.rule, place, std::move(message));
  if (meant == nullptr) {
    diagnostic.with_hint("add [unix_http_server] or [inet_http_server]");
    return;
  }
  const std::string there = url_of(*meant);
  diagnostic.with_hint(meant->is_unix && !meant->path.starts_with('/')
                           ? "name the socket of the server"
                           : "did you mean `serverurl=" + there + "`?");
  diagnostic.label(meant->section->headers.front(), "this server listens");
  if (entry != nullptr && context.is_single_line(*entry) &&
      meant->path.find('%') == std::string::npos)
    diagnostic.fix("write " + in_backticks(there), context.value_span(*entry), there, false);
}

void check_programs(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  // In a part of a configuration the servers are not known; without any there is another rule.
  if (context.config().fragment || !context.references().is_complete()) return;
  const auto text = context.text(section, entry);
  const auto url = text ? read_server_url(*text) : std::nullopt;
  const auto& servers = context.references().servers();
  if (!url || servers.empty() || !are_known(servers) || is_served(servers, *url) ||
      is_elsewhere(*url, context))
    return;
  auto& diagnostic = out.report(serverurl_points_nowhere.rule, context.value_place(entry),
                                section.display() + " serverurl: no server listens at " +
                                    in_backticks(*text) + ", which its process is told");
  diagnostic.with_hint("`AUTO`, the default, is the first server");
  if (context.is_single_line(entry))
    diagnostic.fix("write `AUTO`", context.value_span(entry), "AUTO", false);
}

}  // namespace

const LintRule ctl_serverurl_mismatch = {
    .rule = {"SUP503", "ctl-serverurl-mismatch", Severity::warning,
             "supervisorctl is sent where no server listens"},
    .check = check_ctl_url,
    .looks_at_whole = true
};

const LintRule serverurl_points_nowhere = {
    .rule = {"SUP518", "serverurl-points-nowhere", Severity::info,
             "a process is told of a server that does not listen"},
    .check_value = check_programs,
    .type = schema::ServerUrl::name
};

}  // namespace sup::lint

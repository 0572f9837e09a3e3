#include "runtime/http/page.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/concat.h"
#include "runtime/http/api.h"
#include "runtime/http/problem.h"
#include "runtime/http/query.h"
#include "runtime/rpc/log_reading.h"
#include "runtime/rpc/names.h"
#include "runtime/rpc/process_info.h"
#include "runtime/rpc/xmlrpc.h"
#include "schema/text.h"

namespace sup::http {

namespace {

void append_form(std::string& out, std::string_view token, std::string_view process,
                 std::initializer_list<std::string_view> names) {
  out += core::concat(
      "<form method=\"post\" action=\"index.html\"><input type=\"hidden\" "
      "name=\"token\" value=\"",
      token, "\">");
  if (!process.empty()) {
    out += core::concat("<input type=\"hidden\" name=\"processname\" value=\"",
                        escape_html(process), "\">");
  }
  for (const std::string_view name : names) {
    const PageAction& action = *find_action(name);
    out += core::concat("<button name=\"action\" value=\"", action.name, "\">", action.label,
                        "</button>");
  }
  out += "</form>";
}

// How often it was started again, where it was.
std::string restarts_text(std::uint64_t starts) {
  return starts > 1 ? core::concat("\u21BB ", starts - 1) : std::string();
}

// An end by the signal with which it is stopped was most likely asked for.
std::string_view kind_of(const core::ExitStatus& status, int stopsignal) {
  if (status.by_signal && status.number == stopsignal) return "asked";
  return status.by_signal || status.unknown || status.number != 0 ? "bad" : "good";
}

// The last exits on a line of a day, the newer the wider: ends in a crash loop and those of the
// night are told apart.
void append_exits(std::string& out, const core::ProcessHistory& history, int stopsignal,
                  core::Now now) {
  constexpr double minute = 60;
  constexpr double day = 86400;
  constexpr int width = 100;
  int shown = 0;
  std::string marks;
  for (const core::ProcessExit& exit : history.exits) {
    const double age = std::max(std::chrono::duration<double>(now.wall - exit.wall).count(), 0.0);
    if (age > day) {
      continue;
    }
    ++shown;
    const int place =
        width - static_cast<int>(width * std::log1p(age / minute) / std::log1p(day / minute));
    marks +=
        core::concat("<rect class=\"", kind_of(exit.status, stopsignal), "\" x=\"",
                     std::clamp(place, 0, width - 2), "\" y=\"2\" width=\"2\" height=\"12\"/>");
  }
  const std::string label =
      core::concat(history.starts, history.starts == 1 ? " start, " : " starts, ", shown,
                   shown == 1 ? " end" : " ends", " on this line of 24 hours");
  out += core::concat("<svg viewBox=\"0 0 100 16\" role=\"img\" aria-label=\"", label, "\"><title>",
                      label, "</title><line x1=\"0\" y1=\"15\" x2=\"100\" y2=\"15\"/>", marks,
                      "</svg>");
  out += core::concat("<small>", restarts_text(history.starts), "</small>");
}

void append_row(std::string& out, const Site& site, const rpc::Access& access,
                core::ProcessId process, core::Now now, bool has_actions) {
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::floor<std::chrono::seconds>(time).count();
  };
  const schema::Process& spec = site.supervisor.spec(process);
  const core::ProcessStatus status = site.supervisor.status(process);
  const std::string name = rpc::full_name(spec);
  const std::string state = schema::lower(schema::state_name(status.state));
  const std::string shown = escape_html(name);
  out += core::concat(
      "<tr data-name=\"", shown, "\" data-state=\"", state, "\" data-start=\"",
      seconds(status.started_wall), "\" data-pid=\"", status.pid, "\" data-stopsignal=\"",
      spec.options.stopsignal, "\"><td class=\"state\"><span>", state,
      "</span></td><th scope=\"row\"><a href=\"tail.html?processname=", encode_percent(name), "\">",
      shown, "</a></th><td class=\"about\">");
  out += escape_html(rpc::describe(site.machine, status, spec.name, seconds(status.started_wall),
                                   seconds(status.stopped_wall), seconds(now.wall)));
  out += "</td><td class=\"exits\">";
  append_exits(out, site.supervisor.history(process), spec.options.stopsignal, now);
  out += "</td>";
  if (has_actions) {
    out += "<td class=\"actions\">";
    if (access.may(rpc::Role::operate, spec)) {
      append_form(out, site.token, name, {"start", "restart", "stop", "clearlog"});
    }
    out += "</td>";
  }
  out += "</tr>\n";
}

// The processes that the client may see, in the order of their names.
std::vector<core::ProcessId> visible(const Site& site, const rpc::Access& access) {
  std::vector<core::ProcessId> found;
  for (const core::ProcessId process : site.interface.lexical_order()) {
    if (access.may(rpc::Role::read, site.supervisor.spec(process))) found.push_back(process);
  }
  return found;
}

void append_processes(std::string& out, const Site& site, const rpc::Access& access,
                      const std::vector<core::ProcessId>& processes, bool has_actions) {
  out += "<section id=\"processes\" aria-label=\"Processes\">\n";
  if (processes.empty()) {
    out += "<p class=\"empty\">No programs to manage</p>\n</section>\n";
    return;
  }
  out +=
      "<table>\n<thead><tr><th scope=\"col\">State</th><th scope=\"col\">Name</th>"
      "<th scope=\"col\">Description</th><th scope=\"col\">Last 24 hours</th>";
  if (has_actions) out += "<th scope=\"col\">Actions</th>";
  out += "</tr></thead>\n<tbody>\n";
  const core::Now now = site.machine.now();
  for (const core::ProcessId process : processes) {
    append_row(out, site, access, process, now, has_actions);
  }
  out += "</tbody>\n</table>\n</section>\n";
}

void show_page(Site& site, const rpc::Access& access, const Query& query,
               const std::vector<core::ProcessId>& processes, Response& response) {
  const std::string& identifier = site.supervisor.resolved().supervisord.identifier;
  begin_page(response, identifier, true, site.token);
  std::string& out = response.body;
  out += core::concat("<header><h1>", escape_html(identifier), "</h1><p id=\"summary\">",
                      processes.size(), " processes</p>\n");
  // Orders that the client may not give are not offered.
  const bool may_operate = access.may(rpc::Role::operate) ||
                           std::ranges::any_of(processes, [&](core::ProcessId process) {
                             return access.may(rpc::Role::operate, site.supervisor.spec(process));
                           });
  if (may_operate) append_form(out, site.token, "", {"startall", "restartall", "stopall"});
  out += "</header>\n<p id=\"message\" role=\"status\">";
  out += escape_html(query.value("message"));
  // What scripts fill; without them there is the table.
  out +=
      "</p>\n<nav hidden aria-label=\"Views\"><button data-view=\"processes\" "
      "aria-current=\"true\">Processes</button><button data-view=\"events\">Events</button>"
      "<button data-view=\"listeners\">Listeners</button><button data-view=\"plan\">Plan</button>"
      "<input id=\"filter\" type=\"search\" placeholder=\"Filter ( / )\" "
      "aria-label=\"Filter processes\"></nav>\n<main>\n";
  append_processes(out, site, access, processes, may_operate);
  out +=
      "<section id=\"events\" aria-label=\"Events\" hidden></section>\n"
      "<section id=\"listeners\" aria-label=\"Listeners\" hidden></section>\n"
      "<section id=\"plan\" aria-label=\"Plan\" hidden></section>\n</main>\n"
      "<footer><a href=\"api/v1/openapi.json\">API</a> <a href=\"metrics\">Metrics</a> "
      "<a href=\"health/ready\">Health</a> <span>suprun " SUP_VERSION "</span></footer>\n";
  end_page(response);
}

// An old bookmark asks for something to be done: people do, links do not.
void ask_back(Site& site, const PageAction& action, std::string_view name, Response& response) {
  begin_page(response, action.label, false, site.token);
  std::string& out = response.body;
  out += core::concat("<main class=\"alone\"><h1>", action.question, " ",
                      action.is_for_all ? "" : escape_html(name), "?</h1>\n");
  append_form(out, site.token, action.is_for_all ? "" : name, {action.name});
  out += "<p><a class=\"button\" href=\"./\">Back</a></p></main>\n";
  end_page(response);
}

std::string readable_log(const std::string& bytes) {
  std::string text;
  rpc::append_escaped(bytes, text);
  return text;
}

std::optional<core::ProcessId> find_named(const Site& site, std::string_view name) {
  const rpc::ProcessName split = rpc::split_name(name);
  return split.process ? site.supervisor.find(split.group, *split.process) : std::nullopt;
}

// Of what does not exist only those are told who may see everything.
bool may_see(const Site& site, const rpc::Access& access, std::string_view name) {
  const auto process = find_named(site, name);
  return process ? access.may(rpc::Role::read, site.supervisor.spec(*process))
                 : access.may(rpc::Role::read);
}

// The end of the log, or why there is none.
std::string log_end(Site& site, std::string_view name, bool is_error_log, std::int64_t limit) {
  const auto process = find_named(site, name);
  if (!process) {
    return core::concat("There is no process ", escape_html(name));
  }
  const std::string path = site.machine.log_path(
      *process, is_error_log ? core::Channel::standard_error : core::Channel::standard_output);
  if (path.empty()) {
    return "Output of this kind goes to no file";
  }
  const auto piece = rpc::read_log(site.machine, path, -limit, 0);
  const auto* text = std::get_if<std::string>(&piece);
  return text != nullptr ? readable_log(*text) : "The log cannot be read";
}

}  // namespace

void answer_page(Site& site, Request& request, Response& response) {
  if (request.method == "POST") {
    answer_action(site, request, response);
    return;
  }
  if (!is_question(request, response)) {
    return;
  }
  // Who may manage single programs by control= has a page of just these.
  const std::vector<core::ProcessId> processes = visible(site, request.access);
  if (processes.empty() && !request.access.may(rpc::Role::read)) {
    site.interface.deny(request.access, {.what = request.path, .is_of_process = true});
    refuse(response, 403);
    return;
  }
  const Query query(request.query);
  const std::string_view name = query.value("processname");
  if (const PageAction* action = find_action(query.value("action"));
      action != nullptr && (action->is_for_all || !name.empty())) {
    ask_back(site, *action, name, response);
  } else {
    show_page(site, request.access, query, processes, response);
  }
}

void answer_tail_page(Site& site, Request& request, Response& response) {
  if (!is_question(request, response)) {
    return;
  }
  const Query query(request.query);
  const std::string_view name = query.value("processname");
  if (!may_see(site, request.access, name)) {
    site.interface.deny(request.access,
                        {.what = name, .action = "page of the log", .is_of_process = true});
    refuse(response, 403);
    return;
  }
  const bool is_error_log = query.value("channel") == "stderr";
  constexpr std::int64_t fewest = 1024;
  constexpr std::int64_t most = std::int64_t{1} << 20;
  std::int64_t limit = std::int64_t{16} << 10;
  const std::string_view asked = query.value("limit");
  std::from_chars(asked.data(), asked.data() + asked.size(), limit);
  limit = std::clamp(limit, fewest, most);
  begin_page(response, core::concat("Log of ", name), false, site.token);
  const std::string link = core::concat("tail.html?processname=", encode_percent(name));
  response.body += core::concat("<main class=\"log\"><h1>", escape_html(name),
                                "</h1><p><a class=\"button\" href=\"./\">Back"
                                "</a> <a class=\"button\" href=\"",
                                link, "\">stdout</a> <a class=\"button\" href=\"", link,
                                "&amp;channel=stderr\">stderr</a> <a class=\"button\" href=\"",
                                link, is_error_log ? "&amp;channel=stderr" : "",
                                "&amp;limit=", std::min(limit * 8, most),
                                "\">More</a></p>\n<pre tabindex=\"0\">",
                                log_end(site, name, is_error_log, limit), "</pre></main>\n");
  end_page(response);
}

}  // namespace sup::http

#include <algorithm>

#include <nlohmann/json.hpp>

#include "compiler/emit.h"
#include "schema/plan_io.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

using Json = nlohmann::json;
using namespace schema;

// Texts that are not UTF-8 cannot stand in JSON; a replacement character shows where they were.
std::string write(const Json& json) {
  return json.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
}

Json optional_text(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json environment_json(const EnvironmentValue& environment) {
  Json out = Json::object();
  for (const auto& [key, value] : environment) out[key] = value;
  return out;
}

Json log_json(const LogTargetValue& target) {
  switch (target.kind) {
    case LogKind::none: return nullptr;
    case LogKind::automatic: return "AUTO";
    case LogKind::syslog: return "SYSLOG";
    case LogKind::file: break;
  }
  return target.path;
}

Json owner_json(const std::optional<UserGroupValue>& owner) {
  if (!owner) return nullptr;
  return Json::array({owner->user, optional_text(owner->group)});
}

// An option's value in JSON, from its canonical text and its type.
Json value_json(const OptionRow& row, const std::optional<std::string>& text) {
  if (!text) return nullptr;
  const ReadContext context;
  if (row.wire == Wire::boolean) return *text == "true";
  if (row.wire == Wire::integer) {
    // Canonical texts of sizes may carry a suffix.
    std::int64_t number = 0;
    if (!ByteSize::read(*text, context, number)) return number;
  }
  if (row.type == AutoRestart::name && *text != "unexpected") return *text == "true";
  if (row.type == Signal::name) {
    int number = 0;
    if (!Signal::read(*text, context, number)) {
      const std::string name = signal_name(number);
      return name.starts_with("SIG") ? Json(name) : Json(number);
    }
  }
  if (row.type == ExitCodes::name) {
    std::vector<int> codes;
    if (!ExitCodes::read(*text, context, codes)) return codes;
  }
  return *text;
}

// The options of a block by name; environment and logs, whose text does not tell all, are set by
// the caller.
template <class Struct>
Json block_json(const Struct& options) {
  Json out = Json::object();
  for (const OptionRow& row : option_rows())
    if (row.block == Struct::block)
      out[std::string(row.name)] = value_json(row, row.print(&options));
  return out;
}

Json process_json(const Plan& plan, const Process& process) {
  Json out = block_json(process.options);
  for (const char* consumed : {"process_name", "numprocs", "numprocs_start"}) out.erase(consumed);
  out["name"] = process.name;
  out["section"] = plan.sections[process.section].full_name;
  out["environment"] = environment_json(process.options.environment);
  out["stdout_logfile"] = log_json(process.options.stdout_logfile);
  out["stderr_logfile"] = log_json(process.options.stderr_logfile);
  if (process.options.serverurl == "AUTO") out["serverurl"] = nullptr;
  return out;
}

Json socket_json(const Group& group) {
  Json out = Json::object();
  if (!group.fcgi.socket) return out;
  const FcgiSocketValue& socket = *group.fcgi.socket;
  out["url"] = socket.url();
  out["backlog"] = group.fcgi.socket_backlog ? Json(*group.fcgi.socket_backlog) : Json(nullptr);
  if (socket.path.empty()) {
    out["host"] = socket.host;
    out["port"] = socket.port;
    return out;
  }
  out["path"] = socket.path;
  out["mode"] = Octal::print(group.fcgi.socket_mode);
  out["owner"] = owner_json(group.fcgi.socket_owner);
  // Without an owner the socket is its program's user's, unless that is the daemon's own.
  if (!group.fcgi.socket_owner && !group.processes.empty()) {
    const auto& user = group.processes.front().options.user;
    if (user && *user != "root" && *user != "0") out["owner"] = Json::array({*user, nullptr});
  }
  return out;
}

Json group_json(const Plan& plan, const Group& group) {
  Json processes = Json::array();
  for (const Process& process : group.processes) processes.push_back(process_json(plan, process));
  Json out = {
      {"name",      group.name                 },
      {"priority",  group.priority             },
      {"type",      group_kind_name(group.kind)},
      {"processes", std::move(processes)       }
  };
  if (group.kind == GroupKind::eventlistener) {
    std::vector<std::string> events;
    for (const EventType type : group.listener.events.value_or(std::vector<EventType>{}))
      events.emplace_back(event_name(type));
    std::sort(events.begin(), events.end());
    out["events"] = events;
    out["buffer_size"] = group.listener.buffer_size;
    out["result_handler"] = group.listener.result_handler;
  }
  if (group.kind == GroupKind::fcgi_program) out["socket"] = socket_json(group);
  return out;
}

Json secret_json(const std::optional<std::string>& secret, const EmitOptions& options) {
  if (secret && !options.show_secrets) return "********";
  return optional_text(secret);
}

Json server_json(const HttpServer& server, const EmitOptions& options) {
  Json out = {
      {"name",    optional_text(server.name)},
      {"section", server.section            }
  };
  if (server.is_unix) {
    out["type"] = "unix";
    out["file"] = optional_text(server.unix_options.file);
    out["chmod"] = Octal::print(server.unix_options.chmod);
    out["chown"] = owner_json(server.unix_options.chown);
    out["username"] = optional_text(server.unix_options.username);
    out["password"] = secret_json(server.unix_options.password, options);
  } else {
    const InetAddressValue address = server.inet_options.port.value_or(InetAddressValue{});
    out["type"] = "inet";
    out["host"] = address.host;
    out["port"] = address.port;
    out["username"] = optional_text(server.inet_options.username);
    out["password"] = secret_json(server.inet_options.password, options);
  }
  return out;
}

}  // namespace

std::string emit_resolved_json(const Plan& plan, const Resolved& resolved,
                               const EmitOptions& options) {
  Json supervisord = block_json(resolved.supervisord);
  supervisord["environment"] = environment_json(resolved.supervisord.environment);
  Json servers = Json::array();
  for (const HttpServer& server : resolved.http_servers)
    servers.push_back(server_json(server, options));
  Json interfaces = Json::array();
  for (const RpcInterface& rpc : resolved.rpcinterfaces) {
    Json keys = Json::object();
    for (const auto& [key, value] : rpc.options) keys[key] = value;
    interfaces.push_back({
        {"name",    rpc.name       },
        {"factory", rpc.factory    },
        {"options", std::move(keys)}
    });
  }
  Json groups = Json::array();
  for (const Group& group : resolved.groups) groups.push_back(group_json(plan, group));
  return write({
      {"supervisord",   std::move(supervisord)},
      {"http_servers",  std::move(servers)    },
      {"rpcinterfaces", std::move(interfaces) },
      {"groups",        std::move(groups)     },
      {"warnings",      resolved.warnings     },
      {"infos",         resolved.infos        }
  });
}

std::string emit_plan_json(const Plan& plan, const EmitOptions& options) {
  Json sections = Json::array();
  for (const Section& section : plan.sections) {
    Json settings = Json::array();
    for (const Setting& setting : section.settings) {
      const OptionRow& row = option_row(setting.option);
      const bool hide = row.has(OptionFlags::secret) && !options.show_secrets;
      settings.push_back({
          {"option", row.name                        },
          {"value",  hide ? "********" : setting.text},
          {"origin", plan.place(setting.origin)      }
      });
    }
    Json made = {
        {"name",     section.full_name         },
        {"origin",   plan.place(section.origin)},
        {"settings", std::move(settings)       }
    };
    for (const ExtraSetting& extra : section.extras)
      made["extras"].push_back({
          {"key",    extra.key               },
          {"value",  extra.text              },
          {"origin", plan.place(extra.origin)}
      });
    sections.push_back(std::move(made));
  }
  return write({
      {"format",            plan_format_version       },
      {"hash",              plan_hash(plan)           },
      {"target",            target_name(plan.target)  },
      {"here",              plan.here                 },
      {"files",             plan.files                },
      {"needs_environment", required_environment(plan)},
      {"sections",          std::move(sections)       }
  });
}

std::string emit_schema_json() {
  Json sections = Json::array();
  for (const SectionRow& section : section_rows()) {
    Json options = Json::array();
    for (const OptionRow& row : option_rows()) {
      if ((section.blocks & row.block) == 0) continue;
      Json made = {
          {"name",     row.name                      },
          {"type",     row.type                      },
          {"expected", row.expected                  },
          {"since",    row.since                     },
          {"doc",      row.doc                       },
          {"required", row.has(OptionFlags::required)}
      };
      made["default"] = row.default_text ? Json(*row.default_text) : Json(nullptr);
      options.push_back(std::move(made));
    }
    Json removed = Json::array();
    for (const ChangeRow& change : change_rows()) {
      const bool applies = find_change(section.kind, change.old_name) == &change;
      if (!applies) continue;
      removed.push_back({
          {"name",        change.old_name  },
          {"removed_in",  change.removed_in},
          {"replaced_by", change.today     },
          {"advice",      change.advice    }
      });
    }
    sections.push_back({
        {"section", section.spelling               },
        {"named",   section.naming == Naming::named},
        {"doc",     section.doc                    },
        {"options", std::move(options)             },
        {"removed", std::move(removed)             }
    });
  }
  return write({
      {"sections", std::move(sections)}
  });
}

}  // namespace sup::compiler

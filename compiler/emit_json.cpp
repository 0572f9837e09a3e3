#include <algorithm>

#include <nlohmann/json.hpp>

#include "compiler/emit.h"
#include "schema/dialects.h"
#include "schema/late_binding.h"
#include "schema/names.h"
#include "schema/plan_io.h"
#include "schema/redact.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

using Json = nlohmann::json;
using namespace schema;

void conceal_in(Json& json, const Secrets& secrets) {
  if (json.is_string()) {
    auto& text = json.get_ref<std::string&>();
    secrets.conceal_in(text);
  } else if (json.is_structured()) {
    for (Json& item : json) conceal_in(item, secrets);
  }
}

// Texts that are not UTF-8 cannot stand in JSON; a replacement character shows where they were.
std::string write(Json json, const Secrets& secrets = {}) {
  if (!secrets.empty()) conceal_in(json, secrets);
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

// Where values were written, to hide those that are secret.
class Shown {
 public:
  Shown(const Plan& plan, const EmitOptions& options) : plan_(plan), options_(options) {
    for (const Section& section : plan.sections)
      if (section.kind == SectionKind::supervisord) daemon_ = &section;
  }

  const Plan& plan() const { return plan_; }

  // The section of the daemon, or null.
  const Section* daemon() const { return daemon_; }

  const Section* find(std::string_view full_name) const {
    for (const Section& section : plan_.sections)
      if (section.full_name == full_name) return &section;
    return nullptr;
  }

  // An option of a section as it may be shown.
  Json value(const Section* section, const OptionRow& row,
             const std::optional<std::string>& text) const {
    if (text && !options_.show_secrets) {
      const std::string shown = redact_bound(row, written(section, row), *text);
      if (shown != *text) return shown;
    }
    return value_json(row, text);
  }

  Json environment(const Section* section, const OptionRow& row,
                   const EnvironmentValue& bound) const {
    if (options_.show_secrets) return environment_json(bound);
    // What is inherited was written in [supervisord].
    std::string text(written(daemon_, *find_option(SectionKind::supervisord, row.name)));
    if (section != daemon_) text += (text.empty() ? "" : ",") + std::string(written(section, row));
    return environment_json(redact_bound_environment(text, bound));
  }

  std::string extra(const Section* section, const std::string& key,
                    const std::string& value) const {
    if (options_.show_secrets) return value;
    std::string_view text;
    if (section != nullptr)
      for (const ExtraSetting& known : section->extras)
        if (known.key == key) text = known.text;
    return redact_bound_variable(key, text, value);
  }

 private:
  static std::string_view written(const Section* section, const OptionRow& row) {
    const Setting* setting = section != nullptr ? section->find(row.id) : nullptr;
    return setting != nullptr ? std::string_view(setting->text) : std::string_view{};
  }

  const Plan& plan_;
  const EmitOptions& options_;
  const Section* daemon_ = nullptr;
};

// The options of a block by name; logs, whose text does not tell all, are set by the caller.
template <class Struct>
Json block_json(const Struct& options, const Section* section, const Shown& shown) {
  Json out = Json::object();
  const Struct usual = Struct::defaults();
  for (const OptionRow& row : option_rows()) {
    if (row.block != Struct::block || row.has(OptionFlags::shape)) continue;
    // What only suprun reads is told where it is used.
    if (row.since == "suprun" && row.equal(&options, &usual)) continue;
    if constexpr (requires { options.environment; }) {
      if (row.type == Environment::name) {
        out[std::string(row.name)] = shown.environment(section, row, options.environment);
        continue;
      }
    }
    out[std::string(row.name)] = shown.value(section, row, row.print(&options));
  }
  return out;
}

Json process_json(const Shown& shown, const Process& process) {
  const Section& section = shown.plan().sections[process.section];
  Json out = block_json(process.options, &section, shown);
  out["name"] = process.name;
  out["section"] = section.full_name;
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

Json group_json(const Shown& shown, const Group& group) {
  Json processes = Json::array();
  for (const Process& process : group.processes) processes.push_back(process_json(shown, process));
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
    // What only suprun reads is told where it is used.
    if (group.listener.event_length != EventLengthValue::characters)
      out["event_length"] = EventLength::print(group.listener.event_length);
    if (group.listener.events_spool) {
      out["events_spool"] = *group.listener.events_spool;
      out["events_spool_maxbytes"] = group.listener.events_spool_maxbytes;
    }
  }
  if (group.kind == GroupKind::fcgi_program) out["socket"] = socket_json(group);
  return out;
}

template <class Options>
void add_login(Json& out, const Options& options, const Section* section, const Shown& shown) {
  for (const OptionRow& row : option_rows())
    if (row.block == Options::block && row.type == Text::name)
      out[std::string(row.name)] = shown.value(section, row, row.print(&options));
}

Json server_json(const HttpServer& server, const Shown& shown) {
  const Section* section = shown.find(server.section);
  Json out = {
      {"name",    optional_text(server.name)},
      {"section", server.section            }
  };
  if (server.is_unix) {
    out["type"] = "unix";
    out["file"] = optional_text(server.unix_options.file);
    out["chmod"] = Octal::print(server.unix_options.chmod);
    out["chown"] = owner_json(server.unix_options.chown);
    add_login(out, server.unix_options, section, shown);
  } else {
    const InetAddressValue address = server.inet_options.port.value_or(InetAddressValue{});
    out["type"] = "inet";
    out["host"] = address.host;
    out["port"] = address.port;
    add_login(out, server.inet_options, section, shown);
  }
  return out;
}

}  // namespace

Secrets EmitOptions::secrets(const Plan& plan, const Resolved* resolved) const {
  if (show_secrets) return {};
  return secrets_of(plan, resolved, [&](std::string_view name) -> std::optional<std::string> {
    if (!gives(name)) return std::nullopt;
    return environment->find(name)->second;
  });
}

std::string emit_resolved_json(const Plan& plan, const Resolved& resolved,
                               const EmitOptions& options) {
  const Shown shown(plan, options);
  Json supervisord = block_json(resolved.supervisord, shown.daemon(), shown);
  Json servers = Json::array();
  for (const HttpServer& server : resolved.http_servers)
    servers.push_back(server_json(server, shown));
  Json interfaces = Json::array();
  for (const RpcInterface& rpc : resolved.rpcinterfaces) {
    Json keys = Json::object();
    const std::string section =
        std::string(section_row(SectionKind::rpcinterface).spelling) + ":" + rpc.name;
    for (const auto& [key, value] : rpc.options)
      keys[key] = shown.extra(shown.find(section), key, value);
    interfaces.push_back({
        {"name",    rpc.name       },
        {"factory", rpc.factory    },
        {"options", std::move(keys)}
    });
  }
  Json groups = Json::array();
  for (const Group& group : resolved.groups) groups.push_back(group_json(shown, group));
  // What hangs on variables that are not known has its default above.
  Json open = Json::array();
  for (const OpenSetting& setting : resolved.open) {
    const Section& section = plan.sections[setting.section];
    Json made;
    made["section"] = section.full_name;
    if (setting.extra) {
      const ExtraSetting& extra = section.extras[setting.setting];
      made["option"] = extra.key;
      made["origin"] = plan.place(extra.origin);
    } else {
      const Setting& written = section.settings[setting.setting];
      made["option"] = option_row(written.option).name;
      made["origin"] = plan.place(written.origin);
    }
    open.push_back(std::move(made));
  }
  Json out = {
      {"supervisord",   std::move(supervisord)},
      {"http_servers",  std::move(servers)    },
      {"rpcinterfaces", std::move(interfaces) },
      {"groups",        std::move(groups)     },
      {"warnings",      resolved.warnings     },
      {"infos",         resolved.infos        }
  };
  if (!open.empty()) out["open"] = std::move(open);
  return write(std::move(out), options.secrets(plan, &resolved));
}

namespace {

// The variables that the plan needs, where each is used, and whether it was given.
Json needed_json(const Plan& plan, const EmitOptions& options) {
  std::map<std::string, Json> variables;
  for (const VariableUse& use : variable_uses(plan)) {
    Json place;
    place["section"] = plan.sections[use.section].full_name;
    place["option"] = used_in(plan, use);
    place["origin"] = plan.place(used_at(plan, use));
    variables[use.variable].push_back(std::move(place));
  }
  Json out = Json::array();
  for (auto& [name, uses] : variables)
    out.push_back({
        {"name",    name               },
        {"given",   options.gives(name)},
        {"used_in", std::move(uses)    }
    });
  return out;
}

}  // namespace

std::string emit_plan_json(const Plan& plan, const EmitOptions& options) {
  Json sections = Json::array();
  for (const Section& section : plan.sections) {
    Json settings = Json::array();
    for (const Setting& setting : section.settings) {
      const OptionRow& row = option_row(setting.option);
      Json made;
      made["option"] = row.name;
      made["value"] = options.show_secrets ? std::string(setting.text)
                                           : redact(row, setting.text, TextForm::written);
      made["origin"] = plan.place(setting.origin);
      settings.push_back(std::move(made));
    }
    Json made;
    made["name"] = section.full_name;
    made["origin"] = plan.place(section.origin);
    made["settings"] = std::move(settings);
    for (const ExtraSetting& extra : section.extras) {
      Json key;
      key["key"] = extra.key;
      key["value"] = options.show_secrets
                         ? std::string(extra.text)
                         : redact_variable(extra.key, extra.text, TextForm::written);
      key["origin"] = plan.place(extra.origin);
      made["extras"].push_back(std::move(key));
    }
    sections.push_back(std::move(made));
  }
  Json out;
  out["format"] = plan_format_version;
  out["hash"] = plan_hash(plan);
  out["target"] = target_name(plan.target);
  out["here"] = plan.here;
  out["files"] = plan.files;
  out["needs_environment"] = needed_json(plan, options);
  out["sections"] = std::move(sections);
  return write(std::move(out), options.secrets(plan, nullptr));
}

std::string emit_schema_json(const SectionRow* only) {
  Json sections = Json::array();
  for (const SectionRow& section : section_rows()) {
    if (only != nullptr && only != &section) continue;
    Json options = Json::array();
    for (const OptionRow& row : option_rows()) {
      if ((section.blocks & row.block) == 0) continue;
      Json made = {
          {"name",     row.name                      },
          {"type",     row.type                      },
          {"expected", row.expected                  },
          {"since",    row.since                     },
          {"doc",      row.doc                       },
          {"required", row.has(OptionFlags::required)},
          {"restart",  row.has(OptionFlags::restart) }
      };
      made["names"] = names_of(row.scope, default_target);
      made["names"].push_back("ENV_*");  // all options may use variables
      made["default"] = row.default_text ? Json(*row.default_text) : Json(nullptr);
      options.push_back(std::move(made));
    }
    Json removed = Json::array();
    for (const DialectKey& former : dialect_keys()) {
      if (find_former(section.kind, former.key) != &former) continue;
      const bool is_here = find_option(section.kind, former.option) != nullptr;
      removed.push_back({
          {"name",        former.key                  },
          {"removed_in",  former.until                },
          {"replaced_by", is_here ? former.option : ""},
          {"advice",      former.advice               }
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

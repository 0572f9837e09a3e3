#include "schema/resolved_io.h"

#include <limits>
#include <utility>

namespace sup::schema {
namespace {

void write_environment(CborWriter& out, const EnvironmentValue& environment) {
  out.array(2 * environment.size());
  for (const auto& [name, value] : environment) {
    out.text(name);
    out.text(value);
  }
}

EnvironmentValue read_environment(CborReader& in) {
  EnvironmentValue environment(in.array("environment") / 2);
  for (auto& [name, value] : environment) {
    name = in.text("environment");
    value = in.text("environment");
  }
  return environment;
}

// Its canonical text does not bring back every value: quotation marks of both kinds.
bool is_environment(const OptionRow& row) { return row.type == Environment::name; }

template <class Options>
void write_block(CborWriter& out, const Options& options) {
  const Options& defaults = Options::defaults();
  std::vector<std::pair<std::string_view, std::string>> texts;
  for (const OptionRow& row : option_rows()) {
    if (row.block != Options::block || is_environment(row) || row.equal(&options, &defaults))
      continue;
    if (std::optional<std::string> text = row.print(&options))
      texts.emplace_back(row.name, std::move(*text));
  }
  out.map(texts.size());
  for (const auto& [name, text] : texts) {
    out.text(name);
    out.text(text);
  }
  if constexpr (requires { options.environment; }) write_environment(out, options.environment);
}

template <class Options>
Options read_block(CborReader& in) {
  Options options = Options::defaults();
  for (std::size_t left = in.map("options"); left > 0; --left) {
    const std::string name(in.text("an option"));
    const std::string_view text = in.text("an option");
    const OptionRow* row = find_option(Options::block, name);
    if (row == nullptr) throw CborError{"unknown option " + name};
    if (const auto error = row->read(&options, text, ReadContext{}))
      throw CborError{"option " + name + ": " + error->message};
  }
  if constexpr (requires { options.environment; }) options.environment = read_environment(in);
  return options;
}

void write_origin(CborWriter& out, Origin origin) {
  out.integer(origin.file);
  out.integer(origin.line);
}

Origin read_origin(CborReader& in) {
  Origin origin;
  origin.file = in.number("a file");
  origin.line = in.number("a line");
  return origin;
}

std::size_t read_section(CborReader& in) { return in.number("a section"); }

void write_texts(CborWriter& out, const std::vector<std::string>& texts) {
  out.array(texts.size());
  for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> read_texts(CborReader& in) {
  std::vector<std::string> texts(in.array("texts"));
  for (std::string& text : texts) text = in.text("a text");
  return texts;
}

void write_server(CborWriter& out, const HttpServer& server) {
  out.text(server.section);
  out.boolean(server.name.has_value());
  out.text(server.name.value_or(""));
  out.boolean(server.is_unix);
  if (server.is_unix)
    write_block(out, server.unix_options);
  else
    write_block(out, server.inet_options);
  write_origin(out, server.origin);
}

HttpServer read_server(CborReader& in) {
  HttpServer server;
  server.section = in.text("a server");
  const bool has_name = in.boolean("a server");
  const std::string_view name = in.text("a server");
  if (has_name) server.name = name;
  server.is_unix = in.boolean("a server");
  if (server.is_unix)
    server.unix_options = read_block<UnixHttpServerOptions>(in);
  else
    server.inet_options = read_block<InetHttpServerOptions>(in);
  server.origin = read_origin(in);
  return server;
}

void write_interface(CborWriter& out, const RpcInterface& interface) {
  out.text(interface.name);
  out.text(interface.factory);
  write_environment(out, interface.options);  // names and values, too
  write_origin(out, interface.origin);
}

RpcInterface read_interface(CborReader& in) {
  RpcInterface interface;
  interface.name = in.text("an interface");
  interface.factory = in.text("an interface");
  interface.options = read_environment(in);
  interface.origin = read_origin(in);
  return interface;
}

}  // namespace

void write_process(CborWriter& out, const Process& process) {
  out.text(process.name);
  out.text(process.group);
  out.integer(static_cast<std::int64_t>(process.section));
  write_origin(out, process.origin);
  out.integer(process.process_num);
  write_block(out, process.options);
  out.boolean(process.fcgi != nullptr);
  if (process.fcgi) write_block(out, *process.fcgi);
}

Process read_process(CborReader& in) {
  Process process;
  process.name = in.text("a process");
  process.group = in.text("a process");
  process.section = read_section(in);
  process.origin = read_origin(in);
  process.process_num = in.integer("a process");
  process.options = read_block<ProcessOptions>(in);
  if (in.boolean("a process"))
    process.fcgi = std::make_shared<const FcgiOptions>(read_block<FcgiOptions>(in));
  return process;
}

void write_group(CborWriter& out, const Group& group) {
  out.text(group.name);
  out.integer(static_cast<std::int64_t>(group.kind));
  out.integer(group.priority);
  out.integer(static_cast<std::int64_t>(group.section));
  write_origin(out, group.origin);
  if (group.kind == GroupKind::eventlistener) write_block(out, group.listener);
  if (group.kind == GroupKind::fcgi_program) write_block(out, group.fcgi);
  out.array(group.processes.size());
  for (const Process& process : group.processes) write_process(out, process);
}

Group read_group(CborReader& in) {
  Group group;
  group.name = in.text("a group");
  const std::uint32_t kind = in.number("a group");
  if (kind > static_cast<std::uint32_t>(GroupKind::eventlistener))
    throw CborError{"unknown kind of group"};
  group.kind = static_cast<GroupKind>(kind);
  group.priority = in.integer("a group");
  group.section = read_section(in);
  group.origin = read_origin(in);
  if (group.kind == GroupKind::eventlistener) group.listener = read_block<EventListenerOptions>(in);
  if (group.kind == GroupKind::fcgi_program) group.fcgi = read_block<FcgiOptions>(in);
  for (std::size_t left = in.array("processes"); left > 0; --left)
    group.processes.push_back(read_process(in));
  return group;
}

void write_daemon_options(CborWriter& out, const SupervisordOptions& options) {
  write_block(out, options);
}

SupervisordOptions read_daemon_options(CborReader& in) {
  return read_block<SupervisordOptions>(in);
}

void write_resolved(CborWriter& out, const Resolved& resolved) {
  write_block(out, resolved.supervisord);
  out.array(resolved.http_servers.size());
  for (const HttpServer& server : resolved.http_servers) write_server(out, server);
  out.array(resolved.rpcinterfaces.size());
  for (const RpcInterface& interface : resolved.rpcinterfaces) write_interface(out, interface);
  out.array(resolved.groups.size());
  for (const Group& group : resolved.groups) write_group(out, group);
  write_texts(out, resolved.warnings);
  write_texts(out, resolved.infos);
  out.text(resolved.plan_hash);
}

Resolved read_resolved(CborReader& in) {
  Resolved resolved;
  resolved.supervisord = read_block<SupervisordOptions>(in);
  for (std::size_t left = in.array("servers"); left > 0; --left)
    resolved.http_servers.push_back(read_server(in));
  for (std::size_t left = in.array("interfaces"); left > 0; --left)
    resolved.rpcinterfaces.push_back(read_interface(in));
  for (std::size_t left = in.array("groups"); left > 0; --left)
    resolved.groups.push_back(read_group(in));
  resolved.warnings = read_texts(in);
  resolved.infos = read_texts(in);
  resolved.plan_hash = in.text("the hash of the plan");
  return resolved;
}

}  // namespace sup::schema

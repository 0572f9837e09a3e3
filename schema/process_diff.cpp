#include "schema/process_diff.h"

#include <algorithm>
#include <optional>
#include <string>

namespace sup::schema {
namespace {

// Variables in whatever order.
bool same_variables(EnvironmentValue a, EnvironmentValue b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

bool same_value(const OptionRow& row, const void* a, const void* b) {
  if (row.equal(a, b)) return true;
  if (row.type != Environment::name) return false;
  if (row.block == SupervisordOptions::block)
    return same_variables(static_cast<const SupervisordOptions*>(a)->environment,
                          static_cast<const SupervisordOptions*>(b)->environment);
  return same_variables(static_cast<const ProcessOptions*>(a)->environment,
                        static_cast<const ProcessOptions*>(b)->environment);
}

// The options of one block that differ.
void compare_block(block::Block block, const void* before, const void* after,
                   std::vector<OptionId>& options) {
  for (const OptionRow& row : option_rows())
    if (row.block == block && !same_value(row, before, after)) options.push_back(row.id);
}

bool is_automatic(const OptionRow& row, const Process& process) {
  return row.type == LogTarget::name &&
         row.print(&process.options) == LogTarget::print(LogTargetValue{LogKind::automatic, {}});
}

std::string socket_url(const FcgiOptions& options) {
  return options.socket ? options.socket->url() : std::string{};
}

bool same_for_reread(const Process& a, const Process& b) {
  if (a.name != b.name || (a.fcgi == nullptr) != (b.fcgi == nullptr)) return false;
  // In a group Supervisor runs it without its socket; suprun does not.
  if (a.fcgi && socket_url(*a.fcgi) != socket_url(*b.fcgi)) return false;
  for (const OptionRow& row : option_rows()) {
    if (row.block != ProcessOptions::block || row.has(OptionFlags::shape)) continue;
    if (same_value(row, &a.options, &b.options)) continue;
    if (!is_automatic(row, a) && !is_automatic(row, b)) return false;
  }
  return true;
}

bool listens(const Group& group) { return group.kind == GroupKind::eventlistener; }

bool has_socket(const Group& group) { return group.kind == GroupKind::fcgi_program; }

}  // namespace

DiffAction action_of(const OptionRow& option) {
  if (option.has(OptionFlags::shape)) return DiffAction::unchanged;
  return option.has(OptionFlags::restart) ? DiffAction::restart : DiffAction::in_place;
}

ProcessDifference compare_processes(const Group& before_group, const Process& before,
                                    const Group& after_group, const Process& after) {
  ProcessDifference made;
  compare_block(ProcessOptions::block, &before.options, &after.options, made.options);
  // A plain group and a program of its own run their processes alike.
  made.other_kind = listens(before_group) != listens(after_group) ||
                    (before.fcgi == nullptr) != (after.fcgi == nullptr);
  if (made.other_kind) {
    made.action = DiffAction::restart;
  } else if (before.fcgi) {
    compare_block(FcgiOptions::block, before.fcgi.get(), after.fcgi.get(), made.options);
  } else if (listens(before_group)) {
    compare_block(EventListenerOptions::block, &before_group.listener, &after_group.listener,
                  made.options);
  }
  std::erase_if(made.options,
                [](OptionId id) { return action_of(option_row(id)) == DiffAction::unchanged; });
  for (const OptionId id : made.options)
    made.action = std::max(made.action, action_of(option_row(id)));
  return made;
}

std::vector<OptionId> compare_daemons(const SupervisordOptions& before,
                                      const SupervisordOptions& after) {
  std::vector<OptionId> options;
  compare_block(SupervisordOptions::block, &before, &after, options);
  return options;
}

SupervisordOptions updated_daemon(const SupervisordOptions& before,
                                  const SupervisordOptions& after) {
  SupervisordOptions made = after;
  for (const OptionRow& row : option_rows()) {
    if (row.block != SupervisordOptions::block || !row.has(OptionFlags::restart)) continue;
    const std::optional<std::string> text = row.print(&before);
    if (text) {
      row.read(&made, *text, ReadContext{});
    } else {
      row.reset(&made);
    }
  }
  return made;
}

bool is_changed_for_reread(const Group& before, const Group& after) {
  if (listens(before) != listens(after) || has_socket(before) != has_socket(after) ||
      before.priority != after.priority)
    return true;
  if (has_socket(before) && socket_url(before.fcgi) != socket_url(after.fcgi)) return true;
  std::vector<OptionId> options;
  if (listens(before))
    compare_block(EventListenerOptions::block, &before.listener, &after.listener, options);
  return !options.empty() ||
         !std::equal(before.processes.begin(), before.processes.end(), after.processes.begin(),
                     after.processes.end(), same_for_reread);
}

bool is_changed_in_place(const Group& before, const Group& after) {
  std::vector<OptionId> options;
  if (listens(before) && listens(after))
    compare_block(EventListenerOptions::block, &before.listener, &after.listener, options);
  return before.priority != after.priority || !options.empty();
}

bool same_server(const HttpServer& before, const HttpServer& after) {
  std::vector<OptionId> options;
  if (before.section != after.section || before.is_unix != after.is_unix) return false;
  // The block of the other kind says nothing, and is not written down with it.
  if (before.is_unix)
    compare_block(UnixHttpServerOptions::block, &before.unix_options, &after.unix_options, options);
  else
    compare_block(InetHttpServerOptions::block, &before.inet_options, &after.inet_options, options);
  return options.empty();
}

bool same_servers(const Resolved& before, const Resolved& after) {
  return std::equal(before.http_servers.begin(), before.http_servers.end(),
                    after.http_servers.begin(), after.http_servers.end(), same_server);
}

}  // namespace sup::schema

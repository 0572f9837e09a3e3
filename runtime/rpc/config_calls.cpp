// getAllConfigInfo: the settings of every process of the configuration that was read last.
#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::rpc {

namespace {

// The members of the struct, in Supervisor's order. Where `option` is empty, tell() knows.
struct Key {
  std::string_view name;
  std::string_view option;
};

constexpr std::array keys{
    Key{"autostart",               "autostart"              },
    Key{"autorestart",             "autorestart"            },
    Key{"directory",               "directory"              },
    Key{"uid",                     ""                       },
    Key{"command",                 "command"                },
    Key{"exitcodes",               "exitcodes"              },
    Key{"group",                   ""                       },
    Key{"group_prio",              ""                       },
    Key{"inuse",                   ""                       },
    Key{"killasgroup",             "killasgroup"            },
    Key{"name",                    ""                       },
    Key{"process_prio",            "priority"               },
    Key{"redirect_stderr",         "redirect_stderr"        },
    Key{"startretries",            "startretries"           },
    Key{"startsecs",               "startsecs"              },
    Key{"stdout_capture_maxbytes", "stdout_capture_maxbytes"},
    Key{"stdout_events_enabled",   "stdout_events_enabled"  },
    Key{"stdout_logfile",          ""                       },
    Key{"stdout_logfile_backups",  "stdout_logfile_backups" },
    Key{"stdout_logfile_maxbytes", "stdout_logfile_maxbytes"},
    Key{"stdout_syslog",           ""                       },
    Key{"stopsignal",              ""                       },
    Key{"stopwaitsecs",            "stopwaitsecs"           },
    Key{"stderr_capture_maxbytes", "stderr_capture_maxbytes"},
    Key{"stderr_events_enabled",   "stderr_events_enabled"  },
    Key{"stderr_logfile",          ""                       },
    Key{"stderr_logfile_backups",  "stderr_logfile_backups" },
    Key{"stderr_logfile_maxbytes", "stderr_logfile_maxbytes"},
    Key{"stderr_syslog",           ""                       },
    Key{"serverurl",               ""                       },
};

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// An option as its row says; what is not set is the text `none`.
void tell_option(const schema::OptionRow& row, const schema::ProcessOptions& options, Writer& out) {
  const std::optional<std::string> text = row.print(&options);
  if (!text) {
    out.text("none");
  } else if (row.type == schema::ExitCodes::name) {
    out.begin_array();
    for (const std::string_view each : schema::split_list(*text)) {
      out.integer(number(schema::strip(each)));
    }
    out.end_array();
  } else if (row.wire == schema::Wire::boolean ||
             (row.type == schema::AutoRestart::name && *text != "unexpected")) {
    out.boolean(*text == "true");
  } else if (row.type == schema::ByteSize::name) {
    std::int64_t bytes = 0;
    static_cast<void>(schema::ByteSize::read(*text, {}, bytes));
    out.integer(bytes);
  } else if (row.wire == schema::Wire::integer) {
    out.integer(number(*text));
  } else {
    out.text(*text);
  }
}

// One process of the configuration, and what of it is alive.
struct Described {
  const schema::Group* group = nullptr;
  const schema::Process* process = nullptr;
  bool in_use = false;
  std::optional<core::ProcessId> active;
};

void tell_log(const core::Machine& machine, const Described& one, core::Channel channel,
              Writer& out) {
  const schema::ProcessOptions& options = one.process->options;
  const bool is_error = channel == core::Channel::standard_error;
  const schema::LogTargetValue& target = is_error ? options.stderr_logfile : options.stdout_logfile;
  const bool is_redirected =
      is_error && options.redirect_stderr && one.group->kind != schema::GroupKind::eventlistener;
  if (is_redirected) {
    out.text("none");
  } else if (target.kind == schema::LogKind::file) {
    out.text(target.path);
  } else if (target.kind == schema::LogKind::automatic) {
    const std::string path = one.active ? machine.log_path(*one.active, channel) : std::string();
    out.text(path.empty() ? "auto" : path);
  } else {
    out.text("none");
  }
}

void tell(const Context& context, const Described& one, std::string_view key, Writer& out) {
  const schema::ProcessOptions& options = one.process->options;
  if (key == "uid") {
    const std::optional<std::int64_t> user =
        options.user ? context.machine.user_number(*options.user) : std::nullopt;
    user ? out.integer(*user) : out.text("none");
  } else if (key == "group") {
    out.text(one.group->name);
  } else if (key == "group_prio") {
    out.integer(one.group->priority);
  } else if (key == "inuse") {
    out.boolean(one.in_use);
  } else if (key == "name") {
    out.text(one.process->name);
  } else if (key == "stdout_logfile") {
    tell_log(context.machine, one, core::Channel::standard_output, out);
  } else if (key == "stderr_logfile") {
    tell_log(context.machine, one, core::Channel::standard_error, out);
  } else if (key == "stdout_syslog") {
    out.boolean(options.stdout_syslog || options.stdout_logfile.kind == schema::LogKind::syslog);
  } else if (key == "stderr_syslog") {
    out.boolean(options.stderr_syslog || options.stderr_logfile.kind == schema::LogKind::syslog);
  } else if (key == "stopsignal") {
    out.integer(options.stopsignal);
  } else if (key == "serverurl") {
    out.text(schema::equals_ignoring_case(options.serverurl, "AUTO") ? "none" : options.serverurl);
  }
}

}  // namespace

Outcome get_all_config_info(Context& context, const Array& /*arguments*/, Writer& out) {
  std::vector<Described> all;
  for (const schema::Group& group : context.interface.last_read()->groups) {
    const bool in_use = context.supervisor.find_group(group.name).has_value();
    for (const schema::Process& process : group.processes) {
      if (context.access.may(Role::read, process)) {
        all.push_back(
            {&group, &process, in_use, context.supervisor.find(group.name, process.name)});
      }
    }
  }
  std::ranges::stable_sort(
      all, {}, [](const Described& one) -> std::string_view { return one.process->name; });
  std::array<const schema::OptionRow*, keys.size()> rows{};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    rows[i] = keys[i].option.empty() ? nullptr
                                     : schema::find_option(schema::block::process, keys[i].option);
  }
  out.begin_array();
  for (const Described& one : all) {
    out.begin_struct();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      out.member(keys[i].name);
      if (rows[i] != nullptr) {
        tell_option(*rows[i], one.process->options, out);
      } else {
        tell(context, one, keys[i].name, out);
      }
    }
    out.end_struct();
  }
  out.end_array();
  return Done{};
}

}  // namespace sup::rpc

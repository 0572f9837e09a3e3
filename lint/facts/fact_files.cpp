// Files that the daemon writes.
#include "lint/facts/fact.h"
#include "lint/facts/layout.h"
#include "lint/paths.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

class Files {
 public:
  Files(const FactSource& source, Fact& fact) : source_(source), fact_(fact) {}

  void add(const ConfigSection& section, const ConfigEntry* entry, std::string_view what,
           std::string path) {
    FactRow row;
    row.fields = {field("path", std::move(path)), field("what", std::string(what))};
    row.place = source_.place(section, entry);
    fact_.rows.push_back(std::move(row));
  }

  void add_daemon(const ConfigSection& daemon) {
    const Context& context = source_.context();
    add_log(daemon, log_channels(SectionKind::supervisord).front(), 1);
    const auto pidfile = known<schema::FilePath>(context, daemon, "pidfile",
                                                 schema::SupervisordOptions::defaults().pidfile);
    source_.need(fact_, daemon, pidfile);
    if (pidfile.value) add(daemon, pidfile.entry, "pidfile", *pidfile.value);
  }

  void add_log(const ConfigSection& section, const LogChannel& channel, std::int64_t processes) {
    const Context& context = source_.context();
    if (channel.is_stderr && redirects_stderr(context, section)) return;
    const ConfigEntry* entry = section.find(channel.logfile);
    const auto log = read_log(context, section, channel);
    if (!log) {
      if (entry != nullptr) source_.add_unknown(fact_, section, *entry);
      return;
    }
    if (log->target.kind == schema::LogKind::automatic) {
      automatic_ = sum(automatic_, processes);
    } else if (log->target.kind == schema::LogKind::file && !log->target.path.empty() &&
               !is_device(log->target.path)) {
      // With numprocs= the path is one for each process; it is shown as it is written then.
      const bool is_many =
          section.find("numprocs") != nullptr && entry != nullptr && entry->is_template;
      add(section, entry, channel.logfile, is_many ? std::string(entry->value) : log->target.path);
    }
  }

  void add_automatic(const ConfigSection* daemon) {
    fact_.fields = {hidden("automatic_logs", automatic_)};
    if (automatic_ == 0) return;
    const ConfigEntry* folder = daemon != nullptr ? daemon->find("childlogdir") : nullptr;
    std::string path = "the folder for temporary files";
    if (folder != nullptr) {
      const auto known = source_.context().read<schema::DirectoryPath>(*daemon, *folder);
      if (!known) source_.add_unknown(fact_, *daemon, *folder);
      path = known.value_or(std::string(folder->value));
    }
    FactRow row;
    row.fields = {
        field("path", std::move(path)),
        {"what", std::string("childlogdir"), counted(automatic_, "AUTO log")}
    };
    if (daemon != nullptr) row.place = source_.place(*daemon, folder);
    fact_.rows.push_back(std::move(row));
  }

 private:
  const FactSource& source_;
  Fact& fact_;
  std::int64_t automatic_ = 0;
};

}  // namespace

Fact fact_files(const FactSource& source) {
  const Context& context = source.context();
  Fact fact;
  fact.how =
      "logs, pidfile and sockets as they are written; relative paths are those of the folder that "
      "supervisord starts in";
  source.need_processes(fact);
  Files files(source, fact);
  const ConfigSection* daemon = context.daemon();
  if (daemon != nullptr) files.add_daemon(*daemon);
  for (const Server& server : context.references().servers())
    if (server.is_unix && server.is_known)
      files.add(*server.section, server.entry, "socket", server.path);
  for (const GroupMember& member : context.layout().members())
    for (const LogChannel& channel : log_channels(member.section->name->kind))
      files.add_log(*member.section, channel, member.count());
  files.add_automatic(daemon);
  fact.summary = counted(static_cast<std::int64_t>(fact.rows.size()), "path") + " written";
  return fact;
}

}  // namespace sup::lint

// How much disk the logs may take.
#include "lint/facts/fact.h"
#include "lint/facts/layout.h"
#include "lint/facts/log_space.h"

namespace sup::lint {

namespace {

class Ledger {
 public:
  Ledger(const FactSource& source, Fact& fact) : source_(source), fact_(fact) {}

  void add(const ConfigSection& section, const KnownNumber& processes) {
    for (const LogChannel& channel : log_channels(section.name->kind)) {
      const LogSpace space = log_space(source_.context(), section, channel);
      const ConfigEntry* written = section.find(channel.logfile);
      switch (space.kind) {
        case LogSpace::Kind::none: continue;
        case LogSpace::Kind::unknown:
          if (written != nullptr && !read_log(source_.context(), section, channel))
            source_.add_unknown(fact_, section, *written);
          source_.need(fact_, section, space.limit);
          source_.need(fact_, section, space.backups);
          continue;
        case LogSpace::Kind::unlimited: unlimited_.push_back(name(section, channel)); break;
        case LogSpace::Kind::bounded:
          total_ = sum(total_, product(space.bytes, processes.value.value_or(0)));
          break;
      }
      add_row(section, channel, space, processes);
    }
  }

  void finish() {
    fact_.fields = {hidden("bytes", total_), hidden("unlimited", unlimited_)};
    fact_.summary = "at most " + readable_size(total_);
    if (unlimited_.empty()) return;
    fact_.summary += ", without those that nothing bounds:";
    for (const std::string& each : unlimited_) fact_.summary += " " + each;
  }

 private:
  static std::string name(const ConfigSection& section, const LogChannel& channel) {
    return std::string(section.full_name) + "." + std::string(channel.logfile);
  }

  void add_row(const ConfigSection& section, const LogChannel& channel, const LogSpace& space,
               const KnownNumber& processes) {
    const bool is_bounded = space.kind == LogSpace::Kind::bounded;
    FactRow row;
    row.fields = {field("section", section.display()), field("log", std::string(channel.logfile))};
    if (is_bounded) {
      row.fields.push_back({"bytes", space.bytes, readable_size(space.bytes)});
      row.fields.push_back(
          {"maxbytes", *space.limit.value,
           readable_size(*space.limit.value) + " and " + counted(*space.backups.value, "backup")});
      row.fields.push_back(hidden("backups", *space.backups.value));
    } else {
      row.fields.push_back({"bytes", nullptr, "no bound"});
    }
    if (!processes.value)
      row.fields.push_back({"files", nullptr, "x?"});
    else if (*processes.value == 1)
      row.fields.push_back(hidden("files", 1));
    else
      row.fields.push_back({"files", *processes.value, "x" + std::to_string(*processes.value)});
    row.place = source_.place(section, space.limit.entry);
    fact_.rows.push_back(std::move(row));
  }

  const FactSource& source_;
  Fact& fact_;
  std::int64_t total_ = 0;
  std::vector<std::string> unlimited_;
};

}  // namespace

Fact fact_logs(const FactSource& source) {
  Fact fact;
  fact.how =
      "maxbytes times one more than backups for each file, times the processes that write one; a "
      "file may exceed its maxbytes by one write";
  source.need_processes(fact);
  Ledger ledger(source, fact);
  if (const ConfigSection* daemon = source.context().daemon()) ledger.add(*daemon, {1});
  for (const GroupMember& member : source.context().layout().members())
    ledger.add(*member.section, member.processes);
  ledger.finish();
  return fact;
}

}  // namespace sup::lint

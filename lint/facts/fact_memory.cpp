// How much of what processes say the daemon may hold in memory.
#include "lint/facts/fact.h"
#include "lint/facts/layout.h"
#include "lint/paths.h"

namespace sup::lint {

Fact fact_memory(const FactSource& source) {
  const Context& context = source.context();
  Fact fact;
  fact.how = "stdout_capture_maxbytes= and stderr_capture_maxbytes= of each process";
  source.need_processes(fact);
  std::int64_t total = 0;
  for (const GroupMember& member : context.layout().members()) {
    for (const LogChannel& channel : log_channels(member.section->name->kind)) {
      if (channel.is_stderr && redirects_stderr(context, *member.section)) continue;
      const auto size = known<schema::ByteSize>(context, *member.section, channel.capture, 0);
      source.need(fact, *member.section, size);
      if (size.value.value_or(0) <= 0) continue;
      total = sum(total, product(*size.value, member.count()));
      FactRow row;
      row.fields = {
          field("section", member.section->display()),
          field("option", std::string(channel.capture)),
          {"bytes",         *size.value,            readable_size(*size.value)},
          { "processes", member.count(), counted(member.count(),                 "process")}
      };
      row.place = source.place(*member.section, size.entry);
      fact.rows.push_back(std::move(row));
    }
  }
  fact.fields = {hidden("capture_bytes", total)};
  fact.summary =
      total == 0 ? "nothing is captured" : "up to " + readable_size(total) + " of captured output";
  return fact;
}

}  // namespace sup::lint

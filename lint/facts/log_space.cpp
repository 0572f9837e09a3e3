#include "lint/facts/log_space.h"

namespace sup::lint {

LogSpace log_space(const Context& context, const ConfigSection& section,
                   const LogChannel& channel) {
  LogSpace space;
  if (!is_on_disk(context, section, channel)) {
    const bool is_redirected = channel.is_stderr && redirects_stderr(context, section);
    if (!is_redirected && !read_log(context, section, channel))
      space.kind = LogSpace::Kind::unknown;
    return space;
  }
  space.limit = {log_limit(context, section, channel), section.find(channel.maxbytes)};
  space.backups = {log_backups(context, section, channel), section.find(channel.backups)};
  if (!space.limit.value || (*space.limit.value > 0 && !space.backups.value)) {
    space.kind = LogSpace::Kind::unknown;
  } else if (*space.limit.value <= 0) {
    space.kind = LogSpace::Kind::unlimited;
  } else {
    space.kind = LogSpace::Kind::bounded;
    space.bytes = product(*space.limit.value, sum(*space.backups.value, 1));
  }
  return space;
}

std::int64_t log_bytes(const Context& context, const ConfigSection& section) {
  std::int64_t total = 0;
  for (const LogChannel& channel : log_channels(section.name->kind))
    total = sum(total, log_space(context, section, channel).bytes);
  if (section.name->kind == SectionKind::supervisord) return total;
  return product(
      total, known_number(context, section, "numprocs", schema::ProcessOptions::defaults().numprocs)
                 .value.value_or(1));
}

}  // namespace sup::lint

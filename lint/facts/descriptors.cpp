#include "lint/facts/descriptors.h"

#include <bit>

#include "lint/references.h"
#include "schema/options.h"

namespace sup::lint {

namespace {

// Whether a log file is open for the channel.
bool has_log(const Context& context, const ConfigSection& section, OptionName key) {
  const ConfigEntry* entry = section.find(key);
  if (entry == nullptr) return true;
  // Too long for a special word.
  constexpr std::size_t longest_word = 6;
  if (entry->value.size() > longest_word && !entry->is_template) return true;
  const auto log = context.read<schema::LogTarget>(section, *entry);
  return log && (log->kind == schema::LogKind::automatic ||
                 (log->kind == schema::LogKind::file && !log->path.empty()));
}

}  // namespace

std::int64_t descriptors_of_a_process(const Context& context, const ConfigSection& section) {
  const bool joins = context.is_on(section, "redirect_stderr");
  std::int64_t count = joins ? 2 : 3;
  if (has_log(context, section, "stdout_logfile")) ++count;
  if (!joins && has_log(context, section, "stderr_logfile")) ++count;
  return count;
}

DescriptorNeed descriptor_need(const Context& context) {
  const Layout& layout = context.layout();
  DescriptorNeed need;
  need.processes = layout.processes();
  need.servers = static_cast<std::int64_t>(context.references().servers().size());
  for (const GroupMember& member : layout.members()) {
    const bool has_socket =
        layout.groups()[member.group].section->name->kind == SectionKind::fcgi_program;
    if (has_socket) ++need.servers;
    if (member.count() == 0) continue;
    need.of_processes =
        sum(need.of_processes,
            product(member.count(), descriptors_of_a_process(context, *member.section)));
  }
  need.total = sum(descriptors_of_the_daemon + need.servers, need.of_processes);
  return need;
}

std::int64_t default_minfds() { return schema::SupervisordOptions::defaults().minfds; }

std::int64_t enough_descriptors(std::int64_t needed) {
  return static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(sum(needed, needed / 2))));
}

}  // namespace sup::lint

#include "lint/facts/descriptors.h"

#include <algorithm>
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

void DescriptorNeed::look_at(const Context& context, const ConfigSection& section) {
  if (!section.name) return;
  const SectionKind kind = section.name->kind;
  if (kind == SectionKind::inet_http_server || kind == SectionKind::unix_http_server) ++servers;
  if (!section.is_process()) return;
  const std::size_t memberships = context.references().memberships(section);
  // The socket is of the group that the program makes.
  if (memberships == 0 && kind == SectionKind::fcgi_program) ++servers;
  const GroupMember member{&section, 0, processes_of(context, section)};
  const std::int64_t count =
      product(member.count(), static_cast<std::int64_t>(std::max<std::size_t>(memberships, 1)));
  if (count == 0) return;
  processes = sum(processes, count);
  of_processes = sum(of_processes, product(count, descriptors_of_a_process(context, section)));
}

void DescriptorNeed::add(const DescriptorNeed& other) {
  processes = sum(processes, other.processes);
  servers = sum(servers, other.servers);
  of_processes = sum(of_processes, other.of_processes);
}

std::int64_t DescriptorNeed::total() const {
  return sum(descriptors_of_the_daemon + servers, of_processes);
}

DescriptorNeed descriptor_need(const Context& context) {
  DescriptorNeed need;
  for (const ConfigSection& section : context.config().sections) need.look_at(context, section);
  return need;
}

std::int64_t default_minfds() { return schema::SupervisordOptions::defaults().minfds; }

std::int64_t enough_descriptors(std::int64_t needed) {
  return static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(sum(needed, needed / 2))));
}

}  // namespace sup::lint

// How many file descriptors the daemon needs: estimates from above.
#pragma once

#include <cstdint>

#include "lint/facts/layout.h"

namespace sup::lint {

// Its log, standard streams, the poller, and what it opens for moments.
constexpr std::int64_t descriptors_of_the_daemon = 10;
// The same of suprun, which has pollers, timers and a template of each child's standard streams.
constexpr std::int64_t descriptors_of_suprun = 24;

// Pipes and log files of one process of the section; what is not known counts as none.
std::int64_t descriptors_of_a_process(const Context& context, const ConfigSection& section);

// Gathered section by section. Processes whose number is not known count as none.
struct DescriptorNeed {
  std::int64_t processes = 0;
  std::int64_t servers = 0;       // one for each listening socket, those of FastCGI too
  std::int64_t of_processes = 0;  // descriptors of all processes

  void look_at(const Context& context, const ConfigSection& section);
  void add(const DescriptorNeed& other);
  std::int64_t total() const;  // of supervisord
};

// Of all sections.
DescriptorNeed descriptor_need(const Context& context);

// What minfds= is where nothing is written.
std::int64_t default_minfds();

// What minfds= should be: the next power of two that leaves half as much again.
std::int64_t enough_descriptors(std::int64_t needed);

}  // namespace sup::lint

#include "schema/parallel.h"

#include <pthread.h>
#include <sched.h>

namespace sup::schema {

void move_away(std::jthread& other) {
  cpu_set_t allowed;
  const int here = ::sched_getcpu();
  if (here < 0 || ::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  CPU_CLR(static_cast<unsigned>(here), &allowed);
  if (CPU_COUNT(&allowed) > 0)
    ::pthread_setaffinity_np(other.native_handle(), sizeof allowed, &allowed);
}

}  // namespace sup::schema

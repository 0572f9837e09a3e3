// Programs that work through jobs, as several rules need to tell them.
#pragma once

#include "lint/commands.h"

namespace sup::lint {

// `celery -A app worker`, also through manage.py.
bool is_celery_worker(const CommandLine& command);

// A program whose work or data suffers when it is killed in the middle.
bool has_long_jobs(const CommandLine& command);

// The option that makes a worker end by itself with status 0, or null.
const Word* finishing_option(const CommandLine& command);

}  // namespace sup::lint

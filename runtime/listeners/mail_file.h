// A mail as it waits in a queue: one JSON object.
#pragma once

#include <string>

#include "runtime/listeners/mail.h"
#include "schema/result.h"

namespace sup::listeners {

std::string print_mail_file(const Mail& mail);

// Fails for what was not written by print_mail_file.
schema::Result<Mail> parse_mail_file(const std::string& text);

}  // namespace sup::listeners

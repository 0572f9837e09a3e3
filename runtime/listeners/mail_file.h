// A mail in the folder of a queue: one JSON object.
#pragma once

#include <string>

#include "runtime/listeners/mail.h"
#include "schema/result.h"

namespace sup::listeners {

std::string print_mail_file(const Mail& mail);

// Fails for a file that cannot be read, is too large or was not written by print_mail_file.
schema::Result<Mail> read_mail_file(const std::string& path);

}  // namespace sup::listeners

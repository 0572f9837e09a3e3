// What [supervisorctl] of a configuration says. Here alone does the client meet the compiler, which
// reads the files.
#pragma once

#include <functional>
#include <string>

#include "runtime/ctl/session.h"
#include "schema/result.h"

namespace sup::ctl {

// Puts what the file says into `settings`, where nothing was said on the command line. The section
// may stand in an included file; supervisorctl sees the main file only. Errors are in
// supervisorctl's words.
schema::Status read_configuration(const std::string& file, Settings& settings);

// What may help after that error, lines for standard error, or nothing: what else is in the file,
// or why it was not found.
std::string advice_on(const std::string& file, const schema::Error& error);

// Sets Settings::user and Settings::file.
void ask_this_machine(Settings& settings);

// Where the daemon of the configuration writes its pid. Compiles it with the first question.
std::function<std::string()> pidfile_of(const std::string& file);

// Where it listens, as URLs. Compiles it with each question.
std::function<std::vector<std::string>()> served_urls_of(const std::string& file);

// "web.conf:12": where an option of the process's program is written, or the program itself if it
// leaves the option at its default; empty when the file does not know the process. Compiles the
// configuration with the first question.
std::function<std::string(std::string_view group, std::string_view process,
                          std::string_view option)>
places_in(const std::string& file);

}  // namespace sup::ctl

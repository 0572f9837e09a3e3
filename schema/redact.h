// What must not be shown: the one place that decides it and hides it, for dump, diff, explain and
// whatever else prints settings. Secret are options with the flag in options.def, values of
// variables and arguments whose names say so (DB_PASSWORD, --api-token), and passwords in URLs
// wherever they stand, in the addresses of web hooks and in headers of HTTP too. What became of
// secret variables elsewhere is known by its value: secrets.h.
// Templates are shown: %(ENV_DB_PASSWORD)s tells where a secret comes from, not what it is.
#pragma once

#include <string>
#include <string_view>

#include "schema/options.h"

namespace sup::schema {

inline constexpr std::string_view hidden_text = "********";

// How a text stands there: as in a plan, where %(name)s is a template, or as a value, where it is
// nothing but text.
enum class TextForm : std::uint8_t { written, value };

// Whether a variable, or a key that only a factory knows, is called like a secret.
bool names_a_secret(std::string_view name);

// Whether the argument --NAME of a command is called like a secret, and its value is none that may
// be shown: --password-file=/run/secret.
bool hides_argument(std::string_view name, std::string_view value);

// A command without the passwords that it hands over: "--password=********", "--token ********",
// "DB_PASSWORD=********", "mysql -p********", "Authorization: Bearer ********", and those of its
// URLs. Words in quotes, such as the script of `sh -c`, are looked into.
std::string hide_command_passwords(std::string_view text, TextForm form);

// A text without the passwords of its URLs: "postgres://app:********@db/app",
// "https://hooks.slack.com/services/********", "https://x/?token=********".
std::string hide_url_passwords(std::string_view text, TextForm form);

// The value of a variable or of a factory's key.
std::string redact_variable(std::string_view name, std::string_view value, TextForm form);

// Whether a written text expands a variable that is called like a secret. What comes of it is not
// shown; the text itself may be.
bool uses_secret_variable(std::string_view text);

// The value of an option. An environment= keeps its text if nothing in it is secret and is printed
// in canonical form otherwise.
std::string redact(const OptionRow& option, std::string_view text, TextForm form);

// What to show of a bound value that was written so (empty: a default): the written text if it
// expands a secret variable, else the value redacted.
std::string redact_bound(const OptionRow& option, std::string_view written, std::string_view value);

// The same for a variable of an environment=, or a key of a factory.
std::string redact_bound_variable(std::string_view name, std::string_view written,
                                  std::string_view value);

// The variables of a bound environment=, each redacted. `written` is the setting's text.
EnvironmentValue redact_bound_environment(std::string_view written, const EnvironmentValue& bound);

}  // namespace sup::schema

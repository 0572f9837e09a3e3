// The value types of options. Each owns how its text is read, how it is printed in canonical form
// and how its expected form is described; a row of options.def only names one. Reading follows
// Supervisor's datatypes: what it accepts is accepted, what it refuses is refused.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/events.h"

namespace sup::schema {

// Whose rules apply where versions of Supervisor differ.
enum class Target : std::uint8_t { v3_4, v4_2, v4_3, v4_4 };

std::string_view target_name(Target target);
std::optional<Target> target_from_name(std::string_view name);

// The newest, for everything that is not told.
constexpr Target default_target = Target::v4_4;

// Why a text is not a value of a type. `rule` names the diagnostic that this is
// ("invalid-boolean"); `begin` and `length` mark the part of the text that is wrong (length 0: all
// of it); `fix` is a text that the user probably meant, or empty.
struct ValueError {
  std::string_view rule;
  std::string message;
  std::string fix;
  std::size_t begin = 0;
  std::size_t length = 0;
  // The fix was found by looking at all of the value and leaves nothing wrong in it.
  bool is_certain = true;
  // A limit of suprun, as the message says; Supervisor takes it.
  bool is_ours = false;
  std::vector<ValueError> others{};  // further mistakes of the same value
};

struct ReadContext {
  Target target = default_target;
};

enum class LogLevelValue : std::uint8_t {
  blather = 3,
  trace = 5,
  debug = 10,
  info = 20,
  warn = 30,
  error = 40,
  critical = 50
};

enum class EventLengthValue : std::uint8_t { characters, bytes };

// What a client of a control server may do; each may do what those before it may.
enum class RoleValue : std::uint8_t { read, operate, admin };

// `password` is plain, or {SHA} and 40 hexadecimal digits.
struct HttpUserValue {
  std::string name;
  std::string password;
  RoleValue role = RoleValue::admin;
  bool operator==(const HttpUserValue&) const = default;
};

enum class AutoRestartValue : std::uint8_t { never, unexpected, always };

enum class LogKind : std::uint8_t { none, automatic, syslog, file };

struct LogTargetValue {
  LogKind kind = LogKind::automatic;
  std::string path;  // of a file, may be empty: Supervisor then logs nowhere
  bool operator==(const LogTargetValue&) const = default;
};

struct UserGroupValue {
  std::string user;
  std::optional<std::string> group;
  bool operator==(const UserGroupValue&) const = default;
};

struct InetAddressValue {
  std::string host;  // lower case, empty: all interfaces
  int port = 0;
  bool operator==(const InetAddressValue&) const = default;
};

struct FcgiSocketValue {
  std::string path;  // of a UNIX socket, else empty
  std::string host;
  int port = 0;
  bool operator==(const FcgiSocketValue&) const = default;

  // "unix:///path" or "tcp://host:port".
  std::string url() const;
};

// A piece of an environment= value as its lexer cuts it: a name, `=`, a value, a separator, and so
// on in turn.
struct EnvironmentToken {
  std::string text;  // legacy: with its quotes; 4.4: without
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct EnvironmentLexError {
  std::string_view reason;  // Python's
  std::size_t at = 0;
};

// Cuts an environment= value by the rules of that version.
std::optional<EnvironmentLexError> lex_environment(std::string_view text, Target target,
                                                   std::vector<EnvironmentToken>& tokens);

// Whether `c` can stand in an unquoted name or value of an environment=.
constexpr bool is_environment_word(char c) {
  constexpr std::array<bool, 256> table = [] {
    std::array<bool, 256> made{};
    for (unsigned letter = '0'; letter <= '9'; ++letter) made[letter] = true;
    for (unsigned letter = 'A'; letter <= 'Z'; ++letter) made[letter] = true;
    for (unsigned letter = 'a'; letter <= 'z'; ++letter) made[letter] = true;
    for (const char sign : std::string_view("_/.+-():"))
      made[static_cast<unsigned char>(sign)] = true;
    return made;
  }();
  return table[static_cast<unsigned char>(c)];
}

using EnvironmentValue = std::vector<std::pair<std::string, std::string>>;

// How a value travels in a plan and in JSON; everything that is not a boolean or an integer is
// text.
enum class Wire : std::uint8_t { boolean, integer, text };

// A value type: `Storage`, `name`, `expected`, `wire`, read and print.
#define SUP_VALUE_TYPE(Name, StorageType, wire_kind, name_text, expected_text)             \
  struct Name {                                                                            \
    using Storage = StorageType;                                                           \
    static constexpr std::string_view name = name_text;                                    \
    static constexpr std::string_view expected = expected_text;                            \
    static constexpr Wire wire = Wire::wire_kind;                                          \
    static std::optional<ValueError> read(std::string_view, const ReadContext&, Storage&); \
    static std::string print(const Storage&);                                              \
  }

SUP_VALUE_TYPE(Text, std::string, text, "text", "text");
SUP_VALUE_TYPE(Boolean, bool, boolean, "boolean", "true, false, yes, no, on, off, 1 or 0");
SUP_VALUE_TYPE(Integer, std::int64_t, integer, "integer", "a whole number");
SUP_VALUE_TYPE(ByteSize, std::int64_t, integer, "byte-size",
               "a whole number, or one with KB, MB or GB");
SUP_VALUE_TYPE(Octal, int, text, "octal", "an octal number such as 022");
SUP_VALUE_TYPE(LogLevel, LogLevelValue, text, "log-level",
               "critical, error, warn, info, debug, trace or blather");
SUP_VALUE_TYPE(AutoRestart, AutoRestartValue, text, "autorestart", "true, false or unexpected");
SUP_VALUE_TYPE(EventLength, EventLengthValue, text, "event-length", "characters or bytes");
SUP_VALUE_TYPE(ServerRole, RoleValue, text, "role", "read, operate or admin");
SUP_VALUE_TYPE(HttpUsers, std::vector<HttpUserValue>, text, "http-users",
               "name:password:role, separated by commas");
SUP_VALUE_TYPE(ExitCodes, std::vector<int>, text, "exit-codes",
               "numbers from 0 to 255, separated by commas");
SUP_VALUE_TYPE(Signal, int, text, "signal",
               "a signal such as TERM, INT, QUIT, HUP, USR1, USR2 or KILL");
SUP_VALUE_TYPE(LogTarget, LogTargetValue, text, "log-target", "a file, AUTO or NONE");
SUP_VALUE_TYPE(FilePath, std::string, text, "file", "a path in an existing folder");
SUP_VALUE_TYPE(DirectoryPath, std::string, text, "directory", "an existing folder");
SUP_VALUE_TYPE(SocketPath, std::string, text, "socket-path", "a path of less than 108 bytes");
SUP_VALUE_TYPE(User, std::string, text, "user", "the name or number of a user");
SUP_VALUE_TYPE(UserGroup, UserGroupValue, text, "user-group", "user or user:group");
SUP_VALUE_TYPE(ProcessName, std::string, text, "process-name",
               "a name without blank, colon and slash");
SUP_VALUE_TYPE(NameList, std::vector<std::string>, text, "name-list", "names separated by commas");
SUP_VALUE_TYPE(EventList, std::vector<EventType>, text, "event-list",
               "event types separated by commas");
SUP_VALUE_TYPE(Environment, EnvironmentValue, text, "environment",
               "KEY=\"value\" pairs separated by commas");
SUP_VALUE_TYPE(InetAddress, InetAddressValue, text, "inet-address", "a port, or host:port");
SUP_VALUE_TYPE(FcgiSocket, FcgiSocketValue, text, "fcgi-socket", "tcp://host:port or unix:///path");
SUP_VALUE_TYPE(EntryPoint, std::string, text, "entry-point", "module:attribute");
SUP_VALUE_TYPE(ResultHandler, std::string, text, "result-handler", "module:attribute");
SUP_VALUE_TYPE(ServerUrl, std::string, text, "server-url", "AUTO or a URL");

#undef SUP_VALUE_TYPE

// Python's int(text, base) for bases 8 and 10; false when it would raise. A number beyond 64 bits
// sets `overflow` and is refused.
bool read_python_int(std::string_view text, int base, std::int64_t& out, bool& overflow);

// "SIGTERM" for 15; the number where it has no name.
std::string signal_name(int signal);

// Names of the signals that Supervisor knows, without SIG, for suggestions.
const std::vector<std::string_view>& signal_names();

// The text, quoted so that Supervisor's environment= reads it back. A text with a single quote and
// a double quote or a backslash can be written for 4.4 alone.
std::string quote_environment_value(std::string_view value);

}  // namespace sup::schema

// From a plan to the processes that run: the one place that gives settings their meaning. The
// compiler calls it with assumed facts to find mistakes early, the daemon calls it with the facts
// of its machine at boot, on reload and for scaling; so the two cannot disagree.
//
// It is pure: facts come in, the result and located faults go out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/expand.h"
#include "schema/options.h"
#include "schema/plan.h"

namespace sup::schema {

// A file of the machine, symbolic links followed.
struct FileFacts {
  enum class Kind : std::uint8_t { regular, directory, socket, other };
  Kind kind = Kind::regular;
  unsigned mode = 0;  // permission bits
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

struct UserFacts {
  std::uint32_t id = 0;
  std::vector<std::uint32_t> groups;  // the first one first
  std::string home;
};

// What is known of the machine.
struct Facts {
  // Environment of the daemon, without ENV_.
  std::function<std::optional<std::string>(std::string_view)> environment;
  std::string host_name;
  // A variable that `environment` lacks: an error (the daemon), or the setting stays at its default
  // and is not checked (the compiler).
  bool missing_variable_is_error = true;
  // Home folder for ~ (empty name) and ~user; nothing leaves the text as it is, as Python does.
  std::function<std::optional<std::string>(std::string_view user)> home;
  // Questions to the machine; unset: not asked, everything is assumed to exist.
  std::function<bool(std::string_view)> user_exists;
  std::function<bool(std::string_view)> group_exists;
  std::function<bool(const std::string& path)> directory_exists;
  // Names of the files in a folder, sorted; some thousands at most.
  std::function<std::vector<std::string>(const std::string& folder)> files_in;
  // The text of a file; nothing when it cannot be read, or is too long for a configuration.
  std::function<std::optional<std::string>(const std::string& path)> file_text;
  // A file as it is there; nothing when there is none or it cannot be looked at.
  std::function<std::optional<FileFacts>(const std::string& path)> file;
  // The first bytes of a file, some hundred at most; nothing when it cannot be read.
  std::function<std::optional<std::string>(const std::string& path)> file_start;
  // By name or number; nothing when there is no such user.
  std::function<std::optional<UserFacts>(std::string_view user)> user;
  // Names of the users, or groups, for suggestions.
  std::function<std::vector<std::string>()> user_names;
  std::function<std::vector<std::string>()> group_names;
  // The PATH that the daemon is expected to have.
  std::string search_path;
  // How many descriptors a process may open at most (hard limit).
  std::optional<std::int64_t> descriptor_limit;
  bool is_privileged = false;  // the caller is root
  // What relative socket paths are relative to; empty leaves them as they are.
  std::string working_directory;
  // The plan is a part of a configuration: [supervisord] and programs of groups may be elsewhere.
  bool partial = false;
  // Only the faults are wanted: one process of each program is tried and none is kept.
  bool only_check = false;
  // The functions above may be called by two threads at once.
  bool may_ask_in_parallel = false;
  // Refuses configurations that would make more processes than this.
  std::int64_t maximum_processes = 200000;
};

// A mistake in a plan. `section` and `setting` say where (setting none: the section as a whole).
// `begin` and `length` mark a part of the setting's text when it is a constant.
struct Fault {
  std::string_view rule;  // slug of the diagnostic
  std::string message;
  std::string fix;         // replacement for the marked text, or empty
  bool is_certain = true;  // the fix is surely what was meant, if fixes of that rule are safe
  bool is_ours = false;    // a limit of suprun, as the message says; Supervisor takes it
  std::size_t section = 0;
  std::optional<std::size_t> setting;
  std::size_t begin = 0;
  std::size_t length = 0;
  std::string note;
  std::optional<std::size_t> related_section;  // another section that matters
};

struct Process {
  std::string name;
  std::string group;
  std::size_t section = 0;  // index into Plan::sections
  Origin origin;            // of that section
  std::int64_t process_num = 0;
  ProcessOptions options;  // environment holds [supervisord]'s too
  // Of a process of an fcgi-program, also in a [group:x]: its socket, which those of one program
  // share. Else null.
  std::shared_ptr<const FcgiOptions> fcgi;
};

enum class GroupKind : std::uint8_t { program, group, fcgi_program, eventlistener };

std::string_view group_kind_name(GroupKind kind);

struct Group {
  std::string name;
  GroupKind kind = GroupKind::program;
  std::int64_t priority = 999;
  std::size_t section = 0;
  Origin origin;
  std::vector<Process> processes;
  EventListenerOptions listener;  // of an eventlistener
  FcgiOptions fcgi;               // of an fcgi-program of its own
};

struct HttpServer {
  std::string section;              // full name
  std::optional<std::string> name;  // after the colon
  bool is_unix = false;
  UnixHttpServerOptions unix_options;
  InetHttpServerOptions inet_options;
  Origin origin;
};

struct RpcInterface {
  std::string name;
  std::string factory;
  std::vector<std::pair<std::string, std::string>> options;
  Origin origin;
};

// A setting that depends on a variable of the environment that is not known; its option is at its
// default.
struct OpenSetting {
  std::size_t section = 0;  // index into Plan::sections
  std::size_t setting = 0;  // index into its settings, or its extras
  bool extra = false;
  bool operator==(const OpenSetting&) const = default;
};

// A plan bound to a machine.
struct Resolved {
  SupervisordOptions supervisord;
  std::vector<HttpServer> http_servers;  // inet first, then unix, each in file order
  std::vector<RpcInterface> rpcinterfaces;
  std::vector<Group> groups;          // by priority, then name
  std::vector<std::string> warnings;  // what Supervisor logs at its start, WARN
  std::vector<std::string> infos;
  std::vector<OpenSetting> open;  // without Facts::missing_variable_is_error
  std::string plan_hash;          // see plan_io.h; set by who runs it, empty if not known
};

struct InstantiateResult {
  Resolved resolved;
  std::vector<Fault> faults;  // empty: resolved is complete
};

InstantiateResult instantiate(const Plan& plan, const Facts& facts);

// The same for a plan whose settings are elsewhere: those of a section, made in `room` if they are
// not there yet and valid as long as it is left alone. A configuration that is only checked is so
// never in memory twice. May be called by two threads, each with a room of its own.
using SettingsOf =
    std::function<std::span<const Setting>(std::size_t section, std::vector<Setting>& room)>;
InstantiateResult instantiate(const Plan& plan, const Facts& facts, const SettingsOf& settings);

// Replaces ~ and asks the machine for the folder: the path itself, or the one that the file is in.
// The complaint if it does not exist, else an empty text.
std::string settle_path(std::string& path, bool is_directory, const Facts& facts);

// "conf.d/web.conf:12: [program:web] startsecs: `x` is not a whole number", for the daemon's log.
std::string describe_fault(const Plan& plan, const Fault& fault);

}  // namespace sup::schema

#include "schema/instantiate.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/names.h"
#include "schema/parallel.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::schema {
namespace {

constexpr std::size_t no_section = std::numeric_limits<std::size_t>::max();

std::string with_home(const std::string& path, const Facts& facts) {
  if (!path.starts_with('~') || !facts.home) return path;
  const std::size_t slash = std::min(path.find('/'), path.size());
  const auto home = facts.home(path.substr(1, slash - 1));
  return home ? *home + path.substr(slash) : path;
}

std::string header(const Section& section) { return "[" + std::string(section.full_name) + "]"; }

// Options of processes that are asked for by name; found once.
struct ProcessIds {
  static OptionId id(std::string_view name) { return find_option(block::process, name)->id; }

  OptionId command = id("command");
  OptionId user = id("user");
  OptionId process_name = id("process_name");
  OptionId numprocs = id("numprocs");
  OptionId killasgroup = id("killasgroup");
  OptionId priority = id("priority");
  OptionId stdout_logfile = id("stdout_logfile");
  OptionId stderr_logfile = id("stderr_logfile");
  OptionId stdout_syslog = id("stdout_syslog");
  OptionId stderr_syslog = id("stderr_syslog");
};

class Binder {
 public:
  Binder(const Plan& plan, const Facts& facts, const SettingsOf& settings)
      : plan_(plan), facts_(facts), settings_of_(settings), names_(plan, facts) {
    result_.resolved.warnings = plan.warnings;
    result_.resolved.infos = plan.infos;
  }

  // One that binds programs for another, in a thread of its own.
  struct Helper {};

  Binder(const Binder& leader, Helper /*tag*/)
      : plan_(leader.plan_),
        facts_(leader.facts_),
        settings_of_(leader.settings_of_),
        names_(leader.names_) {
    result_.resolved.supervisord = leader.result_.resolved.supervisord;
  }

  InstantiateResult run() {
    bind_supervisord();
    for (std::size_t i = 0; i < plan_.sections.size(); ++i)
      if (plan_.sections[i].kind == SectionKind::rpcinterface) bind_rpcinterface(i);
    bind_groups();
    for (const SectionKind kind : {SectionKind::inet_http_server, SectionKind::unix_http_server})
      for (std::size_t i = 0; i < plan_.sections.size(); ++i)
        if (plan_.sections[i].kind == kind) bind_server(i);
    std::stable_sort(result_.resolved.groups.begin(), result_.resolved.groups.end(),
                     [](const Group& a, const Group& b) {
                       return a.priority != b.priority ? a.priority < b.priority : a.name < b.name;
                     });
    return std::move(result_);
  }

 private:
  // The settings of a section; valid until those of another are asked for.
  std::span<const Setting> settings(std::size_t section) {
    if (section != current_section_) {
      current_settings_ = settings_of_(section, room_);
      current_section_ = section;
    }
    return current_settings_;
  }

  // -- faults -------------------------------------------------------------------------------------

  // The same mistake is told once, however many processes it concerns. The fault is there to be
  // completed; it goes with the next one.
  [[gnu::cold]] Fault& fault(std::size_t section, std::optional<std::size_t> setting,
                             std::string_view rule, std::string message) {
    int looked_at = 0;
    for (auto known = result_.faults.rbegin();
         known != result_.faults.rend() && known->section == section && ++looked_at <= 64; ++known)
      if (known->setting == setting && known->rule == rule && known->message == message)
        return *known;
    Fault fresh;
    fresh.rule = rule;
    fresh.message = std::move(message);
    fresh.section = section;
    fresh.setting = setting;
    return result_.faults.emplace_back(std::move(fresh));
  }

  [[gnu::cold]] void value_fault(std::size_t section, std::size_t setting, bool constant,
                                 ValueError error) {
    const Setting& written = settings(section)[setting];
    const OptionRow& row = option_row(written.option);
    std::string message = row.has(OptionFlags::secret)
                              ? "the value is not " + std::string(row.expected)
                              : std::move(error.message);
    const bool is_unknown_to_supervisor = row.since == "suprun" && error.rule != "quoted-scalar";
    if (is_unknown_to_supervisor) message += "; suprun refuses it, Supervisor ignores the option";
    Fault& made = fault(section, setting, error.rule, std::move(message));
    made.is_ours = error.is_ours || is_unknown_to_supervisor;
    if (constant) {
      made.fix = std::move(error.fix);
      made.is_certain = error.is_certain;
      made.begin = error.begin;
      made.length = error.length;
    } else if (!row.has(OptionFlags::secret)) {
      made.note = "this is the value after expansion";
    }
    for (ValueError& other : error.others)
      value_fault(section, setting, constant, std::move(other));
  }

  [[gnu::cold]] void expand_fault(std::size_t section, std::size_t setting, Scope scope,
                                  const NameValues& values, ExpandError error, bool second) {
    if (error.rule == "unknown-expansion") {
      TemplateValue unused;
      switch (names_.find(error.name, scope, values, unused)) {
        case NameStatus::missing_variable:
          if (!facts_.missing_variable_is_error) {
            leave_open({section, setting, false});
            return;
          }
          error.rule = "environment-variable-required";
          error.message =
              "environment variable " + in_backticks(error.name.substr(4)) + " is not set";
          break;
        case NameStatus::elsewhere:
          error.rule = "expansion-not-available-here";
          error.message = in_backticks("%(" + error.name + ")") + " has no value in this option";
          break;
        case NameStatus::unknown:
        case NameStatus::defined: {
          std::vector<std::string_view> known = names_.known(scope);
          const std::string_view near = nearest(error.name, known);
          if (!near.empty()) {
            error.fix = near;
          } else if (error.name.size() > 4 &&
                     equals_ignoring_case(error.name.substr(0, 4), "env_")) {
            error.fix = upper(error.name);
          }
          error.message = "unknown name " + in_backticks(error.name) + " in an expansion";
          break;
        }
      }
    }
    const OptionRow& row = option_row(settings(section)[setting].option);
    const bool is_secret = row.has(OptionFlags::secret);
    // The name of a variable is no secret.
    if (is_secret && error.rule != "environment-variable-required")
      error.message = "an expansion in the value is wrong; a literal `%` is written `%%`";
    if (second && scope == Scope::supervisord_environment) {
      Fault& made =
          fault(section, setting, "supervisord-environment-double-expansion",
                "the value is expanded twice by Supervisor up to 4.3, and the second time " +
                    error.message);
      made.note = "a literal % takes four signs there, two from 4.4 on";
      return;
    }
    Fault& made = fault(section, setting, error.rule, std::move(error.message));
    if (second) {
      made.note = "Supervisor expands this value twice; a literal % takes four";
      return;
    }
    // A sign that is to survive two expansions is doubled twice.
    if (times(row) == 2 && error.fix.starts_with("%%") && error.rule != "unknown-expansion")
      error.fix.insert(0, "%%");
    made.begin = error.begin;
    made.length = error.length;
    if (error.rule == "unknown-expansion" && !error.fix.empty()) {
      // Only the name is replaced.
      made.begin = error.begin + 2;
      made.length = error.name.size();
    }
    made.fix = std::move(error.fix);
  }

  // A setting that depends on something unknown; told once, however many processes it concerns.
  void leave_open(OpenSetting open) {
    std::vector<OpenSetting>& known = result_.resolved.open;
    for (auto it = known.rbegin(); it != known.rend() && it->section == open.section; ++it)
      if (*it == open) return;
    known.push_back(open);
  }

  // -- values -------------------------------------------------------------------------------------

  // Expands a setting. Nothing: it is faulty, or depends on a variable that is not known here.
  std::optional<std::string> expanded(std::size_t section, std::size_t setting, Scope scope,
                                      const NameValues& values, int times) {
    std::string text(settings(section)[setting].text);
    const NameLookup lookup = [&](std::string_view name) -> std::optional<TemplateValue> {
      TemplateValue value;
      if (names_.find(name, scope, values, value) == NameStatus::defined) return value;
      return std::nullopt;
    };
    for (int i = 0; i < times && is_template(text); ++i) {
      Expanded result = expand(text, lookup);
      for (ExpandError& error : result.errors)
        if (i == 0 ||
            &error == &result.errors.front())  // what is wrong the second time is one mistake
          expand_fault(section, setting, scope, values, std::move(error), i > 0);
      if (!result.errors.empty()) return std::nullopt;
      text = std::move(result.text);
    }
    return text;
  }

  // Reads one setting into its struct; false if the default stays.
  bool read(std::size_t section, std::size_t setting, void* options, const NameValues& values) {
    const Setting& written = settings(section)[setting];
    const OptionRow& row = option_row(written.option);
    const ReadContext context{plan_.target};
    const bool constant = !is_template(written.text);
    std::optional<ValueError> error;
    if (constant) {
      error = row.read(options, written.text, context);
    } else {
      const auto text = expanded(section, setting, row.scope, values, times(row));
      if (!text) return false;
      error = row.read(options, *text, context);
    }
    if (error) value_fault(section, setting, constant, std::move(*error));
    return !error;
  }

  int times(const OptionRow& row) const {
    if (row.scope == Scope::supervisord_environment && plan_.target != Target::v4_4) return 2;
    return row.has(OptionFlags::twice) ? 2 : 1;
  }

  template <class Struct, class Filter>
  void read_block(std::size_t section, Struct& options, const NameValues& values,
                  const Filter& wanted) {
    const std::span<const Setting> all = settings(section);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const OptionRow& row = option_row(all[i].option);
      if (row.block == Struct::block && wanted(row)) read(section, i, &options, values);
    }
  }

  template <class Struct>
  void read_block(std::size_t section, Struct& options, const NameValues& values = {}) {
    read_block(section, options, values, [](const OptionRow&) { return true; });
  }

  // Index of the setting of an option in a section.
  std::optional<std::size_t> written(std::size_t section, block::Block block,
                                     std::string_view name) {
    const OptionRow* row = find_option(block, name);
    return row == nullptr ? std::nullopt : written(section, row->id);
  }

  std::optional<std::size_t> written(std::size_t section, OptionId option) {
    const std::span<const Setting> all = settings(section);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].option == option) return i;
    return std::nullopt;
  }

  void require(std::size_t section, block::Block block, std::string_view name,
               std::string_view rule, std::string_view consequence) {
    if (written(section, block, name)) return;
    fault(section, std::nullopt, rule,
          header(plan_.sections[section]) + " has no " + in_backticks(std::string(name) + "=") +
              "; " + std::string(consequence));
  }

  void settle_file(std::size_t section, std::optional<std::size_t> setting, std::string& path) {
    const std::string missing = settle_path(path, false, facts_);
    if (setting && !missing.empty()) fault(section, setting, "log-directory-missing", missing);
  }

  void settle_directory(std::size_t section, std::optional<std::size_t> setting,
                        std::optional<std::string>& path) {
    const std::string missing = path ? settle_path(*path, true, facts_) : "";
    if (setting && !missing.empty()) fault(section, setting, "directory-missing", missing);
  }

  void check_user(std::size_t section, std::optional<std::size_t> setting,
                  const std::optional<std::string>& user) {
    if (!user || !setting || !facts_.user_exists || facts_.user_exists(*user)) return;
    const std::string name = user->substr(0, user->find(':'));
    const bool has_group = name.size() != user->size();
    fault(section, setting, "unknown-user-or-group",
          "there is no user " + in_backticks(*user) + " on this machine" +
              (has_group ? "; no group can be given here, the user's are taken" : ""))
        .fix = has_group && !name.empty() && facts_.user_exists(name)
                   ? name
                   : nearest_of(name, facts_.user_names);
  }

  // What the machine has instead of `name`, or an empty text.
  static std::string nearest_of(const std::string& name,
                                const std::function<std::vector<std::string>()>& names) {
    if (!names) return {};
    const std::vector<std::string> known = names();
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    return std::string(nearest(name, candidates));
  }

  void check_owner(std::size_t section, std::optional<std::size_t> setting,
                   const std::optional<UserGroupValue>& owner) {
    if (!owner || !setting) return;
    const std::string group = owner->group ? ":" + *owner->group : "";
    if (facts_.user_exists && !facts_.user_exists(owner->user)) {
      const std::string meant = nearest_of(owner->user, facts_.user_names);
      fault(section, setting, "unknown-user-or-group",
            "there is no user " + in_backticks(owner->user) + " on this machine")
          .fix = meant.empty() ? meant : meant + group;
    }
    if (!owner->group || !facts_.group_exists || facts_.group_exists(*owner->group)) return;
    const std::string meant = nearest_of(*owner->group, facts_.group_names);
    fault(section, setting, "unknown-user-or-group",
          "there is no group " + in_backticks(*owner->group) + " on this machine")
        .fix = meant.empty() ? meant : owner->user + ":" + meant;
  }

  // A program, group or process name; false when it cannot be one.
  bool check_name(std::size_t section, std::optional<std::size_t> setting, std::string_view name,
                  std::string_view what, bool is_ours = false) {
    const auto bad = std::find_if(name.begin(), name.end(),
                                  [](char c) { return c == ' ' || c == ':' || c == '/'; });
    if (bad == name.end()) return true;
    const std::string_view character = *bad == ' '   ? "a blank"
                                       : *bad == ':' ? "a colon"
                                                     : "a slash";
    fault(section, setting, "invalid-name-character",
          "the " + std::string(what) + " " + in_backticks(name) + " contains " +
              std::string(character) + (is_ours ? "; suprun refuses it, Supervisor does not" : ""))
        .is_ours = is_ours;
    return false;
  }

  // -- sections -----------------------------------------------------------------------------------

  void bind_supervisord() {
    SupervisordOptions& options = result_.resolved.supervisord;
    options = SupervisordOptions::defaults();
    std::size_t section = no_section;
    for (std::size_t i = 0; i < plan_.sections.size(); ++i)
      if (plan_.sections[i].kind == SectionKind::supervisord) section = i;
    if (section == no_section) {
      if (!facts_.partial)
        fault(no_section, std::nullopt, "missing-supervisord-section",
              "there is no section [supervisord]; Supervisor refuses to start without it");
    } else {
      read_block(section, options);
      constexpr auto block = block::supervisord;
      settle_file(section, written(section, block, "logfile"), options.logfile);
      settle_file(section, written(section, block, "pidfile"), options.pidfile);
      settle_directory(section, written(section, block, "directory"), options.directory);
      settle_directory(section, written(section, block, "childlogdir"), options.childlogdir);
      check_user(section, written(section, block, "user"), options.user);
      names_.set_global_environment(options.environment);
    }
    if (!options.childlogdir) {
      for (const std::string_view name : {"TMPDIR", "TEMP", "TMP"}) {
        const auto value = facts_.environment ? facts_.environment(name) : std::nullopt;
        if (value && !value->empty() && !options.childlogdir) options.childlogdir = *value;
      }
      if (!options.childlogdir) options.childlogdir = "/tmp";
    }
  }

  void bind_rpcinterface(std::size_t index) {
    const Section& section = plan_.sections[index];
    RpcInterfaceOptions options = RpcInterfaceOptions::defaults();
    read_block(index, options);
    require(index, block::rpcinterface, "supervisor.rpcinterface_factory", "missing-required-key",
            "Supervisor refuses the section");
    RpcInterface made{std::string(classify_section(section.full_name)->name),
                      options.factory.value_or(""),
                      {},
                      section.origin};
    for (std::size_t i = 0; i < section.extras.size(); ++i)
      made.options.emplace_back(section.extras[i].key, expanded_extra(index, i));
    result_.resolved.rpcinterfaces.push_back(std::move(made));
  }

  // Keys for a factory have no row; their names are those of a server's options.
  std::string expanded_extra(std::size_t index, std::size_t setting) {
    const ExtraSetting& extra = plan_.sections[index].extras[setting];
    if (!is_template(extra.text)) return std::string(extra.text);
    bool missing = false;
    const Expanded result =
        expand(extra.text, [&](std::string_view name) -> std::optional<TemplateValue> {
          TemplateValue value;
          const NameStatus status = names_.find(name, Scope::server, {}, value);
          missing |= status == NameStatus::missing_variable && !facts_.missing_variable_is_error;
          return status == NameStatus::defined ? std::optional(value) : std::nullopt;
        });
    if (missing) leave_open({index, setting, true});
    if (!result.errors.empty() && !missing)
      fault(index, std::nullopt, result.errors.front().rule,
            header(plan_.sections[index]) + " " + extra.key + ": " + result.errors.front().message);
    return result.text;
  }

  void bind_server(std::size_t index) {
    const Section& section = plan_.sections[index];
    HttpServer server;
    server.section = section.full_name;
    server.origin = section.origin;
    server.is_unix = section.kind == SectionKind::unix_http_server;
    if (const std::size_t colon = section.full_name.find(':'); colon != std::string_view::npos)
      server.name = section.full_name.substr(colon + 1);
    server.unix_options = UnixHttpServerOptions::defaults();
    server.inet_options = InetHttpServerOptions::defaults();
    const block::Block block = server.is_unix ? block::unix_http_server : block::inet_http_server;
    if (server.is_unix) {
      UnixHttpServerOptions& options = server.unix_options;
      read_block(index, options);
      require(index, block, "file", "missing-required-key", "Supervisor refuses the section");
      check_owner(index, written(index, block, "chown"), options.chown);
      if (options.file) {
        *options.file = with_home(*options.file, facts_);
        if (!facts_.working_directory.empty())
          *options.file = options.file->starts_with('/')
                              ? pythons_normal_path(*options.file)
                              : normal_path(facts_.working_directory + "/" + *options.file);
      }
    } else {
      read_block(index, server.inet_options);
      require(index, block, "port", "missing-required-key", "Supervisor refuses the section");
    }
    const auto username = written(index, block, "username");
    const auto password = written(index, block, "password");
    if (username.has_value() != password.has_value())
      fault(index, username ? username : password, "incomplete-auth",
            username ? "`username=` without `password=`; Supervisor refuses the section"
                     : "`password=` without `username=`; Supervisor refuses the section");
    result_.resolved.http_servers.push_back(std::move(server));
  }

  void bind_groups() {
    std::unordered_map<std::string_view, std::size_t> by_name;
    const bool any_group =
        std::any_of(plan_.sections.begin(), plan_.sections.end(),
                    [](const Section& s) { return s.kind == SectionKind::group; });
    if (!facts_.only_check) result_.resolved.groups.reserve(plan_.sections.size());
    for (std::size_t i = 0; any_group && i < plan_.sections.size(); ++i) {
      const Section& section = plan_.sections[i];
      if (section.kind == SectionKind::program || section.kind == SectionKind::fcgi_program)
        by_name.emplace(section.full_name, i);
    }
    in_group_.assign(plan_.sections.size(), false);
    for (std::size_t i = 0; i < plan_.sections.size(); ++i)
      if (plan_.sections[i].kind == SectionKind::group) bind_group(i, by_name);
    // Supervisor's order, which decides the order of its warnings.
    for (const SectionKind kind :
         {SectionKind::program, SectionKind::eventlistener, SectionKind::fcgi_program}) {
      std::vector<std::size_t> members;
      for (std::size_t i = 0; i < plan_.sections.size(); ++i)
        if (plan_.sections[i].kind == kind && !in_group_[i]) members.push_back(i);
      if (!bind_by_two(members)) bind_program_groups(members);
    }
  }

  void bind_program_groups(std::span<const std::size_t> indexes) {
    for (const std::size_t index : indexes) bind_program_group(index);
  }

  // The same in two threads, with the same outcome. False, with nothing done, where that is not
  // worth it or not possible.
  bool bind_by_two(std::span<const std::size_t> indexes) {
    constexpr std::size_t many = 500;
    if (indexes.size() < many || !facts_.may_ask_in_parallel || !has_second_processor())
      return false;
    // Both begin with what is known of the daemon, and with empty hands.
    Binder first(*this, Helper{});
    Binder second(*this, Helper{});
    const std::size_t half = indexes.size() / 2;
    do_both([&] { first.bind_program_groups(indexes.first(half)); },
            [&] { second.bind_program_groups(indexes.subspan(half)); });
    const std::int64_t total = total_processes_ + first.total_processes_ + second.total_processes_;
    if (total > facts_.maximum_processes) return false;  // which one is too many, one has to count
    take_over(first.result_);
    take_over(second.result_);
    total_processes_ = total;
    return true;
  }

  template <class Item>
  static void append(std::vector<Item>& all, std::vector<Item>& more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
    more = {};
  }

  void take_over(InstantiateResult& other) {
    append(result_.faults, other.faults);
    append(result_.resolved.groups, other.resolved.groups);
    append(result_.resolved.warnings, other.resolved.warnings);
    append(result_.resolved.open, other.resolved.open);
  }

  void bind_group(std::size_t index,
                  const std::unordered_map<std::string_view, std::size_t>& by_name) {
    Group group = new_group(index, GroupKind::group);
    check_name(index, std::nullopt, group.name, "group name");
    GroupOptions options = GroupOptions::defaults();
    read_block(index, options);
    group.priority = options.priority;
    const auto programs = written(index, block::group, "programs");
    // Other files may have the members of a group, but not when its list speaks of programs of this
    // one.
    const bool may_be_elsewhere =
        facts_.partial &&
        std::none_of(options.programs.begin(), options.programs.end(), [&](const auto& name) {
          return by_name.contains("program:" + name) || by_name.contains("fcgi-program:" + name);
        });
    for (const std::string& name : options.programs) {
      const auto program = by_name.find("program:" + name);
      const auto fcgi = by_name.find("fcgi-program:" + name);
      if (program == by_name.end() && fcgi == by_name.end()) {
        unknown_member(index, programs, name, options.programs, may_be_elsewhere, by_name);
        continue;
      }
      if (program != by_name.end() && fcgi != by_name.end()) {
        Fault& made = fault(index, programs, "ambiguous-group-member",
                            in_backticks(name) + " is a program and an fcgi-program");
        made.related_section = program->second;
        continue;
      }
      const std::size_t member = program != by_name.end() ? program->second : fcgi->second;
      in_group_[member] = true;
      std::vector<Process> processes = bind_processes(member, group.name).processes;
      // Supervisor runs it without its socket, and looks at none of its options.
      if (program == by_name.end() && written(member, block::fcgi, "socket"))
        share_socket(bind_fcgi(member, name), processes);
      for (Process& process : processes) group.processes.push_back(std::move(process));
    }
    keep(std::move(group));
  }

  void keep(Group group) {
    if (!facts_.only_check) result_.resolved.groups.push_back(std::move(group));
  }

  // Blanks for commas, or a comma too many: told once for a list.
  void list_fault(std::size_t index, std::optional<std::size_t> setting, std::string message,
                  const std::unordered_map<std::string_view, std::size_t>& by_name) {
    if (!result_.faults.empty() && result_.faults.back().section == index &&
        result_.faults.back().rule == "group-list-syntax")
      return;
    Fault& made = fault(index, setting, "group-list-syntax", std::move(message));
    if (!setting || is_template(settings(index)[*setting].text)) return;
    made.fix = separated_by_commas(settings(index)[*setting].text);
    const auto words = split_list(made.fix);
    made.is_certain = std::all_of(words.begin(), words.end(), [&](std::string_view word) {
      return by_name.contains("program:" + std::string(word)) ||
             by_name.contains("fcgi-program:" + std::string(word));
    });
  }

  void unknown_member(std::size_t index, std::optional<std::size_t> setting,
                      const std::string& name, const std::vector<std::string>& members,
                      bool may_be_elsewhere,
                      const std::unordered_map<std::string_view, std::size_t>& by_name) {
    const bool blanks = name.find_first_of(" \t\n") != std::string::npos;
    if (name.empty() || blanks) {
      list_fault(index, setting,
                 blanks ? in_backticks(name) + " is no program; the list is separated by commas"
                        : "an item of the list of programs is empty",
                 by_name);
      return;
    }
    constexpr std::string_view in_no_name = ":/\"'*";
    if (may_be_elsewhere && name.find_first_of(in_no_name) == std::string::npos) return;
    // A list of thousands is one mistake.
    constexpr std::ptrdiff_t told = 50;
    const auto before = std::count_if(result_.faults.begin(), result_.faults.end(),
                                      [&](const Fault& known) { return known.section == index; });
    if (before >= told) {
      result_.faults.back().note = "there are more of them";
      return;
    }
    // Suggestions are for people: a few, not thousands.
    std::vector<std::string_view> candidates;
    if (++unknown_members_ <= 32)
      for (const auto& [full, section] : by_name) {
        const std::string_view candidate = full.substr(full.find(':') + 1);
        const bool is_member =
            std::find(members.begin(), members.end(), candidate) != members.end();
        if (!is_member && candidate.find(' ') == std::string_view::npos)
          candidates.push_back(candidate);
      }
    std::sort(candidates.begin(), candidates.end());
    Fault& made = fault(index, setting, "unknown-program-in-group",
                        "there is no program " + in_backticks(name));
    for (const Section& other : plan_.sections)
      if (other.kind == SectionKind::eventlistener && other.name() == name)
        made.note = "an eventlistener cannot be a member of a group";
    const std::string_view text = setting ? settings(index)[*setting].text : std::string_view(name);
    if (const std::size_t at = text.find(name);
        at != std::string_view::npos && !is_template(text)) {
      made.begin = at;
      made.length = name.size();
      made.fix = nearest(name, candidates);
      const std::size_t colon = name.find(':');
      if (made.fix.empty() && colon != std::string::npos && by_name.contains(name))
        made.fix = name.substr(colon + 1);
    }
  }

  Group new_group(std::size_t index, GroupKind kind) {
    const Section& section = plan_.sections[index];
    Group group;
    group.kind = kind;
    group.section = index;
    group.origin = section.origin;
    group.name = section.name();
    if (kind != GroupKind::eventlistener) return group;
    // The name of a pool keeps its blanks, that of its processes does not.
    group.name = classify_section(section.full_name)->name;
    group.listener = EventListenerOptions::defaults();
    return group;
  }

  void bind_program_group(std::size_t index) {
    const Section& section = plan_.sections[index];
    const bool listener = section.kind == SectionKind::eventlistener;
    const bool fcgi = section.kind == SectionKind::fcgi_program;
    Group group = new_group(index, listener ? GroupKind::eventlistener
                                   : fcgi   ? GroupKind::fcgi_program
                                            : GroupKind::program);
    check_name(index, std::nullopt, section.name(), "name");
    BoundProgram bound = bind_processes(index, group.name);
    if (written(index, ids_.priority)) {
      // The group's priority is its program's; read once more as there may be no process.
      group.priority = bound.priority;
      if (!bound.has_process) {
        ProcessOptions options = ProcessOptions::defaults();
        read_block(index, options, {},
                   [&](const OptionRow& row) { return row.id == ids_.priority; });
        group.priority = options.priority;
      }
    } else if (listener) {
      group.priority = -1;  // started first, stopped last
    }
    group.processes = std::move(bound.processes);
    if (listener) check_listener(index, group, bound.redirect_stderr);
    if (fcgi) {
      group.fcgi = bind_fcgi(index, group.name);
      require(index, block::fcgi, "socket", "missing-required-key",
              "Supervisor refuses the section");
      share_socket(group.fcgi, group.processes);
    }
    keep(std::move(group));
  }

  void check_listener(std::size_t index, Group& group, bool redirect_stderr) {
    read_block(index, group.listener);
    require(index, block::listener, "events", "listener-without-events",
            "nothing would be sent to it");
    if (group.listener.buffer_size < 1)
      fault(index, written(index, block::listener, "buffer_size"), "invalid-buffer-size",
            "a buffer of " + std::to_string(group.listener.buffer_size) +
                " events holds none; it must be at least 1");
    if (redirect_stderr)
      fault(index, written(index, block::process, "redirect_stderr"), "listener-redirect-stderr",
            "standard error would disturb the event protocol on standard output");
  }

  static void share_socket(const FcgiOptions& options, std::vector<Process>& processes) {
    const auto shared = std::make_shared<const FcgiOptions>(options);
    for (Process& process : processes) process.fcgi = shared;
  }

  FcgiOptions bind_fcgi(std::size_t index, std::string_view program) {
    FcgiOptions options = FcgiOptions::defaults();
    NameValues values;
    values.program_name = program;
    read_block(index, options, values);
    if (options.socket_backlog && (*options.socket_backlog < 1 || *options.socket_backlog > 65535))
      fault(index, written(index, block::fcgi, "socket_backlog"), "socket-backlog-range",
            in_backticks(std::to_string(*options.socket_backlog)) + " is not between 1 and 65535");
    if (options.socket && options.socket->path.empty()) {
      for (const std::string_view name : {"socket_owner", "socket_mode"})
        if (const auto setting = written(index, block::fcgi, name))
          fault(index, setting, "socket-option-on-tcp",
                in_backticks(name) + " is only for UNIX sockets; Supervisor refuses the section");
    } else if (options.socket) {
      options.socket->path = pythons_normal_path(options.socket->path);
    }
    check_owner(index, written(index, block::fcgi, "socket_owner"), options.socket_owner);
    return options;
  }

  // -- processes ----------------------------------------------------------------------------------

  // The processes of a program, and what its group is to know of the first one.
  struct BoundProgram {
    std::vector<Process> processes;  // empty if they are only checked
    bool has_process = false;
    std::int64_t priority = 0;
    bool redirect_stderr = false;
  };

  BoundProgram bind_processes(std::size_t index, std::string_view group_name) {
    const Section& section = plan_.sections[index];
    BoundProgram bound;
    NameValues values;
    values.program_name = section.name();
    check_name(index, std::nullopt, values.program_name, "name");
    values.group_name = group_name;
    const std::size_t faults_before = result_.faults.size();
    constants_.read(*this, index);
    std::optional<Process> made;
    if (!facts_.only_check) made.emplace().options = constants_.options;
    ProcessOptions& common = made ? made->options : constants_.options;
    read_old_defaults(index, common);
    // What is the same for all its processes.
    read_templates(index, common, values, [](const OptionRow& row) {
      return row.scope != Scope::process && row.scope != Scope::program_environment;
    });
    check_program(index, common);
    const std::int64_t numprocs = common.numprocs;
    total_processes_ += std::max<std::int64_t>(numprocs, 0);
    if (total_processes_ > facts_.maximum_processes) {
      if (std::exchange(too_many_, true)) return bound;
      fault(index, written(index, ids_.numprocs), "invalid-integer",
            "suprun refuses more than " + std::to_string(facts_.maximum_processes) +
                " processes in all, Supervisor does not")
          .is_ours = true;
      return bound;
    }
    values.numprocs = numprocs;
    const auto first = static_cast<std::uint64_t>(common.numprocs_start);
    bound.redirect_stderr = common.redirect_stderr;
    if (numprocs < 1) return bound;
    bound.has_process = true;
    if (facts_.only_check) {
      values.process_num = static_cast<std::int64_t>(first);
      bind_process(index, common, values);
      bound.priority = common.priority;
      bound.redirect_stderr = common.redirect_stderr;
      return bound;
    }
    made->group = group_name;
    made->section = index;
    made->origin = section.origin;
    bound.processes.reserve(static_cast<std::size_t>(numprocs));
    for (std::int64_t i = 0; i < numprocs; ++i) {
      const bool last = i + 1 == numprocs;
      Process process = last ? std::move(*made) : *made;
      process.process_num = static_cast<std::int64_t>(first + static_cast<std::uint64_t>(i));
      values.process_num = process.process_num;
      bind_process(index, process.options, values);
      process.name = process.options.process_name;
      bound.processes.push_back(std::move(process));
      // The others would say the same.
      if (i == 0 && result_.faults.size() > faults_before) break;
    }
    bound.priority = bound.processes.front().options.priority;
    bound.redirect_stderr = bound.processes.front().options.redirect_stderr;
    if (bound.processes.size() < 2) return bound;
    std::stable_sort(
        bound.processes.begin(), bound.processes.end(), [](const Process& a, const Process& b) {
          return a.options.priority != b.options.priority ? a.options.priority < b.options.priority
                                                          : a.name < b.name;
        });
    return bound;
  }

  // Reads those settings of a section that are templates.
  template <class Filter>
  void read_templates(std::size_t section, ProcessOptions& options, const NameValues& values,
                      const Filter& wanted) {
    const std::span<const Setting> all = settings(section);
    for (const std::uint32_t i : constants_.templates) {
      const OptionRow& row = option_row(all[i].option);
      if (!wanted(row)) continue;
      constants_.forget(row.id);
      read(section, i, &options, values);
    }
  }

  // Options of processes that had another default in the plan's version of Supervisor.
  static std::vector<const OptionRow*> old_defaults(Target target) {
    std::vector<const OptionRow*> rows;
    for (const OptionRow& row : option_rows())
      if (row.block == ProcessOptions::block && default_text(row, target) != row.default_text)
        rows.push_back(&row);
    return rows;
  }

  void read_old_defaults(std::size_t section, ProcessOptions& options) {
    for (const OptionRow* row : old_defaults_)
      if (!written(section, row->id))
        row->read(&options, *default_text(*row, plan_.target), ReadContext{plan_.target});
  }

  // Checks on a section that do not need its processes.
  void check_program(std::size_t index, ProcessOptions& options) {
    constexpr auto block = block::process;
    // Of a program without processes Supervisor reads less.
    const bool has_process = options.numprocs >= 1;
    if (has_process)
      require(index, block, "command", "missing-required-key",
              "there is nothing to run, Supervisor refuses the section");
    check_user(index, written(index, ids_.user), options.user);
    const auto name = written(index, ids_.process_name);
    const std::string_view name_text = name ? std::string_view(settings(index)[*name].text)
                                            : *find_option(block, "process_name")->default_text;
    if (check_name(index, name, strip(name_text), "process name") && options.numprocs > 1 &&
        name_text.find("%(process_num)") == std::string_view::npos) {
      const auto numprocs = written(index, ids_.numprocs);
      fault(index, name ? name : numprocs, "numprocs-needs-process-num",
            "with `numprocs=" + std::to_string(options.numprocs) +
                "` the process name must contain `%(process_num)`, or all would have one name");
    }
    const auto killasgroup = written(index, ids_.killasgroup);
    if (!killasgroup) {
      options.killasgroup = options.stopasgroup;
      constants_.forget(ids_.killasgroup);
    } else if (has_process && options.stopasgroup && !options.killasgroup) {
      fault(index, killasgroup, "stopasgroup-without-killasgroup",
            "`stopasgroup=true` with `killasgroup=false`; Supervisor refuses the section");
    }
  }

  void bind_process(std::size_t index, ProcessOptions& options, NameValues values) {
    read_templates(index, options, values,
                   [](const OptionRow& row) { return row.scope == Scope::program_environment; });
    const EnvironmentValue& own = options.environment;
    values.own_environment = &own;
    read_templates(index, options, values,
                   [](const OptionRow& row) { return row.scope == Scope::process; });
    const auto name = written(index, ids_.process_name);
    if (!name) {
      options.process_name = values.program_name;
      constants_.forget(ids_.process_name);
    }
    // Supervisor checks the template only; what a variable brings in breaks event headers.
    const bool from_variable =
        name && settings(index)[*name].text.find("%(ENV_") != std::string_view::npos;
    if (from_variable) check_name(index, name, options.process_name, "process name", true);
    settle_log(index, ids_.stdout_logfile, options.stdout_logfile, options.stdout_logfile_maxbytes,
               ids_.stdout_syslog, options.stdout_syslog);
    settle_log(index, ids_.stderr_logfile, options.stderr_logfile, options.stderr_logfile_maxbytes,
               ids_.stderr_syslog, options.stderr_syslog);
    if (options.redirect_stderr && options.stderr_logfile.kind != LogKind::none) {
      if (options.stderr_logfile.kind == LogKind::file)
        warn("For " + header(plan_.sections[index]) +
             ", redirect_stderr=true but stderr_logfile has also been set to a filename, the "
             "filename has been ignored");
      options.stderr_logfile = {LogKind::none, {}};
      constants_.forget(ids_.stderr_logfile);
    }
    if (!facts_.only_check) merge_environment(options.environment);
  }

  void settle_log(std::size_t index, OptionId option, LogTargetValue& target, std::int64_t maxbytes,
                  OptionId syslog_option, bool& syslog) {
    if (target.kind == LogKind::file && target.path.empty()) return;
    if (target.kind == LogKind::file) {
      // Where it changes a path it must be read again for the next program.
      if (target.path.starts_with('~')) constants_.forget(option);
      settle_file(index, written(index, option), target.path);
      return;
    }
    const std::string_view name = option_row(option).name;
    if (target.kind == LogKind::syslog) {
      const std::string channel(name.substr(0, name.find('_')));
      warn("For " + header(plan_.sections[index]) + ", " + std::string(name) +
           "=syslog but this is deprecated and will be removed.  Use " + channel +
           "_syslog=true to enable syslog instead.");
      target = {LogKind::none, {}};
      syslog = true;
      constants_.forget(option);
      constants_.forget(syslog_option);
    }
    if (target.kind == LogKind::automatic && maxbytes == 0)
      warn("For " + header(plan_.sections[index]) + ", AUTO logging used for " + std::string(name) +
           " without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally");
  }

  // The daemon's variables, overridden by its own.
  void merge_environment(EnvironmentValue& own) const {
    const EnvironmentValue& global = result_.resolved.supervisord.environment;
    if (global.empty()) return;
    EnvironmentValue out = global;
    for (auto& pair : own) {
      const auto same = std::find_if(out.begin(), out.end(),
                                     [&](const auto& known) { return known.first == pair.first; });
      if (same == out.end()) {
        out.push_back(std::move(pair));
      } else {
        same->second = std::move(pair.second);
      }
    }
    own = std::move(out);
  }

  void warn(std::string text) { result_.resolved.warnings.push_back(std::move(text)); }

  const Plan& plan_;
  const Facts& facts_;
  const SettingsOf& settings_of_;
  std::size_t current_section_ = no_section;
  std::span<const Setting> current_settings_;
  std::vector<Setting> room_;  // for settings that are made when asked for
  const ProcessIds ids_;
  const std::vector<const OptionRow*> old_defaults_ = old_defaults(plan_.target);
  Names names_;
  InstantiateResult result_;

  // The constant options of the program that is bound now. Programs of one configuration have most
  // of their values in common, so what is as in the program before is not read again.
  class Constants {
   public:
    ProcessOptions options = ProcessOptions::defaults();
    std::vector<std::uint32_t> templates;  // settings of the section that are not constant

    void read(Binder& binder, std::size_t section) {
      ++generation_;
      templates.clear();
      const std::span<const Setting> all = binder.settings(section);
      for (std::uint32_t i = 0; i < all.size(); ++i) {
        const OptionRow& row = option_row(all[i].option);
        if (row.block != block::process) continue;
        Held& held = held_[row.id];
        if (held.is_known && held.text == all[i].text) {
          held.generation = generation_;
          continue;
        }
        const bool constant = !is_template(all[i].text);
        forget(row.id);
        if (!constant) {
          templates.push_back(i);
        } else if (binder.read(section, i, &options, {})) {
          held.text = all[i].text;
          held.is_known = true;
          held.generation = generation_;
        }
      }
      reset_others();
    }

    // The option's value is no longer that of its text.
    void forget(OptionId option) {
      Held& held = held_[option];
      held.is_known = false;
      held.generation = 0;
      if (!std::exchange(held.is_listed, true)) listed_.push_back(option);
    }

   private:
    struct Held {
      std::string_view text;
      std::uint64_t generation = 0;  // of the program that has it
      bool is_known = false;         // `options` holds the value of `text`
      bool is_listed = false;        // `options` may hold something else than the default
    };

    // What this program does not say has its default.
    void reset_others() {
      std::erase_if(listed_, [&](OptionId option) {
        Held& held = held_[option];
        if (held.generation == generation_) return false;
        option_row(option).reset(&options);
        held = {};
        return true;
      });
    }

    std::array<Held, option_count> held_{};
    std::vector<OptionId> listed_;
    std::uint64_t generation_ = 0;
  };

  Constants constants_;
  std::vector<bool> in_group_;  // by section: a [group:x] names it
  std::int64_t total_processes_ = 0;
  int unknown_members_ = 0;
  bool too_many_ = false;
};

}  // namespace

std::string_view group_kind_name(GroupKind kind) {
  switch (kind) {
    case GroupKind::program: return "program";
    case GroupKind::group: return "group";
    case GroupKind::fcgi_program: return "fcgi-program";
    case GroupKind::eventlistener: return "eventlistener";
  }
  return "program";
}

std::string settle_path(std::string& path, bool is_directory, const Facts& facts) {
  if (path.starts_with('~')) path = with_home(path, facts);
  const std::size_t slash = path.rfind('/');
  if (!facts.directory_exists || (!is_directory && slash == std::string::npos)) return {};
  const std::string directory = is_directory ? path : slash == 0 ? "/" : path.substr(0, slash);
  if (facts.directory_exists(directory)) return {};
  return "the folder " + in_backticks(directory) + " does not exist";
}

InstantiateResult instantiate(const Plan& plan, const Facts& facts) {
  return instantiate(plan, facts, [&](std::size_t section, std::vector<Setting>& /*room*/) {
    return std::span<const Setting>(plan.sections[section].settings);
  });
}

InstantiateResult instantiate(const Plan& plan, const Facts& facts, const SettingsOf& settings) {
  return Binder(plan, facts, settings).run();
}

std::string describe_fault(const Plan& plan, const Fault& fault) {
  if (fault.section >= plan.sections.size()) return fault.message;
  const Section& section = plan.sections[fault.section];
  std::string out;
  if (fault.setting && *fault.setting < section.settings.size()) {
    const Setting& setting = section.settings[*fault.setting];
    out = plan.place(setting.origin) + ": [" + std::string(section.full_name) + "] " +
          std::string(option_row(setting.option).name) + ": ";
  } else {
    out = plan.place(section.origin) + ": [" + std::string(section.full_name) + "]: ";
  }
  out += fault.message;
  if (!fault.note.empty()) out += " (" + fault.note + ")";
  return out;
}

}  // namespace sup::schema

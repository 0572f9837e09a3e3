// SUP630 to SUP633: what the listeners of superlance and suplance watch, how often, and as whom.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "lint/facts/layout.h"
#include "lint/lint.h"
#include "lint/listener_arguments.h"
#include "lint/listeners.h"
#include "lint/process_names.h"
#include "lint/references.h"
#include "schema/suggest.h"

namespace sup::lint {

namespace {

using Given = ListenerArguments::Given;
using schema::EventType;

// Names of all processes, with and without their groups.
struct KnownNames {
  std::set<std::string, std::less<>> processes;
  std::set<std::string, std::less<>> groups;
  std::set<std::string, std::less<>> sections;  // of more than one process
};

// Nothing when some are not known.
std::optional<KnownNames> all_names(const Context& context) {
  KnownNames known;
  const Layout& layout = context.layout();
  if (!layout.unknown_groups().empty()) return std::nullopt;
  for (const GroupMember& member : layout.members()) {
    const auto names = process_names(context, *member.section);
    if (!names || names->count != static_cast<std::int64_t>(names->names.size()))
      return std::nullopt;
    const std::string group(layout.groups()[member.group].name);
    known.groups.insert(group);
    for (const std::string& name : names->names) {
      known.processes.insert(name);
      known.processes.insert(group + ":" + name);
    }
    if (names->count > 1) known.sections.insert(std::string(member.section->name->name));
  }
  return known;
}

// The name that an option of the tool holds; nothing for other options.
std::optional<std::string> watched_name(const ListenerArguments& arguments, const Given& given) {
  if (given.name != "program" && given.name != "group") return std::nullopt;
  // -p of the batch tools is the password; its name is another one.
  if (arguments.tool() != "memmon") return given.value;
  return given.value.substr(0, given.value.find('='));
}

bool is_there(const KnownNames& known, const Given& given, const std::string& name) {
  if (given.name == "group") return known.groups.contains(name);
  if (name.ends_with(":*") || name.ends_with(":")) {
    return known.groups.contains(name.substr(0, name.find(':')));
  }
  return known.processes.contains(name);
}

std::string hint_for(const KnownNames& known, const Given& given, const std::string& name) {
  if (given.name == "program" && known.sections.contains(name)) {
    const auto first = known.processes.lower_bound(name);
    const bool is_alike = first != known.processes.end() && first->starts_with(name);
    return "it has several processes" +
           (is_alike ? ", such as " + in_backticks(*first) : std::string());
  }
  std::vector<std::string_view> candidates;
  const auto& names = given.name == "group" ? known.groups : known.processes;
  candidates.assign(names.begin(), names.end());
  const std::string_view nearest = schema::nearest(name, candidates);
  return nearest.empty() ? "name it as `supervisorctl status` does"
                         : "did you mean " + in_backticks(nearest) + "?";
}

void check_names(const Context& context, Diagnostics& out) {
  if (context.listeners().empty() || !context.references().is_complete()) return;
  std::optional<KnownNames> known;
  for (const ConfigSection* section : context.listeners()) {
    const CommandLine* command = command_of(context, *section);
    if (command == nullptr) continue;
    const auto arguments = listener_arguments(*command);
    if (!arguments || arguments->mistake()) continue;
    for (const Given& given : arguments->given()) {
      const auto name = watched_name(*arguments, given);
      if (!name || name->empty()) continue;
      if (!known) known = all_names(context);
      if (!known) return;
      if (is_there(*known, given, *name)) continue;
      out.report(listener_program_unknown.rule,
                 context.place_of(*section->find("command"), arguments->word_of(given)),
                 section->display() + " watches " + in_backticks(*name) + ", and no " +
                     (given.name == "group" ? "group" : "process") + " has this name")
          .with_hint(hint_for(*known, given, *name));
    }
  }
}

// The period of a tick.
int seconds_of(EventType tick) {
  return tick == EventType::TICK_5 ? 5 : tick == EventType::TICK_60 ? 60 : 3600;
}

std::vector<EventType> ticks_of(const EventTypes& types) {
  std::vector<EventType> ticks;
  for (const EventType tick : {EventType::TICK_5, EventType::TICK_60, EventType::TICK_3600}) {
    if (times_delivered(types, tick) > 0) ticks.push_back(tick);
  }
  return ticks;
}

// Calls `judge(section, arguments, ticks)` for a listener that acts on ticks.
template <class Judge>
void with_ticks(const Context& context, const ConfigSection& section, Judge judge) {
  const auto types = events_of(context, section);
  const CommandLine* command = command_of(context, section);
  if (!types || command == nullptr) return;
  const auto arguments = listener_arguments(*command);
  if (!arguments || (arguments->tool() != "httpok" && arguments->tool() != "memmon")) return;
  const std::vector<EventType> ticks = ticks_of(*types);
  if (!ticks.empty()) judge(*arguments, ticks);
}

void check_pile(const Context& context, Diagnostics& out, const ConfigSection& section) {
  with_ticks(context, section, [&](const ListenerArguments& arguments, const auto& ticks) {
    constexpr int usual = 10;
    // suplance leaves out a check while one is going on.
    if (arguments.tool() != "httpok" || arguments.is_ours() || arguments.mistake()) return;
    const std::string* written = arguments.value("timeout");
    const auto timeout = written != nullptr ? as_number(*written) : usual;
    const int period = seconds_of(ticks.front());
    if (!timeout || *timeout < period) return;
    out.report(listener_checks_pile_up.rule, context.value_place(*section.find("events")),
               section.display() + " gets a tick every " + std::to_string(period) +
                   " seconds, and a check of httpok may take " + std::to_string(*timeout) +
                   ": while the URL does not answer, ticks pile up")
        .with_hint("write a shorter `-t`, or `TICK_60`");
  });
}

void check_repeated(const Context& context, Diagnostics& out, const ConfigSection& section) {
  with_ticks(context, section, [&](const ListenerArguments& arguments, const auto& ticks) {
    if (ticks.size() < 2) return;
    const std::string first(schema::event_name(ticks.front()));
    out.report(listener_checks_repeatedly.rule, context.value_place(*section.find("events")),
               section.display() + " gets " + std::to_string(ticks.size()) +
                   " kinds of ticks, and " + arguments.tool() + " checks with each of them")
        .with_hint("write " + in_backticks(first) + " alone");
  });
}

std::optional<std::string> user_of(const Context& context, const ConfigSection& section) {
  if (section.find("user") == nullptr) return std::string();
  return context.read<schema::User>(section, "user");
}

void check_rights(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.find("command") == nullptr || !section.name ||
      section.name->kind != SectionKind::eventlistener) {
    return;
  }
  const auto user = user_of(context, section);
  if (!user || user->empty() || *user == "root" || *user == "0") return;
  const auto arguments = listener_arguments(*command_of(context, section));
  if (!arguments || arguments->mistake()) return;
  const bool dumps = arguments->tool() == "httpok" && arguments->has("coredir");
  const std::string* measure = arguments->value("measure");
  const bool looks_inside =
      arguments->tool() == "memmon" && measure != nullptr && *measure == "pss";
  if (!dumps && !looks_inside) return;
  // A name of a program in its own group; others would have to be looked for.
  for (const Given& given : arguments->given()) {
    const auto name = watched_name(*arguments, given);
    const ConfigSection* program =
        name && given.name == "program" ? context.references().program(*name) : nullptr;
    if (program == nullptr) continue;
    const auto other = user_of(context, *program);
    if (!other || *other == *user) continue;
    out.report(listener_lacks_rights.rule, context.value_place(*section.find("user")),
               section.display() + " runs as " + in_backticks(*user) + " and " +
                   (dumps ? "can make no core dump of " : "cannot read the shares of memory of ") +
                   in_backticks(*name) + ", which runs as " +
                   (other->empty() ? "another user" : in_backticks(*other)))
        .with_hint(dumps ? "leave out `-d`, or let both have one user"
                         : "leave out `--measure pss`, or let both have one user");
    return;
  }
}

}  // namespace

const LintRule listener_program_unknown = {
    .rule = {"SUP630", "listener-program-unknown", Severity::warning,
             "a listener that watches a process or group that is not there"},
    .check = check_names,
    .looks_at_whole = true
};

const LintRule listener_checks_pile_up = {
    .rule = {"SUP631",           "listener-checks-pile-up", Severity::warning,
             "a check that may take longer than the time between two ticks"},
    .check_section = check_pile,
    .options = {"events"}
};

const LintRule listener_checks_repeatedly = {
    .rule = {"SUP632",        "listener-checks-repeatedly", Severity::info,
             "a listener that checks with several ticks"},
    .check_section = check_repeated,
    .options = {"events"}
};

const LintRule listener_lacks_rights = {
    .rule = {"SUP633",        "listener-lacks-rights", Severity::info,
             "a listener whose user may not look into what it watches"},
    .check_section = check_rights,
    .options = {"user"}
};

}  // namespace sup::lint

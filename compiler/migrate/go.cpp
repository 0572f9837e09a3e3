// The Go supervisord.
#include <algorithm>
#include <map>

#include "compiler/migrate/go_values.h"
#include "compiler/migrate/text.h"
#include "compiler/migrate/translators.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::compiler::migration {

namespace {

using schema::Dialect;
using schema::DialectKey;
using schema::SectionKind;
using schema::Treatment;

bool is_device(std::string_view path) {
  return path == "/dev/stdout" || path == "/dev/stderr" || path.starts_with("/dev/fd/") ||
         path.starts_with("/proc/self/fd/");
}

class GoTranslator {
 public:
  GoTranslator(Draft& draft, Dialect dialect) : draft_(draft), dialect_(dialect) {}

  void run() {
    Part* defaults = draft_.find("program-default");
    for (Part& part : draft_.parts()) {
      if (part.name == "program-default") continue;
      if (is_process(part)) {
        translate_program(part, part.word == "program" ? defaults : nullptr);
      } else {
        translate_other(part);
      }
    }
    order_programs();
    if (defaults != nullptr) {
      draft_.comment_out(*defaults, Fate::changed,
                         "[program-default] is written out in each program");
    }
    Part* daemon = draft_.find("supervisord");
    if (daemon != nullptr) {
      write_defaults(*daemon, "supervisord");
      settle_devices(*daemon, nullptr);
    } else if (!draft_.options().fragment && !draft_.parts().empty()) {
      add_daemon();
    }
    add_interface_of_servers();
  }

 private:
  // That daemon answers `supervisorctl` without it.
  void add_interface_of_servers() {
    for (const std::string_view server : {"unix_http_server", "inet_http_server"}) {
      const Part* part = draft_.find(server);
      if (part == nullptr || part->is_gone) continue;
      add_interface(draft_, part->headers.front().file, draft_.header_span(*part));
      return;
    }
  }

  const DialectKey* row(const Part& part, std::string_view key) const {
    const DialectKey* found = row_of(dialect_, part.word, key);
    // rsupervisord reads what the Go supervisord reads.
    if (found == nullptr && dialect_ != Dialect::go) found = row_of(Dialect::go, part.word, key);
    return found;
  }

  void add_daemon() {
    const Span cause = draft_.header_span(draft_.parts().front());
    const DialectKey* nodaemon = schema::find_dialect_key(Dialect::go, "supervisord", "nodaemon");
    draft_.add_section(
        0, "supervisord",
        {
            {std::string(nodaemon->option), std::string(nodaemon->default_text), ""}
    },
        cause, "[supervisord] is added: it must be there");
  }

  // Supervisor writes the option or the section, too; what that daemon takes for granted is said.
  void write_defaults(Part& part, std::string_view word) {
    for (const DialectKey& each : schema::dialect_keys()) {
      if (each.dialect != Dialect::go || each.section != word || each.default_text.empty())
        continue;
      const GoValue outcome = convert(each, part, std::string(each.default_text));
      add_default(draft_, part, each.option, outcome.value, dialect_);
    }
  }

  void translate_other(Part& part) {
    if (part.word == "supervisord") settle_written_sizes(part, nullptr);
    for (Item& item : part.items) {
      const DialectKey* found = row(part, item.key);
      if (found != nullptr && !item.settled) settle(part, item, *found);
    }
    if (part.word == "unix_http_server") write_defaults(part, "unix_http_server");
    // Sections that it does not read take effect.
    if (part.word == "rpcinterface" || part.word == "ctlplugin") {
      draft_.note(Fate::changed, draft_.header_span(part),
                  bracketed(part.name) + " is not read by " + product_of(dialect_) +
                      "; it takes effect now");
    }
  }

  void translate_program(Part& part, Part* defaults) {
    if (part.word == "fcgi-program") {
      draft_.note(Fate::changed, draft_.header_span(part),
                  bracketed(part.name) + " is not read by " + product_of(dialect_) +
                      "; it takes effect now");
      return;
    }
    std::vector<std::string> own;
    for (const Item& item : part.items) own.push_back(item.key);
    settle_written_sizes(part, defaults);  // first, as what they say does not matter
    settle_kill(part, defaults);
    for (Item& item : part.items) {
      if (item.settled) continue;
      if (item.key == "depends_on" && !item.overridden) {
        dependencies_.push_back({&part, &item, item.value});
        continue;
      }
      if (const DialectKey* found = row(part, item.key)) {
        settle(part, item, *found);
      } else {
        settle_text(part, item);
      }
    }
    if (defaults != nullptr) inherit(part, *defaults, own);
    write_defaults(part, "program");
    if (part.word == "eventlistener") write_defaults(part, "eventlistener");
    settle_numbers(part);
    settle_devices(part, defaults);
  }

  void settle(Part& part, Item& item, const DialectKey& found) {
    // Written in other letters it is another key to that daemon.
    if (item.written != found.key && option_of(part, item.key) != nullptr) {
      item.settled = true;
      draft_.note(Fate::changed, item.span,
                  draft_.name_of(part, item) + " is not read by " + product_of(dialect_) +
                      ", which minds the case; it takes effect now");
      return;
    }
    if (settle_plainly(draft_, part, item, found)) {
      if (found.treatment == Treatment::same) settle_text(part, item);
      return;
    }
    if (item.overridden) return;
    if (found.treatment == Treatment::foreground) {
      const bool is_on = go_boolean(item.value).value_or(true);
      item.settled = !is_on;
      if (!is_on) {
        draft_.note(Fate::changed, item.span,
                    draft_.name_of(part, item) + " is not read by " + product_of(dialect_) +
                        "; it takes effect now");
      }
      return;
    }
    apply(part, item, convert(found, part, item.value));
  }

  static const schema::OptionRow* option_of(const Part& part, std::string_view key) {
    const auto name = schema::classify_section(part.name);
    return name ? schema::find_option(name->kind, key) : nullptr;
  }

  GoValue convert(const DialectKey& found, const Part& part, const std::string& raw) const {
    const auto name = schema::classify_section(part.name);
    return read_go_value(found, name ? name->kind : SectionKind::program, draft_.options().target,
                         raw);
  }

  // Whether the value may be a secret, which no report tells.
  static bool is_private(const Part& part, std::string_view key) {
    const schema::OptionRow* option = option_of(part, key);
    return option != nullptr &&
           (option->has(schema::secret) || option->type == schema::Environment::name);
  }

  void settle_text(Part& part, Item& item) {
    if (item.overridden || option_of(part, item.key) == nullptr) return;
    const GoValue outcome = read_go_text(item.value, option_of(part, item.key));
    apply(part, item, outcome);
  }

  void apply(Part& part, Item& item, const GoValue& outcome) {
    const std::string name = draft_.name_of(part, item);
    if (!outcome.lost.empty()) draft_.note(Fate::lost, item.span, name + ": " + outcome.lost);
    if (outcome.value != item.value) {
      const std::string why = outcome.why.empty() ? "" : ": " + outcome.why;
      draft_.rewrite(part, item, item.key, outcome.value,
                     name + (is_private(part, item.key)
                                 ? " is written in another way today"
                                 : " is written " + in_backticks(outcome.value) + " today" + why));
    } else if (!outcome.why.empty()) {
      item.settled = true;
      draft_.note(Fate::changed, item.span, name + ": " + outcome.why);
    }
    add_more(part, outcome);
  }

  void add_more(Part& part, const GoValue& outcome) {
    for (const Setting& setting : outcome.more) {
      if (is_set(draft_, part, setting.key)) continue;
      draft_.add(part, setting.key, setting.value,
                 in_backticks(setting.key + "=" + setting.value) + " is written in " +
                     bracketed(part.name));
    }
  }

  // Copies what the program does not say itself.
  void inherit(Part& part, Part& defaults, const std::vector<std::string>& own) {
    for (const Item& item : defaults.items) {
      if (item.overridden || std::find(own.begin(), own.end(), item.key) != own.end()) continue;
      const DialectKey* found = row(part, item.key);
      if (found != nullptr && found->treatment == Treatment::lost) continue;
      const std::string option =
          found != nullptr && !found->option.empty() ? std::string(found->option) : item.key;
      const GoValue outcome = found != nullptr
                                  ? convert(*found, part, item.value)
                                  : read_go_text(item.value, option_of(part, item.key));
      if (is_set(draft_, part, option) || option_of(part, option) == nullptr) continue;
      if (is_size_of_device(part, defaults, option)) continue;  // settle_devices writes it
      draft_.add(part, option, outcome.value,
                 in_backticks(is_private(part, option) ? option : option + "=" + outcome.value) +
                     " is written in " + bracketed(part.name) + ": [program-default] says so");
      if (!outcome.lost.empty()) {
        draft_.note(Fate::lost, item.span, in_backticks(item.written) + ": " + outcome.lost);
      }
      add_more(part, outcome);
    }
  }

  // Calls `function(size, sink)` for each log that is no file and so cannot be rotated: the option
  // of its size, and where it goes, by the section itself or by its defaults.
  template <class Function>
  static void each_device(Part& part, Part* defaults, Function function) {
    for (const std::string option : {"logfile", "stdout_logfile", "stderr_logfile"}) {
      if ((option == "logfile") != (part.word == "supervisord")) continue;
      const Item* log = part.find(option);
      if (log == nullptr && defaults != nullptr) log = defaults->find(option);
      const std::vector<std::string> sinks =
          log != nullptr ? go_sinks(log->value) : std::vector<std::string>{};
      if (!sinks.empty() && is_device(sinks.front())) function(option + "_maxbytes", sinks.front());
    }
  }

  static bool is_size_of_device(Part& part, Part& defaults, const std::string& option) {
    bool found = false;
    each_device(part, &defaults,
                [&](const std::string& size, const std::string&) { found |= size == option; });
    return found;
  }

  void settle_written_sizes(Part& part, Part* defaults) {
    each_device(part, defaults, [&](const std::string& size, const std::string& sink) {
      Item* item = part.find(size);
      if (item == nullptr || item->settled || item->value == "0") return;
      item->settled =
          draft_.rewrite(part, *item, size, "0",
                         draft_.name_of(part, *item) + " is 0 today: " + in_backticks(sink) +
                             " cannot be rotated");
    });
  }

  void settle_devices(Part& part, Part* defaults) {
    each_device(part, defaults, [&](const std::string& size, const std::string& sink) {
      if (part.find(size) != nullptr || is_set(draft_, part, size)) return;
      draft_.add(part, size, "0",
                 in_backticks(size + "=0") + " is written in " + bracketed(part.name) + ": " +
                     in_backticks(sink) + " cannot be rotated");
    });
  }

  // What is stopped as a group must be killed as one today.
  void settle_kill(Part& part, Part* defaults) {
    const auto find = [&](std::string_view key) {
      Item* item = part.find(key);
      return item == nullptr && defaults != nullptr ? defaults->find(key) : item;
    };
    const Item* stop = find("stopasgroup");
    const Item* kill = find("killasgroup");
    if (stop == nullptr || kill == nullptr || go_boolean(stop->value) != true ||
        go_boolean(kill->value).value_or(false))
      return;
    const std::string why = ": with `stopasgroup=true` Supervisor refuses `false`";
    if (Item* own = part.find("killasgroup"); own != nullptr) {
      draft_.rewrite(part, *own, "killasgroup", "true",
                     draft_.name_of(part, *own) + " is true today" + why);
    } else {
      draft_.add(part, "killasgroup", "true",
                 "`killasgroup=true` is written in " + bracketed(part.name) + why);
    }
  }

  // Its processes are numbered from 1.
  void settle_numbers(Part& part) {
    const bool is_numbered = std::any_of(
        part.items.begin(), part.items.end(),
        [](const Item& item) { return item.value.find("%(process_num)") != item.value.npos; });
    if (!is_numbered || is_set(draft_, part, "numprocs_start")) return;
    draft_.add(part, "numprocs_start", "1",
               "`numprocs_start=1` is written in " + bracketed(part.name) +
                   ": processes were numbered from 1");
  }

  struct Dependency {
    Part* part;
    Item* item;
    std::string names;
  };

  // The order of start as priorities: each program behind those that it depends on.
  void order_programs() {
    std::map<std::string, std::vector<std::string>> needs;
    for (const Dependency& each : dependencies_) {
      for (const std::string_view name : schema::split_list(each.names)) {
        needs[each.part->label].emplace_back(name);
        needs[std::string(name)];
      }
    }
    const std::map<std::string, int> rank = ranks_of(needs);
    for (const Dependency& each : dependencies_) {
      const std::string name = draft_.name_of(*each.part, *each.item);
      const bool is_ranked = rank.count(each.part->label) != 0;
      draft_.comment_out(*each.part, *each.item, is_ranked ? Fate::changed : Fate::lost,
                         name + (is_ranked ? " is said by `priority` today"
                                           : " stands in a circle, there is no such order"));
    }
    for (Part& part : draft_.parts()) {
      const auto found = rank.find(part.label);
      if (part.word != "program" || found == rank.end()) continue;
      write_priority(part, std::to_string(found->second));
    }
  }

  // One more than the highest of those that each one needs; what stands in a circle has none.
  static std::map<std::string, int> ranks_of(
      const std::map<std::string, std::vector<std::string>>& needs) {
    std::map<std::string, std::vector<std::string>> needed_by;
    std::map<std::string, std::size_t> open;
    std::vector<std::string> ready;
    for (const auto& [name, others] : needs) {
      for (const std::string& other : others) needed_by[other].push_back(name);
      open[name] = others.size();
      if (others.empty()) ready.push_back(name);
    }
    std::map<std::string, int> rank;
    for (std::size_t i = 0; i < ready.size(); ++i) {
      const std::string name = ready[i];
      int& own = rank[name];
      own = std::max(own, 1);
      for (const std::string& dependent : needed_by[name]) {
        int& later = rank[dependent];
        later = std::max(later, own + 1);
        if (--open[dependent] == 0) ready.push_back(dependent);
      }
    }
    std::erase_if(rank, [&](const auto& each) { return open[each.first] != 0; });
    return rank;
  }

  void write_priority(Part& part, const std::string& priority) {
    Item* item = part.find("priority");
    const std::string why = ": the order of start is that of `depends_on`";
    if (item == nullptr) {
      if (part.sets("priority")) return;
      draft_.add(
          part, "priority", priority,
          in_backticks("priority=" + priority) + " is written in " + bracketed(part.name) + why);
    } else if (!item->settled && item->value != priority) {
      draft_.rewrite(part, *item, "priority", priority,
                     draft_.name_of(part, *item) + " is " + priority + " today" + why);
    }
  }

  Draft& draft_;
  Dialect dialect_;
  std::vector<Dependency> dependencies_;
};

}  // namespace

void translate_go(Draft& draft, Dialect dialect) { GoTranslator(draft, dialect).run(); }

}  // namespace sup::compiler::migration

// circus.ini.
#include <algorithm>
#include <map>

#include "compiler/migrate/text.h"
#include "compiler/migrate/translators.h"
#include "schema/expand.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::compiler::migration {

namespace {

using schema::Dialect;
using schema::DialectKey;
using schema::SectionKind;
using schema::Treatment;

constexpr Dialect circus = Dialect::circus;

using Variables = std::vector<std::pair<std::string, std::string>>;

const DialectKey* row(std::string_view word, std::string_view key) {
  return schema::find_dialect_key(circus, word, key);
}

// What a command line says of names besides its text.
struct NamesOfCommand {
  bool is_numbered = false;
  std::vector<std::string> given_up;  // names that say nothing today
};

// ((circus.env.x)), which it replaces in all values, and for a command $(circus.wid) and $WID. A
// literal % becomes `percent`.
std::string expand_names(std::string_view text, const Variables& variables,
                         std::string_view percent, NamesOfCommand* command) {
  const auto value_of = [&](std::string_view name) {
    for (auto each = variables.rbegin(); each != variables.rend(); ++each) {
      if (schema::equals_ignoring_case(each->first, name)) return each->second;
    }
    return "%(ENV_" + std::string(name) + ")s";
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const bool is_dollar = rest.starts_with("$(");
    const bool is_pair = rest.starts_with("((");
    const std::size_t close =
        is_dollar ? rest.find(')') : (is_pair ? rest.find("))") : std::string_view::npos);
    const std::string name =
        close == rest.npos ? "" : schema::lower(schema::strip(rest.substr(2, close - 2)));
    const std::size_t length = close + (is_pair ? 2 : 1);
    if (command != nullptr && (name == "circus.wid" || rest.starts_with("$WID"))) {
      out += "%(process_num)d";
      command->is_numbered = true;
      i += (name.empty() ? 4 : length) - 1;
    } else if (name.starts_with("circus.env.")) {
      out += value_of(schema::strip(rest.substr(2, close - 2)).substr(11));
      i += length - 1;
    } else {
      if (command != nullptr && name.starts_with("circus.")) command->given_up.push_back(name);
      if (text[i] == '%') {
        out += percent;
      } else {
        out += text[i];
      }
    }
  }
  return out;
}

// $NAME and ${NAME} in values of variables.
std::string expand_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_braced = text.substr(i).starts_with("${");
    std::size_t end = i + (is_braced ? 2 : 1);
    const std::size_t begin = end;
    while (text[i] == '$' && end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    const bool is_closed = !is_braced || (end < text.size() && text[end] == '}');
    if (text[i] == '$' && end > begin && is_closed) {
      out += "%(ENV_" + std::string(text.substr(begin, end - begin)) + ")s";
      i = is_braced ? end : end - 1;
    } else {
      out += text[i];
      if (text[i] == '%') out += '%';
    }
  }
  return out;
}

class CircusTranslator {
 public:
  explicit CircusTranslator(Draft& draft) : draft_(draft) {}

  void run() {
    draft_.set_comments_are_values();
    read_variables();
    rank_watchers();
    std::deque<Part>& parts = draft_.parts();
    for (Part& part : parts) {
      if (part.word == "circus" && part.label.empty()) translate_daemon(part);
      if (!is_watcher(part)) continue;
      if (part.find("cmd") != nullptr) {
        translate_watcher(part);
      } else {
        draft_.comment_out(part, Fate::lost,
                           bracketed(part.name) + " has no `cmd`; circus refuses it, too");
      }
    }
    for (Part& part : parts) put_away(part);
    if (draft_.find("circus") == nullptr && draft_.find("supervisord") == nullptr &&
        !draft_.options().fragment && !parts.empty()) {
      std::vector<Setting> settings{
          {"nodaemon", "true", ""}
      };
      if (!everywhere_.empty()) {
        if (const auto text = write_environment(everywhere_)) {
          settings.push_back({"environment", *text, ""});
        }
      }
      draft_.add_section(0, "supervisord", settings, draft_.header_span(parts.front()),
                         "[supervisord] is added: it must be there");
    }
  }

 private:
  static bool is_watcher(const Part& part) { return part.word == "watcher" && !part.label.empty(); }

  void read_variables() {
    for (const Part& part : draft_.parts()) {
      if (part.word != "env") continue;
      Variables variables;
      for (const Item& item : part.items) {
        if (item.overridden) continue;
        variables.emplace_back(item.written, expand_variables(draft_.whole_value(item)));
      }
      if (part.label.empty()) {
        everywhere_.insert(everywhere_.end(), variables.begin(), variables.end());
      } else {
        environments_.emplace_back(part.label, std::move(variables));
      }
    }
  }

  Variables variables_of(std::string_view watcher) const {
    Variables variables;
    const auto set = [&](const std::pair<std::string, std::string>& variable) {
      for (auto& each : variables) {
        if (each.first == variable.first) {
          each.second = variable.second;
          return;
        }
      }
      variables.push_back(variable);
    };
    for (const auto& [patterns, more] : environments_) {
      for (const std::string_view pattern : schema::split_list(patterns)) {
        if (!matches_glob(pattern, watcher)) continue;
        for (const auto& variable : more) set(variable);
        break;
      }
    }
    return variables;
  }

  // Highest first there, lowest first today.
  void rank_watchers() {
    std::map<std::int64_t, int, std::greater<>> ranks;
    bool any = false;
    for (Part& part : draft_.parts()) {
      if (!is_watcher(part)) continue;
      const Item* item = part.find("priority");
      any = any || item != nullptr;
      ranks[item != nullptr ? whole_number(item->value).value_or(0) : 0] = 0;
    }
    if (!any) return;
    int next = 1;
    for (auto& [priority, rank] : ranks) rank = next++;
    ranks_ = std::move(ranks);
  }

  void translate_daemon(Part& part) {
    bool is_debug = false;
    const Item* page = part.find("httpd");
    const bool is_page = page != nullptr && circus_boolean(page->value).value_or(false);
    std::vector<std::string> patterns;
    for (Item& item : part.items) {
      const DialectKey* found = row("circus", item.key);
      if (found == nullptr) {
        unknown(part, item);
        continue;
      }
      const bool is_expanded =
          found->treatment == Treatment::same && settle_path(part, item, *found);
      if (is_expanded || settle_plainly(draft_, part, item, *found)) continue;
      switch (found->treatment) {
        case Treatment::debug_level:
          is_debug = circus_boolean(item.value).value_or(false);
          draft_.comment_out(part, item, Fate::changed,
                             draft_.name_of(part, item) + " is said by `loglevel` today");
          break;
        case Treatment::log_level: settle_level(part, item); break;
        case Treatment::log_target: settle_log(part, item, *found); break;
        case Treatment::moved: {
          for (const std::string_view word : words_of(item)) {
            patterns.push_back(std::string(word) + (item.key == "include_dir" ? "/*.ini" : ""));
          }
          draft_.comment_out(part, item, Fate::changed,
                             draft_.name_of(part, item) + " is `files` of [include] today");
          break;
        }
        case Treatment::web_server:
          draft_.comment_out(
              part, item, Fate::changed,
              draft_.name_of(part, item) + (is_page ? " is said by [inet_http_server] today"
                                                    : " has no effect: the page is off"));
          break;
        default: break;
      }
    }
    if (is_debug) {
      if (part.find("loglevel") == nullptr) {
        draft_.add(part, "loglevel", "debug", "`loglevel=debug` is written in [circus]");
      }
    }
    add_default(draft_, part, "nodaemon", row("circus", "nodaemon")->default_text, circus);
    if (!everywhere_.empty()) add_environment(part, everywhere_);
    draft_.rename_header(part, "supervisord", "[circus] is called [supervisord] today");
    add_sections(part, is_page, patterns);
  }

  void add_sections(Part& part, bool is_page, const std::vector<std::string>& patterns) {
    const std::uint32_t file = part.headers.front().file;
    const Span cause = draft_.header_span(part);
    if (is_page) {
      const auto text = [&](std::string_view key) {
        const Item* item = part.find(key);
        return item != nullptr ? item->value : std::string(row("circus", key)->default_text);
      };
      draft_.add_section(file, "inet_http_server",
                         {
                             {"port", text("httpd_host") + ":" + text("httpd_port"), ""}
      },
                         cause, "[inet_http_server] is added");
      add_interface(draft_, file, cause);
    }
    if (!patterns.empty()) {
      std::string list;
      for (const std::string& pattern : patterns) list += (list.empty() ? "" : " ") + pattern;
      draft_.add_section(file, "include",
                         {
                             {"files", schema::escape_template(list), ""}
      },
                         cause, "[include] is added");
    }
  }

  static std::vector<std::string_view> words_of(const Item& item) {
    std::vector<std::string_view> words;
    std::string_view rest = item.value;
    while (!(rest = schema::strip_left(rest)).empty()) {
      std::size_t end = 0;
      while (end < rest.size() && !schema::is_ascii_space(rest[end]) && rest[end] != ',') ++end;
      if (end != 0) words.push_back(rest.substr(0, end));
      rest.remove_prefix(std::max<std::size_t>(end, 1));
    }
    return words;
  }

  void settle_level(Part& part, Item& item) {
    std::string word = schema::lower(item.value);
    if (word == "warning") word = "warn";
    if (!is_value_today(SectionKind::supervisord, "loglevel", word, draft_.options().target)) {
      word = "info";
    }
    if (word == item.value) return;
    draft_.rewrite(part, item, "loglevel", word,
                   draft_.name_of(part, item) + " is written " + in_backticks(word) + " today");
  }

  void settle_log(Part& part, Item& item, const DialectKey& found) {
    if (item.overridden) return;
    if (item.value.find("://") != item.value.npos) {
      lose(draft_, part, item, found);
      return;
    }
    const bool is_console = item.value == "-";
    const std::string value =
        is_console ? "/dev/stdout" : expand_names(item.value, everywhere_, "%%", nullptr);
    const bool is_done = draft_.rewrite(part, item, "logfile", value,
                                        draft_.name_of(part, item) + " is called `logfile` today");
    if (is_done && is_console) {
      draft_.add(part, "logfile_maxbytes", "0",
                 "`logfile_maxbytes=0` is written in [circus]: `/dev/stdout` cannot be rotated");
    }
  }

  // pidfile and the like with names in them; false when there are none.
  bool settle_path(Part& part, Item& item, const DialectKey& found) {
    const std::string value = expand_names(item.value, everywhere_, "%%", nullptr);
    if (value == item.value || item.overridden) return false;
    return draft_.rewrite(
        part, item, found.key, value,
        draft_.name_of(part, item) + " is written " + in_backticks(value) + " today");
  }

  void unknown(Part& part, Item& item) {
    draft_.comment_out(part, item, Fate::lost,
                       draft_.name_of(part, item) + " is no option of circus; nothing reads it");
  }

  void add_environment(Part& part, const Variables& variables) {
    Variables sound;
    for (const auto& variable : variables) {
      if (write_environment({variable})) {
        sound.push_back(variable);
      } else {
        draft_.note(Fate::lost, draft_.header_span(part),
                    "the variable " + in_backticks(variable.first) + " of " + bracketed(part.name) +
                        " cannot be written in environment=");
      }
    }
    if (sound.empty() || is_set(draft_, part, "environment")) return;
    const auto text = write_environment(sound);
    draft_.add(
        part, "environment", *text,
        "`environment` is written in " + bracketed(part.name) + ": the sections [env] say it");
  }

  void translate_watcher(Part& part) {
    const Variables variables = variables_of(part.label);
    Variables known = everywhere_;
    known.insert(known.end(), variables.begin(), variables.end());
    Item* socket = part.find("stdin_socket");
    Part* listening = socket != nullptr ? draft_.find("socket:" + socket->value) : nullptr;
    bool is_numbered = false;
    write_command(part, known, is_numbered);
    for (Item& item : part.items) {
      const DialectKey* found = row("watcher", item.key);
      if (item.settled) continue;
      if (found == nullptr) {
        unknown(part, item);
        continue;
      }
      if (found->treatment == Treatment::renamed && settle_text(part, item, *found, known))
        continue;
      if (!settle_plainly(draft_, part, item, *found)) settle_value(part, item, *found, known);
    }
    if (listening != nullptr) listen(part, *socket, *listening);
    if (socket != nullptr && listening == nullptr) {
      draft_.comment_out(
          part, *socket, Fate::lost,
          draft_.name_of(part, *socket) + " names no [socket:" + socket->value + "]");
    }
    write_defaults(part, is_numbered);
    if (!variables.empty()) add_environment(part, variables);
    const Item* copies = part.find("copy_env");
    if (copies == nullptr || !circus_boolean(copies->value).value_or(false)) {
      draft_.note(Fate::changed, draft_.header_span(part),
                  bracketed(part.name) +
                      " had no variables but those of [env]; it gets those of "
                      "supervisord today");
    }
    const std::string name = std::string(listening != nullptr ? "fcgi-program" : "program") + ":" +
                             plain_name(part.label);
    draft_.rename_header(part, name,
                         bracketed(part.name) + " is called " + bracketed(name) + " today");
  }

  // cmd, args, shell and shell_args are one command line.
  void write_command(Part& part, const Variables& variables, bool& is_numbered) {
    Item* command = part.find("cmd");
    const Item* arguments = part.find("args");
    const Item* shell = part.find("shell");
    for (Item& item : part.items) {
      const DialectKey* found = row("watcher", item.key);
      const bool is_part = found != nullptr && found->treatment == Treatment::command_part;
      if (is_part ||
          (found != nullptr && &item != command && found->treatment == Treatment::command_words)) {
        draft_.comment_out(part, item, Fate::changed,
                           draft_.name_of(part, item) + " is a part of `command` today");
      }
    }
    if (command == nullptr) return;
    NamesOfCommand names;
    const std::string raw = draft_.whole_value(*command) +
                            (arguments != nullptr ? " " + draft_.whole_value(*arguments) : "");
    std::string text = expand_names(raw, variables, "%%", &names);
    is_numbered = names.is_numbered;
    std::replace_if(text.begin(), text.end(), schema::is_ascii_space, ' ');
    if (shell != nullptr && circus_boolean(shell->value).value_or(false)) {
      text = join_arguments({"/bin/sh", "-c", text});
    } else if (!is_writable(text)) {
      std::string error;
      const auto words = schema::split_command(text, error);
      if (words) text = join_arguments(*words);
    }
    for (const std::string& name : names.given_up) {
      draft_.note(
          Fate::lost, command->span,
          draft_.name_of(part, *command) + ": " + in_backticks(name) + " has no value today");
    }
    if (text == command->value) {
      draft_.rename(part, *command, "command",
                    draft_.name_of(part, *command) + " is called `command` today");
    } else {
      draft_.rewrite(part, *command, "command", text,
                     draft_.name_of(part, *command) + " is `command=" + text + "` today");
    }
  }

  static bool has_many(Part& part) {
    const Item* count = part.find("numprocesses");
    return count != nullptr && whole_number(count->value).value_or(2) > 1;
  }

  static bool is_log(const schema::OptionRow* option) {
    return option != nullptr && option->type == schema::LogTarget::name;
  }

  // Whether the stream that an item such as stdout_stream.filename is about has a limit.
  static bool is_rotated(Part& part, const Item& item) {
    const Item* limit = part.find(item.key.substr(0, item.key.find('.')) + ".max_bytes");
    return limit != nullptr && whole_number(limit->value).value_or(1) != 0;
  }

  // A value that is to be taken as it stands: what looks like a comment belongs to it, a % is a %.
  // False when today's reader takes it so.
  bool settle_text(Part& part, Item& item, const DialectKey& found, const Variables& variables) {
    const std::string whole = draft_.whole_value(item);
    const schema::OptionRow* option = schema::find_option(SectionKind::program, found.option);
    const bool is_twice = option != nullptr && option->has(schema::twice);
    std::string value = expand_names(whole, variables, is_twice ? "%%%%" : "%%", nullptr);
    const bool is_shared =
        is_log(option) && has_many(part) && is_rotated(part, item) && !value.starts_with("/dev/");
    if (is_shared) number_file(value);
    if (value == item.value || item.overridden || part.sets(found.option)) return false;
    draft_.rewrite(
        part, item, found.option, value,
        draft_.name_of(part, item) + " is called " + in_backticks(found.option) + " today" +
            (is_shared ? "; each process has a file of its own, as each rotates it" : ""));
    return true;
  }

  // a/b.log becomes a/b-%(process_num)s.log.
  static void number_file(std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::size_t dot = path.rfind('.');
    const bool has_ending = dot != path.npos && (slash == path.npos || dot > slash + 1) && dot != 0;
    path.insert(has_ending ? dot : path.size(), "-%(process_num)s");
  }

  void settle_value(Part& part, Item& item, const DialectKey& found, const Variables& variables) {
    const std::string option(found.option);
    const std::string text = expand_names(item.value, variables, "%%", nullptr);
    const bool is_open = text.find("%(") != text.npos;
    const std::string name = draft_.name_of(part, item);
    const auto rewrite = [&](const std::string& value) {
      if (item.overridden) {
        draft_.comment_out(part, item, Fate::changed, name + " has no effect: it is set again");
      } else if (option == item.key && value == item.value) {
        item.settled = false;
      } else {
        draft_.rewrite(part, item, option, value,
                       name + " is " + in_backticks(option + "=" + value) + " today");
      }
    };
    const bool is_number =
        found.treatment == Treatment::seconds || found.treatment == Treatment::retries ||
        found.treatment == Treatment::process_count || found.treatment == Treatment::boolean;
    if (is_number && is_open) {
      rewrite(text);
      return;
    }
    switch (found.treatment) {
      case Treatment::boolean: {
        const auto value = circus_boolean(text);
        rewrite(value.value_or(false) ? "true" : "false");
        break;
      }
      case Treatment::respawn:
        rewrite(circus_boolean(item.value).value_or(true) ? "true" : "false");
        break;
      case Treatment::seconds: {
        const auto whole = whole_number(text.substr(0, text.find('.')));
        const bool is_more =
            text.find_first_of("123456789", std::min(text.find('.'), text.size())) != text.npos;
        if (!whole || *whole < 0) {
          lose(draft_, part, item, found);
        } else {
          rewrite(std::to_string(std::min<std::int64_t>(*whole, 1 << 30) + (is_more ? 1 : 0)));
        }
        break;
      }
      case Treatment::retries: {
        constexpr int for_ever = 1000000;
        const auto number = whole_number(text);
        if (!number) {
          lose(draft_, part, item, found);
        } else {
          rewrite(std::to_string(*number < 0 ? for_ever : *number));
        }
        break;
      }
      case Treatment::rank: {
        const auto rank = ranks_.find(whole_number(item.value).value_or(0));
        rewrite(std::to_string(rank != ranks_.end() ? rank->second : 999));
        break;
      }
      case Treatment::signals: settle_signal(part, item, found, rewrite); break;
      case Treatment::process_count: {
        const auto number = whole_number(text);
        rewrite(std::to_string(number && *number > 0 ? *number : 1));
        if (number && *number == 0) {
          draft_.add(part, "autostart", "false",
                     "`autostart=false` is written in " + bracketed(part.name) +
                         ": no process was started");
        }
        break;
      }
      case Treatment::closed_output:
        if (circus_boolean(item.value).value_or(false)) {
          rewrite("NONE");
        } else {
          draft_.comment_out(part, item, Fate::changed, name + " needs no saying today");
        }
        break;
      case Treatment::output_class: settle_class(part, item, found); break;
      default: break;
    }
  }

  template <class Rewrite>
  void settle_signal(Part& part, Item& item, const DialectKey& found, Rewrite rewrite) {
    std::string word = schema::upper(item.value);
    if (word.starts_with("SIG")) word.erase(0, 3);
    if (is_value_today(SectionKind::program, "stopsignal", word, draft_.options().target)) {
      rewrite(word);
    } else {
      lose(draft_, part, item, found);
    }
  }

  void settle_class(Part& part, Item& item, const DialectKey& found) {
    const std::string_view text = item.value;
    const std::string kind(text.substr(text.rfind('.') == text.npos ? 0 : text.rfind('.') + 1));
    const std::string stream(item.key.substr(0, item.key.find('.')));
    const bool is_file = part.find(stream + ".filename") != nullptr;
    const bool is_known = kind.ends_with("FileStream") || kind.ends_with("StdoutStream");
    if (!is_known) {
      lose(draft_, part, item, found);
      return;
    }
    draft_.comment_out(
        part, item, Fate::changed,
        draft_.name_of(part, item) + " is said by " + in_backticks(found.option) + " today");
    if (kind == "TimedRotatingFileStream") {
      draft_.note(Fate::lost, item.span,
                  draft_.name_of(part, item) + ": logs are rotated by size, not by time");
    }
    if (!is_file && kind.ends_with("FileStream")) {
      draft_.note(Fate::lost, item.span, draft_.name_of(part, item) + " names no file");
    }
  }

  void listen(Part& part, Item& item, Part& socket) {
    const auto text = [&](std::string_view key) {
      const Item* found = socket.find(key);
      return found != nullptr ? found->value : std::string(row("socket", key)->default_text);
    };
    const Item* path = socket.find("path");
    const std::string address =
        path != nullptr ? "unix://" + path->value : "tcp://" + text("host") + ":" + text("port");
    draft_.rewrite(part, item, "socket", schema::escape_template(address),
                   draft_.name_of(part, item) + " is `socket=" + address + "` today");
    add_default(draft_, part, "socket_backlog", text("backlog"), circus);
    const Item* mask = socket.find("umask");
    std::int64_t bits = 0;
    bool overflow = false;
    if (path != nullptr && mask != nullptr &&
        schema::read_python_int(mask->value, 8, bits, overflow)) {
      const auto mode = static_cast<unsigned>(0777 & ~bits);
      std::string octal = "0";
      for (const unsigned shift : {6U, 3U, 0U}) {
        octal += static_cast<char>('0' + ((mode >> shift) & 7U));
      }
      draft_.add(part, "socket_mode", octal,
                 "`socket_mode=" + octal + "` is written in " + bracketed(part.name));
    }
    used_.insert(socket.name);
  }

  void write_defaults(Part& part, bool is_numbered) {
    const bool is_many = has_many(part);
    if (is_many) {
      add_default(draft_, part, "process_name", "%(program_name)s_%(process_num)s", circus);
    }
    if (is_many || is_numbered) add_default(draft_, part, "numprocs_start", "1", circus);
    if (!ranks_.empty()) {
      add_default(draft_, part, "priority", std::to_string(ranks_[0]), circus);
    }
    for (const std::string stream : {"stdout", "stderr"}) {
      const std::string log = stream + "_logfile";
      const bool is_closed = part.sets(log) && part.find(stream + "_stream.filename") == nullptr;
      // Without a class the program writes where circus itself writes.
      add_default(draft_, part, log, "/dev/" + stream, circus);
      if (is_closed) continue;
      const bool is_file = part.find(stream + "_stream.filename") != nullptr;
      add_default(draft_, part, log + "_maxbytes", "0", circus);
      if (is_file && part.find(stream + "_stream.max_bytes") != nullptr) {
        add_default(draft_, part, log + "_backups", "0", circus);
      }
    }
    for (const DialectKey& each : schema::dialect_keys()) {
      const bool is_plain = each.treatment == Treatment::seconds ||
                            each.treatment == Treatment::respawn ||
                            each.treatment == Treatment::retries;
      if (each.dialect != circus || each.section != "watcher" || !is_plain) continue;
      add_default(draft_, part, each.option, each.default_text, circus);
    }
  }

  // Sections that say nothing today.
  void put_away(Part& part) {
    const std::string name = bracketed(part.name);
    if (part.word == "env") {
      draft_.comment_out(part, Fate::changed, name + " is said by `environment` today");
    } else if (part.word == "socket") {
      const bool is_used = used_.count(part.name) != 0;
      draft_.comment_out(part, is_used ? Fate::changed : Fate::lost,
                         is_used ? name + " is said by `socket` today"
                                 : name +
                                       " cannot be said today; only a [fcgi-program:x] has a "
                                       "socket, as its standard input");
    } else if (part.word == "plugin") {
      draft_.comment_out(
          part, Fate::lost,
          name + " cannot be said today; " + std::string(row("plugin", "use")->advice));
    } else if (!is_watcher(part) && part.name != "circus" && !schema::classify_section(part.name)) {
      draft_.comment_out(part, Fate::lost, name + " is no section that circus or Supervisor reads");
    }
  }

  Draft& draft_;
  Variables everywhere_;
  std::vector<std::pair<std::string, Variables>> environments_;  // by patterns
  std::map<std::int64_t, int, std::greater<>> ranks_;
  std::set<std::string> used_;  // sockets
};

}  // namespace

void translate_circus(Draft& draft) { CircusTranslator(draft).run(); }

}  // namespace sup::compiler::migration

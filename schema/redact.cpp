#include "schema/redact.h"

#include <algorithm>
#include <array>

#include "schema/environment_template.h"
#include "schema/expand.h"
#include "schema/text.h"

namespace sup::schema {
namespace {

bool is_separator(char c) { return c == '_' || c == '-' || c == '.'; }

// Letters and digits with _ between words, as variables are written: "db-Password" is DB_PASSWORD.
std::string in_capitals(std::string_view name) {
  std::string out = upper(name);
  std::replace_if(out.begin(), out.end(), is_separator, '_');
  return out;
}

// Whether one of the words between _ ends so: AUTHTOKEN does end in TOKEN, TOKENIZERS does not.
bool has_word_ending(std::string_view name, std::string_view ending) {
  for (std::size_t at = 0; (at = name.find(ending, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + ending.size();
    if (end == name.size() || name[end] == '_') return true;
  }
  return false;
}

// REDIS_AUTH and AUTHORIZATION, and neither AUTHOR nor AUTH_URL.
bool is_about_authorization(std::string_view capitals) {
  return capitals == "AUTH" || capitals.ends_with("_AUTH") || capitals.ends_with("AUTHORIZATION");
}

// Says whether something is done, or how, and is no secret: ENABLE_AUTH=true, PROXY_AUTH=basic.
bool is_switch(std::string_view value) {
  constexpr std::array<std::string_view, 14> words{"true", "false",  "yes",   "no",     "on",
                                                   "off",  "0",      "1",     "none",   "basic",
                                                   "ldap", "digest", "oauth", "enabled"};
  const std::string word = lower(value);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether a written text is made of expansions alone and so holds no secret itself.
bool is_only_expansions(std::string_view text) {
  if (!is_template(text)) return false;
  const Expanded rest = expand(
      text, [](std::string_view) -> std::optional<TemplateValue> { return std::string_view{}; });
  return rest.errors.empty() && rest.text.empty();
}

std::string hide(std::string_view text, TextForm form) {
  if (text.empty()) return {};
  if (form == TextForm::written && is_only_expansions(text)) return std::string(text);
  return std::string(hidden_text);
}

// How much of a URL behind :// is its authority, in which user and password stand. A password may
// hold a slash that nobody escaped: "u:pa/ss@host" is told from "host:80/a@b" by the port.
std::size_t user_part_length(std::string_view text) {
  const std::size_t whole = std::min(text.find_first_of(" \t\r\n\"'<>,"), text.size());
  const std::size_t end = std::min(text.find_first_of("/?#"), whole);
  const std::string_view authority = text.substr(0, end);
  const std::size_t colon = authority.find(':');
  const bool has_password = authority.find('@') == std::string_view::npos &&
                            colon != std::string_view::npos &&
                            !is_number(authority.substr(colon + 1));
  const std::size_t sign = text.substr(0, whole).rfind('@');
  return has_password && sign != std::string_view::npos ? sign + 1 : end;
}

// Services that know a caller by the address alone: what follows is the secret.
constexpr std::array<std::string_view, 11> secret_addresses{
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "outlook.office.com/webhook/",
    "open.feishu.cn/open-apis/bot/v2/hook/",
    "open.larksuite.com/open-apis/bot/v2/hook/",
    "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
    "chat.googleapis.com/v1/spaces/",
    "api.telegram.org/bot"};

// "a=1&token=********"
std::string hide_parameters(std::string_view query, TextForm form) {
  std::string out;
  for (;;) {
    const std::size_t end = std::min(query.find_first_of("&#"), query.size());
    const std::string_view parameter = query.substr(0, end);
    const std::size_t sign = std::min(parameter.find('='), parameter.size());
    if (sign != parameter.size() && names_a_secret(parameter.substr(0, sign))) {
      out.append(parameter.substr(0, sign + 1));
      out.append(redact_variable(parameter.substr(0, sign), parameter.substr(sign + 1), form));
    } else {
      out.append(parameter);
    }
    if (end == query.size()) return out;
    out += query[end];
    query.remove_prefix(end + 1);
  }
}

// What stands behind :// up to the end of the URL.
std::string hide_address(std::string_view address, TextForm form) {
  const std::size_t end = user_part_length(address);
  const std::string_view authority = address.substr(0, end);
  // Passwords may hold an @ that nobody escaped, so the last one counts.
  const std::size_t sign = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  std::string out;
  if (sign == std::string_view::npos || colon > sign) {
    out.append(authority);
  } else {
    out.append(authority.substr(0, colon + 1));
    out.append(hide(authority.substr(colon + 1, sign - colon - 1), form));
    out.append(authority.substr(sign));
  }
  for (const std::string_view known : secret_addresses)
    if (address.starts_with(known))
      return std::string(known) + hide(address.substr(known.size()), form);
  const std::size_t mark = address.find('?', end);
  if (mark == std::string_view::npos) return out.append(address.substr(end));
  out.append(address.substr(end, mark + 1 - end));
  return out.append(hide_parameters(address.substr(mark + 1), form));
}

std::string redact_environment(std::string_view text, TextForm form) {
  EnvironmentValue variables;
  if (!read_environment_template(text, variables)) {
    // What cannot be read is shown only if it cannot hold a secret.
    return names_a_secret(text) ? std::string(hidden_text) : hide_url_passwords(text, form);
  }
  bool changed = false;
  for (auto& [name, value] : variables) {
    std::string shown = redact_variable(name, value, form);
    changed |= shown != value;
    value = std::move(shown);
  }
  return changed ? Environment::print(variables) : std::string(text);
}

}  // namespace

bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 16> parts{
      "PASSWORD", "PASSWD",         "PASSPHRASE", "SECRET",     "CREDENTIAL", "API_KEY",
      "APIKEY",   "PRIVATE_KEY",    "PRIVATEKEY", "ACCESS_KEY", "ACCESSKEY",  "AUTH_KEY",
      "AUTHKEY",  "ENCRYPTION_KEY", "SSH_KEY",    "SIGNING_KEY"};
  constexpr std::array<std::string_view, 10> endings{
      "TOKEN", "TOKENS", "_PWD", "_PASS", "PGPASS", "JWT", "_PAT", "_COOKIE", "_SALT", "_DSN"};
  const std::string capitals = in_capitals(name);
  const auto contains = [&](std::string_view part) {
    return capitals.find(part) != std::string::npos;
  };
  const auto ends = [&](std::string_view ending) { return has_word_ending(capitals, ending); };
  return is_about_authorization(capitals) || std::any_of(parts.begin(), parts.end(), contains) ||
         std::any_of(endings.begin(), endings.end(), ends);
}

std::string hide_url_passwords(std::string_view text, TextForm form) {
  constexpr std::string_view mark = "://";
  std::string out;
  for (;;) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return out.append(text);
    const std::size_t begin = at + mark.size();
    out.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\"'<>,"), text.size());
    out.append(hide_address(text.substr(0, end), form));
    text.remove_prefix(end);
  }
}

bool hides_argument(std::string_view name, std::string_view value) {
  if (name == "requirepass") return true;  // of redis-server
  return names_a_secret(name) && redact_variable(name, value, TextForm::value) != value;
}

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view quotes = "\"'";
constexpr std::string_view word_ends = " \t\r\n\"'";

bool is_any(char c, std::string_view of) { return of.find(c) != std::string_view::npos; }

// A short option that takes a password.
struct PasswordFlag {
  std::string_view program;
  std::string_view flag;
  bool attached;  // -pPASSWORD
  bool apart;     // -p PASSWORD
  bool has_user;  // -u USER:PASSWORD
};

constexpr std::array password_flags{
    PasswordFlag{"mysql",         "-p",     true,  false, false},
    PasswordFlag{"mysqladmin",    "-p",     true,  false, false},
    PasswordFlag{"mysqldump",     "-p",     true,  false, false},
    PasswordFlag{"mysqlcheck",    "-p",     true,  false, false},
    PasswordFlag{"mariadb",       "-p",     true,  false, false},
    PasswordFlag{"mariadb-admin", "-p",     true,  false, false},
    PasswordFlag{"mariadb-dump",  "-p",     true,  false, false},
    PasswordFlag{"sshpass",       "-p",     true,  true,  false},
    PasswordFlag{"mongo",         "-p",     false, true,  false},
    PasswordFlag{"mongosh",       "-p",     false, true,  false},
    PasswordFlag{"mongodump",     "-p",     false, true,  false},
    PasswordFlag{"mongorestore",  "-p",     false, true,  false},
    PasswordFlag{"rabbitmqadmin", "-p",     false, true,  false},
    PasswordFlag{"redis-cli",     "-a",     false, true,  false},
    PasswordFlag{"ldapsearch",    "-w",     true,  true,  false},
    PasswordFlag{"curl",          "-u",     true,  true,  true },
    PasswordFlag{"curl",          "--user", false, true,  true },
};

// A command word by word; quotes end words, too, so that the script of `sh -c` is looked into.
class CommandRedactor {
 public:
  CommandRedactor(std::string_view text, TextForm form) : text_(text), form_(form) {}

  std::string run() {
    while ((at_ = text_.find_first_not_of(word_ends, at_)) != std::string_view::npos) {
      end_ = std::min(text_.find_first_of(word_ends, at_), text_.size());
      if (!look_at_header() && !look_at_flag()) look_at_name();
      note_program();
      at_ = std::max(end_, done_);
    }
    return out_.append(text_.substr(done_));
  }

 private:
  std::string_view word() const { return text_.substr(at_, end_ - at_); }

  // Where a value begins that stands apart from the word before it; nothing if an option follows.
  std::optional<std::size_t> next_word() const {
    if (end_ == text_.size() || !is_any(text_[end_], blanks)) return std::nullopt;
    const std::size_t begin = text_.find_first_not_of(blanks, end_);
    if (begin == std::string_view::npos || text_[begin] == '-') return std::nullopt;
    return begin;
  }

  // The value that begins there, without its quotes.
  std::pair<std::size_t, std::size_t> value_at(std::size_t begin) const {
    if (begin >= text_.size()) return {text_.size(), text_.size()};
    const char quote = is_any(text_[begin], quotes) ? text_[begin] : '\0';
    if (quote == '\0')
      return {begin, std::min(text_.find_first_of(word_ends, begin), text_.size())};
    return {begin + 1, std::min(text_.find(quote, begin + 1), text_.size())};
  }

  void hide_range(std::size_t begin, std::size_t end) {
    out_.append(text_.substr(done_, begin - done_));
    out_.append(hide(text_.substr(begin, end - begin), form_));
    done_ = end;
  }

  // --password=x, --password x, -token x, -Ddb.password=x, DB_PASSWORD=x
  void look_at_name() {
    std::string_view name = word();
    const std::size_t dashes = std::min(name.find_first_not_of('-'), name.size());
    if (dashes > 2 || dashes == name.size()) return;
    const std::size_t sign = std::min(name.find('='), name.size());
    const bool has_sign = sign != name.size();
    name = name.substr(dashes, sign - dashes);
    if (dashes == 1 && has_sign && name.starts_with('D')) name.remove_prefix(1);
    if (dashes == 0 &&
        (!has_sign || name.find_first_not_of(
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.") !=
                          std::string_view::npos))
      return;
    const auto begin = has_sign ? std::optional(at_ + sign + 1) : next_word();
    if (!begin) return;
    const auto [from, to] = value_at(*begin);
    if (hides_argument(name, text_.substr(from, to - from))) hide_range(from, to);
  }

  // mysql -px, redis-cli -a x
  bool look_at_flag() {
    const std::string_view option = word();
    for (const PasswordFlag& known : password_flags) {
      if (known.program != program_ || !option.starts_with(known.flag)) continue;
      const bool is_attached = option.size() > known.flag.size();
      const auto begin = is_attached ? std::optional(at_ + known.flag.size()) : next_word();
      if (!(is_attached ? known.attached : known.apart) || !begin) continue;
      auto [from, to] = value_at(*begin);
      if (known.has_user) {
        const std::size_t colon = text_.substr(from, to - from).find(':');
        if (colon == std::string_view::npos) return false;
        from += colon + 1;
      }
      hide_range(from, to);
      program_ = {};  // it has one; what follows may be another program with another -p
      return true;
    }
    return false;
  }

  // 'Authorization: Bearer x', "X-Api-Key: x"
  bool look_at_header() {
    const std::string_view whole = word();
    const std::size_t colon = whole.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const std::string_view name = whole.substr(0, colon);
    const std::string capitals = in_capitals(name);
    const bool is_header =
        capitals.ends_with("AUTHORIZATION") ||
        (name.find('-', 1) != std::string_view::npos && name[0] != '-' && names_a_secret(name));
    if (!is_header) return false;
    const char before = at_ == 0 ? ' ' : text_[at_ - 1];
    const std::size_t end = std::min(
        is_any(before, quotes) ? text_.find(before, at_) : text_.find_first_of(word_ends, at_),
        text_.size());
    std::size_t begin = std::min(text_.find_first_not_of(blanks, at_ + colon + 1), end);
    // The scheme is no secret.
    const std::size_t blank = text_.find(' ', begin);
    if (capitals.ends_with("AUTHORIZATION") && blank < end)
      begin = std::min(text_.find_first_not_of(blanks, blank), end);
    if (begin < end) hide_range(begin, end);
    return begin < end;
  }

  void note_program() {
    std::string_view name = word();
    name.remove_prefix(name.rfind('/') + 1);
    const auto is_known = [&](const PasswordFlag& flag) { return flag.program == name; };
    const auto* known = std::find_if(password_flags.begin(), password_flags.end(), is_known);
    if (known != password_flags.end()) program_ = known->program;
    if (name == "|" || name == "&&" || name == "||" || name.ends_with(';')) program_ = {};
  }

  std::string_view text_;
  TextForm form_;
  std::string_view program_;  // of those with such a flag
  std::size_t at_ = 0;        // the word
  std::size_t end_ = 0;
  std::size_t done_ = 0;  // what stands before is in out_
  std::string out_;
};

}  // namespace

std::string hide_command_passwords(std::string_view text, TextForm form) {
  return hide_url_passwords(CommandRedactor(text, form).run(), form);
}

std::string redact_variable(std::string_view name, std::string_view value, TextForm form) {
  if (!names_a_secret(name)) return hide_url_passwords(value, form);
  // MAX_TOKENS=4096 counts, DB_PASSWORD_FILE=/run/secrets/db says where to look.
  const std::string capitals = in_capitals(name);
  const bool counts = capitals.ends_with("TOKENS") && is_number(value);
  const bool names_file =
      (capitals.ends_with("_FILE") || capitals.ends_with("_PATH")) && value.starts_with('/');
  const bool switches = is_about_authorization(capitals) && is_switch(value);
  return counts || names_file || switches ? std::string(value) : hide(value, form);
}

bool uses_secret_variable(std::string_view text) {
  constexpr std::string_view prefix = "ENV_";
  if (!is_template(text)) return false;
  const std::vector<std::string> names = names_in(text);
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return name.starts_with(prefix) && names_a_secret(name.substr(prefix.size()));
  });
}

std::string redact(const OptionRow& option, std::string_view text, TextForm form) {
  if (option.has(OptionFlags::secret)) return hide(text, form);
  if (option.type == Environment::name) return redact_environment(text, form);
  if (option.name == "command") return hide_command_passwords(text, form);
  return hide_url_passwords(text, form);
}

std::string redact_bound(const OptionRow& option, std::string_view written,
                         std::string_view value) {
  return uses_secret_variable(written) ? redact(option, written, TextForm::written)
                                       : redact(option, value, TextForm::value);
}

std::string redact_bound_variable(std::string_view name, std::string_view written,
                                  std::string_view value) {
  return uses_secret_variable(written) ? redact_variable(name, written, TextForm::written)
                                       : redact_variable(name, value, TextForm::value);
}

EnvironmentValue redact_bound_environment(std::string_view written, const EnvironmentValue& bound) {
  EnvironmentValue pairs;
  read_environment_template(written, pairs);
  EnvironmentValue shown = bound;
  for (auto& variable : shown) {
    const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const auto& known) {
      return known.first == variable.first;
    });
    variable.second = redact_bound_variable(
        variable.first, pair == pairs.end() ? std::string_view{} : pair->second, variable.second);
  }
  return shown;
}

}  // namespace sup::schema

#include "runtime/ctl/configuration.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>

#include "compiler/compile.h"
#include "compiler/ini/document.h"
#include "compiler/load.h"
#include "compiler/machine.h"
#include "schema/expand.h"
#include "schema/options.h"
#include "schema/text.h"

namespace sup::ctl {

namespace {

constexpr std::string_view section_name = "supervisorctl";

// supervisorctl's words.
const std::string not_found = "could not find config file ";
const std::string not_read = "could not read config file ";
constexpr std::string_view no_section = ".ini file does not include supervisorctl section";

schema::Error wrong(std::string text) { return schema::Error{.message = std::move(text)}; }

// The section's values as written, and where it stands.
struct Section {
  bool exists = false;
  std::string here;  // folder of its file
  std::string place;
  std::string url_place;  // of serverurl=
  std::string complaint;  // about plugins, which are looked at last
  std::map<std::string, std::string, std::less<>> values;
};

// supervisorctl loads Python code for these; what it complains of, or "".
std::string complaint_about_plugins(const compiler::Document& document,
                                    const compiler::SourceMap& sources) {
  constexpr std::string_view prefix = "ctlplugin:";
  for (const compiler::SectionHeader& header : document.sections) {
    const std::string_view name = sources.text(header.name);
    bool has_factory = !name.starts_with(prefix);
    for (std::uint32_t i = 0; i < header.entry_count && !has_factory; ++i) {
      const std::string_view key = sources.text(document.key(header.first_entry + i));
      has_factory = schema::lower(schema::strip(key)) == "supervisor.ctl_factory";
    }
    if (!has_factory) {
      return "section [" + std::string(name) + "] does not specify a supervisor.ctl_factory";
    }
  }
  return {};
}

// Later values win, as when a section stands twice.
void take(const compiler::Document& document, const compiler::SourceMap& sources,
          const compiler::FileSystem& files, Section& section) {
  for (const compiler::SectionHeader& header : document.sections) {
    if (sources.text(header.name) != section_name) continue;
    const std::string& path = sources[document.source].path;
    section.exists = true;
    section.here = compiler::directory_name(files.absolute(path));
    const auto place = [&](std::uint32_t at) {
      return path + ":" + std::to_string(sources.position(document.source, at).line);
    };
    section.place = place(header.header.begin);
    for (std::uint32_t i = 0; i < header.entry_count; ++i) {
      const compiler::Entry entry = document.entry(header.first_entry + i);
      const std::string key = schema::lower(schema::strip(sources.text(entry.key)));
      section.values[key] = document.value(sources, entry);
      if (key == "serverurl") section.url_place = place(entry.key.begin);
    }
  }
}

schema::Result<std::string> expanded(std::string_view key, const std::string& text,
                                     const std::string& here) {
  if (!schema::is_template(text)) {
    return text;
  }
  const std::map<std::string, std::string, std::less<>> environment =
      compiler::process_environment();
  const bool knows_here = key == "serverurl" || key == "history_file";
  const schema::Expanded result =
      schema::expand(text, [&](std::string_view name) -> std::optional<schema::TemplateValue> {
        if (name == "here" && knows_here) return std::string_view(here);
        constexpr std::string_view prefix = "ENV_";
        const auto found = name.starts_with(prefix) ? environment.find(name.substr(prefix.size()))
                                                    : environment.end();
        return found != environment.end()
                   ? std::optional<schema::TemplateValue>(std::string_view(found->second))
                   : std::nullopt;
      });
  if (result.errors.empty()) {
    return result.text;
  }
  const schema::ExpandError& error = result.errors.front();
  const std::string which = "Format string " + schema::python_repr(text) + " for " +
                            schema::python_repr(std::string(section_name) + "." + std::string(key));
  if (error.rule != "unknown-expansion") {
    return wrong(which + " is badly formatted: " + error.message);
  }
  std::string names;
  for (const auto& [name, ignored] : environment) {
    names += (names.empty() ? "ENV_" : ", ENV_") + name;
  }
  // Sorted: ENV_… goes before here.
  names += knows_here ? std::string(names.empty() ? "" : ", ") + "here" : "";
  return wrong(which + " contains names (" + schema::python_repr(error.name) +
               ") which cannot be expanded. Available names: " + names);
}

// As Python's normpath(abspath(expanduser(path))).
std::string settled(const std::string& path) {
  std::string result = path;
  if (path.starts_with('~')) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (const auto home = compiler::machine_facts().home(path.substr(1, end - 1))) {
      result = *home + path.substr(end);
    }
  }
  if (!result.starts_with('/')) {
    std::error_code ignored;
    result = std::filesystem::current_path(ignored).string() + "/" + result;
  }
  return schema::normal_path(result);
}

// The section of the main file, or else of the files that it includes.
schema::Result<Section> find_section(const std::string& file) {
  const compiler::RealFileSystem files;
  if (::access(file.c_str(), F_OK) != 0) {
    return wrong(not_found + file);
  }
  auto text = files.read(file);
  if (!text) {
    return wrong(not_read + file);
  }
  compiler::SourceMap sources;
  const compiler::SourceId source =
      sources.add({.path = file, .bytes = std::move(*text), .included_from = {}});
  const compiler::Document document = compiler::parse(source, sources[source].bytes);
  if (!document.junk.empty() || !document.junk_before_header.empty()) {
    const std::uint32_t line =
        (document.junk.empty() ? document.junk_before_header : document.junk).front();
    return schema::Error{.message = file + ":" + std::to_string(line + 1) +
                                    ": neither a section nor a setting; `supcheck " + file +
                                    "` says more",
                         .error_number = EINVAL};
  }
  Section section;
  take(document, sources, files, section);
  if (!section.exists && std::any_of(document.sections.begin(), document.sections.end(),
                                     [&](const compiler::SectionHeader& header) {
                                       return sources.text(header.name) == "include";
                                     })) {
    compiler::CompileOptions options;
    options.environment = compiler::process_environment();
    options.host_name = compiler::host_name();
    compiler::SourceMap all_sources;
    compiler::Diagnostics unused;
    std::optional<std::string> failure;
    const compiler::LoadedFiles loaded =
        compiler::load(file, files, options, all_sources, unused, failure);
    for (const compiler::LoadedFile& each : loaded.files) {
      take(each.document, all_sources, files, section);
    }
  }
  section.complaint = complaint_about_plugins(document, sources);
  if (!section.exists) {
    return wrong(std::string(no_section));
  }
  return section;
}

}  // namespace

schema::Status read_configuration(const std::string& file, Settings& settings) {
  schema::Result<Section> section = find_section(file);
  if (!section) {
    return section.error();
  }
  settings.configuration_file = file;
  const bool has_url = !settings.url_origin.empty();
  const bool has_history = settings.history_file.has_value();
  // In the order in which supervisorctl reads them: the first mistake is told.
  for (const std::string_view key :
       {"serverurl", "prompt", "username", "password", "history_file"}) {
    const auto written = section->values.find(key);
    if (written == section->values.end()) continue;
    schema::Result<std::string> value = expanded(key, written->second, section->here);
    if (!value) {
      return value.error();
    }
    if (key == "serverurl" && !has_url) {
      constexpr std::string_view unix_scheme = "unix://";
      settings.url = value->starts_with(unix_scheme)
                         ? std::string(unix_scheme) + settled(value->substr(unix_scheme.size()))
                         : *value;
      settings.url_origin = "serverurl= in " + section->url_place;
    } else if (key == "prompt") {
      settings.prompt = *value;
    } else if (key == "username" && !settings.credentials.username) {
      settings.credentials.username = *value;
    } else if (key == "password" && !settings.credentials.password) {
      settings.credentials.password = *value;
    } else if (key == "history_file" && !value->empty() && !has_history) {
      settings.history_file = settled(*value);
    }
  }
  if (!section->complaint.empty()) {
    return wrong(section->complaint);
  }
  if (settings.url_origin.empty()) {
    settings.url_origin =
        "the default, as [supervisorctl] in " + section->place + " has no serverurl=";
  }
  return schema::Nothing{};
}

void ask_this_machine(Settings& settings) {
  settings.user = [](std::string_view user) { return compiler::machine_facts().user(user); };
  settings.file = [](const std::string& path) { return compiler::machine_facts().file(path); };
}

namespace {

std::unique_ptr<compiler::Compilation> compiled_here(const std::string& file) {
  const compiler::RealFileSystem files;
  const schema::Facts facts = compiler::machine_facts();
  compiler::CompileOptions options;
  options.environment = compiler::process_environment();
  options.host_name = facts.host_name;
  options.machine = &facts;
  return compiler::compile(file, files, options);
}

std::string advice_to_add(const std::string& url, const std::string& section) {
  return "supctl: its " + section + " is at " + url + ": use -s " + url +
         ", or add\n  [supervisorctl]\n  serverurl=" + url + "\n";
}

// Where the daemon of a configuration listens, as supctl names it.
struct Served {
  std::string_view section;
  std::string url;
};

std::vector<Served> served_by(const compiler::Compilation& compiled) {
  std::vector<Served> found;
  for (const schema::HttpServer& server : compiled.resolved.http_servers) {
    if (server.is_unix && server.unix_options.file) {
      found.insert(found.begin(),
                   {"[unix_http_server]", "unix://" + settled(*server.unix_options.file)});
    } else if (!server.is_unix && server.inet_options.port) {
      const schema::InetAddressValue& address = *server.inet_options.port;
      found.push_back(
          {"[inet_http_server]", "http://" + (address.host.empty() ? "localhost" : address.host) +
                                     ":" + std::to_string(address.port)});
    }
  }
  return found;
}

// The first setting of where it listens that hangs on a variable of the environment which is not
// set, or nothing.
std::string advice_on_environment(const compiler::Compilation& compiled) {
  for (const schema::OpenSetting& open : compiled.resolved.open) {
    const schema::Section& section = compiled.plan.sections[open.section];
    if (open.extra || !section.full_name.ends_with("_http_server")) continue;
    const schema::Setting& setting = section.settings[open.setting];
    return "supctl: where its [" + std::string(section.full_name) + "] is, " +
           schema::python_repr(setting.text) + " (" + compiled.plan.place(setting.origin) +
           "), hangs on the environment, and that is not set here: set it, or use -s\n";
  }
  return {};
}

// Why the file cannot be read, by the system's words.
std::string advice_on_reading(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char byte = 0;
  const bool is_read = descriptor >= 0 && ::read(descriptor, &byte, 1) >= 0;
  const int number = errno;
  if (descriptor >= 0) ::close(descriptor);
  return is_read
             ? ""
             : "supctl: " + file + " cannot be read: " + std::generic_category().message(number) +
                   (number == EACCES ? "; try sudo, or -s with the address of the server\n" : "\n");
}

}  // namespace

std::string advice_on(const std::string& file, const schema::Error& error) {
  if (error.message == not_found + file) {
    std::error_code reason;
    const bool is_absent = !std::filesystem::exists(file, reason) && !reason;
    return is_absent ? "" : "supctl: " + file + " cannot be looked at: " + reason.message() + "\n";
  }
  if (error.message == not_read + file) return advice_on_reading(file);
  if (error.message != no_section) return {};
  const std::unique_ptr<compiler::Compilation> compiled = compiled_here(file);
  const std::vector<Served> all = served_by(*compiled);
  return all.empty() ? advice_on_environment(*compiled)
                     : advice_to_add(all.front().url, std::string(all.front().section));
}

std::function<std::vector<std::string>()> served_urls_of(const std::string& file) {
  return [=] {
    std::vector<std::string> urls;
    for (Served& each : served_by(*compiled_here(file))) {
      urls.push_back(std::move(each.url));
    }
    return urls;
  };
}

std::function<std::string()> pidfile_of(const std::string& file) {
  return [=] { return compiled_here(file)->resolved.supervisord.pidfile; };
}

std::function<std::string(std::string_view, std::string_view, std::string_view)> places_in(
    const std::string& file) {
  const auto compiled = std::make_shared<std::unique_ptr<compiler::Compilation>>();
  return [=](std::string_view group, std::string_view process, std::string_view option) {
    if (*compiled == nullptr) *compiled = compiled_here(file);
    const schema::Plan& plan = (*compiled)->plan;
    for (const schema::Group& each : (*compiled)->resolved.groups) {
      if (each.name != group) continue;
      for (const schema::Process& one : each.processes) {
        if (one.name != process) continue;
        const schema::OptionRow* row = schema::find_option(schema::block::process, option);
        const schema::Section& section = plan.sections[one.section];
        const schema::Setting* setting = row != nullptr ? section.find(row->id) : nullptr;
        return plan.place(setting != nullptr ? setting->origin : section.origin);
      }
    }
    return std::string();
  };
}

}  // namespace sup::ctl

#include <algorithm>
#include <array>

#include "compiler/emit.h"
#include "schema/extensions.h"

namespace sup::compiler {
namespace {

using namespace schema;
using Kind = SectionKind;

// What a kind of section is called here, and whether it is there or an example in comments.
struct Example {
  SectionKind kind;
  std::string_view name;
  bool is_active;
};

constexpr std::array examples{
    Example{Kind::supervisord,      "",           true },
    Example{Kind::unix_http_server, "",           true },
    Example{Kind::rpcinterface,     "supervisor", true },
    Example{Kind::supervisorctl,    "",           true },
    Example{Kind::inet_http_server, "",           false},
    Example{Kind::program,          "web",        false},
    Example{Kind::fcgi_program,     "php",        false},
    Example{Kind::eventlistener,    "watcher",    false},
    Example{Kind::group,            "site",       false},
    Example{Kind::include,          "",           false},
};

// Values of options that have no default, or another one than is useful here. Those of active
// sections are set.
struct ExampleValue {
  SectionKind kind;
  std::string_view option;
  std::string_view value;
};

constexpr ExampleValue values[] = {
    {Kind::unix_http_server, "file",                            "/tmp/supervisor.sock"        },
    {Kind::rpcinterface,     "supervisor.rpcinterface_factory", schema::main_interface_factory},
    {Kind::supervisorctl,    "serverurl",                       "unix:///tmp/supervisor.sock" },
    {Kind::inet_http_server, "port",                            "127.0.0.1:9001"              },
    {Kind::program,          "command",                         "/usr/bin/web --port 8080"    },
    {Kind::fcgi_program,     "command",                         "/usr/bin/php-cgi"            },
    {Kind::fcgi_program,     "socket",                          "unix:///tmp/php.sock"        },
    {Kind::eventlistener,    "command",                         "/usr/bin/watcher"            },
    {Kind::eventlistener,    "events",                          "PROCESS_STATE"               },
    {Kind::group,            "programs",                        "web"                         },
    {Kind::include,          "files",                           "conf.d/*.conf"               },
};

constexpr std::string_view head =
    "; A configuration of Supervisor. Lines that begin with ; are comments; take the sign away\n"
    "; from what is to be in force. A semicolon behind a blank ends a value, in quotes as well.\n"
    "; Further lines of a value are indented. %(ENV_HOME)s is the environment variable HOME,\n"
    "; %(here)s the folder of this file; a % that is meant is written twice.\n"
    "; `supcheck` tells what is wrong with the file.\n";

const ExampleValue* example_value(SectionKind kind, std::string_view option) {
  const auto* found = std::find_if(
      std::begin(values), std::end(values),
      [&](const ExampleValue& value) { return value.kind == kind && value.option == option; });
  return found == std::end(values) ? nullptr : found;
}

std::string header(const Example& example) {
  const SectionRow& section = section_row(example.kind);
  std::string out = "[" + std::string(section.spelling);
  if (section.naming == Naming::named) out += ":" + std::string(example.name);
  return out + "]";
}

class Writer {
 public:
  std::string run() {
    out_ = head;
    for (const Example& example : examples) add(example);
    return std::move(out_);
  }

 private:
  void add(const Example& example) {
    const SectionRow& section = section_row(example.kind);
    out_ += "\n; " + std::string(section.doc) + "\n";
    out_ += (example.is_active ? "" : ";") + header(example) + "\n";
    // What several kinds share is told with the first; the others name what they need.
    const Example* told = nullptr;
    for (const OptionRow& row : option_rows()) {
      if ((section.blocks & row.block) == 0) continue;
      const Example& first = first_with(row.block);
      if (&first != &example) told = &first;
      if (&first == &example || row.has(OptionFlags::required)) add(example, row);
    }
    if (told != nullptr) out_ += "; And all other options of " + header(*told) + ".\n";
  }

  static const Example& first_with(unsigned block) {
    const auto* found = std::find_if(examples.begin(), examples.end(), [&](const Example& e) {
      return (section_row(e.kind).blocks & block) != 0;
    });
    return *found;  // the example that asks has it
  }

  void add(const Example& example, const OptionRow& row) {
    const ExampleValue* value = example_value(example.kind, row.name);
    out_ += "; " + std::string(row.doc);
    if (row.expected != Text::expected) out_ += " Expected: " + std::string(row.expected) + ".";
    const bool has_default = row.default_text && !row.default_text->empty();
    if (value != nullptr && has_default)
      out_ += " Default: " + std::string(*row.default_text) + ".";
    out_ += "\n";
    const bool is_set = example.is_active && value != nullptr;
    out_ += (is_set ? "" : ";") + std::string(row.name) + "=";
    out_ += value != nullptr ? value->value : row.default_text.value_or("");
    out_ += "\n";
  }

  std::string out_;
};

}  // namespace

std::string emit_first_configuration() { return Writer().run(); }

}  // namespace sup::compiler

// What supc prints of itself: the first configuration and the reference of options.
#include "compiler/emit.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compiler/compile.h"
#include "compiler/format.h"
#include "compiler/render_text.h"

namespace sup::compiler {
namespace {

std::string mistakes(const std::string& text) {
  MemoryFileSystem files;
  files.files["/etc/supervisord.conf"] = text;
  files.files["/etc/conf.d/x.conf"] = "";
  CompileOptions options;
  options.environment_is_complete = true;
  const auto compilation = compile("/etc/supervisord.conf", files, options);
  return render_text(compilation->diagnostics, compilation->sources, {});
}

// Every example that is not empty put in force.
std::string uncommented(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    std::string line = text.substr(at, end - at);
    const bool is_example = line.size() > 2 && line[0] == ';' && line[1] != ' ';
    if (is_example && !line.ends_with("=\n")) line.erase(0, 1);
    out += line;
    at = end;
  }
  return out;
}

TEST(FirstConfiguration, HasNoMistakes) {
  EXPECT_EQ(mistakes(emit_first_configuration()), "");
  EXPECT_EQ(mistakes(uncommented(emit_first_configuration())), "");
}

TEST(FirstConfiguration, IsFormatted) {
  const std::string text = emit_first_configuration();
  EXPECT_EQ(format(parse(0, text), text)->text, text);
}

TEST(FirstConfiguration, HasEveryOption) {
  const std::string text = emit_first_configuration();
  for (const schema::OptionRow& row : schema::option_rows()) {
    if (row.block == schema::block::ctlplugin) continue;  // there is none to name
    const std::string written = std::string(row.name) + "=";
    EXPECT_TRUE(text.find("\n" + written) != std::string::npos ||
                text.find("\n;" + written) != std::string::npos)
        << row.name;
  }
}

TEST(SchemaMarkdown, HasARowForEveryOption) {
  const std::string text = emit_schema_markdown();
  for (const schema::OptionRow& row : schema::option_rows())
    EXPECT_NE(text.find("\n| `" + std::string(row.name) + "` |"), std::string::npos) << row.name;
  EXPECT_NE(text.find("| `command` | text | required | 2.0b1 | `here`, `host_node_name`, "
                      "`program_name`, `group_name`, `process_num`, `numprocs`, `ENV_*` |"),
            std::string::npos);
}

TEST(SchemaMarkdown, TellsSharedOptionsOnce) {
  const auto count = [](const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count(emit_schema_markdown(), "| `autorestart` |"), 1U);
  const schema::SectionRow& listener = schema::section_row(schema::SectionKind::eventlistener);
  const std::string alone = emit_schema_markdown(&listener);
  EXPECT_EQ(count(alone, "| `autorestart` |"), 1U);
  EXPECT_EQ(count(alone, "\n## "), 1U);
}

TEST(SchemaJson, CanBeOneSection) {
  const schema::SectionRow& group = schema::section_row(schema::SectionKind::group);
  const auto json = nlohmann::json::parse(emit_schema_json(&group));
  ASSERT_EQ(json["sections"].size(), 1U);
  EXPECT_EQ(json["sections"][0]["section"], "group");
  EXPECT_EQ(json["sections"][0]["options"][0]["names"], nlohmann::json::array({"here", "ENV_*"}));
}

}  // namespace
}  // namespace sup::compiler

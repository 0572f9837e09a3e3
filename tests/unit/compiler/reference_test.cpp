// Captured answers of the real parser, where the reference is at hand: the INI layer and the fields
// of processes, for two versions of Supervisor.
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compiler/bind.h"
#include "compiler/compile.h"
#include "compiler/emit.h"

namespace sup::compiler {
namespace {

using Json = nlohmann::json;

struct Version {
  const char* file;
  schema::Target target;
};

class Reference : public testing::TestWithParam<Version> {
 protected:
  // Rows of a kind; skips the test when there is no reference.
  std::vector<Json> rows(const std::string& kind) {
    std::ifstream file(std::string(SUP_REFERENCE) + "/samples/config/" + GetParam().file);
    std::vector<Json> found;
    std::string line;
    while (std::getline(file, line)) {
      Json row = Json::parse(line);
      if (row["kind"] == kind) found.push_back(std::move(row));
    }
    return found;
  }
};

std::unique_ptr<Compilation> compile_text(const std::string& text, const CompileOptions& options) {
  MemoryFileSystem files;
  files.files["/etc/supervisor/supervisord.conf"] = text;
  return compile("/etc/supervisor/supervisord.conf", files, options);
}

TEST_P(Reference, IniLayerReadsTheSameSectionsAndValues) {
  const auto cases = rows("ini");
  if (cases.empty()) GTEST_SKIP() << "no reference beside the repository";
  for (const Json& row : cases) {
    CompileOptions options;
    options.fragment = true;
    const std::string text = row["text"];
    const auto result = compile_text(text, options);
    Json ours = Json::object();
    bool readable = true;
    for (const Diagnostic& d : result->diagnostics.all())
      readable =
          readable && d.rule->id != "SUP101" && d.rule->id != "SUP102" && d.rule->id != "SUP121";
    for (const ConfigSection& section : result->config.sections) {
      if (section.full_name == "DEFAULT") continue;
      Json& values = ours[std::string(section.full_name)] = Json::object();
      if (const ConfigSection* defaults = result->config.find("DEFAULT"))
        for (const ConfigEntry& entry : defaults->entries)
          values[std::string(entry.key())] = entry.value;
      for (const ConfigEntry& entry : section.entries)
        values[std::string(entry.key())] = entry.value;
    }
    if (row["result"].is_string()) {
      EXPECT_FALSE(readable) << row["name"] << text;
    } else {
      EXPECT_EQ(ours, row["result"]) << row["name"] << text;
    }
  }
}

TEST_P(Reference, ProcessesHaveTheSameFields) {
  const auto cases = rows("options");
  if (cases.empty()) GTEST_SKIP() << "no reference beside the repository";
  for (const Json& row : cases) {
    CompileOptions options;
    options.target = GetParam().target;
    options.environment_is_complete = true;
    options.host_name = "host1";
    options.environment = {
        {"HOME", "/root"        },
        {"PATH", "/usr/bin:/bin"}
    };
    if (row.contains("env"))
      for (const auto& [key, value] : row["env"].items()) options.environment[key] = value;
    schema::Facts machine;
    // Of the captured machine: the folders and users that its cases name as existing.
    machine.directory_exists = [](const std::string& path) {
      static const std::set<std::string> known{
          "/",     "/tmp", "/etc", "/dev", "/var/log", "/var/log/supervisor",
          "/root", "/srv", "/var", "/usr", "/bin"};
      return known.contains(path);
    };
    machine.user_exists = [](std::string_view user) {
      return user == "root" || user == "0" || user == "nobody" || user == "daemon";
    };
    options.machine = &machine;
    const std::string text = row["conf"];
    const auto result = compile_text(text, options);
    if (row.contains("error")) {
      EXPECT_TRUE(result->diagnostics.has_errors()) << text << row["error"];
      continue;
    }
    // What we refuse on purpose: a bare %s shows the environment.
    bool deliberate = false;
    for (const Diagnostic& d : result->diagnostics.all())
      deliberate = deliberate || d.rule->id == "SUP402";
    if (deliberate) continue;
    EXPECT_FALSE(result->diagnostics.has_errors())
        << text << (result->diagnostics.all().empty() ? "" : result->diagnostics.all()[0].message);
    const Json ours = Json::parse(emit_resolved_json(result->plan, result->resolved, {}));
    for (const Json& process : row["processes"]) {
      const Json* found = nullptr;
      for (const Json& group : ours["groups"])
        for (const Json& candidate : group["processes"])
          if (group["name"] == process["group"] && candidate["name"] == process["name"] &&
              (found == nullptr || candidate["command"] == process.value("command", "")))
            found = &candidate;  // names may be taken twice
      ASSERT_NE(found, nullptr) << text << process;
      for (const auto& [key, value] : process.items()) {
        if (!found->contains(key)) continue;
        Json expected = value;
        if (value == "<Automatic>") expected = "AUTO";
        if (value == "<RestartUnconditionally>") expected = true;
        if (value == "<RestartWhenExitUnexpected>") expected = "unexpected";
        if (key == "stopsignal" && value.is_number()) {
          const std::string name = schema::signal_name(value.get<int>());
          if (name.starts_with("SIG")) expected = name;
        }
        if (key == "umask" && value.is_number()) expected = schema::Octal::print(value.get<int>());
        EXPECT_EQ((*found)[key], expected) << key << "\n" << text;
      }
    }
    if (row.contains("warnings")) {
      EXPECT_EQ(ours["warnings"], row["warnings"]) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, Reference,
                         testing::Values(Version{"parse-4.2.5.jsonl", schema::Target::v4_2},
                                         Version{"parse-4.4.0.dev0.jsonl", schema::Target::v4_4}),
                         [](const auto& version) { return version.index == 0 ? "v4_2" : "v4_4"; });

}  // namespace
}  // namespace sup::compiler

#include "compiler/compile.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>

#include "compiler/emit.h"

namespace sup::compiler {
namespace {

MemoryFileSystem make_files(std::map<std::string, std::string> list) {
  MemoryFileSystem system;
  system.files = std::move(list);
  return system;
}

std::vector<std::string> rules(const Compilation& compilation) {
  std::vector<std::string> ids;
  for (const Diagnostic& d : compilation.diagnostics.all()) ids.emplace_back(d.rule->id);
  return ids;
}

TEST(Compile, IncludedFilesMergeAndKeepTheirFolder) {
  const MemoryFileSystem files = make_files({
      {"/etc/s/main.conf",
       "[supervisord]\n[include]\nfiles=conf.d/*.conf\n[program:a]\ncommand=one\n"},
      {"/etc/s/conf.d/x.conf", "[program:a]\ncommand=%(here)s/two\n"              }
  });
  const auto result = compile("/etc/s/main.conf", files, {});
  EXPECT_TRUE(rules(*result).empty());
  EXPECT_EQ(result->resolved.groups.at(0).processes.at(0).options.command, "/etc/s/conf.d/two");
  EXPECT_EQ(result->plan.place(result->plan.sections.at(1).settings.at(0).origin),
            "/etc/s/conf.d/x.conf:2");
}

// As Supervisor 4.2.5 does it.
TEST(Compile, TheFolderOfADefaultIsThatOfTheFileThatFirstHasTheSection) {
  const MemoryFileSystem files = make_files({
      {"/s/main.conf",
       "[DEFAULT]\ndirectory=%(here)s/first\n[supervisord]\n[include]\nfiles=c/*.conf e/*.conf\n"
       "[program:a]\ncommand=x\n"                                                                },
      {"/s/c/x.conf",  "[program:x]\ncommand=x\n"                                                },
      {"/s/c/y.conf",  "[DEFAULT]\ndirectory=%(here)s/second\n[program:y]\ncommand=x\n"          },
      {"/s/c/z.conf",  "[program:z]\ncommand=x\n[program:x]\nstartsecs=2\n"                      },
      {"/s/e/e.conf",  "[program:e]\ncommand=x\n[program:own]\ncommand=x\ndirectory=%(here)s/own"}
  });
  const auto result = compile("/s/main.conf", files, {});
  std::map<std::string, std::string> folders;
  for (const schema::Group& group : result->resolved.groups)
    folders[group.name] = group.processes.at(0).options.directory.value_or("");
  const std::map<std::string, std::string> expected{
      {"a",   "/s/first"   },
      {"e",   "/s/e/second"},
      {"own", "/s/e/own"   },
      {"x",   "/s/c/first" },
      {"y",   "/s/c/second"},
      {"z",   "/s/c/second"}
  };
  EXPECT_EQ(folders, expected);
}

// Large ones are read and bound by two threads; nobody should see where they were parted.
TEST(Compile, ALargeConfigurationIsAsManySmallOnes) {
  constexpr int programs = 12000;
  constexpr int lines = 6;  // of each
  const std::string padding(240, 'x');
  std::string text = "[supervisord]\n";
  for (int i = 0; i < programs; ++i) {
    const std::string number = std::to_string(i);
    text += "[program:p" + number + "]\ncommand=/bin/true " + number + "\n  and " + padding +
            "\n; a remark\nstartsecs=" + (i % 1000 == 7 ? "wrong" : "3") +
            "\nenvironment=HERE=\"%(here)s/" + number + "\"\n";
  }
  ASSERT_GT(text.size(), 2U * 1024 * 1024);
  const auto result = compile("/etc/main.conf",
                              make_files({
                                  {"/etc/main.conf", text}
  }),
                              {});
  EXPECT_TRUE(print(result->files.files.front().document, result->sources) == text);

  ASSERT_EQ(result->diagnostics.all().size(), static_cast<std::size_t>(programs) / 1000);
  for (std::size_t i = 0; i < result->diagnostics.all().size(); ++i) {
    const Diagnostic& fault = result->diagnostics.all()[i];
    EXPECT_EQ(result->sources.position(fault.span.source, fault.span.begin).line,
              2 + (i * 1000 + 7) * lines + 4);
  }
  ASSERT_EQ(result->config.sections.size(), static_cast<std::size_t>(programs) + 1);
  ASSERT_EQ(result->resolved.groups.size(), static_cast<std::size_t>(programs));
  for (const schema::Group& group : result->resolved.groups) {
    const schema::ProcessOptions& options = group.processes.at(0).options;
    const std::string number = group.name.substr(1);
    ASSERT_EQ(options.command, "/bin/true " + number + "\nand " + padding);
    ASSERT_EQ(options.environment.at(0).second, "/etc/" + number);
  }
}

// Files in memory that two threads may read; one of them may be found and not be read.
class FilesForTwo final : public FileSystem {
 public:
  FilesForTwo(const MemoryFileSystem& base, std::string gone)
      : base_(base), gone_(std::move(gone)) {}

  bool is_read_by_many() const override { return true; }

  schema::Result<FileText> read(const std::string& path) const override {
    if (path == gone_) return schema::Error{"cannot read " + path, EACCES};
    return base_.read(path);
  }

  std::vector<std::string> glob(const std::string& pattern) const override {
    return base_.glob(pattern);
  }

  bool is_directory(const std::string& path) const override { return base_.is_directory(path); }

  std::string absolute(const std::string& path) const override { return base_.absolute(path); }

 private:
  const MemoryFileSystem& base_;
  std::string gone_;
};

// Many files of an [include] are read by two threads, too; one that cannot be read has no number.
TEST(Compile, ManyIncludedFilesAreReadInTheirOrder) {
  constexpr std::size_t count = 300;
  MemoryFileSystem one;
  one.files["/etc/main.conf"] = "[supervisord]\n[include]\nfiles=conf.d/*.conf\n";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(1000 + i);
    one.files["/etc/conf.d/" + number + ".conf"] =
        "[program:p" + number + "]\ncommand=/bin/true\nstartsecs=" + (i % 100 == 7 ? "x" : "1") +
        "\n";
  }
  const auto expected = compile("/etc/main.conf", one, {});
  const auto compiled = compile("/etc/main.conf", FilesForTwo(one, {}), {});
  ASSERT_EQ(compiled->diagnostics.all().size(), 3U);
  ASSERT_EQ(compiled->sources.size(), count + 1);
  for (SourceId id = 0; id < compiled->sources.size(); ++id) {
    EXPECT_EQ(compiled->sources[id].path, expected->sources[id].path);
    EXPECT_EQ(compiled->files.files[id].document.source, id);
  }
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(compiled->diagnostics.all()[i].span, expected->diagnostics.all()[i].span);
  EXPECT_EQ(emit_ini(compiled->plan, {}), emit_ini(expected->plan, {}));

  const auto rest = compile("/etc/main.conf", FilesForTwo(one, "/etc/conf.d/1200.conf"), {});
  ASSERT_EQ(rest->sources.size(), count);
  EXPECT_EQ(rest->sources[250].path, "/etc/conf.d/1250.conf");
  EXPECT_EQ(rest->files.files[250].document.source, 250U);
  EXPECT_EQ(rest->config.find("program:p1250")->headers.front().source, 250U);
}

// Python looks an option up in [DEFAULT] too.
TEST(Compile, FilesOfIncludeMayStandInDefault) {
  MemoryFileSystem files;
  files.files["/etc/main.conf"] = "[DEFAULT]\nfiles=c/*.conf\n[supervisord]\n[include]\n";
  files.files["/etc/c/a.conf"] = "[program:a]\ncommand=/bin/true\n";
  const auto compiled = compile("/etc/main.conf", files, {});
  EXPECT_FALSE(compiled->diagnostics.has_errors());
  EXPECT_NE(compiled->config.find("program:a"), nullptr);
  files.files["/etc/main.conf"] = "[DEFAULT]\nfiles=c/*.conf\n[supervisord]\n";
  EXPECT_EQ(compile("/etc/main.conf", files, {})->config.find("program:a"), nullptr);
}

// Two threads read it, each a half.
TEST(RealFileSystem, ALargeFileIsReadAsItIs) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("large." + std::to_string(::getpid()) + ".conf");
  std::string text;
  while (text.size() < 3U * 1024 * 1024) text += std::to_string(text.size()) + "\n";
  std::ofstream(path, std::ios::binary) << text;
  const auto read = RealFileSystem().read(path.string());
  std::filesystem::remove(path);
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == text);
}

TEST(RealFileSystem, ALargeFileThatIsHeldDoesNotChange) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("held." + std::to_string(::getpid()) + ".conf");
  const std::string text(2U * 1024 * 1024, 'x');
  std::ofstream(path, std::ios::binary) << text;
  const RealFileSystem files({}, RealFileSystem::LargeFiles::held);
  std::optional<FileText> held;
  {
    const auto read = files.read(path.string());
    ASSERT_TRUE(read);
    held = *read;
  }
  // A writer waits until nobody holds it, or has written to what is no longer looked at.
  const int waiting = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_NONBLOCK);
  EXPECT_TRUE(waiting >= 0 || errno == EWOULDBLOCK);
  if (waiting >= 0) ::close(waiting);
  EXPECT_TRUE(*held == text);
  held.reset();
  // While somebody writes it is copied.
  std::ofstream writer(path, std::ios::binary | std::ios::trunc);
  writer << text << "y" << std::flush;
  const auto copied = files.read(path.string());
  writer << std::string(text.size(), 'z') << std::flush;
  std::filesystem::remove(path);
  ASSERT_TRUE(copied);
  EXPECT_TRUE(*copied == text + "y");
}

TEST(Compile, ARelocatablePlanTakesItsFolderAtBoot) {
  const MemoryFileSystem files = make_files({
      {"/etc/s/main.conf",     "[supervisord]\n[include]\nfiles=conf.d/*.conf\n"},
      {"/etc/s/conf.d/x.conf", "[program:a]\ncommand=%(here)s/run\n"            }
  });
  CompileOptions options;
  options.relocatable = true;
  const auto result = compile("/etc/s/main.conf", files, options);
  schema::Plan plan = result->plan;
  EXPECT_TRUE(plan.relocatable);
  plan.here = "/opt";
  EXPECT_EQ(schema::instantiate(plan, {}).resolved.groups.at(0).processes.at(0).options.command,
            "/opt/conf.d/run");
}

TEST(Config, EachOptionOfEachKindOfSectionIsFound) {
  for (const schema::SectionRow& kind : schema::section_rows()) {
    std::string text = "[" + std::string(kind.spelling) +
                       (kind.naming == schema::Naming::named ? ":x" : "") + "]\n";
    for (const schema::OptionRow& row : schema::option_rows())
      if (schema::find_option(kind.kind, row.name) == &row) text += std::string(row.name) + "=1\n";
    const auto result = compile("/main.conf",
                                make_files({
                                    {"/main.conf", text}
    }),
                                {});
    const ConfigSection& section = result->config.sections.at(0);
    for (const schema::OptionRow& row : schema::option_rows()) {
      if (schema::find_option(kind.kind, row.name) != &row) continue;
      const ConfigEntry* entry = section.find(row.name);
      ASSERT_NE(entry, nullptr) << kind.spelling << ' ' << row.name;
      EXPECT_EQ(entry->option(), &row) << kind.spelling << ' ' << row.name;
    }
    EXPECT_EQ(section.find(std::string_view("nobody")), nullptr);
  }
}

// The option that followed last time is tried first, in the section of another kind as well.
TEST(Config, KeysAreTheOnesThatAreWritten) {
  const auto result = compile("/etc/main.conf",
                              make_files({
                                  {"/etc/main.conf",
                                   "[DEFAULT]\nHome=/root\n"
                                   "[program:a]\ncommand=x\nautostart=true\nmine=1\nuser=root\n"
                                   "[eventlistener:b]\ncommand=x\nevents=TICK_5\nautostart=true\n"
                                   "[group:g]\nprograms=a\nEvents=none\n"
                                   "[program:c]\nautostart=true\nCOMMAND=y\nEvents=none\n"
                                   "[whatever]\ncommand=z\n"}
  }),
                              {});
  std::string seen;
  for (const ConfigSection& section : result->config.sections) {
    seen += section.display();
    for (const ConfigEntry& entry : section.entries) {
      const schema::OptionRow* option = entry.option();
      EXPECT_EQ(option,
                section.name ? schema::find_option(section.name->kind, entry.key()) : nullptr);
      seen += " " + std::string(entry.key()) + (option == nullptr ? "?" : "");
    }
  }
  EXPECT_EQ(
      seen,
      "[DEFAULT] home?[program:a] command autostart mine? user[eventlistener:b] command events "
      "autostart[group:g] programs events?[program:c] autostart command events?[whatever] "
      "command?");
}

TEST(Config, TheEntryThatCountsIsFound) {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "key" + std::to_string(i) + "=x\n";
  const auto result = compile(
      "/main.conf",
      make_files({
          {"/main.conf",
           "[DEFAULT]\nuser=nobody\n[program:a]\ncommand=one\nCommand=two\nx=3\n[program:b]\n" +
               many + "command=three\n[other]\ncommand=four\n"}
  }),
      {});
  const ConfigSection& a = *result->config.find("program:a");
  EXPECT_EQ(a.find("command")->value, "two");
  EXPECT_EQ(a.find("user")->value, "nobody");
  EXPECT_EQ(a.find("directory"), nullptr);
  EXPECT_EQ(a.find("events"), nullptr);
  EXPECT_EQ(a.find(std::string_view("x"))->value, "3");
  EXPECT_EQ(result->config.find("program:b")->find("command")->value, "three");
  EXPECT_EQ(result->config.find("program:b")->find("user")->value, "nobody");
  EXPECT_EQ(result->config.find("other")->find("command")->value, "four");
}

TEST(Compile, SecretsOfTheBuildMachineStayThere) {
  const MemoryFileSystem files = make_files({
      {"/main.conf", "[supervisord]\n[program:a]\ncommand=app %(ENV_TOKEN)s\n"}
  });
  CompileOptions options;
  options.environment["TOKEN"] = "hunter2";
  const auto result = compile("/main.conf", files, options);
  EXPECT_EQ(emit_plan_json(result->plan, {}).find("hunter2"), std::string::npos);
  EXPECT_NE(emit_plan_json(result->plan, {}).find("\"TOKEN\""), std::string::npos);
}

TEST(Compile, PasswordsAreNotPrinted) {
  const MemoryFileSystem files = make_files({
      {"/main.conf",
       "[supervisord]\n[inet_http_server]\nport=9001\nusername=u\npassword=hunter2\n"}
  });
  const auto result = compile("/main.conf", files, {});
  EXPECT_EQ(emit_ini(result->plan, {}).find("hunter2"), std::string::npos);
  EXPECT_EQ(emit_plan_json(result->plan, {}).find("hunter2"), std::string::npos);
  EXPECT_EQ(emit_resolved_json(result->plan, result->resolved, {}).find("hunter2"),
            std::string::npos);
  EXPECT_NE(emit_ini(result->plan, {.show_secrets = true}).find("hunter2"), std::string::npos);
}

TEST(Compile, AMissingFileIsAFailureAndNoDiagnostic) {
  const auto result = compile("/none.conf", make_files({}), {});
  ASSERT_TRUE(result->failure);
  EXPECT_EQ(*result->failure, "cannot read /none.conf: No such file or directory");
}

TEST(Compile, CaretsStandUnderTheWrongPart) {
  const std::string text =
      "[supervisord]\n[eventlistener:l]\ncommand=x\nevents=TICK_5,\n  PROCES_LOG\n";
  const auto result = compile("/main.conf",
                              make_files({
                                  {"/main.conf", text}
  }),
                              {});
  ASSERT_EQ(result->diagnostics.all().size(), 1U);
  const Diagnostic& d = result->diagnostics.all()[0];
  EXPECT_EQ(result->sources.text(d.span), "PROCES_LOG");
  EXPECT_EQ(d.hint, "did you mean `PROCESS_LOG`?");
  ASSERT_EQ(d.fixes.size(), 1U);
  EXPECT_EQ(d.fixes[0].edits[0].span, d.span);
}

TEST(Compile, DefaultSectionFeedsTheOthers) {
  const auto result = compile(
      "/m.conf",
      make_files({
          {"/m.conf", "[DEFAULT]\nautostart=false\n[supervisord]\n[program:a]\ncommand=x\n"}
  }),
      {});
  EXPECT_FALSE(result->resolved.groups.at(0).processes.at(0).options.autostart);
}

TEST(Compile, DumpedIniCompilesToTheSamePlan) {
  const std::string text =
      "[supervisord]\nenvironment=A=\"1\",\n  B=\"2\"\n[program:a]\ncommand=x \\\n  "
      "y\nautostart=%(ENV_Q)s\n";
  const auto first = compile("/m.conf",
                             make_files({
                                 {"/m.conf", text}
  }),
                             {});
  const auto second = compile("/m.conf",
                              make_files({
                                  {"/m.conf", emit_ini(first->plan, {})}
  }),
                              {});
  ASSERT_EQ(second->plan.sections.size(), first->plan.sections.size());
  for (std::size_t i = 0; i < first->plan.sections.size(); ++i)
    for (std::size_t j = 0; j < first->plan.sections[i].settings.size(); ++j)
      EXPECT_EQ(second->plan.sections[i].settings[j].text,
                first->plan.sections[i].settings[j].text);
}

}  // namespace
}  // namespace sup::compiler

#include "lint/baseline.h"

#include <gtest/gtest.h>

#include "lint/check.h"

namespace sup::lint {
namespace {

class Baselines : public testing::Test {
 protected:
  // What is found beside the baseline at /srv/known.json; `text` of /srv/conf/web.conf.
  std::size_t check(const std::string& text) {
    files_.files["/srv/conf/web.conf"] = text;
    result_ = check_paths({"/srv/conf/web.conf"}, files_, *policies_);
    std::size_t count = 0;
    for (const Checked& checked : result_.checked) count += checked.diagnostics.all().size();
    return count;
  }

  void open(bool renews) {
    PolicySources sources;
    sources.command_line.baseline = FileName{"/srv/known.json"};
    policies_ = std::make_unique<Policies>(files_, std::move(sources));
    if (renews) policies_->renew_baselines();
  }

  Baseline& baseline() { return *policies_->baselines().begin()->second; }

  // Makes what is found in the text known.
  void write(const std::string& text) {
    open(true);
    EXPECT_EQ(check(text), 0U);
    files_.files["/srv/known.json"] = baseline().print(Baseline::Content::met);
    open(false);
  }

  compiler::MemoryFileSystem files_;
  std::unique_ptr<Policies> policies_;
  CheckResult result_;
};

const std::string web = "[program:web]\ncommand=/bin/cat\nautosart=true\n";

TEST_F(Baselines, KnowFindingsByWhatTheyAreAbout) {
  write(web);
  EXPECT_EQ(check(web), 0U);
  EXPECT_EQ(result_.hidden.by_baseline, 1U);
  EXPECT_FALSE(result_.checked.front().fails());
  EXPECT_EQ(check("\n; moved down\n[program:web]\ncommand=/bin/cat\nautosart =  true\n"), 0U)
      << "lines and blanks do not count";
  EXPECT_EQ(check("[program:web]\ncommand=/bin/cat\nautosart=false\n"), 1U) << "another value";
  EXPECT_EQ(check("[program:api]\ncommand=/bin/cat\nautosart=true\n"), 1U) << "another section";
  EXPECT_EQ(check(web + "startsec=1\n"), 1U) << "another option";
}

TEST_F(Baselines, CountWhatIsEqual) {
  // The same line below the same header.
  write(web + "[program:web]\nautosart=true\n");
  const std::size_t both = check(web + "[program:web]\nautosart=true\n");
  EXPECT_EQ(both, 0U);
  EXPECT_EQ(baseline().gone(), 0U);
  EXPECT_EQ(check(web), 0U);
  EXPECT_GT(baseline().gone(), 0U);
}

TEST_F(Baselines, ForgetWhatIsGoneAndOnlyThat) {
  write(web + "startsec=1\n");
  EXPECT_EQ(check(web), 0U);
  EXPECT_EQ(baseline().gone(), 1U);
  const std::string pruned = baseline().print(Baseline::Content::without_gone);
  EXPECT_NE(pruned.find("autosart"), std::string::npos);
  EXPECT_EQ(pruned.find("startsec"), std::string::npos);

  open(false);
  files_.files["/srv/conf/other.conf"] = "[program:x]\ncommand=/bin/cat\n";
  (void)check_paths({"/srv/conf/other.conf"}, files_, *policies_);
  EXPECT_EQ(baseline().gone(), 0U) << "web.conf was not looked at";
}

TEST_F(Baselines, AreSortedLinesWithoutSecrets) {
  write("[program:web]\ncommand=/bin/cat\npasword=hunter2hunter2\nautosart=true\n");
  EXPECT_EQ(files_.files["/srv/known.json"],
            "{\n"
            "  \"version\": 1,\n"
            "  \"findings\": [\n"
            "    {\"file\":\"conf/web.conf\",\"rule\":\"SUP202\",\"section\":\"program:web\","
            "\"key\":\"autosart\",\"value\":\"5ffe\",\"count\":1},\n"
            "    {\"file\":\"conf/web.conf\",\"rule\":\"SUP202\",\"section\":\"program:web\","
            "\"key\":\"pasword\",\"value\":\"fc8c\",\"count\":1}\n"
            "  ]\n"
            "}\n");
}

TEST_F(Baselines, HideNoErrorThatPreventsAPlan) {
  const std::string wrong = "[program:web]\ncommand=/bin/cat\nautostart=perhaps\n";
  open(true);
  EXPECT_EQ(check(wrong), 1U);
  EXPECT_EQ(baseline().met(), 0U);
}

TEST_F(Baselines, TakeBytesThatAreNoText) {
  const std::string odd = "[program:\xFF]\ncommand=/bin/cat\nauto\xFEsart=true\n";
  open(true);
  const std::size_t errors = check(odd);
  files_.files["/srv/known.json"] = baseline().print(Baseline::Content::met);
  open(false);
  EXPECT_EQ(check(odd), errors);
  EXPECT_EQ(baseline().gone(), 0U);
}

TEST_F(Baselines, RefuseWhatIsNone) {
  const std::string nested(300'000, '[');
  for (const std::string& text :
       {std::string("\0\x01\xFF", 3), std::string(), std::string("[]"), std::string("{}"), nested,
        std::string("{\"version\":2,\"findings\":[]}"), std::string("{\"version\":1}"),
        std::string("{\"version\":1,\"findings\":[3]}"),
        std::string("{\"version\":1,\"findings\":[{\"file\":1}]}"),
        std::string("{\"version\":1,\"findings\":[{\"file\":\"\",\"rule\":\"\",\"section\":\"\","
                    "\"key\":\"\",\"value\":\"\",\"count\":-1}]}")}) {
    files_.files["/srv/known.json"] = text;
    open(false);
    (void)check(web);
    EXPECT_EQ(result_.failures.size(), 1U) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace sup::lint

#include "schema/plan_io.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace sup::schema {
namespace {

Plan sample() {
  Plan plan;
  plan.here = "/etc/supervisor";
  plan.files = {"supervisord.conf", "conf.d/web.conf"};
  plan.warnings = {"w"};
  Section web;
  web.kind = SectionKind::program;
  web.full_name = "program:web";
  web.origin = {1, 1};
  web.settings.push_back({
      find_option(web.kind, "command")->id, {1, 2},
        "/bin/cat %(ENV_X)s"
  });
  web.settings.push_back({
      find_option(web.kind, "autostart")->id, {1, 3},
        "true"
  });
  web.settings.push_back({
      find_option(web.kind, "startsecs")->id, {1, 4},
        "-5"
  });
  web.settings.push_back({
      find_option(web.kind, "numprocs")->id, {1, 5},
        "%(ENV_N)s"
  });
  web.settings.push_back({
      find_option(web.kind, "priority")->id, {1, 6},
        "+007"
  });
  plan.sections.push_back(web);
  Section rpc;
  rpc.kind = SectionKind::rpcinterface;
  rpc.full_name = "rpcinterface:x";
  rpc.extras.push_back({
      "key", {0, 9},
       "value"
  });
  plan.sections.push_back(rpc);
  return plan;
}

TEST(PlanIo, ReadsBackWhatItWrote) {
  const Plan plan = sample();
  const auto read = decode_plan(encode_plan(plan));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, plan);
  EXPECT_EQ(encode_plan(*read), encode_plan(plan));
}

TEST(PlanIo, ARelocatablePlanLivesWhereItsFileIs) {
  std::string folder = (std::filesystem::temp_directory_path() / "plan.XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  Plan plan = sample();
  plan.relocatable = true;
  ASSERT_TRUE(write_plan_file(plan, folder + "/plan.bin"));
  const auto read = read_plan_file(folder + "/plan.bin");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->here, std::filesystem::canonical(folder).string());
  EXPECT_EQ(plan_hash(*read), plan_hash(plan));
  std::filesystem::remove_all(folder);
}

TEST(PlanIo, LinksAndDevicesAreNotReplaced) {
  std::string folder = (std::filesystem::temp_directory_path() / "plan.XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::filesystem::create_symlink("real.bin", folder + "/link.bin");
  std::ofstream(folder + "/real.bin") << "old";
  ASSERT_TRUE(write_plan_file(sample(), folder + "/link.bin"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder + "/link.bin"));
  EXPECT_TRUE(read_plan_file(folder + "/real.bin"));
  EXPECT_TRUE(write_plan_file(sample(), "/dev/null"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  std::filesystem::remove_all(folder);
}

TEST(PlanIo, EveryTruncationIsRefused) {
  const std::string bytes = encode_plan(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_plan(std::string_view(bytes).substr(0, length))) << length;
}

TEST(PlanIo, EveryFlippedBitIsRefused) {
  const std::string bytes = encode_plan(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << bit));
      EXPECT_FALSE(decode_plan(damaged)) << i << ":" << bit;
    }
  }
}

// A payload that somebody made, with a header that fits it.
std::string with_header(const std::string& payload, std::uint32_t version = plan_format_version) {
  Plan empty;
  std::string bytes = encode_plan(empty).substr(0, 32);
  const auto put = [&](std::size_t at, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i)
      bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : payload) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  put(8, version, 4);
  put(16, payload.size(), 8);
  put(24, hash, 8);
  return bytes + payload;
}

TEST(PlanIo, ANewerPlanSaysSo) {
  const auto read = decode_plan(with_header("\xA0", 2));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("format 2"), std::string::npos);
}

TEST(PlanIo, AnUnknownKeyIsNamed) {
  const auto read = decode_plan(with_header("\xA1\x63new\x01"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "not a usable plan: unknown key `new`");
}

TEST(PlanIo, DepthIsBounded) {
  EXPECT_FALSE(decode_plan(with_header(std::string(1000000, '\x81'))));
  EXPECT_FALSE(decode_plan(with_header("\x9A\xFF\xFF\xFF\xFF")));
}

TEST(PlanIo, FilesAreWrittenWholeOrNotAtAll) {
  std::string folder = (std::filesystem::temp_directory_path() / "plan.XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/plan.bin";
  ASSERT_TRUE(write_plan_file(sample(), path));
  const auto read = read_plan_file(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(plan_hash(*read), plan_hash(sample()));
  EXPECT_FALSE(write_plan_file(sample(), folder + "/missing/plan.bin"));
  const auto missing = read_plan_file(folder + "/missing/plan.bin");
  EXPECT_NE(missing.error().error_number, 0);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
  EXPECT_EQ(files, 1U);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sup::schema

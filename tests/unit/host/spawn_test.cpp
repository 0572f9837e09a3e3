#include "runtime/host/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

// Runs a program to its end.
struct Ended {
  std::string output;
  int status = -1;
  std::optional<ChildFailure> failure;
  std::string failure_text;
};

Ended run(ChildSetup setup, Spawner& spawner) {
  auto pipe = make_pipe();
  EXPECT_TRUE(pipe);
  const Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  setup.standard_input = null.get();
  setup.standard_output = pipe->write_end.get();
  setup.standard_error = pipe->write_end.get();
  const auto spawned = spawner.spawn(setup);
  EXPECT_TRUE(spawned);
  pipe->write_end.reset();
  Ended result;
  char bytes[4096];
  ssize_t got = 0;
  while ((got = ::read(pipe->read_end.get(), bytes, sizeof bytes)) > 0) {
    result.output.append(bytes, static_cast<std::size_t>(got));
  }
  int status = 0;
  EXPECT_EQ(::waitpid(spawned->pid, &status, 0), spawned->pid);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  result.failure = spawned->failure;
  if (result.failure) {
    result.failure_text = describe_failure(*result.failure, setup);
  }
  return result;
}

ChildSetup shell(const char* script) {
  ChildSetup setup;
  setup.file = "/bin/sh";
  setup.arguments = {"sh", "-c", script};
  setup.environment = {"PATH=/bin:/usr/bin", "WORD=here"};
  return setup;
}

TEST(Spawn, RunsWithArgumentsAndEnvironment) {
  Spawner spawner;
  const Ended result = run(shell("echo $WORD; exit 3"), spawner);
  EXPECT_EQ(result.output, "here\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_FALSE(result.failure);
}

TEST(Spawn, GivesTheChildOnlyItsThreeDescriptors) {
  Spawner spawner;
  // One that the test has open and that would be inherited by a plain fork.
  const Descriptor leaked(::fcntl(0, F_DUPFD, 50));
  const Ended result = run(shell("echo /proc/$$/fd/*"), spawner);
  // The shell opens nothing of its own to expand this, except the folder itself.
  EXPECT_EQ(result.output.find("/fd/50"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("/fd/2"), std::string::npos);
  EXPECT_EQ(result.output.find("/fd/4"), std::string::npos) << result.output;
}

TEST(Spawn, PutsTheChildIntoAGroupOfItsOwn) {
  Spawner spawner;
  const Ended result = run(shell("set -- $(cat /proc/self/stat); echo $5 $$"), spawner);
  const std::size_t blank = result.output.find(' ');
  EXPECT_EQ(result.output.substr(0, blank) + "\n", result.output.substr(blank + 1));
}

TEST(Spawn, AppliesDirectoryAndUmask) {
  Spawner spawner;
  ChildSetup setup = shell("pwd; umask");
  setup.directory = "/usr";
  setup.umask = 027;
  EXPECT_EQ(run(setup, spawner).output, "/usr\n0027\n");
}

TEST(Spawn, LeavesNoSignalBlocked) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  Spawner spawner;
  const Ended result = run(shell("grep SigBlk /proc/self/status"), spawner);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(result.output, "SigBlk:\t0000000000000000\n");
}

TEST(Spawn, TellsAMissingFile) {
  Spawner spawner;
  ChildSetup setup;
  setup.file = "/nothing/here";
  setup.arguments = {"here"};
  const Ended result = run(setup, spawner);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->stage, Stage::execute);
  EXPECT_EQ(result.failure->error_number, ENOENT);
  EXPECT_EQ(result.status, 127);
  EXPECT_EQ(result.failure_text,
            "supervisor: couldn't exec here: ENOENT\nsupervisor: child process was not spawned\n");
}

TEST(Spawn, TellsAMissingFolder) {
  Spawner spawner;
  ChildSetup setup = shell("true");
  setup.directory = "/nothing/here";
  const Ended result = run(setup, spawner);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->stage, Stage::directory);
  EXPECT_EQ(result.failure_text,
            "supervisor: couldn't chdir to /nothing/here: ENOENT\n"
            "supervisor: child process was not spawned\n");
}

TEST(Spawn, TellsAFileWithoutInterpreter) {
  const TemporaryFolder folder;
  folder.write("text", "just text");
  const std::string path = folder / "text";
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  Spawner spawner;
  ChildSetup setup;
  setup.file = path.c_str();
  setup.arguments = {"text"};
  EXPECT_EQ(run(setup, spawner).failure_text,
            "supervisor: couldn't exec text: ENOEXEC\nsupervisor: child process was not spawned\n");
}

TEST(Spawn, TellsAUserThatMayNotBeChangedTo) {
  if (::getuid() == 0) {
    GTEST_SKIP() << "root may become everybody";
  }
  Spawner spawner;
  ChildSetup setup = shell("true");
  setup.credentials = Credentials{.user = 1, .group = 1, .groups = {1}};
  const Ended result = run(setup, spawner);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->stage, Stage::groups);
  EXPECT_EQ(result.failure_text,
            "supervisor: couldn't setuid to 1: Could not set groups of effective user\n"
            "supervisor: child process was not spawned\n");
}

TEST(Spawn, ChangesUserAndGroups) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "only root may change the user";
  }
  Spawner spawner;
  ChildSetup setup = shell("id -u; id -g; id -G");
  setup.credentials = Credentials{
      .user = 65534, .group = 65533, .groups = {65533, 7}
  };
  EXPECT_EQ(run(setup, spawner).output, "65534\n65533\n65533 7\n");
}

TEST(Spawn, SaysARefusal) {
  Spawner spawner;
  ChildSetup setup = shell("true");
  setup.refusal = "couldn't setuid to x: Can't find username 'x'";
  const Ended result = run(setup, spawner);
  EXPECT_EQ(result.status, 127);
  EXPECT_EQ(result.failure_text,
            "supervisor: couldn't setuid to x: Can't find username 'x'\n"
            "supervisor: child process was not spawned\n");
}

// In a process of its own, as these limits cannot be taken back; tells what did not hold.
void run_apart(const std::function<std::string()>& body) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    const std::string wrong = body();
    const bool told = ::write(pipe->write_end.get(), wrong.data(), wrong.size()) >= 0;
    ::_exit(told && wrong.empty() ? 0 : 1);
  }
  pipe->write_end.reset();
  std::array<char, 1000> bytes{};
  const ssize_t got = ::read(pipe->read_end.get(), bytes.data(), bytes.size());
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0) << std::string_view(bytes.data(),
                                           got > 0 ? static_cast<std::size_t>(got) : 0);
}

// As a container's filter of system calls does.
bool refuse(std::initializer_list<long> calls) {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                          .filter = program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

std::string identity(int descriptor) {
  struct stat status {};

  ::fstat(descriptor, &status);
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

TEST(Spawn, WorksWhereASandboxRefusesToSeparateDescriptors) {
  run_apart([] {
    Spawner spawner;
    const std::string before = identity(0) + identity(1) + identity(2);
    if (!refuse({SYS_close_range, SYS_unshare})) {
      return std::string();  // no filters to be had here
    }
    for (int i = 0; i < 3; ++i) {
      const Ended result = run(shell("echo here"), spawner);
      if (result.output != "here\n" || result.status != 0) {
        return "said " + result.output + " and ended with " + std::to_string(result.status);
      }
    }
    ChildSetup missing = shell("true");
    missing.directory = "/nothing/here";
    if (!run(missing, spawner).failure) {
      return std::string("no failure was told");
    }
    if (::waitpid(-1, nullptr, WNOHANG) >= 0) {
      return std::string("a child was left");
    }
    return identity(0) + identity(1) + identity(2) == before
               ? std::string()
               : std::string("standard files of the daemon were overwritten");
  });
}

TEST(Spawn, WithoutDescriptorsIsAnErrorAndNoChild) {
  run_apart([] {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_NOFILE, &none);
    Spawner spawner;
    ChildSetup setup = shell("true");
    setup.standard_input = setup.standard_output = setup.standard_error = 1;
    const auto spawned = spawner.spawn(setup);
    return !spawned && spawned.error().error_number == EMFILE ? std::string()
                                                              : std::string("it was started");
  });
}

TEST(Spawn, ToAnotherUserLeavesTheDaemonDumpable) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "only root may change the user";
  }
  const int before = ::prctl(PR_GET_DUMPABLE);
  Spawner spawner;
  ChildSetup setup = shell("true");
  setup.credentials = Credentials{.user = 65534, .group = 65534, .groups = {65534}};
  EXPECT_EQ(run(setup, spawner).status, 0);
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), before);
}

TEST(Descriptors, ThatTheDaemonWasGivenAreKeptFromChildren) {
  const Descriptor given(::fcntl(0, F_DUPFD, 40));
  keep_from_children();
  EXPECT_EQ(::fcntl(given.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(2, F_GETFD), 0);
}

TEST(Spawn, LeavesNoDescriptorBehind) {
  Spawner spawner;
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  run(shell("true"), spawner);  // takes what it keeps
  const auto before = open_files();
  for (int i = 0; i < 20; ++i) {
    run(shell("true"), spawner);
  }
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace sup::host

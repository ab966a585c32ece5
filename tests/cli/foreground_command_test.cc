// Each case runs in a process of its own: what is tested changes its signals.
#include "cli/foreground_command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "support/temp_directory.h"

namespace tufmirror::cli {
namespace {

constexpr int kCouldNotRun = 99;
constexpr int kPollMilliseconds = 60'000;

// A process that does what exec does, in a process group of its own, and what
// its command writes.
class ForegroundProcess {
 public:
  explicit ForegroundProcess(const std::vector<std::string>& command) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_ = ends[0];
    pid_ = fork();
    if (pid_ == 0) {
      setpgid(0, 0);
      dup2(ends[1], STDOUT_FILENO);
      _exit(RunHere(command));
    }
    group_ = pid_;
    setpgid(group_, group_);
    close(ends[1]);
  }
  ~ForegroundProcess() {
    kill(-group_, SIGKILL);  // the command's own children too
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    close(output_);
  }

  pid_t pid() const { return pid_; }
  // Waits for output: the command says that it is ready.
  bool AwaitOutput() const {
    pollfd entry = {output_, POLLIN, 0};
    return poll(&entry, 1, kPollMilliseconds) == 1;
  }
  bool AwaitStop() const {
    int status = 0;
    return waitpid(pid_, &status, WUNTRACED) == pid_ && WIFSTOPPED(status);
  }
  int AwaitExit() {
    int status = 0;
    EXPECT_EQ(waitpid(std::exchange(pid_, -1), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static int RunHere(const std::vector<std::string>& command) {
    signal(SIGPIPE, SIG_DFL);
    const auto prepared = ForegroundCommand::Prepare();
    if (!prepared.ok()) return kCouldNotRun;
    signal(SIGPIPE, SIG_IGN);  // as a server in this process does
    const auto code = prepared->Run(command, {"PATH=/usr/bin:/bin"});
    return code.ok() ? *code : kCouldNotRun;
  }

  pid_t pid_ = -1;
  pid_t group_ = -1;
  int output_ = -1;
};

std::vector<std::string> Shell(const std::string& script) {
  return {"sh", "-c", script};
}

TEST(ForegroundCommand, GivesTheExitStatusAsShellsDo) {
  const testing::TempDirectory directory;
  const std::string plain = directory.Write("plain", "no program");
  struct Row {
    std::vector<std::string> command;
    int code;
  };
  const Row rows[] = {
      {{"true"}, 0},
      {Shell("exit 7"), 7},
      {Shell("kill -KILL $$"), 128 + SIGKILL},
      {{"no-such-command"}, 127},
      {{"/no/such/command"}, 127},
      {{plain}, 126},
      {{directory.path()}, 126},
      {{""}, kCouldNotRun},
      {{}, kCouldNotRun},
  };
  for (const Row& row : rows) {
    ForegroundProcess process(row.command);
    EXPECT_EQ(process.AwaitExit(), row.code);
  }
}

TEST(ForegroundCommand, TheCommandStartsWithTheSignalsOfThisProcess) {
  for (const auto& [name, number] : {std::pair{"TERM", SIGTERM},
                                     {"INT", SIGINT},
                                     {"PIPE", SIGPIPE},
                                     {"HUP", SIGHUP},
                                     {"USR1", SIGUSR1}}) {
    ForegroundProcess process(
        Shell(std::string("kill -") + name + " $$; exit 0"));
    EXPECT_EQ(process.AwaitExit(), 128 + number) << name;
  }
}

TEST(ForegroundCommand, PassesOnWhatIsSentToThisProcessAlone) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR2}) {
    ForegroundProcess process(
        Shell("trap 'kill $!; exit 9' TERM INT HUP USR2; sleep 1000 & "
              "echo ready; wait"));
    ASSERT_TRUE(process.AwaitOutput());
    kill(process.pid(), number);
    EXPECT_EQ(process.AwaitExit(), 9) << number;
  }
}

TEST(ForegroundCommand, StopsWithTheCommandAndContinuesIt) {
  ForegroundProcess process(Shell("kill -TSTP $$; exit 5"));
  ASSERT_TRUE(process.AwaitStop());
  kill(-process.pid(), SIGCONT);
  EXPECT_EQ(process.AwaitExit(), 5);
}

TEST(ForegroundCommand, OneStopOfTheWholeGroupIsOneStop) {
  ForegroundProcess process(
      Shell("trap 'exit 6' CONT; sleep 1000 & echo ready; wait; exit 1"));
  ASSERT_TRUE(process.AwaitOutput());
  kill(-process.pid(), SIGTSTP);
  ASSERT_TRUE(process.AwaitStop());
  kill(-process.pid(), SIGCONT);
  EXPECT_EQ(process.AwaitExit(), 6);
}

}  // namespace
}  // namespace tufmirror::cli

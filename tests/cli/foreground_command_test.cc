// Each case runs in a process of its own: what is tested changes its signals.
#include "cli/foreground_command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/temp_directory.h"

namespace tufmirror::cli {
namespace {

constexpr int kCouldNotRun = 99;
constexpr int kEarlierDescriptor = 107;  // a redirection of the user's
constexpr int kLaterDescriptor = 108;    // a socket of a library
constexpr std::string_view kStopped = "(job stopped)";
constexpr int kPollMilliseconds = 60'000;

// Whoever runs the tests may ignore some signals (nohup, a shell's background).
void TakeAllSignals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
}

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
      dup2(ends[1], kEarlierDescriptor);
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
    TakeAllSignals();
    const auto prepared = ForegroundCommand::Prepare();
    if (!prepared.ok()) return kCouldNotRun;
    // As a server and a client in this process do.
    signal(SIGPIPE, SIG_IGN);
    if (dup2(STDOUT_FILENO, kLaterDescriptor) < 0) return kCouldNotRun;
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

TEST(ForegroundCommand, TheCommandGetsNoFileThatWasOpenedInBetween) {
  ForegroundProcess process(
      Shell("test -e /proc/self/fd/107 && ! test -e /proc/self/fd/108"));
  EXPECT_EQ(process.AwaitExit(), 0);
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

// A shell, as far as job control goes: the first process of a session with a
// terminal, which gives that to a job and waits for the job.
class TerminalSession {
 public:
  explicit TerminalSession(const std::string& script) {
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      TakeAllSignals();
      _exit(RunShell(script));
    }
  }
  ~TerminalSession() {
    close(terminal_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  // Reads until the job has written `text`.
  bool Await(std::string_view text) {
    pollfd entry = {terminal_, POLLIN, 0};
    while (seen_.find(text) == std::string::npos) {
      char buffer[256];
      if (poll(&entry, 1, kPollMilliseconds) != 1) return false;
      const ssize_t got = read(terminal_, buffer, sizeof(buffer));
      if (got <= 0) return false;
      seen_.append(buffer, static_cast<size_t>(got));
    }
    return true;
  }
  const std::string& seen() const { return seen_; }
  void Press(char key) const { EXPECT_EQ(write(terminal_, &key, 1), 1); }
  int AwaitExit() {
    int status = 0;
    EXPECT_EQ(waitpid(std::exchange(pid_, -1), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  // A job that stops is said to have, and continued in the foreground.
  static int RunShell(const std::string& script) {
    signal(SIGTTOU, SIG_IGN);
    const pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      tcsetpgrp(STDIN_FILENO, getpid());
      signal(SIGTTOU, SIG_DFL);
      const auto prepared = ForegroundCommand::Prepare();
      if (!prepared.ok()) _exit(kCouldNotRun);
      const auto code = prepared->Run(Shell(script), {"PATH=/usr/bin:/bin"});
      _exit(code.ok() ? *code : kCouldNotRun);
    }
    int status = 0;
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
      if (write(STDOUT_FILENO, kStopped.data(), kStopped.size()) < 0) break;
      kill(-job, SIGCONT);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : kCouldNotRun;
  }

  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string seen_;
};

constexpr char kCtrlC = 3;
constexpr char kCtrlZ = 26;

TEST(ForegroundCommand, CtrlCReachesTheCommandOnceAndItDecides) {
  TerminalSession session(
      "trap 'count=x$count; echo got-$count' INT; echo ready; "
      "while ! read line; do :; done; echo total-$count.; exit 4");
  ASSERT_TRUE(session.Await("ready"));
  session.Press(kCtrlC);
  ASSERT_TRUE(session.Await("got-x"));
  session.Press('\n');
  EXPECT_TRUE(session.Await("total-x."));
  EXPECT_EQ(session.AwaitExit(), 4);
}

TEST(ForegroundCommand, CtrlZStopsTheJobOnceAndItGoesOn) {
  TerminalSession session("echo ready; read line; echo line-$line; exit 4");
  ASSERT_TRUE(session.Await("ready"));
  session.Press(kCtrlZ);
  ASSERT_TRUE(session.Await(kStopped));
  session.Press('h');
  session.Press('\n');
  EXPECT_TRUE(session.Await("line-h"));
  EXPECT_EQ(session.AwaitExit(), 4);
  EXPECT_EQ(session.seen().find(kStopped), session.seen().rfind(kStopped));
}

}  // namespace
}  // namespace tufmirror::cli

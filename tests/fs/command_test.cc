#include "tufmirror/fs/command.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_directory.h"

namespace tufmirror::fs {
namespace {

using testing::FailsWith;
using testing::TempDirectory;

// A command that /bin/sh reads; only the test uses a shell.
Command Script(const std::string& text) {
  Command command;
  command.words = {"/bin/sh", "-c", text};
  command.environment = {"PATH=/usr/bin:/bin"};
  return command;
}

TEST(RunCommandTest, GivesTheInputAndTakesTheOutput) {
  const std::string input(100'000, 'x');
  Command command = Script("cat");
  command.max_output = input.size();
  ASSERT_OK_AND_ASSIGN(const std::string output, RunCommand(command, input));
  EXPECT_EQ(output, input);
}

TEST(RunCommandTest, InputIsAFileThatCanBeOpenedAgainAndMeasured) {
  ASSERT_OK_AND_ASSIGN(
      const std::string output,
      RunCommand(Script("stat -L -c %s /dev/stdin; cat /dev/stdin"), "hello"));
  EXPECT_EQ(output, "5\nhello");
}

TEST(RunCommandTest, ACommandNeedNotReadItsInput) {
  ASSERT_OK_AND_ASSIGN(
      const std::string output,
      RunCommand(Script("printf done"), std::string(1 << 20, 'x')));
  EXPECT_EQ(output, "done");
}

TEST(RunCommandTest, NoShellSeesTheWords) {
  Command command;
  command.words = {"printf", "%s|", "$HOME `id` > x", "a  b", ""};
  ASSERT_OK_AND_ASSIGN(const std::string output, RunCommand(command, ""));
  EXPECT_EQ(output, "$HOME `id` > x|a  b||");
}

TEST(RunCommandTest, EnvironmentIsOnlyWhatWasNamed) {
  Command command;
  command.words = {"env"};
  command.environment = {"A=1"};
  ASSERT_OK_AND_ASSIGN(const std::string output, RunCommand(command, ""));
  EXPECT_EQ(output, "A=1\n");
}

TEST(RunCommandTest, NoOtherFileIsOpenThere) {
  const TempDirectory directory;
  directory.Write("secret", "x");
  FILE* leaked = std::fopen(directory.Join("secret").c_str(), "r");
  ASSERT_NE(leaked, nullptr);
  ASSERT_OK_AND_ASSIGN(const std::string output,
                       RunCommand(Script("ls -l /proc/self/fd"), ""));
  std::fclose(leaked);
  EXPECT_EQ(output.find("secret"), std::string::npos) << output;
}

TEST(RunCommandTest, SignalsThatWeBlockAreNotBlockedThere) {
  sigset_t stop;
  sigset_t before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, &before);
  const auto answer = RunCommand(Script("kill -TERM $$; echo alive"), "");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(answer, FailsWith(Failure::kFileSystem, "got signal 15"));
}

TEST(RunCommandTest, ExitCodeAndLastLineOfErrorsAreTold) {
  EXPECT_THAT(RunCommand(Script("echo first >&2; printf 'PIN \\033 wrong\\n\\n'"
                                " >&2; echo x; exit 3"),
                         ""),
              FailsWith(Failure::kFileSystem,
                        "command /bin/sh: expected exit code 0, got code 3; it "
                        "said: PIN \\x1b wrong"));
}

TEST(RunCommandTest, EndlessErrorsAreBoundedAndReadToTheEnd) {
  EXPECT_THAT(RunCommand(Script("yes | head -c 3000000 >&2; echo last >&2; "
                                "exit 1"),
                         ""),
              FailsWith(Failure::kFileSystem, "it said: last"));
}

TEST(RunCommandTest, EndlessOutputIsCutOff) {
  EXPECT_THAT(RunCommand(Script("exec yes"), ""),
              FailsWith(Failure::kTooLarge, "at most 8192 bytes of output"));
}

TEST(RunCommandTest, TimeOutKillsAllThatTheCommandStarted) {
  const TempDirectory directory;
  Command command = Script("sleep 1000 & echo $! > " + directory.Join("pid") +
                           "; trap '' TERM; wait; sleep 1000");
  command.timeout = absl::Milliseconds(300);
  EXPECT_THAT(RunCommand(command, ""),
              FailsWith(Failure::kTimeout, "an answer within 300ms"));
  const std::string pid = testing::ReadWholeFile(directory.Join("pid"));
  ASSERT_FALSE(pid.empty());
  // Gone, or a zombie that nobody has reaped yet.
  const std::string state = testing::ReadWholeFile(
      "/proc/" + std::to_string(std::atoi(pid.c_str())) + "/stat");
  EXPECT_TRUE(state.empty() || state.find(") Z ") != std::string::npos)
      << state;
}

TEST(RunCommandTest, DoesNotWaitForWhatACommandLeavesBehind) {
  Command command = Script("sleep 1000 & printf signature");
  command.timeout = absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(const std::string output, RunCommand(command, ""));
  EXPECT_EQ(output, "signature");
}

TEST(RunCommandTest, RefusesWhatCannotBeRun) {
  Command command;
  EXPECT_THAT(RunCommand(command, ""),
              FailsWith(Failure::kUsage, "the command is missing"));
  command.words = {"no-such-command-anywhere"};
  EXPECT_THAT(RunCommand(command, ""),
              FailsWith(Failure::kNotFound, "run no-such-command-anywhere"));
  const TempDirectory directory;
  directory.Write("data", "hello");
  command.words = {directory.Join("data")};
  EXPECT_THAT(RunCommand(command, ""), FailsWith(Failure::kFileSystem, "run "));
}

}  // namespace
}  // namespace tufmirror::fs

// The program as a process: exit codes of wrong usage, and its help.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string error;
};

class ProgramTest : public ::testing::Test {
 protected:
  Outcome Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TUFMIRROR_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string out = directory_.Join("out");
    const std::string error = directory_.Join("error");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), kFlags, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, error.c_str(), kFlags, 0600);
    pid_t pid = 0;
    EXPECT_EQ(
        posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0)
        << argv[0];
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            testing::ReadWholeFile(out), testing::ReadWholeFile(error)};
  }
  std::string Home() const { return directory_.Join("home"); }

  testing::TempDirectory directory_;
};

TEST_F(ProgramTest, SyncReportsAsJsonWhateverWasWrongBeforeIt) {
  const Outcome absent = Run({"sync", "--json", Home()});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.out, HasSubstr("\"outcome\":\"usage\""));
  EXPECT_THAT(absent.out, HasSubstr("\"exit_code\":2"));
  EXPECT_THAT(absent.error, HasSubstr("tufmirror: "));

  ASSERT_THAT(tree::Home::Create(Home()), testing::IsOk());
  directory_.Write("home/tufmirror.toml", "[upstream]\n");
  const Outcome misconfigured = Run({"sync", "--json", Home()});
  EXPECT_EQ(misconfigured.exit_code, 2);
  EXPECT_THAT(misconfigured.out, HasSubstr("tufmirror.toml: "));
  EXPECT_EQ(Run({"sync", Home()}).out, "");
}

TEST_F(ProgramTest, ImportConfigKeepsTheRestOfTheFileAndSaysWhatIsLost) {
  const std::string conf = directory_.Write(
      "bandersnatch.conf", "[mirror]\nworkers = 3\n[plugins]\nenabled = all\n");
  const Outcome printed = Run({"import-config", conf});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_THAT(printed.out, HasSubstr("concurrency = 3\n"));
  EXPECT_EQ(printed.error, "");

  directory_.Write("bandersnatch.conf", "[mirror]\njson = true\n");
  const std::string toml = directory_.Write(
      "t.toml",
      "[upstream]\nkind = \"index\"\nurl = \"https://a.example/simple/\"\n"
      "[origin]\nonline_key = \"/keys/online.pem\"\n");
  const Outcome lossy = Run({"import-config", conf, "--output", toml});
  EXPECT_EQ(lossy.exit_code, 3);
  EXPECT_EQ(lossy.out, "");
  EXPECT_THAT(lossy.error, HasSubstr("bandersnatch.conf:2: json = true: "));
  const std::string written = testing::ReadWholeFile(toml);
  EXPECT_THAT(written, HasSubstr("https://pypi.org/simple/"));
  EXPECT_THAT(written, HasSubstr("online_key = \"/keys/online.pem\""));

  const std::string replica =
      directory_.Write("r.toml", "[upstream]\nurl = \"https://a.example/\"\n");
  EXPECT_EQ(Run({"import-config", conf, "--output", replica}).exit_code, 2);
  EXPECT_EQ(testing::ReadWholeFile(replica),
            "[upstream]\nurl = \"https://a.example/\"\n");
}

TEST_F(ProgramTest, ClientRefusesBaseUrlsThatPathsCannotBeAppendedTo) {
  const Outcome outcome =
      Run({"client", "--metadata-dir", directory_.Join("trust"),
           "--metadata-url", "http://a.example/?token=x", "refresh"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("query"));
}

TEST_F(ProgramTest, WrongUsageIsExitCode2AndNamesTheHelp) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"snyc", Home()},
      {"sync"},
      {"sync", Home(), "--dryrun"},
      {"sync", Home(), "--max-removals", "2"},
      {"sync", Home(), "--max-removals", "some"},
      {"sync", Home(), "extra"},
      {"init"},
      {"init", "mirror", Home()},
      {"init", "replica", Home()},
      {"init", "origin", Home(), "--form", "x"},
      {"serve"},
      {"verify", Home(), "--deeper"},
      {"trust"},
      {"trust", "add", "pypi"},
      {"trust", "show"},
      {"guard", "--kill"},
      {"rehearse"},
      {"resume", Home()},
      {"exec", "--frobnicate", "--", "true"},
      {"exec", "true"},
      {"--frobnicate"}};
  for (const auto& arguments : cases) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(outcome.error, HasSubstr("tufmirror: "));
    EXPECT_THAT(outcome.error, HasSubstr("--help"));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(ProgramTest, ExecWithoutACommandSaysSo) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"exec"}, {"exec", "--"}}) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.error, HasSubstr("the command is missing"));
  }
}

TEST_F(ProgramTest, ClientMisuseIsExitCode1) {
  const std::string trust = directory_.Join("trust");
  const std::vector<std::vector<std::string>> cases = {
      {"client"},
      {"client", "--metadata-dir", trust},
      {"client", "--metadata-dir", trust, "frobnicate"},
      {"client", "--metadata-dir", trust, "init"},
      {"client", "--metadata-dir", trust, "init", directory_.Join("absent")},
      {"client", "--metadata-dir", trust, "refresh"},
      {"client", "--metadata-dir", trust, "--metadata-url", "ftp://a.example",
       "refresh"},
      {"client", "--metadata-dir", trust, "--metadata-url", "file:///absent",
       "download"},
      {"client", "--meta-dir", trust, "refresh"}};
  for (const auto& arguments : cases) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << ::testing::PrintToString(arguments);
    EXPECT_THAT(outcome.error, HasSubstr("tufmirror: "));
  }
}

TEST_F(ProgramTest, EveryCommandsHelpHasAnExample) {
  const std::vector<std::vector<std::string>> commands = {
      {"init", "origin"}, {"init", "replica"}, {"sync"},     {"serve"},
      {"status"},         {"verify"},          {"rollback"}, {"client"},
      {"import-config"},  {"guard"},           {"exec"},     {"trust", "add"},
      {"rehearse"},       {"resume"}};
  for (auto command : commands) {
    std::string name = "tufmirror";
    for (const std::string& word : command) name += " " + word;
    command.push_back("--help");
    const Outcome outcome = Run(command);
    EXPECT_EQ(outcome.exit_code, 0) << name;
    EXPECT_THAT(outcome.out, HasSubstr("Example: " + name + " "));
    EXPECT_EQ(outcome.error, "");
  }
}

TEST_F(ProgramTest, HelpAndVersionAreNotErrors) {
  const Outcome help = Run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* command :
       {"init", "sync", "serve", "status", "verify", "rollback", "client"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
  }
  const Outcome version = Run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_NE(version.out, "");
}

TEST_F(ProgramTest, UpstreamUrlWithQueryIsRefusedBeforeAnythingIsMade) {
  const Outcome outcome =
      Run({"init", "replica", Home(), "--from", "https://a.example/?key=1",
           "--root", directory_.Write("root.json", "{}")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("expected a base URL without a query"));
  EXPECT_FALSE(std::filesystem::exists(Home()));
}

TEST_F(ProgramTest, OutlookTakesAnyDayAndNothingElse) {
  directory_.Write("wheels/README", "x");
  ASSERT_EQ(Run({"init", "origin", Home(), "--from", directory_.Join("wheels"),
                 "--unencrypted-keys", "--bits", "1"})
                .exit_code,
            0);
  const Outcome today = Run({"status", Home()});
  EXPECT_THAT(today.out, HasSubstr("  root version 1 expires in 36"));
  EXPECT_THAT(today.out, HasSubstr("  bins version 1 expires in 36"));
  EXPECT_THAT(Run({"status", "--json", Home()}).out,
              HasSubstr("\"offline_roles\":[{\"role\":\"root\","));
  const Outcome late = Run({"status", Home(), "--at", "2999-01-01"});
  EXPECT_EQ(late.exit_code, 0);
  EXPECT_THAT(late.out, HasSubstr("  warning: EXPIRED: targets version 1 "));

  const Outcome rehearsed = Run({"rehearse", Home()});
  EXPECT_EQ(rehearsed.exit_code, 0) << rehearsed.error;
  for (const char* part :
       {"  soon: 30 days are left for root, targets and bins",
        "  urgent: 14 days", "  critical: 3 days",
        "  expired: root, targets and bins. From now on"}) {
    EXPECT_THAT(rehearsed.out, HasSubstr(part));
  }
  EXPECT_THAT(Run({"rehearse", Home(), "--json"}).out,
              HasSubstr("{\"unless_signed\":[{\"when\":\""));
  for (const char* command : {"status", "rehearse"}) {
    const Outcome wrong = Run({command, Home(), "--at", "tomorrow"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_THAT(wrong.error, HasSubstr("expected a day such as"));
  }
}

TEST_F(ProgramTest, ConfigurationErrorsAreExitCode2AndNameTheKey) {
  ASSERT_THAT(tree::Home::Create(Home()), testing::IsOk());
  directory_.Write("home/tufmirror.toml", "[publish]\ngrase = \"1h\"\n");
  const Outcome outcome = Run({"sync", Home()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.error;
  EXPECT_THAT(outcome.error, HasSubstr("publish.grace"));
}

}  // namespace
}  // namespace tufmirror::cli

// The progress line, and where a passphrase may come from.
#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "cli/shell_quote.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"

namespace tufmirror::cli {
namespace {

using testing::FailsWith;

sync::Progress Download() {
  return {.phase = "download",
          .files_done = 120,
          .files_total = 16000,
          .bytes_done = 20'000'000,
          .bytes_total = 470'000'000};
}

TEST(ProgressLineTest, SaysHowFarHowFastAndHowLong) {
  EXPECT_EQ(ProgressLine(Download(), absl::Seconds(2), 200),
            "download  120/16000 files  20.0/470.0 MB  10.0 MB/s  45 s left");
}

TEST(ProgressLineTest, LongTimesAreInMinutes) {
  EXPECT_EQ(ProgressLine(Download(), absl::Seconds(20), 200),
            "download  120/16000 files  20.0/470.0 MB  1.0 MB/s  8 min left");
}

TEST(ProgressLineTest, IsNeverWiderThanTheTerminal) {
  for (const size_t columns : {0, 1, 10, 40, 79}) {
    EXPECT_LE(ProgressLine(Download(), absl::Seconds(2), columns).size(),
              columns);
  }
}

TEST(ProgressLineTest, SaysNothingOfWhatIsNotKnown) {
  EXPECT_EQ(ProgressLine({.phase = "fetch"}, absl::Seconds(5), 80),
            "fetch    ");
  EXPECT_EQ(ProgressLine({.phase = "fetch", .bytes_done = 1'000'000},
                         absl::ZeroDuration(), 80),
            "fetch      1.0 MB");
  EXPECT_EQ(
      ProgressLine(
          {.phase = "fetch", .bytes_done = 5'000'000, .bytes_total = 5'000'000},
          absl::Seconds(1), 80),
      "fetch      5.0/5.0 MB  5.0 MB/s");
}

class PassphraseTest : public ::testing::Test {
 protected:
  std::string File(std::string_view text, mode_t mode) {
    const std::string path = directory_.Write("pass", text);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  testing::TempDirectory directory_;
};

TEST_F(PassphraseTest, IsTheFirstLineOfItsFile) {
  for (const char* text : {"secret", "secret\n", "secret\r\nmore\n"}) {
    ASSERT_OK_AND_ASSIGN(
        const crypto::Secret secret,
        ReadPassphrase(File(text, 0600), PassphraseUse::kOpen, "key"));
    EXPECT_EQ(secret.view(), "secret");
  }
}

TEST_F(PassphraseTest, FileThatOthersCanReadIsRefused) {
  EXPECT_THAT(ReadPassphrase(File("secret", 0640), PassphraseUse::kOpen, "key"),
              FailsWith(Failure::kKey, "chmod 600"));
  EXPECT_THAT(
      ReadPassphrase(directory_.Join("absent"), PassphraseUse::kOpen, "key"),
      FailsWith(Failure::kKey, "does not exist"));
  EXPECT_THAT(ReadPassphrase(directory_.path(), PassphraseUse::kOpen, "key"),
              FailsWith(Failure::kKey, "regular file"));
}

TEST_F(PassphraseTest, IsTheFirstLineOfADescriptor) {
  for (const std::string text : {"secret\n", "secret", "secret\r\nmore\n"}) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(write(ends[1], text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    close(ends[1]);
    PassphraseSource source;
    source.fd = ends[0];
    source.file = directory_.Join("absent");
    const auto secret = ReadPassphrase(source, PassphraseUse::kCreate, "key");
    close(ends[0]);
    ASSERT_TRUE(secret.ok()) << secret.status().ToString();
    EXPECT_EQ(secret->view(), "secret");
  }
}

TEST_F(PassphraseTest, DescriptorsThatAreNotOpenOrEndlessAreRefused) {
  PassphraseSource source;
  source.fd = 987;
  EXPECT_THAT(ReadPassphrase(source, PassphraseUse::kOpen, "key"),
              FailsWith(Failure::kFileSystem, "from descriptor 987"));
  const std::string path = File(std::string(3000, 'x'), 0600);
  source.fd = open(path.c_str(), O_RDONLY);
  ASSERT_GE(source.fd, 0);
  const auto endless = ReadPassphrase(source, PassphraseUse::kOpen, "key");
  close(source.fd);
  EXPECT_THAT(endless, FailsWith(Failure::kKey, "got more"));
  EXPECT_THAT(ReadPassphrase(path, PassphraseUse::kOpen, "key"),
              FailsWith(Failure::kKey, "a longer one"));
}

TEST(ShellQuotedTest, QuotesWhatAShellWouldChange) {
  EXPECT_EQ(ShellQuoted("/srv/mirror-1_a.b"), "/srv/mirror-1_a.b");
  EXPECT_EQ(ShellQuoted(""), "''");
  EXPECT_EQ(ShellQuoted("/srv/my mirror"), "'/srv/my mirror'");
  EXPECT_EQ(ShellQuoted("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuoted("~"), "'~'");
  for (const std::string word : {"$HOME", "a;b", "`id`", "a&b", "*", "a\nb",
                                 "a\"b", "a\\b", "#a", "!a", "a=b", "é"}) {
    EXPECT_EQ(ShellQuoted(word), "'" + word + "'");
  }
}

}  // namespace
}  // namespace tufmirror::cli

// The configuration file: strict, with messages that say what to change.
#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_directory.h"

namespace tufmirror::cli {
namespace {

using sync::Config;
using testing::FailsWith;

constexpr char kUpstream[] = "[upstream]\nurl = \"https://a.example/\"\n";

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig(text, "t.toml");
}
absl::StatusOr<Config> ParseWith(const std::string& more) {
  return Parse(kUpstream + more);
}

TEST(ConfigFileTest, UpstreamAloneIsEnoughAndTheRestIsDefault) {
  ASSERT_OK_AND_ASSIGN(const Config config, ParseWith(""));
  EXPECT_EQ(config.upstream.kind, sync::UpstreamKind::kTuf);
  EXPECT_THAT(config.upstream.urls,
              ::testing::ElementsAre("https://a.example/"));
  EXPECT_EQ(config.publish.grace, Config().publish.grace);
  EXPECT_EQ(config.upstream.transfer.retries,
            Config().upstream.transfer.retries);
}

TEST(ConfigFileTest, ReadsEveryKindOfValue) {
  ASSERT_OK_AND_ASSIGN(
      const Config config,
      ParseWith("targets_url = [\"https://b.example\", \"file:///c\"]\n"
                "retries = 7\nmax_rate = \"1.5MB\"\nmin_speed = 10\n"
                "[publish]\ngrace = \"90m\"\n[brakes]\nmax_removals = 1\n"));
  EXPECT_EQ(config.upstream.targets_urls.size(), 2u);
  EXPECT_EQ(config.upstream.transfer.retries, 7);
  EXPECT_EQ(config.upstream.transfer.max_rate, 1'500'000u);
  EXPECT_EQ(config.upstream.transfer.min_speed, 10u);
  EXPECT_EQ(config.publish.grace, absl::Minutes(90));
  EXPECT_EQ(config.brakes.max_removals, 1.0);
}

TEST(ConfigFileTest, WhatIsWrittenIsReadBackUnchanged) {
  Config config;
  config.upstream.kind = sync::UpstreamKind::kDirectory;
  config.upstream.directory = "/srv/a \"b\"\\c\n";
  config.upstream.index.provenance = true;
  config.upstream.urls = {"https://a.example/", "http://b.example/x"};
  config.upstream.metadata_path = "m/";
  config.upstream.targets_urls = {"https://t.example/"};
  http::TransferOptions& transfer = config.upstream.transfer;
  transfer.concurrency = 3;
  transfer.max_rate = 1'000'001;
  transfer.retries = 9;
  transfer.connect_timeout = absl::Seconds(7);
  transfer.download_timeout = absl::Minutes(61);
  transfer.min_speed = 2048;
  transfer.min_speed_time = absl::Milliseconds(1500);
  transfer.proxy = "http://proxy.example:3128";
  transfer.proxy_credentials_file = "/k/proxy";
  transfer.ca_file = "/etc/ca.pem";
  transfer.ca_dir = "/etc/authorities";
  transfer.client_certificate = "/k/client.pem";
  transfer.client_key = "/k/client.key";
  transfer.auth = http::AuthScheme::kBearer;
  transfer.credentials_file = "/k/token";
  transfer.netrc = "/k/netrc";
  transfer.allow_plain_credentials = true;
  transfer.user_agent = "agent";
  transfer.contact = "mirror@a.example";
  config.upstream.credential_urls = {"https://files.example/"};
  config.origin = {.online_key = "/k/online.pem",
                   .passphrase_file = "/k/pass",
                   .online_signers = {},
                   .bin_bits = 11,
                   .custom_fields = {repo::CustomField::kRequiresDist,
                                     repo::CustomField::kYanked},
                   .bin_expiry = absl::Hours(48),
                   .snapshot_expiry = absl::Hours(25),
                   .timestamp_expiry = absl::Hours(5)};
  config.publish = {.grace = absl::Hours(1), .keep_removed = absl::Hours(72)};
  config.brakes = {.max_removals = 0.25, .min_free_space = 12'345};

  const std::string text = WriteConfig(config);
  ASSERT_OK_AND_ASSIGN(const Config read, Parse(text));

  EXPECT_EQ(WriteConfig(read), text);
  EXPECT_NE(WriteConfig(Config()), text);
  EXPECT_EQ(read.upstream.directory, config.upstream.directory);
  EXPECT_EQ(read.upstream.urls, config.upstream.urls);
  EXPECT_EQ(read.upstream.credential_urls, config.upstream.credential_urls);
  EXPECT_EQ(read.upstream.transfer.auth, transfer.auth);
  EXPECT_EQ(read.upstream.transfer.netrc, transfer.netrc);
  EXPECT_EQ(read.upstream.transfer.client_key, transfer.client_key);
  EXPECT_TRUE(read.upstream.transfer.allow_plain_credentials);
  EXPECT_EQ(read.upstream.transfer.max_rate, transfer.max_rate);
  EXPECT_EQ(read.upstream.transfer.min_speed_time, transfer.min_speed_time);
  EXPECT_EQ(read.origin.bin_bits, 11);
  EXPECT_EQ(read.origin.custom_fields, config.origin.custom_fields);
  EXPECT_TRUE(read.upstream.index.provenance);
  EXPECT_EQ(read.origin.bin_expiry, absl::Hours(48));
  EXPECT_EQ(read.brakes.max_removals, 0.25);
  EXPECT_EQ(read.brakes.min_free_space, 12'345u);
}

TEST(ConfigFileTest, SignersAreKeysOrCommandsAndReadBackAsWritten) {
  ASSERT_OK_AND_ASSIGN(
      const Config config,
      ParseWith("[[origin.online_signers]]\nkey = \"/k/1.pem\"\n"
                "passphrase_file = \"/k/pass\"\n"
                "[[origin.online_signers]]\n"
                "command = [\"hsm-sign\", \"--slot\", \"1 'x'\"]\n"
                "public_key = \"/k/2.pub\"\nenvironment = [\"PIN\"]\n"
                "timeout = \"5s\"\n"));
  ASSERT_EQ(config.origin.online_signers.size(), 2u);
  EXPECT_EQ(config.origin.online_signers[0].key, "/k/1.pem");
  const sync::OnlineSigner& second = config.origin.online_signers[1];
  EXPECT_THAT(second.command.words,
              ::testing::ElementsAre("hsm-sign", "--slot", "1 'x'"));
  EXPECT_EQ(second.command.timeout, absl::Seconds(5));
  ASSERT_OK_AND_ASSIGN(const Config again, Parse(WriteConfig(config)));
  EXPECT_EQ(again.origin.online_signers, config.origin.online_signers);
}

TEST(ConfigFileTest, SignersThatNobodyCouldAskAreRefused) {
  const std::pair<const char*, const char*> bad[] = {
      {"key = \"k.pem\"", "signer 1: key: expected an absolute path"},
      {"", "expected a 'key' or a 'command', got neither"},
      {"command = []\npublic_key = \"/k\"", "got neither"},
      {"command = [\"sign\"]", "expected the 'public_key'"},
      {"key = \"/k\"\ncommand = [\"sign\"]", "got both"},
      {"key = \"/k\"\ntimeout = \"3s\"", "got both or parts of them"},
      {"command = [\"s\"]\npublic_key = \"/k\"\ntimeout = \"0s\"",
       "timeout: expected more than 0"},
      {"command = [\"s\"]\npublic_key = \"/k\"\ntimeout = \"11m\"",
       "at most 10m"},
      {"command = [\"s\"]\npublic_key = \"/k\"\nenvironment = [\"A=1\"]",
       "names of variables"},
      {"command = [\"s\"]\npublic_key = \"/k\"\npassphrase_file = \"/p\"",
       "beside a 'key' only"},
      {"comand = [\"s\"]", "comand: expected 'key'"}};
  for (const auto& [text, message] : bad) {
    EXPECT_THAT(
        ParseWith(std::string("[[origin.online_signers]]\n") + text + "\n"),
        testing::FailsWith(Failure::kUsage, message))
        << text;
  }
  EXPECT_THAT(ParseWith("[origin]\nonline_signers = \"sign\"\n"),
              testing::FailsWith(Failure::kUsage, "tables"));
  EXPECT_THAT(ParseWith("[origin]\nonline_key = \"/k\"\n"
                        "[[origin.online_signers]]\nkey = \"/k\"\n"),
              testing::FailsWith(Failure::kUsage, "got both"));
}

TEST(ConfigFileTest, CredentialsGoToEveryServerThatIsNamedAndNoOther) {
  ASSERT_OK_AND_ASSIGN(
      const Config config,
      ParseWith("targets_url = \"https://b.example/\"\nauth = \"basic\"\n"
                "credential_urls = [\"https://c.example/\"]\n"));
  EXPECT_EQ(config.upstream.transfer.auth, http::AuthScheme::kBasic);
  EXPECT_THAT(config.upstream.transfer.credential_urls,
              ::testing::ElementsAre("https://a.example/", "https://b.example/",
                                     "https://c.example/"));
}

TEST(ConfigFileTest, NetrcIsAFileOrTheOneOfTheHomeDirectory) {
  ASSERT_OK_AND_ASSIGN(const Config none, ParseWith("netrc = false\n"));
  EXPECT_EQ(none.upstream.transfer.netrc, std::nullopt);
  ASSERT_OK_AND_ASSIGN(const Config home, ParseWith("netrc = true\n"));
  EXPECT_EQ(home.upstream.transfer.netrc, "");
  EXPECT_THAT(WriteConfig(home), ::testing::HasSubstr("\nnetrc = true\n"));
  ASSERT_OK_AND_ASSIGN(const Config file, ParseWith("netrc = \"/k/n\"\n"));
  EXPECT_EQ(file.upstream.transfer.netrc, "/k/n");
}

struct BadConfig {
  const char* name;
  const char* text;
  const char* says;
};
class RefusedConfig : public ::testing::TestWithParam<BadConfig> {};
TEST_P(RefusedConfig, SaysWhereAndWhat) {
  EXPECT_THAT(Parse(GetParam().text),
              FailsWith(Failure::kUsage, GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    Cli, RefusedConfig,
    ::testing::Values(
        BadConfig{"UnknownKeyNamesTheNearest", "[publish]\n\ngrase = \"1h\"\n",
                  "t.toml:3: there is no option 'publish.grase'; the nearest "
                  "is 'publish.grace'"},
        BadConfig{"UnknownSection", "[brake]\nmax_removals = 0.1\n",
                  "the nearest is 'brakes.max_removals'"},
        BadConfig{"KeyOutsideAnySection", "grace = \"1h\"\n",
                  "there is no option 'grace'"},
        BadConfig{"NotToml", "[publish]\ngrace = \n", "t.toml:2: "},
        BadConfig{"DuplicateKey", "[publish]\ngrace = \"1h\"\ngrace = \"2h\"\n",
                  "t.toml:3: "},
        BadConfig{"StringForInteger", "[upstream]\nretries = \"4\"\n",
                  "t.toml:2: upstream.retries: expected an integer, got a "
                  "string"},
        BadConfig{"FloatForInteger", "[upstream]\nretries = 4.0\n",
                  "expected an integer, got a number"},
        BadConfig{"BooleanForInteger", "[upstream]\nretries = true\n",
                  "expected an integer, got true or false"},
        BadConfig{"IntegerForDuration", "[publish]\ngrace = 6\n",
                  "publish.grace: expected a string, got an integer"},
        BadConfig{"TableForString", "[upstream.proxy]\na = 1\n",
                  "upstream.proxy: expected a string, got a table"},
        BadConfig{"DateForString", "[upstream]\nproxy = 1979-05-27\n",
                  "expected a string, got a date or time"},
        BadConfig{"NetrcIsANumber", "[upstream]\nnetrc = 1\n",
                  "upstream.netrc: expected true, false or the path of a file"},
        BadConfig{"UnknownAuth", "[upstream]\nauth = \"digest\"\n",
                  "upstream.auth: expected"},
        BadConfig{"CredentialUrlIsNone",
                  "[upstream]\nurl = \"https://a.example/\"\n"
                  "credential_urls = [\"files.example\"]\n",
                  "expected http://, https://"},
        BadConfig{"IntegerInArrayOfStrings", "[upstream]\nurl = [\"a\", 1]\n",
                  "upstream.url: expected a string, got an integer"},
        BadConfig{"IntegerTooLow", "[upstream]\nconcurrency = 0\n",
                  "upstream.concurrency: expected 1 to 256, got 0"},
        BadConfig{"IntegerTooHigh", "[upstream]\nconcurrency = 257\n",
                  "upstream.concurrency: expected 1 to 256, got 257"},
        BadConfig{"IntegerBeyond32Bits", "[upstream]\nretries = 4294967297\n",
                  "expected 0 to 100, got 4294967297"},
        BadConfig{"ShareAboveOne", "[brakes]\nmax_removals = 1.5\n",
                  "expected a share from 0 to 1, got 1.5"},
        BadConfig{"ShareNotANumber", "[brakes]\nmax_removals = nan\n",
                  "expected a share from 0 to 1"},
        BadConfig{"ShareNegative", "[brakes]\nmax_removals = -0.1\n",
                  "expected a share from 0 to 1"},
        BadConfig{"BadDuration", "[publish]\ngrace = \"6 hours\"\n",
                  "publish.grace: expected a duration"},
        BadConfig{"NegativeBytes", "[upstream]\nmax_rate = -1\n",
                  "upstream.max_rate: "},
        BadConfig{"UnknownKind", "[upstream]\nkind = \"pypi\"\n",
                  "got \"pypi\""},
        BadConfig{"UnknownCustomField",
                  "[origin]\ncustom_fields = [\"yanked\", \"size\"]\n",
                  "origin.custom_fields: expected requires-dist, "
                  "requires-python, upload-time or yanked, got 'size'"},
        BadConfig{"NoUpstream", "", "upstream.url: expected at least one"},
        BadConfig{"EmptyUpstream", "[upstream]\nurl = []\n",
                  "upstream.url: expected at least one"},
        BadConfig{"UnsupportedUrl", "[upstream]\nurl = \"ftp://a.example/\"\n",
                  "t.toml: "},
        BadConfig{"UrlWithQuery",
                  "[upstream]\nurl = \"https://a.example/?key=1\"\n",
                  "t.toml: URL \"https://a.example/?key=1\": expected a base "
                  "URL without a query"},
        BadConfig{"TargetsUrlWithQuery",
                  "[upstream]\nurl = \"https://a.example/\"\n"
                  "targets_url = \"https://b.example/?key=1\"\n",
                  "URL \"https://b.example/?key=1\": expected a base URL"},
        BadConfig{"RelativeDirectory",
                  "[upstream]\nkind = \"directory\"\ndirectory = \"wheels\"\n",
                  "expected an absolute path, got 'wheels'"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ConfigFileTest, AbsentFileIsNamed) {
  const testing::TempDirectory directory;
  EXPECT_THAT(LoadConfig(directory.Join("absent.toml")),
              FailsWith(Failure::kNotFound, "absent.toml"));
}

}  // namespace
}  // namespace tufmirror::cli

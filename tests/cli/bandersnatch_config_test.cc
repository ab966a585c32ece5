// Each key of bandersnatch.conf, and each of its plugins: what it becomes, or
// the note that it is lost.
#include "cli/bandersnatch_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cli/config_file.h"
#include "fmt/format.h"
#include "support/status_matchers.h"

namespace tufmirror::cli {
namespace {

using select::Rules;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ImportedConfig Import(const std::string& text) {
  auto imported = ImportBandersnatch(text, {});
  EXPECT_THAT(imported, testing::IsOk());
  return imported.ok() ? *std::move(imported) : ImportedConfig();
}

std::vector<std::string> Texts(const std::vector<ImportNote>& notes) {
  std::vector<std::string> texts;
  for (const ImportNote& note : notes) {
    texts.push_back(fmt::format("{}: {}", note.line, note.text));
  }
  return texts;
}

TEST(BandersnatchMirrorTest, AnEmptyMirrorIsAllOfPypi) {
  const ImportedConfig imported = Import("[mirror]\n");
  const sync::UpstreamConfig& upstream = imported.config.upstream;
  EXPECT_EQ(upstream.kind, sync::UpstreamKind::kIndex);
  EXPECT_THAT(upstream.urls, ElementsAre("https://pypi.org/simple/"));
  EXPECT_EQ(imported.config.select, Rules());
  EXPECT_THAT(imported.lost, IsEmpty());
  EXPECT_THAT(imported.needless, IsEmpty());
}

TEST(BandersnatchMirrorTest, PlaceUpstreamAndTransfersAreCarriedOver) {
  const ImportedConfig imported = Import(
      "[mirror]\ndirectory = /srv/pypi/\nmaster = https://index.example/x/\n"
      "timeout = 10\nglobal-timeout = 1800\nworkers = 3\n"
      "proxy = http://proxy.example:3128\n");
  const sync::UpstreamConfig& upstream = imported.config.upstream;
  EXPECT_THAT(upstream.urls, ElementsAre("https://index.example/x/simple/"));
  EXPECT_THAT(upstream.index.adopt, ElementsAre("/srv/pypi/web"));
  EXPECT_EQ(upstream.transfer.connect_timeout, absl::Seconds(10));
  EXPECT_EQ(upstream.transfer.download_timeout, absl::Minutes(30));
  EXPECT_EQ(upstream.transfer.concurrency, 3);
  EXPECT_EQ(upstream.transfer.proxy, "http://proxy.example:3128");
  EXPECT_THAT(imported.lost, IsEmpty());
}

TEST(BandersnatchMirrorTest, WhatHasNoEffectHereIsNotLost) {
  const ImportedConfig imported = Import(
      "[mirror]\njson = false\nrelease-files = true\ncore-metadata = true\n"
      "hash-index = false\nroot_uri =\ndiff-file =\n"
      "stop-on-error = false\nstorage-backend = filesystem\n"
      "keep_index_versions = 0\ndownload-mirror-no-fallback = false\n");
  EXPECT_THAT(Texts(imported.lost), IsEmpty());
}

TEST(BandersnatchMirrorTest, EachLossIsNamedWithItsLine) {
  struct Row {
    const char* line;
    const char* says;
  };
  for (const Row& row :
       {Row{"json = true", "JSON API"}, Row{"release-files = no", "always"},
        Row{"core-metadata = false", "where it is offered"},
        Row{"hash-index = Yes", "simple/PROJECT/"},
        Row{"root_uri = https://files.example", "relative"},
        Row{"diff-file = /tmp/x", "no list"},
        Row{"diff-append-epoch = true", "no list"},
        Row{"stop-on-error = true", "held back"},
        Row{"storage-backend = s3", "file system"},
        Row{"keep_index_versions = 3", "rollback"},
        Row{"log-config = /etc/l.conf", "standard error"},
        Row{"download-mirror = https://m.example", "the index says"},
        Row{"download-mirror-no-fallback = 1", "the index says"},
        Row{"directory = pypi", "absolute path"},
        Row{"master = ftp://pypi.org", "ftp"},
        Row{"timeout = soon", "number of seconds"},
        Row{"global-timeout = -1", "number of seconds"},
        Row{"workers = many", "a number expected"},
        Row{"frobnicate = 1", "not known"}}) {
    const auto lost =
        Texts(Import(fmt::format("[mirror]\n\n{}\n", row.line)).lost);
    ASSERT_EQ(lost.size(), 1u) << row.line;
    EXPECT_THAT(lost[0], HasSubstr(row.says));
    EXPECT_EQ(lost[0].substr(0, 3), "3: ");
  }
}

TEST(BandersnatchMirrorTest, PasswordsAreNotPrinted) {
  const auto lost =
      Texts(Import("[mirror]\ndownload-mirror = https://me:secret@m.example/\n")
                .lost);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_THAT(lost[0], ::testing::Not(HasSubstr("secret")));
}

TEST(BandersnatchMirrorTest, OptionsOfOtherSectionsStay) {
  sync::Config base;
  base.origin.online_key = "/keys/online.pem";
  base.select.projects = {"old"};
  ASSERT_OK_AND_ASSIGN(const ImportedConfig imported,
                       ImportBandersnatch("[mirror]\n", base));
  EXPECT_EQ(imported.config.origin.online_key, "/keys/online.pem");
  EXPECT_EQ(imported.config.select, Rules());
}

TEST(BandersnatchMirrorTest, AnotherFileIsRefused) {
  EXPECT_THAT(ImportBandersnatch("[upstream]\nurl = x\n", {}),
              FailsWith(Failure::kMalformed, "no section [mirror]"));
  EXPECT_THAT(ImportBandersnatch("mirror\n", {}),
              FailsWith(Failure::kMalformed, "line 1"));
}

struct Plugin {
  const char* name;
  const char* enabled;
  const char* text;
  std::function<void(Rules&)> expect;
  std::vector<const char*> lost = {};  // in order
};
void PrintTo(const Plugin& row, std::ostream* out) { *out << row.name; }

class PluginTest : public ::testing::TestWithParam<Plugin> {};
TEST_P(PluginTest, BecomesRulesOrANote) {
  const ImportedConfig imported =
      Import(fmt::format("[mirror]\n[plugins]\nenabled = {}\n{}",
                         GetParam().enabled, GetParam().text));
  Rules expected;
  GetParam().expect(expected);
  const auto write = [](const Rules& rules) {
    sync::Config config;
    config.select = rules;
    return WriteConfig(config);
  };
  EXPECT_EQ(write(imported.config.select), write(expected));
  EXPECT_THAT(select::CheckRules(imported.config.select), testing::IsOk());
  const std::vector<std::string> lost = Texts(imported.lost);
  ASSERT_EQ(lost.size(), GetParam().lost.size())
      << ::testing::PrintToString(lost);
  for (size_t i = 0; i < lost.size(); ++i) {
    EXPECT_THAT(lost[i], HasSubstr(GetParam().lost[i]));
  }
}

constexpr char kAllowed[] =
    "[allowlist]\npackages =\n  Foo\n  bar[x]>=1,<2\n  # no\n  baz ==1  # "
    "why\n";
constexpr char kBlocked[] = "[blocklist]\npackages =\n  evil\n  numpy>1,<2\n";
void Nothing(Rules&) {}

INSTANTIATE_TEST_SUITE_P(
    Lists, PluginTest,
    ::testing::Values(
        Plugin{"NothingEnabled", "", kAllowed, Nothing},
        Plugin{"AllowlistProject", "allowlist_project", kAllowed,
               [](Rules& r) {
                 r.projects = {"foo", "bar", "baz"};
               }},
        Plugin{"AllowlistRelease", "allowlist_release", kAllowed,
               [](Rules& r) {
                 r.projects = {"foo", "bar", "baz"};
                 r.versions = {"foo", "bar<2,>=1", "baz==1"};
               }},
        Plugin{"EmptyAllowlist", "allowlist_project",
               "[allowlist]\npackages =\n", Nothing},
        Plugin{"BrokenLine",
               "allowlist_project",
               "[allowlist]\npackages =\n  a\n  b b\n",
               [](Rules& r) { r.projects = {"a"}; },
               {"7: b b: "}},
        Plugin{"ProjectRequirements", "project_requirements",
               "[allowlist]\nrequirements_path = /srv/req\nrequirements =\n"
               "  requirements.txt\n  team-*.txt\n  /x/y.txt\n",
               [](Rules& r) {
                 r.requirements = {"/srv/req/requirements.txt",
                                   "/srv/req/team-*.txt", "/x/y.txt"};
               }},
        Plugin{"ProjectRequirementsPinned", "project_requirements_pinned",
               "[allowlist]\nrequirements_path = /srv/\nrequirements = a.txt\n",
               [](Rules& r) {
                 r.requirements = {"/srv/a.txt"};
                 r.requirements_mode = select::RequirementsMode::kPinned;
               }},
        Plugin{"RequirementsThatCannotBeNamed",
               "project_requirements",
               "[allowlist]\nrequirements =\n  a.txt\n  /b/[ab].txt\n",
               Nothing,
               {"a.txt: select.requirements: expected the absolute path",
                "/b/[ab].txt: of globs"}},
        Plugin{"BothAllowLists",
               "\n  allowlist_project\n  project_requirements",
               "[allowlist]\npackages = a\nrequirements = /r.txt\n",
               [](Rules& r) {
                 r.projects = {"a"};
                 r.requirements = {"/r.txt"};
               },
               {"what both"}},
        Plugin{"BlocklistProject", "blocklist_project", kBlocked,
               [](Rules& r) { r.exclude_projects = {"evil"}; }},
        Plugin{"BlocklistRelease", "blocklist_release", kBlocked,
               [](Rules& r) {
                 r.exclude_versions = {"evil", "numpy<2,>1"};
               }},
        Plugin{"BlocklistBoth", "\n  blocklist_project\n  blocklist_release",
               kBlocked,
               [](Rules& r) {
                 r.exclude_projects = {"evil"};
                 r.exclude_versions = {"numpy<2,>1"};
               }}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Others, PluginTest,
    ::testing::Values(
        Plugin{"RegexProject",
               "regex_project",
               "[filter_regex]\npackages =\n  .+-evil$\n  (?!x)y\n",
               [](Rules& r) { r.exclude_projects = {"/^(?:.+-evil$)/"}; },
               {"(?!x)y: "}},
        Plugin{
            "RegexRelease", "regex_release",
            "[filter_regex]\nreleases = .+rc\\d$\n",
            [](Rules& r) { r.exclude_version_patterns = {"/^(?:.+rc\\d$)/"}; }},
        Plugin{"Prereleases", "prerelease_release", "",
               [](Rules& r) { r.prereleases = select::PrereleaseRule::kDrop; }},
        Plugin{"PrereleasesOfSome", "prerelease_release",
               "[filter_prerelease]\npackages = duckdb\n",
               [](Rules& r) { r.prereleases_drop = {"duckdb"}; }},
        Plugin{"Latest", "latest_release", "[latest_release]\nkeep = 3\n",
               [](Rules& r) { r.newest = 3; }},
        Plugin{"LatestByTime", "latest_release",
               "[latest_release]\nkeep = 2\nsort_by = time\n",
               [](Rules& r) {
                 r.newest = 2;
                 r.newest_by = select::NewestBy::kUploadTime;
               }},
        Plugin{"LatestBroken",
               "latest_release",
               "[latest_release]\nkeep = x\nsort_by = luck\n",
               Nothing,
               {"x: a number", "luck: 'version'"}},
        Plugin{"Platforms", "exclude_platform",
               "[blocklist]\nplatforms = Windows\n  macos linux\n",
               [](Rules& r) {
                 r.exclude_platforms = {"windows", "macos", "linux"};
                 r.exclude_files = {
                     "/[.-]win(32|-amd64)[^\\/]*\\.(egg|zip)$/",
                     "/[.-]macosx-[^\\/]*\\.(egg|tar\\.gz)$/",
                     "/[.-]linux-(i686|x86_64)[^\\/]*\\.(egg|tar\\.gz)$/"};
               }},
        Plugin{"Pythons", "exclude_platform",
               "[blocklist]\nplatforms = py2 py3.5\n",
               [](Rules& r) {
                 r.exclude_pythons = {"2", "3.5"};
                 r.requires_python = false;
               }},
        Plugin{"NoPythonLeft",
               "exclude_platform",
               "[blocklist]\nplatforms = py2 py3\n",
               [](Rules& r) { r.requires_python = false; },
               {"no Python would be left"}},
        Plugin{"RawTag", "exclude_platform",
               "[blocklist]\nplatforms = win-arm.64\n",
               [](Rules& r) {
                 r.exclude_files = {
                     "/win\\-arm\\.64.*\\.(whl|egg|exe|msi|dmg|rpm|deb)$/"};
               }},
        Plugin{"Size", "size_project_metadata",
               "[size_project_metadata]\nmax_package_size = 1G\n[allowlist]\n"
               "packages =\n  torch>2\n",
               [](Rules& r) {
                 r.max_project_size = 1'000'000'000;
                 r.max_project_size_exceptions = {"torch"};
               }},
        Plugin{"SizeInBinaryUnits", "size_project_metadata",
               "[size_project_metadata]\nmax_package_size = 5 MiB\n",
               [](Rules& r) { r.max_project_size = 5 << 20; }},
        Plugin{"SizeBroken",
               "size_project_metadata",
               "[size_project_metadata]\nmax_package_size = big\n",
               Nothing,
               {"big: a number of bytes"}},
        Plugin{
            "FileNames",
            "regex_release_file_metadata",
            "[regex_release_file_metadata]\n"
            "any:release_file.filename = .*\\.whl$\n"
            "none:release_file.filename = a\n"
            "not-null:release_file.yanked = true\n",
            [](Rules& r) {
              r.files = {"/^(?:.*\\.whl$)/"};
              r.exclude_files = {"/^(?:a)/"};
            },
            {"7: [regex_release_file_metadata] not-null:release_file.yanked"}},
        Plugin{"VersionsCount",
               "versions_count_project_metadata",
               "[versions_count_project_metadata]\nmin_versions = 2\n",
               Nothing,
               {"5: [versions_count_project_metadata] min_versions"}},
        Plugin{"UnknownPlugin",
               "my_plugin",
               "[my_plugin]\nx = 1\n",
               Nothing,
               {"3: my_plugin: this plugin is not known",
                "5: [my_plugin] x = 1: this section is not known"}},
        Plugin{"AllOfThem", "all",
               "[allowlist]\npackages = a>1\n[blocklist]\npackages = b\n",
               [](Rules& r) {
                 r.projects = {"a"};
                 r.versions = {"a>1"};
                 r.exclude_projects = {"b"};
                 r.prereleases = select::PrereleaseRule::kDrop;
               }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(BandersnatchNotesTest, LinesOfPluginsThatAreOffAreNeedless) {
  const ImportedConfig imported = Import(
      "[mirror]\nverifiers = 3\n[blocklist]\npackages = a\n[x]\ny = 1\n");
  EXPECT_THAT(imported.lost, IsEmpty());
  EXPECT_THAT(Texts(imported.needless),
              ElementsAre(HasSubstr("2: verifiers = 3"),
                          HasSubstr("4: [blocklist] packages = a: no enabled"),
                          HasSubstr("6: [x] y = 1")));
}

}  // namespace
}  // namespace tufmirror::cli

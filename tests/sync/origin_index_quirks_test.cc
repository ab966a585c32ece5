// What plain indexes do, and what other mirrors are seen to make of it, as a
// reader of the published tree would see it.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/distribution_builder.h"
#include "support/index_server.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "sync/index_origin.h"
#include "sync/published_tree.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/sync/repair.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::Fault;
using ::testing::HasSubstr;
using testing::IndexOrigin;
using testing::IndexServer;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::PublishedTree;
using testing::ServedFile;
using ::testing::UnorderedElementsAreArray;

class OriginIndexQuirksTest : public ::testing::Test {
 protected:
  OriginIndexQuirksTest()
      : origin_(dir_.Join("home"), testing::IndexOriginConfig(server_.url()),
                now_) {}

  static ServedFile WheelOf(const std::string& project,
                            const std::string& version = "1.0") {
    const testing::DistributionSpec spec{project, version};
    return {.filename = testing::WheelFilename(spec),
            .bytes = testing::BuildWheel(spec)};
  }
  static ServedFile FileNamed(std::string filename) {
    std::string bytes = "bytes of " + filename;
    return {.filename = std::move(filename), .bytes = std::move(bytes)};
  }
  report::RunReport Run() {
    now_ += absl::Hours(1);
    return origin_.Run(now_);
  }
  std::vector<std::string> HeldBack(const report::RunReport& report) const {
    std::vector<std::string> objects;
    for (const report::Problem& problem : report.problems) {
      objects.push_back(problem.object);
    }
    return objects;
  }
  std::set<std::string> Distributions() {
    const PublishedTree tree(origin_.home(), now_);
    EXPECT_THAT(tree.Problems(), IsEmpty());
    for (const std::string& file : tree.Unreferenced()) {
      // Superseded pages stay for their grace period.
      EXPECT_TRUE(file.starts_with("simple/")) << file;
    }
    return tree.distributions();
  }
  std::string LivePage(const std::string& project, std::string_view page) {
    return testing::ReadWholeFile(fmt::format(
        "{}/simple/{}/{}", origin_.home().layout().live(), project, page));
  }
  std::string LiveJson(const std::string& project) {
    return LivePage(project, tree::kJsonPage);
  }

  testing::TempDirectory dir_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  IndexServer server_;
  IndexOrigin origin_;
};

TEST_F(OriginIndexQuirksTest, NoBrokenDownloadIsPublishedOrForgotten) {
  const std::vector<Fault> faults = {
      Fault::Truncate(20),      Fault::WrongBytes(), Fault::Oversize(10),
      Fault::ContentLength(30), Fault::Status(404),  Fault::Status(503),
      Fault::CloseEarly(),      Fault::Garbage(),    Fault::Endless()};
  std::vector<std::string> broken;
  std::set<std::string> all;
  for (size_t i = 0; i < faults.size(); ++i) {
    const std::string project = fmt::format("broken{}", i);
    const ServedFile file = WheelOf(project);
    server_.Put({.name = project, .files = {file}});
    server_.files().Inject(IndexServer::FilePath(file.filename), faults[i],
                           testing::kEveryTime);
    broken.push_back(project + ": " + file.filename);
    all.insert(file.filename);
  }
  const ServedFile good = WheelOf("good");
  server_.Put({.name = "good", .files = {good}});
  all.insert(good.filename);
  for (int run = 0; run < 2; ++run) {
    const report::RunReport report = Run();
    EXPECT_EQ(report::ExitCodeOf(report), 3) << "every time";
    EXPECT_THAT(HeldBack(report), UnorderedElementsAreArray(broken));
    EXPECT_THAT(Distributions(), ElementsAre(good.filename));
  }
  server_.files().ClearFaults();
  EXPECT_EQ(report::ExitCodeOf(Run()), 0);
  EXPECT_EQ(Distributions(), all);
}

TEST_F(OriginIndexQuirksTest, ANameTooLongForTheFileSystemHoldsBackItself) {
  // With its digest before it and ".metadata" behind it.
  constexpr size_t kLongest = 255 - 65 - 9;
  const auto name_of = [](size_t length) {
    std::string name = "six-1.0+";
    const std::string_view kind = ".tar.gz";
    name.append(length - name.size() - kind.size(), 'a');
    return name.append(kind);
  };
  server_.Put(
      {.name = "six",
       .files = {FileNamed(name_of(kLongest)), FileNamed(name_of(kLongest + 1)),
                 FileNamed(name_of(250))}});
  const report::RunReport report = Run();
  EXPECT_EQ(report::ExitCodeOf(report), 3);
  ASSERT_EQ(report.problems.size(), 2u);
  EXPECT_THAT(report.problems[0].reason, FailsWith(Failure::kUnsafePath));
  EXPECT_THAT(Distributions(), ElementsAre(name_of(kLongest)));
}

TEST_F(OriginIndexQuirksTest, FilesOfAllKindsThatEverWereAreMirrored) {
  const std::vector<std::string> names = {
      "six-1.0-py2.7.egg", "six-1.0.win32.exe", "six-1.0-1.noarch.rpm",
      "six-1.0.tar.bz2",   "six-1.0.dmg",       "six-2004d.tar.gz",
      "six-1.0.win32.msi", "six-1.0.zip",       "six-2!1.0+a.tar.gz"};
  std::vector<ServedFile> files;
  for (const std::string& name : names) files.push_back(FileNamed(name));
  server_.Put({.name = "six", .files = std::move(files)});
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  EXPECT_EQ(Distributions(), std::set(names.begin(), names.end()));
}

TEST_F(OriginIndexQuirksTest, WhatAPageSaysReachesTheReader) {
  ServedFile yanked = WheelOf("six", "1.0");
  yanked.yanked = "";
  ServedFile other = WheelOf("six", "2.0");
  other.yanked = "br\xC3\xB6ken <&\">";
  other.requires_python = "~=3.7 \"&<x>\"";
  server_.Put({.name = "Six",
               .files = {yanked, other},
               .serial = 77,
               .status = "archived",
               .status_reason = "<done>"});
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  const std::string json = LiveJson("six");
  for (const char* part :
       {R"("yanked":true)", "\"yanked\":\"br\xC3\xB6ken <&\\\">\"",
        R"("requires-python":"~=3.7 \"&<x>\"")", R"("_last-serial":77)",
        R"("status":"archived")", R"("reason":"<done>")",
        R"("upload-time":"2020-01-02T03:04:05.000006Z")",
        R"("versions":["1.0","2.0"])"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
  const std::string html = LivePage("six", tree::kHtmlPage);
  EXPECT_THAT(html, HasSubstr("data-requires-python=\"~=3.7 &quot;&amp;&lt;x"));
  EXPECT_THAT(html, Not(HasSubstr("<x>")));
  EXPECT_THAT(html, Not(HasSubstr("<done>")));
}

TEST_F(OriginIndexQuirksTest, WhatWasRejectedIsNotPassedOn) {
  const ServedFile wheel = WheelOf("six");
  server_.Put({.name = "six", .files = {wheel}});
  server_.ServePage(
      "six",
      fmt::format(
          R"({{"meta":{{"api-version":"1.9","tracks":["https://a.example/"]}},)"
          R"("name":"six","alternate-locations":["https://b.example/"],)"
          R"("files":[{{"filename":"{0}","url":"{1}","gpg-sig":true,)"
          R"("hashes":{{"sha256":"{2}"}}}}]}})",
          wheel.filename,
          server_.files().Url(IndexServer::FilePath(wheel.filename)),
          crypto::Sha256Of(wheel.bytes).Hex()),
      "application/vnd.pypi.simple.v1+json");
  // A page without a serial is as new as the list says.
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  for (const std::string& page :
       {LiveJson("six"), LivePage("six", tree::kHtmlPage)}) {
    EXPECT_THAT(page, HasSubstr(wheel.filename));
    EXPECT_THAT(page, HasSubstr("1.4"));
    for (const char* word : {"tracks", "alternate", "example", "gpg", "1.9"}) {
      EXPECT_THAT(page, Not(HasSubstr(word)));
    }
  }
}

TEST_F(OriginIndexQuirksTest, CoreMetadataThatIsAddedLaterComesWithoutItsFile) {
  const testing::DistributionSpec spec{"six", "1.0"};
  ServedFile wheel = WheelOf("six");
  server_.Put({.name = "six", .files = {wheel}});
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  wheel.metadata = testing::CoreMetadataText(spec);
  server_.Put(
      {.name = "six", .files = {wheel}, .serial = server_.serial_of("six")});
  origin_.config().upstream.index.sweep_share = 1;
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  EXPECT_TRUE(PublishedTree(origin_.home(), now_)
                  .targets()
                  .contains("packages/six/" + wheel.filename + ".metadata"));
  EXPECT_THAT(LiveJson("six"),
              HasSubstr(crypto::Sha256Of(*wheel.metadata).Hex()));
  EXPECT_EQ(
      server_.files().CountRequests(IndexServer::FilePath(wheel.filename)), 1u);
}

TEST_F(OriginIndexQuirksTest, ABlobThatIsStillThereKeepsNoFile) {
  const ServedFile first = WheelOf("six", "1.0");
  server_.Put({.name = "six", .files = {first, WheelOf("six", "2.0")}});
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  server_.Put({.name = "six", .files = {WheelOf("six", "2.0")}});
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  EXPECT_THAT(LiveJson("six"), Not(HasSubstr(first.filename)));
  EXPECT_THAT(PublishedTree(origin_.home(), now_).distributions(),
              ElementsAre(WheelOf("six", "2.0").filename));
}

TEST_F(OriginIndexQuirksTest, TwoRunsAtOnceAreOneRun) {
  server_.Put({.name = "six", .files = {WheelOf("six")}});
  {
    const tree::Home home = origin_.home();
    const auto lock = home.Lock("another run");
    ASSERT_THAT(lock, IsOk());
    const report::RunReport report = Run();
    EXPECT_EQ(report::ExitCodeOf(report), 4);
    EXPECT_EQ(server_.pages().CountRequests(), 0u);
  }
  EXPECT_EQ(report::ExitCodeOf(Run()), 0);
}

TEST_F(OriginIndexQuirksTest, NamesThatNeedEncodingSurviveARepair) {
  const ServedFile odd = FileNamed("six-2!1.0+a.b.tar.gz");
  server_.Put({.name = "six", .files = {odd, WheelOf("six")}});
  EXPECT_THAT(HeldBack(Run()), IsEmpty());
  VerifyOptions options;
  options.depth = VerifyDepth::kDeep;
  options.now = now_;
  const tree::Home home = origin_.home();
  const auto repair = RepairHome(home, origin_.config(), options);
  ASSERT_THAT(repair, IsOk());
  EXPECT_THAT(repair->removed, IsEmpty());
  EXPECT_THAT(repair->repaired, IsEmpty());
  EXPECT_TRUE(Distributions().contains(odd.filename));
}

TEST_F(OriginIndexQuirksTest, AHalvedIndexRemovesNothing) {
  std::set<std::string> all;
  for (int i = 0; i < 24; ++i) {
    const std::string project = fmt::format("project{:02}", i);
    const ServedFile file = WheelOf(project);
    server_.Put({.name = project, .files = {file}});
    all.insert(file.filename);
  }
  origin_.config().brakes.max_removals = 0.1;
  EXPECT_EQ(report::ExitCodeOf(Run()), 0);
  for (int i = 0; i < 12; ++i) server_.Unlist(fmt::format("project{:02}", i));
  for (int run = 0; run < 3; ++run) EXPECT_EQ(report::ExitCodeOf(Run()), 0);
  EXPECT_EQ(Distributions(), all) << "their pages are there";
  for (int i = 0; i < 12; ++i) server_.Remove(fmt::format("project{:02}", i));
  EXPECT_EQ(report::ExitCodeOf(Run()), 0) << "to be confirmed";
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(report::ExitCodeOf(Run()), 6) << "the brake, every time";
  }
  EXPECT_EQ(Distributions(), all);
}

}  // namespace
}  // namespace tufmirror::sync

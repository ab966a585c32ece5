// What the metadata of an origin say of each distribution
// (origin.custom_fields).
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "sync/origin_index_fixture.h"
#include "tufmirror/repo/custom_fields.h"
#include "tufmirror/repo/tree_view.h"

namespace tufmirror::sync {
namespace {

using repo::CustomField;
using report::RunReport;
using testing::IndexServer;
using testing::IsOk;
using testing::ServedFile;

constexpr char kSix[] = "packages/six/six-1.0-py3-none-any.whl";
constexpr char kUploaded[] = "\"upload-time\":\"2020-01-02T03:04:05.000006Z\"";

class OriginCustomTest : public testing::OriginIndexFixture {
 protected:
  void Want(repo::CustomFields fields) {
    config_.origin.custom_fields = std::move(fields);
  }
  // Of a target in the live tree, as a client reads it; "no target" if it is
  // none.
  std::string CustomIn(const std::string& path) {
    auto view = repo::OpenTreeView(init_.home + "/live", now_);
    EXPECT_THAT(view, IsOk());
    const auto found = view->Find(path);
    EXPECT_THAT(found, IsOk());
    return *found ? (*found)->target.custom : "no target";
  }
  static ServedFile SixThatRequires(const std::string& requirement) {
    ServedFile file = Wheel("six", "1.0");
    file.metadata =
        "Metadata-Version: 2.1\nName: six\nVersion: 1.0\n"
        "Requires-Dist: " +
        requirement + "\n";
    return file;
  }
  RunReport RunLater() {
    now_ += absl::Hours(1);
    RunReport report = Run();
    EXPECT_THAT(report.outcome, IsOk());
    return report;
  }
};

TEST_F(OriginCustomTest, TheTargetsSayNothingUnlessWanted) {
  PutProject("six", {WheelWithMetadata("six", "1.0")});
  RunCleanly();
  EXPECT_EQ(CustomIn(kSix), "");
}

TEST_F(OriginCustomTest, SayWhatPageAndCoreMetadataSay) {
  Want({CustomField::kRequiresDist, CustomField::kRequiresPython,
        CustomField::kUploadTime, CustomField::kYanked});
  ServedFile file = SixThatRequires("flit>=1; extra == 'x'");
  file.yanked = "";
  PutProject("six", {file});
  RunCleanly();
  EXPECT_EQ(CustomIn(kSix),
            "{\"requires-dist\":[\"flit>=1; extra == 'x'\"],"
            "\"requires-python\":\">=3.8\"," +
                std::string(kUploaded) + ",\"yanked\":true}");
  EXPECT_EQ(CustomIn(std::string(kSix) + ".metadata"), "");
  EXPECT_EQ(CustomIn("simple/six/index.html"), "");
}

TEST_F(OriginCustomTest, AnotherChoiceAppliesToWhatIsSignedWithoutAsking) {
  PutProject("six", {SixThatRequires("flit")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  Want({CustomField::kRequiresDist});
  const RunReport report = RunLater();
  EXPECT_TRUE(report.published);
  EXPECT_EQ(report.changed, 1u) << "of flit nothing is known";
  EXPECT_EQ(report.requests, 1u) << "for the list of projects";
  EXPECT_EQ(CustomIn(kSix), R"({"requires-dist":["flit"]})");
  EXPECT_FALSE(RunLater().published) << "it is done";

  Want({CustomField::kUploadTime});
  EXPECT_EQ(RunLater().changed, 2u);
  EXPECT_EQ(CustomIn(kSix), "{" + std::string(kUploaded) + "}");
  Want({});
  EXPECT_EQ(RunLater().changed, 2u);
  EXPECT_EQ(CustomIn(kSix), "");
  EXPECT_FALSE(RunLater().published);
}

TEST_F(OriginCustomTest, FollowsAYankWithoutAnyOtherChangeOfTheFile) {
  Want({CustomField::kYanked});
  ServedFile file = Wheel("six", "1.0");
  PutProject("six", {file, Wheel("six", "2.0")});
  RunCleanly();
  file.yanked = "broken";
  PutProject("six", {file, Wheel("six", "2.0")});
  EXPECT_EQ(RunLater().changed, 3u) << "the file and its two pages";
  EXPECT_EQ(CustomIn(kSix), R"({"yanked":"broken"})");
  EXPECT_EQ(server_.files().CountRequests(
                IndexServer::FilePath("six-1.0-py3-none-any.whl")),
            1u);
}

TEST_F(OriginCustomTest, FollowsCoreMetadataThatComesLater) {
  Want({CustomField::kRequiresDist});
  PutProject("six", {Wheel("six", "1.0")});
  RunCleanly();
  EXPECT_EQ(CustomIn(kSix), "");
  PutProject("six", {SixThatRequires("flit")});
  RunLater();
  EXPECT_EQ(CustomIn(kSix), R"({"requires-dist":["flit"]})");
}

TEST_F(OriginCustomTest, HoldsAfterWhatIsRememberedWasLost) {
  Want({CustomField::kUploadTime});
  PutProject("six", {Wheel("six", "1.0")});
  RunCleanly();
  std::filesystem::remove(home_->layout().origin_state());
  EXPECT_FALSE(RunLater().published) << "all of it says so already";
  EXPECT_EQ(CustomIn(kSix), "{" + std::string(kUploaded) + "}");
}

TEST_F(OriginCustomTest, ADryRunNamesWhatWouldBeSignedAnew) {
  PutProject("six", {Wheel("six", "1.0")});
  RunCleanly();
  Want({CustomField::kUploadTime});
  std::vector<std::string> planned;
  ASSERT_THAT(DryRun(planned).outcome, IsOk());
  EXPECT_EQ(planned, std::vector<std::string>{std::string("change ") + kSix});
  EXPECT_EQ(CustomIn(kSix), "");
}

TEST_F(OriginCustomTest, DamagedCoreMetadataIsNotSigned) {
  PutProject("six", {SixThatRequires("flit")});
  RunCleanly();
  const std::string path = init_.home + "/" + kSix + ".metadata";
  std::filesystem::remove(path);
  dir_.Write("home/" + std::string(kSix) + ".metadata", "Requires-Dist: evil");
  Want({CustomField::kRequiresDist});
  const RunReport report = RunLater();
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("signed without requires-dist"),
            std::string::npos);
  EXPECT_EQ(CustomIn(kSix), "");
}

}  // namespace
}  // namespace tufmirror::sync

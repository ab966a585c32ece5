#include "tufmirror/source/distribution_reader.h"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "source/archive_reader.h"
#include "support/distribution_builder.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::source {
namespace {

using testing::BuildSdist;
using testing::BuildTarGz;
using testing::BuildWheel;
using testing::BuildZip;
using testing::CoreMetadataText;
using testing::DistributionSpec;
using ::testing::ElementsAre;
using testing::FailsWith;
using testing::MemberSpec;
using testing::SdistFilename;
using testing::TempDirectory;
using testing::WheelFilename;

class DistributionReaderTest : public ::testing::Test {
 protected:
  absl::StatusOr<Distribution> Read(const std::string& filename,
                                    const std::string& bytes) {
    return ReadDistribution(directory_.Write(filename, bytes), filename);
  }

  const DistributionSpec spec_ = {.name = "My.Pkg",
                                  .version = "1.0rc1",
                                  .requires_python = ">=3.7",
                                  .requires_dist = {"other>=1"}};
  TempDirectory directory_;
};

TEST_F(DistributionReaderTest, ReadsAWheel) {
  const std::string bytes = BuildWheel(spec_);
  ASSERT_OK_AND_ASSIGN(const Distribution read,
                       Read(WheelFilename(spec_), bytes));
  EXPECT_EQ(read.name.project.str(), "my-pkg");
  EXPECT_EQ(read.name.version, "1.0rc1");
  EXPECT_EQ(read.content.length, bytes.size());
  EXPECT_EQ(read.content.digests.sha256, crypto::Sha256Of(bytes));
  EXPECT_EQ(read.metadata.requires_python, ">=3.7");
  EXPECT_THAT(read.metadata.requires_dist, ElementsAre("other>=1"));
  EXPECT_EQ(read.metadata_file, CoreMetadataText(spec_));
}

TEST_F(DistributionReaderTest, ReadsSdistsWithoutAMetadataFile) {
  ASSERT_OK_AND_ASSIGN(const Distribution tar,
                       Read(SdistFilename(spec_), BuildSdist(spec_)));
  EXPECT_EQ(tar.metadata.name, "My.Pkg");
  EXPECT_EQ(tar.metadata_file, "");
  ASSERT_OK_AND_ASSIGN(
      const Distribution zip,
      Read("My.Pkg-1.0c1.zip",
           BuildZip({{"My.Pkg-1.0c1/PKG-INFO", CoreMetadataText(spec_)}})));
  EXPECT_EQ(zip.metadata.version, "1.0rc1");
}

TEST_F(DistributionReaderTest, ReadsRealWheels) {
  size_t wheels = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/usr/share/python-wheels")) {
    const std::string filename = entry.path().filename().string();
    if (entry.path().extension() != ".whl") continue;
    ASSERT_OK_AND_ASSIGN(const Distribution read,
                         ReadDistribution(entry.path().string(), filename));
    EXPECT_FALSE(read.metadata_file.empty()) << filename;
    ++wheels;
  }
  EXPECT_GE(wheels, 3U);
}

TEST_F(DistributionReaderTest, ReadsMetadataOfManyMembersAndBelowOtherTops) {
  std::vector<MemberSpec> members;
  for (int i = 0; i < 3000; ++i) {
    members.push_back({"my_pkg/" + std::to_string(i), std::string(100, 'x')});
  }
  members.push_back({"my_pkg/_vendor/x-1.dist-info/METADATA", "nested"});
  members.push_back(
      {"my_pkg-1.0rc1.dist-info/METADATA", CoreMetadataText(spec_)});
  ASSERT_OK_AND_ASSIGN(const Distribution read,
                       Read(WheelFilename(spec_), BuildZip(members)));
  EXPECT_EQ(read.metadata.name, "My.Pkg");
  ASSERT_OK_AND_ASSIGN(
      const Distribution sdist,
      Read(SdistFilename(spec_),
           BuildTarGz({{"./top/PKG-INFO", CoreMetadataText(spec_)},
                       {"./top/x.egg-info/PKG-INFO", "nested"}})));
  EXPECT_EQ(sdist.metadata.name, "My.Pkg");
}

TEST_F(DistributionReaderTest, MetadataDecideWhereAnOldNameIsSplit) {
  ASSERT_OK_AND_ASSIGN(
      const Distribution read,
      Read("foo-1.0-1.tar.gz",
           BuildTarGz({{"foo-1.0-1/PKG-INFO",
                        CoreMetadataText({"foo", "1.0.post1"})}})));
  EXPECT_EQ(read.name.project.str(), "foo");
  EXPECT_EQ(read.name.version, "1.0-1");
}

TEST_F(DistributionReaderTest, RefusesMetadataThatDisagreeWithTheFileName) {
  const DistributionSpec other = {.name = "other", .version = "1.0rc1"};
  const DistributionSpec newer = {.name = "My.Pkg", .version = "2.0"};
  EXPECT_THAT(Read(SdistFilename(spec_), BuildSdist(other)),
              FailsWith(Failure::kMalformed, "metadata say 'other'"));
  EXPECT_THAT(Read(SdistFilename(spec_), BuildSdist(newer)),
              FailsWith(Failure::kMalformed, "metadata say '2.0'"));
  EXPECT_THAT(Read(WheelFilename(spec_), BuildWheel(other)),
              FailsWith(Failure::kMalformed, "'other-1.0rc1.dist-info'"));
  const std::string info = "my_pkg-1.0rc1.dist-info/METADATA";
  EXPECT_THAT(
      Read(WheelFilename(spec_), BuildZip({{info, CoreMetadataText(other)}})),
      FailsWith(Failure::kMalformed, "metadata say 'other'"));
  EXPECT_THAT(
      Read(WheelFilename(spec_), BuildZip({{info, CoreMetadataText(newer)}})),
      FailsWith(Failure::kMalformed, "metadata say '2.0'"));
}

TEST_F(DistributionReaderTest, RefusesMissingAndRepeatedMetadata) {
  const std::string text = CoreMetadataText(spec_);
  const std::string info = "my_pkg-1.0rc1.dist-info/";
  EXPECT_THAT(Read(WheelFilename(spec_), BuildZip({{"my_pkg.py", "x"}})),
              FailsWith(Failure::kMalformed, "no '*.dist-info/METADATA'"));
  EXPECT_THAT(Read(WheelFilename(spec_), BuildZip({{info + "METADATA", text},
                                                   {info + "METADATA", text}})),
              FailsWith(Failure::kMalformed, "has two"));
  EXPECT_THAT(Read(WheelFilename(spec_),
                   BuildZip({{info + "METADATA", text},
                             {"My.Pkg-1.0rc1.dist-info/METADATA", text}})),
              FailsWith(Failure::kMalformed, "two .dist-info directories"));
  EXPECT_THAT(Read(SdistFilename(spec_), BuildTarGz({{"PKG-INFO", text}})),
              FailsWith(Failure::kMalformed, "no 'PKG-INFO'"));
  EXPECT_THAT(Read(SdistFilename(spec_),
                   BuildTarGz({{"a/PKG-INFO", text}, {"b/PKG-INFO", text}})),
              FailsWith(Failure::kMalformed, "has two"));
}

TEST_F(DistributionReaderTest, RefusesMetadataThatIsALink) {
  EXPECT_THAT(Read(SdistFilename(spec_),
                   BuildTarGz({MemberSpec{.path = "top/PKG-INFO",
                                          .link_to = "../../../etc/passwd"}})),
              FailsWith(Failure::kMalformed, "not a regular file"));
}

TEST_F(DistributionReaderTest, RefusesMetadataThatDoesNotParse) {
  EXPECT_THAT(Read(SdistFilename(spec_),
                   BuildTarGz({{"top/PKG-INFO", "Name: My.Pkg\n\n"}})),
              FailsWith(Failure::kMalformed, "no field Metadata-Version"));
}

TEST_F(DistributionReaderTest, RefusesWhatIsNoArchive) {
  const std::string wheel = BuildWheel(spec_);
  const std::string sdist = BuildSdist(spec_);
  for (const std::string& bytes :
       {std::string(), std::string("<html>404</html>"), sdist,
        wheel.substr(0, wheel.size() / 2), wheel.substr(0, wheel.size() - 1)}) {
    EXPECT_THAT(Read(WheelFilename(spec_), bytes),
                FailsWith(Failure::kMalformed))
        << bytes.size();
  }
  for (const std::string& bytes :
       {std::string(), std::string("<html>404</html>"), wheel,
        sdist.substr(0, sdist.size() / 2)}) {
    EXPECT_THAT(Read(SdistFilename(spec_), bytes),
                FailsWith(Failure::kMalformed))
        << bytes.size();
  }
}

TEST_F(DistributionReaderTest, RefusesCorruptMetadata) {
  std::string wheel = BuildWheel(spec_);
  const size_t at = wheel.find("METADATA") + 20;
  for (size_t i = at; i < at + 16; ++i) wheel[i] ^= 0x55;
  EXPECT_THAT(Read(WheelFilename(spec_), wheel),
              FailsWith(Failure::kMalformed));
}

TEST_F(DistributionReaderTest, RefusesMetadataThatIsTooLong) {
  const std::string text =
      CoreMetadataText(spec_) + std::string(size_t{5} << 20, 'x');
  EXPECT_THAT(Read(WheelFilename(spec_),
                   BuildZip({{"my_pkg-1.0rc1.dist-info/METADATA", text}})),
              FailsWith(Failure::kTooLarge, "longer than"));
  EXPECT_THAT(Read(SdistFilename(spec_), BuildTarGz({{"top/PKG-INFO", text}})),
              FailsWith(Failure::kTooLarge, "longer than"));
}

// 128 MB of zeros in 128 KB: a wheel is not decompressed to be read, an sdist
// is, and is given up in time.
TEST_F(DistributionReaderTest, StopsDecompressingABomb) {
  const std::string zeros(size_t{128} << 20, '\0');
  const std::string text = CoreMetadataText(spec_);
  EXPECT_THAT(Read(SdistFilename(spec_),
                   BuildTarGz({{"top/PKG-INFO", text}, {"top/bomb", zeros}})),
              FailsWith(Failure::kTooLarge, "decompresses to more than"));
  EXPECT_THAT(Read(WheelFilename(spec_),
                   BuildZip({{"bomb", zeros},
                             {"my_pkg-1.0rc1.dist-info/METADATA", text}})),
              testing::IsOk());
}

TEST_F(DistributionReaderTest, RefusesTooManyMembers) {
  std::vector<MemberSpec> members(kMaxArchiveMembers + 1);
  for (size_t i = 0; i < members.size(); ++i) {
    members[i].path = "m/" + std::to_string(i);
  }
  EXPECT_THAT(Read(SdistFilename(spec_), BuildTarGz(members)),
              FailsWith(Failure::kTooLarge));
  EXPECT_THAT(Read(WheelFilename(spec_), BuildZip(members)),
              FailsWith(Failure::kTooLarge, "members"));
}

TEST_F(DistributionReaderTest, RefusesAZipDirectoryThatFillsMemory) {
  std::vector<MemberSpec> members(40'000);
  for (size_t i = 0; i < members.size(); ++i) {
    members[i].path = std::string(900, 'm') + std::to_string(i);
  }
  EXPECT_THAT(
      Read(WheelFilename(spec_), BuildZip(members)),
      FailsWith(Failure::kTooLarge, "directory of the ZIP is too large"));
}

TEST_F(DistributionReaderTest, SaysWhatItDoesNotRead) {
  EXPECT_THAT(Read("foo-1.0-py2.7.egg", "x"),
              FailsWith(Failure::kUnsupported, "legacy"));
  EXPECT_THAT(Read("README.md", "x"), FailsWith(Failure::kUnsupported));
  EXPECT_THAT(Read("foo.tar.gz", "x"), FailsWith(Failure::kMalformed));
}

TEST_F(DistributionReaderTest, FollowsNoSymlink) {
  const std::string wheel =
      directory_.Write(WheelFilename(spec_), BuildWheel(spec_));
  const std::string link = directory_.Join("link");
  std::filesystem::create_symlink(wheel, link);
  EXPECT_THAT(ReadDistribution(link, WheelFilename(spec_)),
              FailsWith(Failure::kFileSystem));
}

TEST_F(DistributionReaderTest, ReadsMetadataAgainOnlyIfTheyAreTheSame) {
  const std::string path =
      directory_.Write(WheelFilename(spec_), BuildWheel(spec_));
  const std::string text = CoreMetadataText(spec_);
  ASSERT_OK_AND_ASSIGN(
      const std::string again,
      ReadMetadataFile(path, WheelFilename(spec_), crypto::Sha256Of(text)));
  EXPECT_EQ(again, text);
  EXPECT_THAT(ReadMetadataFile(path, WheelFilename(spec_), Sha256()),
              FailsWith(Failure::kDigest, "expected"));
}

}  // namespace
}  // namespace tufmirror::source

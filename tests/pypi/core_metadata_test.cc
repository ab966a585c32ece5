#include "tufmirror/pypi/core_metadata.h"

#include <string>

#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;

constexpr char kMinimal[] = "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n";

TEST(CoreMetadataTest, ReadsTheFieldsOfAnIndex) {
  ASSERT_OK_AND_ASSIGN(
      const CoreMetadata metadata,
      ParseCoreMetadata("Metadata-Version: 2.1\nName: My.Pkg\nVersion: 1.0rc1\n"
                        "Summary: a: b\nRequires-Python: >=3.7,<4\n"
                        "Requires-Dist: a (>1) ; extra == 'x'\n"
                        "Requires-Dist: b\nProvides-Extra: x\n"
                        "\nName: body\n"));
  EXPECT_EQ(metadata.metadata_version, "2.1");
  EXPECT_EQ(metadata.name, "My.Pkg");
  EXPECT_EQ(metadata.version, "1.0rc1");
  EXPECT_EQ(metadata.requires_python, ">=3.7,<4");
  EXPECT_THAT(metadata.requires_dist,
              ElementsAre("a (>1) ; extra == 'x'", "b"));
  EXPECT_THAT(metadata.provides_extra, ElementsAre("x"));
}

TEST(CoreMetadataTest, AcceptsFoldsCarriageReturnsAndAnyCaseOfKeys) {
  ASSERT_OK_AND_ASSIGN(
      const CoreMetadata metadata,
      ParseCoreMetadata("metadata-version: 1.2\r\nNAME:foo\r\nVersion: 1\r\n"
                        "Description: one\r\n        Name: two\r\n\t\r\n"
                        "Requires-Python: >=3,\r\n  <4\r\n\r\nVersion: 9"));
  EXPECT_EQ(metadata.name, "foo");
  EXPECT_EQ(metadata.version, "1");
  EXPECT_EQ(metadata.requires_python, ">=3, <4");
}

TEST(CoreMetadataTest, RefusesMissingEmptyAndRepeatedIdentity) {
  EXPECT_THAT(ParseCoreMetadata(""),
              FailsWith(Failure::kMalformed, "no field Metadata-Version"));
  EXPECT_THAT(ParseCoreMetadata("Metadata-Version: 2.1\nVersion: 1\n"),
              FailsWith(Failure::kMalformed, "no field Name"));
  EXPECT_THAT(ParseCoreMetadata("Metadata-Version: 2.1\nName: a\n"),
              FailsWith(Failure::kMalformed, "no field Version"));
  EXPECT_THAT(ParseCoreMetadata("Metadata-Version: 2.1\nName:  \nVersion: 1\n"),
              FailsWith(Failure::kMalformed, "field Name is empty"));
  EXPECT_THAT(ParseCoreMetadata(std::string(kMinimal) + "name: bar\n"),
              FailsWith(Failure::kMalformed, "Name is there twice"));
  EXPECT_THAT(ParseCoreMetadata(std::string(kMinimal) + "Version: 1.0\n"),
              FailsWith(Failure::kMalformed, "Version is there twice"));
}

TEST(CoreMetadataTest, IdentityInTheBodyDoesNotCount) {
  EXPECT_THAT(
      ParseCoreMetadata("Metadata-Version: 2.1\n\nName: foo\nVersion: 1\n"),
      FailsWith(Failure::kMalformed, "no field Name"));
}

TEST(CoreMetadataTest, ALineThatIsNoFieldEndsTheHeader) {
  ASSERT_OK_AND_ASSIGN(
      const CoreMetadata metadata,
      ParseCoreMetadata(std::string(kMinimal) +
                        "not a field\nRequires-Python: >=3\n"));
  EXPECT_EQ(metadata.requires_python, "");
}

TEST(CoreMetadataTest, RefusesAByteOrderMark) {
  EXPECT_THAT(ParseCoreMetadata("\xEF\xBB\xBF" + std::string(kMinimal)),
              FailsWith(Failure::kMalformed));
}

TEST(CoreMetadataTest, ToleratesBrokenTextOnlyWhereItIsNotKept) {
  ASSERT_OK_AND_ASSIGN(
      const CoreMetadata metadata,
      ParseCoreMetadata(std::string(kMinimal) + "Author: Andr\xE9\n"));
  EXPECT_THAT(metadata.requires_dist, IsEmpty());
  EXPECT_THAT(
      ParseCoreMetadata(std::string(kMinimal) + "Requires-Python: \xE9\n"),
      FailsWith(Failure::kMalformed, "Requires-Python"));
  EXPECT_THAT(
      ParseCoreMetadata(std::string(kMinimal) + "Requires-Dist: a\x1B[2J\n"),
      FailsWith(Failure::kMalformed, "\\x1b"));
}

}  // namespace
}  // namespace tufmirror::pypi

#include "tufmirror/repo/custom_fields.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;

const CustomFields kAll = {CustomField::kYanked, CustomField::kUploadTime,
                           CustomField::kRequiresPython,
                           CustomField::kRequiresDist};

pypi::IndexFile SomeFile() {
  pypi::IndexFile file;
  file.filename = "six-1.0.tar.gz";
  file.requires_python = ">=3.8";
  file.upload_time = absl::FromUnixMicros(1'577'934'245'000'006);
  file.yanked = "a \"reason\"\n";
  return file;
}

TEST(CustomFieldsTest, EachKnownFieldIsAMember) {
  EXPECT_EQ(CustomOf(SomeFile(), {{"a>=1", "b; extra == 'x'"}}, kAll),
            R"({"requires-dist":["a>=1","b; extra == 'x'"],)"
            R"("requires-python":">=3.8",)"
            R"("upload-time":"2020-01-02T03:04:05.000006Z",)"
            "\"yanked\":\"a \\\"reason\\\"\n\"}");
}

TEST(CustomFieldsTest, IsItsOwnCanonicalForm) {
  pypi::IndexFile file = SomeFile();
  file.yanked = "br\xC3\xB6ken \\ <&>";
  const std::string custom = CustomOf(file, {{"a", "b"}}, kAll);
  ASSERT_OK_AND_ASSIGN(const json::Document document,
                       json::Document::Parse(custom));
  ASSERT_OK_AND_ASSIGN(const std::string canonical,
                       json::Canonicalize(document.root()));
  EXPECT_EQ(custom, canonical);
}

TEST(CustomFieldsTest, WhatIsNotKnownIsNoMember) {
  EXPECT_EQ(CustomOf(pypi::IndexFile(), std::nullopt, kAll), "");
  EXPECT_EQ(CustomOf(pypi::IndexFile(), {{}}, kAll), R"({"requires-dist":[]})")
      << "it is known that nothing is required";
}

TEST(CustomFieldsTest, OnlyTheFieldsThatAreAskedForAreThere) {
  EXPECT_EQ(CustomOf(SomeFile(), {{"a"}}, {}), "");
  EXPECT_EQ(CustomOf(SomeFile(), {{"a"}}, {CustomField::kRequiresPython}),
            R"({"requires-python":">=3.8"})");
}

TEST(CustomFieldsTest, AYankWithoutAReasonIsTrue) {
  pypi::IndexFile file;
  file.yanked = "";
  EXPECT_EQ(CustomOf(file, std::nullopt, kAll), R"({"yanked":true})");
}

TEST(CustomFieldsTest, NamesReadBack) {
  for (const CustomField field : kAll) {
    ASSERT_OK_AND_ASSIGN(const CustomField read,
                         ParseCustomField(CustomFieldName(field)));
    EXPECT_EQ(read, field);
  }
  EXPECT_THAT(ParseCustomField("requires"),
              FailsWith(Failure::kUsage, "got 'requires'"));
}

}  // namespace
}  // namespace tufmirror::repo

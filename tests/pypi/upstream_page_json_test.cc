// Project pages of other indexes in JSON: each liberty that indexes take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

// A page with `members` beside meta, and `entries` as files.
std::string Page(std::string_view entries, std::string_view members = "",
                 std::string_view meta = "") {
  return fmt::format(
      R"({{"meta":{{"api-version":"1.4"{}}},"name":"Foo.Bar","files":[{}]{}}})",
      meta, entries, members);
}

// An entry with what is required and `members`.
std::string Entry(std::string_view members,
                  std::string_view filename = "foo_bar-1.0.tar.gz") {
  return fmt::format(R"({{"filename":"{}","url":"https://files.example/f",)"
                     R"("hashes":{{"sha256":"{}"}}{}}})",
                     filename, kDigest, members);
}

// The one file of a page with `entry`, or the one problem.
absl::StatusOr<OfferedFile> OnlyFile(std::string_view entry) {
  absl::StatusOr<UpstreamPage> page = ParseUpstreamJson(Page(entry));
  if (!page.ok()) return page.status();
  if (!page->problems.empty()) return page->problems.at(0).status;
  return page->files.at(0);
}

TEST(ParseUpstreamJsonTest, ReadsAPageOfTheLatestVersion) {
  const std::string entry = Entry(fmt::format(
      R"(,"size":5,"upload-time":"2024-05-06T07:08:09.123456Z",)"
      R"("requires-python":">=3.9","yanked":"broken",)"
      R"("core-metadata":{{"sha256":"{}"}},"provenance":"https://p.example/1")",
      kOther));
  ASSERT_OK_AND_ASSIGN(
      const UpstreamPage page,
      ParseUpstreamJson(
          Page(entry,
               R"(,"versions":["1.0","2.0"],)"
               R"("project-status":{"status":"archived","reason":"done"})",
               R"(,"_last-serial":123)")));
  EXPECT_EQ(page.name, "Foo.Bar");
  EXPECT_THAT(page.versions, ElementsAre("1.0", "2.0"));
  EXPECT_EQ(page.status, "archived");
  EXPECT_EQ(page.status_reason, "done");
  EXPECT_EQ(page.last_serial, 123);
  EXPECT_THAT(page.problems, IsEmpty());
  ASSERT_THAT(page.files, SizeIs(1));
  const OfferedFile& file = page.files[0];
  EXPECT_EQ(file.filename, "foo_bar-1.0.tar.gz");
  EXPECT_EQ(file.url, "https://files.example/f");
  EXPECT_EQ(file.sha256->Hex(), kDigest);
  EXPECT_EQ(file.size, 5u);
  EXPECT_EQ(file.upload_time, absl::FromUnixMicros(1'714'979'289'123'456));
  EXPECT_EQ(file.requires_python, ">=3.9");
  EXPECT_EQ(file.yanked, "broken");
  EXPECT_EQ(file.metadata, MetadataOffer::kWithDigest);
  EXPECT_EQ(file.metadata_sha256->Hex(), kOther);
  EXPECT_EQ(file.provenance, "https://p.example/1");
}

TEST(ParseUpstreamJsonTest, WhatIsNullOrAbsentIsNotThere) {
  for (const std::string& entry :
       {std::string(R"({"filename":"f.zip","url":"f.zip"})"),
        std::string(
            R"({"filename":"f.zip","url":"f.zip","hashes":null,"size":null,)"
            R"("upload-time":null,"requires-python":null,"yanked":null,)"
            R"("core-metadata":null,"provenance":null})")}) {
    ASSERT_OK_AND_ASSIGN(const OfferedFile file, OnlyFile(entry));
    OfferedFile bare;
    bare.filename = bare.url = "f.zip";
    EXPECT_EQ(file, bare) << entry;
  }
}

TEST(ParseUpstreamJsonTest, EmptyPagesAreNormal) {
  ASSERT_OK_AND_ASSIGN(const UpstreamPage page, ParseUpstreamJson(Page("")));
  EXPECT_THAT(page.files, IsEmpty());
  EXPECT_THAT(page.problems, IsEmpty());
  EXPECT_EQ(page.status, "");
}

TEST(ParseUpstreamJsonTest, YankedIsABooleanOrAReason) {
  const std::pair<const char*, std::optional<std::string>> cases[] = {
      {"false", std::nullopt},
      {"true", ""},
      {R"("")", ""},
      {R"("nicht verf\u00fcgbar")", "nicht verf\xC3\xBCgbar"},
  };
  for (const auto& [json, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(const OfferedFile file,
                         OnlyFile(Entry(fmt::format(R"(,"yanked":{})", json))));
    EXPECT_EQ(file.yanked, expected) << json;
  }
}

TEST(ParseUpstreamJsonTest, CoreMetadataHasAnOlderName) {
  const std::string digest = fmt::format(R"({{"sha256":"{}"}})", kOther);
  const std::tuple<std::string, MetadataOffer> cases[] = {
      {R"("core-metadata":true)", MetadataOffer::kPresent},
      {R"("core-metadata":{})", MetadataOffer::kPresent},
      {R"("core-metadata":{"md5":"x"})", MetadataOffer::kPresent},
      {R"("core-metadata":false)", MetadataOffer::kNone},
      {R"("core-metadata":)" + digest, MetadataOffer::kWithDigest},
      {R"("dist-info-metadata":true)", MetadataOffer::kPresent},
      {R"("dist-info-metadata":)" + digest, MetadataOffer::kWithDigest},
      {R"("core-metadata":null,"dist-info-metadata":)" + digest,
       MetadataOffer::kWithDigest},
      {R"("core-metadata":false,"dist-info-metadata":)" + digest,
       MetadataOffer::kNone},
  };
  for (const auto& [member, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(const OfferedFile file, OnlyFile(Entry("," + member)));
    EXPECT_EQ(file.metadata, expected) << member;
    EXPECT_EQ(file.metadata_sha256.has_value(),
              expected == MetadataOffer::kWithDigest)
        << member;
  }
}

TEST(ParseUpstreamJsonTest, DigestsComeFromHashesOrTheFragment) {
  const auto entry = [](std::string_view url, std::string_view hashes) {
    return fmt::format(R"({{"filename":"f.zip","url":"{}","hashes":{{{}}}}})",
                       url, hashes);
  };
  ASSERT_OK_AND_ASSIGN(const OfferedFile md5,
                       OnlyFile(entry("f.zip", R"("md5":"x")")));
  EXPECT_EQ(md5.sha256, std::nullopt);
  EXPECT_TRUE(md5.has_other_hash);
  ASSERT_OK_AND_ASSIGN(const OfferedFile none, OnlyFile(entry("f.zip", "")));
  EXPECT_FALSE(none.has_other_hash);
  ASSERT_OK_AND_ASSIGN(
      const OfferedFile fragment,
      OnlyFile(entry("f.zip?a=b#sha256=" + kDigest, R"("sha256":null)")));
  EXPECT_EQ(fragment.sha256->Hex(), kDigest);
  EXPECT_EQ(fragment.url, "f.zip?a=b");
  EXPECT_THAT(OnlyFile(entry("f.zip#sha256=" + kOther,
                             fmt::format(R"("sha256":"{}")", kDigest))),
              FailsWith(Failure::kMalformed, "sha256"));
}

TEST(ParseUpstreamJsonTest, RequiresPythonIsKeptAsWritten) {
  for (const char* text : {">=3", "~=3.6<4", "<>&'", "3.*, maybe"}) {
    ASSERT_OK_AND_ASSIGN(
        const OfferedFile file,
        OnlyFile(Entry(fmt::format(R"(,"requires-python":"{}")", text))));
    EXPECT_EQ(file.requires_python, text);
  }
}

TEST(ParseUpstreamJsonTest, UploadTimesWithoutAZoneAreUtc) {
  for (const char* text :
       {"2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000000Z",
        "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00"}) {
    ASSERT_OK_AND_ASSIGN(
        const OfferedFile file,
        OnlyFile(Entry(fmt::format(R"(,"upload-time":"{}")", text))));
    EXPECT_EQ(file.upload_time, absl::FromUnixSeconds(1704067200)) << text;
  }
}

TEST(ParseUpstreamJsonTest, SerialsAreNumbersOrText) {
  const std::pair<const char*, std::optional<int64_t>> cases[] = {
      {"7", 7},
      {R"("7")", 7},
      {"null", {}},
      {"0", 0},
      {R"("9223372036854775807")", 9223372036854775807},
  };
  for (const auto& [json, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(
        const UpstreamPage page,
        ParseUpstreamJson(
            Page("", "", fmt::format(R"(,"_last-serial":{})", json))));
    EXPECT_EQ(page.last_serial, expected) << json;
    EXPECT_THAT(page.problems, IsEmpty()) << json;
  }
}

TEST(ParseUpstreamJsonTest, ActiveIsTheStatusOfAPageWithoutOne) {
  const std::pair<const char*, const char*> cases[] = {
      {"null", ""},
      {"{}", ""},
      {R"({"status":"active"})", ""},
      {R"({"status":"quarantined"})", "quarantined"},
      {R"({"status":"archived","reason":null})", "archived"},
  };
  for (const auto& [json, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(
        const UpstreamPage page,
        ParseUpstreamJson(
            Page("", fmt::format(R"(,"project-status":{})", json))));
    EXPECT_EQ(page.status, expected) << json;
  }
}

TEST(ParseUpstreamJsonTest, MalformedPartsOfThePageAreLeftOutAndReported) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {R"(,"versions":["1.0",2])", "", "a version"},
      {R"(,"versions":{})", "", "versions"},
      {R"(,"project-status":"archived")", "", "project-status"},
      {R"(,"project-status":{"status":1})", "", "status"},
      {"", R"(,"_last-serial":-1)", "got '-1'"},
      {"", R"(,"_last-serial":"x")", "got 'x'"},
      {"", R"(,"_last-serial":1.5)", "_last-serial"},
  };
  for (const auto& [members, meta, why] : cases) {
    ASSERT_OK_AND_ASSIGN(const UpstreamPage page,
                         ParseUpstreamJson(Page(Entry(""), members, meta)));
    EXPECT_THAT(page.files, SizeIs(1)) << why;
    EXPECT_THAT(page.versions, IsEmpty());
    ASSERT_THAT(page.problems, SizeIs(1)) << why;
    EXPECT_EQ(page.problems[0].filename, "");
    EXPECT_THAT(page.problems[0].status, FailsWith(Failure::kMalformed, why));
  }
}

TEST(ParseUpstreamJsonTest, AMalformedEntryIsAProblemOfThatFileOnly) {
  const std::string long_text(70000, 'x');
  const std::pair<std::string, const char*> cases[] = {
      {"1", "a file entry"},
      {R"({"url":"u"})", "filename"},
      {R"({"filename":7,"url":"u"})", "filename"},
      {R"({"filename":"","url":"u"})", "it is empty"},
      {R"({"filename":"f"})", "url"},
      {R"({"filename":"f","url":""})", "URL"},
      {R"({"filename":"f","url":"a\nb"})", "control"},
      {R"({"filename":"f","url":"u","hashes":[]})", "hashes"},
      {R"({"filename":"f","url":"u","hashes":{"sha256":"xy"}})", "sha256"},
      {R"({"filename":"f","url":"u","hashes":{"sha256":1}})", "sha256"},
      {Entry(R"(,"size":-1)"), "got -1"},
      {Entry(R"(,"size":"5")"), "size"},
      {Entry(R"(,"size":1.5)"), "size"},
      {Entry(R"(,"upload-time":"yesterday")"), "yesterday"},
      {Entry(R"(,"upload-time":"infinite-past")"), "upload-time"},
      {Entry(R"(,"requires-python":3)"), "requires-python"},
      {Entry(fmt::format(R"(,"requires-python":"{}")", long_text)), "70000"},
      {Entry(R"(,"yanked":1)"), "yanked"},
      {Entry(fmt::format(R"(,"yanked":"{}")", long_text)), "70000"},
      {Entry(R"(,"core-metadata":"yes")"), "core-metadata"},
      {Entry(R"(,"core-metadata":{"sha256":"x"})"), "core-metadata"},
      {Entry(R"(,"provenance":[])"), "provenance"},
  };
  for (const auto& [entry, why] : cases) {
    ASSERT_OK_AND_ASSIGN(
        const UpstreamPage page,
        ParseUpstreamJson(Page(entry + "," + Entry("", "good.zip"))));
    ASSERT_THAT(page.files, SizeIs(1)) << entry;
    EXPECT_EQ(page.files[0].filename, "good.zip");
    ASSERT_THAT(page.problems, SizeIs(1)) << entry;
    EXPECT_THAT(page.problems[0].status, FailsWith(Failure::kMalformed, why));
  }
}

TEST(ParseUpstreamJsonTest, RefusesFileNamesThatAreMoreThanASegment) {
  const std::string longest(255, 'n');
  EXPECT_THAT(OnlyFile(Entry("", longest)), testing::IsOk());
  for (const std::string& name :
       {std::string("."), std::string(".."), std::string("../f.zip"),
        std::string("a/b.zip"), std::string(R"(a\\b.zip)"),
        std::string(R"(a\u0000.zip)"), std::string(R"(a\n.zip)"),
        longest + "n"}) {
    ASSERT_OK_AND_ASSIGN(const UpstreamPage page,
                         ParseUpstreamJson(Page(Entry("", name))));
    EXPECT_THAT(page.files, IsEmpty()) << name;
    ASSERT_THAT(page.problems, SizeIs(1)) << name;
    EXPECT_THAT(page.problems[0].status,
                FailsWith(Failure::kMalformed, "file name"));
  }
}

TEST(ParseUpstreamJsonTest, OfTwoEntriesOfOneNameTheFirstWins) {
  ASSERT_OK_AND_ASSIGN(const UpstreamPage page,
                       ParseUpstreamJson(Page(Entry(R"(,"size":1)") + "," +
                                              Entry(R"(,"size":2)"))));
  ASSERT_THAT(page.files, SizeIs(1));
  EXPECT_EQ(page.files[0].size, 1u);
  ASSERT_THAT(page.problems, SizeIs(1));
  EXPECT_EQ(page.problems[0].filename, "foo_bar-1.0.tar.gz");
  EXPECT_THAT(page.problems[0].status, FailsWith(Failure::kMalformed, "twice"));
}

TEST(ParseUpstreamJsonTest, RefusesWhatIsNoProjectPage) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "project page"},
      {"<!DOCTYPE html><title>Sign in</title>", "start with '<!DOCTYPE"},
      {"[]", "an object"},
      {"{}", "meta"},
      {R"({"meta":{},"name":"foo","files":[]})", "api-version"},
      {R"({"meta":{"api-version":1},"name":"foo","files":[]})", "a string"},
      {R"({"meta":{"api-version":"2.0"},"name":"foo","files":[]})",
       "version 1.x expected, got '2.0'"},
      {R"({"meta":{"api-version":"10.0"},"name":"foo","files":[]})",
       "got '10.0'"},
      {R"({"meta":{"api-version":"1.0"},"name":"foo"})", "files"},
      {R"({"meta":{"api-version":"1.0"},"name":"foo","files":{}})", "files"},
      {R"({"meta":{"api-version":"1.0"},"name":["foo"],"files":[]})", "name"},
      {R"({"meta":{"api-version":"1.0"},"files":[],"files":[]})", "twice"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ParseUpstreamJson(text), FailsWith(Failure::kMalformed, why))
        << text;
  }
}

TEST(ParseUpstreamJsonTest, RefusesPagesWithTooManyFiles) {
  std::string entries = "1";
  for (size_t i = 0; i < kMaxPageFiles; ++i) entries += ",1";
  EXPECT_THAT(ParseUpstreamJson(Page(entries)),
              FailsWith(Failure::kTooLarge, "200000"));
}

}  // namespace
}  // namespace tufmirror::pypi

#include <string>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;

const std::string kDigest(64, 'a');

// A page with one file: the required members and `extra` ones.
std::string PageWith(std::string_view extra) {
  return fmt::format(
      R"({{"meta":{{"api-version":"1.1"}},"name":"Foo","files":[{{)"
      R"("filename":"foo-1.0.tar.gz","url":"https://x/foo","size":5,)"
      R"("hashes":{{"sha256":"{}"}}{}}}]}})",
      kDigest, extra);
}

absl::StatusOr<IndexFile> OnlyFile(std::string_view extra) {
  absl::StatusOr<ProjectPage> page = ParseProjectJson(PageWith(extra));
  if (!page.ok()) return page.status();
  return page->files.at(0);
}

TEST(ParseProjectJsonTest, ReadsBackWhatRenderJsonWrote) {
  ProjectPage page{.name = ProjectName::Parse("foo").value()};
  for (int i = 0; i < 3; ++i) {
    IndexFile file;
    file.filename = fmt::format("foo-{}.0+l\xC3\xA9.tar.gz", i);
    file.url = PackageUrl(page.name, file.filename);
    file.sha256 = Sha256::FromHex(std::string(64, 'c')).value();
    file.size = 1'000'000'000'000;
    if (i > 0) {
      file.upload_time = absl::FromUnixMicros(1'700'000'000'000'000 + i);
      file.requires_python = ">=3 <\"4'&";
      file.core_metadata = Sha256::FromHex(std::string(64, 'd')).value();
      file.yanked = i == 1 ? "" : "why\nnot";
      file.provenance = "https://x/y";
    }
    page.files.push_back(file);
  }
  page.versions = {"0.0", "1.0", "2.0"};
  page.status = "deprecated";
  page.status_reason = "old";
  page.last_serial = 9;
  const std::string text = RenderJson(page);
  ASSERT_OK_AND_ASSIGN(const ProjectPage read, ParseProjectJson(text));
  EXPECT_EQ(RenderJson(read), text);
  EXPECT_EQ(RenderHtml(read), RenderHtml(page));
  EXPECT_EQ(read.files[2].upload_time, page.files[2].upload_time);
}

TEST(ParseProjectJsonTest, ReadsWhatOtherIndexesWrite) {
  ASSERT_OK_AND_ASSIGN(const ProjectPage page, ParseProjectJson(PageWith("")));
  EXPECT_EQ(page.name.str(), "foo");
  EXPECT_THAT(page.versions, IsEmpty());
  EXPECT_EQ(page.last_serial, std::nullopt);
  ASSERT_OK_AND_ASSIGN(const IndexFile nulls,
                       OnlyFile(R"(,"requires-python":null,"provenance":null,)"
                                R"("upload-time":null,"gpg-sig":true)"));
  EXPECT_EQ(nulls.requires_python, "");
  EXPECT_EQ(nulls.upload_time, std::nullopt);
  EXPECT_EQ(nulls.yanked, std::nullopt);
}

TEST(ParseProjectJsonTest, AcceptsEveryFormOfCoreMetadata) {
  ASSERT_OK_AND_ASSIGN(
      const IndexFile both,
      OnlyFile(fmt::format(R"(,"core-metadata":{{"sha256":"{}"}},)"
                           R"("dist-info-metadata":{{"sha256":"{}"}})",
                           std::string(64, 'b'), kDigest)));
  EXPECT_EQ(both.core_metadata->Hex(), std::string(64, 'b'));
  ASSERT_OK_AND_ASSIGN(
      const IndexFile legacy,
      OnlyFile(
          fmt::format(R"(,"dist-info-metadata":{{"sha256":"{}"}})", kDigest)));
  EXPECT_EQ(legacy.core_metadata->Hex(), kDigest);
  for (const char* none :
       {R"(,"core-metadata":true)", R"(,"core-metadata":false)",
        R"(,"core-metadata":{"md5":"x"})", R"(,"core-metadata":null)"}) {
    ASSERT_OK_AND_ASSIGN(const IndexFile file, OnlyFile(none));
    EXPECT_EQ(file.core_metadata, std::nullopt) << none;
  }
}

TEST(ParseProjectJsonTest, AcceptsEveryFormOfYanked) {
  ASSERT_OK_AND_ASSIGN(const IndexFile no, OnlyFile(R"(,"yanked":false)"));
  EXPECT_EQ(no.yanked, std::nullopt);
  ASSERT_OK_AND_ASSIGN(const IndexFile yes, OnlyFile(R"(,"yanked":true)"));
  EXPECT_EQ(yes.yanked, "");
  ASSERT_OK_AND_ASSIGN(const IndexFile why, OnlyFile(R"(,"yanked":"bad")"));
  EXPECT_EQ(why.yanked, "bad");
}

TEST(ParseProjectJsonTest, RefusesPagesThatAreOfNoUse) {
  const std::string file = fmt::format(
      R"("filename":"f","url":"u","size":5,"hashes":{{"sha256":"{}"}})",
      kDigest);
  const auto page = [](std::string_view members) {
    return fmt::format(
        R"({{"meta":{{"api-version":"1.0"}},"name":"foo","files":[{{{}}}]}})",
        members);
  };
  const std::pair<std::string, const char*> cases[] = {
      {"", "index page"},
      {"<html></html>", "index page"},
      {"[]", "an object"},
      {R"({"name":"foo","files":[]})", "meta"},
      {R"({"meta":{"api-version":"2.0"},"name":"foo","files":[]})",
       "1.x expected, got '2.0'"},
      {R"({"meta":{"api-version":"1.0"},"files":[]})", "name"},
      {R"({"meta":{"api-version":"1.0"},"name":"../x","files":[]})",
       "project name"},
      {R"({"meta":{"api-version":"1.0"},"name":"foo"})", "files"},
      {R"({"meta":{"api-version":"1.0"},"name":"foo","files":[1]})", "file 1"},
      {page(R"("url":"u")"), "filename"},
      {page(R"("filename":"f")"), "url"},
      {page(R"("filename":"../f","url":"u")"), "a file name expected"},
      {page(R"("filename":"f","url":"u")"), "hashes"},
      {page(R"("filename":"f","url":"u","hashes":{"md5":"x"})"), "sha256"},
      {page(R"("filename":"f","url":"u","hashes":{"sha256":"x"})"), "file 1"},
      {page(fmt::format(
           R"("filename":"f","url":"u","hashes":{{"sha256":"{}"}})", kDigest)),
       "size"},
      {page(fmt::format(
           R"("filename":"f","url":"u","size":-1,"hashes":{{"sha256":"{}"}})",
           kDigest)),
       "got -1"},
      {page(file + R"(,"upload-time":"yesterday")"), "yesterday"},
      {page(file + R"(,"upload-time":"infinite-future")"), "upload-time"},
      {page(file + R"(,"yanked":1)"), "yanked"},
      {page(file + R"(,"core-metadata":"x")"), "core-metadata"},
      {page(file + R"(,"filename":"g")"), "index page"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ParseProjectJson(text), FailsWith(Failure::kMalformed, why))
        << text;
  }
}

}  // namespace
}  // namespace tufmirror::pypi

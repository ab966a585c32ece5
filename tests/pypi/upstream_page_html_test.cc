// Project pages of other indexes in HTML: each liberty that indexes take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

std::string Page(std::string_view body, std::string_view head = "") {
  return fmt::format(
      "<!DOCTYPE html>\n<html><head>{}<title>Links for Foo.Bar</title></head>"
      "<body><h1>Links for Foo.Bar</h1>{}</body></html>",
      head, body);
}

std::string Link(std::string_view attributes,
                 std::string_view text = "foo_bar-1.0.tar.gz") {
  return fmt::format("<a {}>{}</a><br/>\n", attributes, text);
}

absl::StatusOr<OfferedFile> OnlyFile(std::string_view link) {
  absl::StatusOr<UpstreamPage> page = ParseUpstreamHtml(Page(link));
  if (!page.ok()) return page.status();
  if (!page->problems.empty()) return page->problems.at(0).status;
  if (page->files.size() != 1) {
    return MakeFailure(Failure::kNotFound,
                       fmt::format("{} files", page->files.size()));
  }
  return page->files[0];
}

TEST(ParseUpstreamHtmlTest, ReadsAPageOfTheLatestVersion) {
  const std::string link = Link(fmt::format(
      R"(href="../../packages/foo_bar-1.0.tar.gz#sha256={}" )"
      R"(data-requires-python="&gt;=3.9,&lt;4" data-yanked="broken" )"
      R"(data-gpg-sig="true" data-core-metadata="sha256={}" )"
      R"(data-provenance="https://p.example/1?a=b&amp;c=d")",
      kDigest, kOther));
  ASSERT_OK_AND_ASSIGN(
      const UpstreamPage page,
      ParseUpstreamHtml(
          Page(link,
               R"(<meta name="pypi:repository-version" content="1.4">)"
               R"(<meta name="pypi:project-status" content="archived">)"
               R"(<meta name="pypi:project-status-reason" content="a &amp; b">)"
               R"(<base href="https://cdn.example/simple/foo-bar/">)") +
          "<!--SERIAL 123-->"));
  EXPECT_EQ(page.name, "Foo.Bar");
  EXPECT_EQ(page.status, "archived");
  EXPECT_EQ(page.status_reason, "a & b");
  EXPECT_EQ(page.base_url, "https://cdn.example/simple/foo-bar/");
  EXPECT_EQ(page.last_serial, 123);
  EXPECT_THAT(page.problems, IsEmpty());
  ASSERT_THAT(page.files, SizeIs(1));
  OfferedFile expected;
  expected.filename = "foo_bar-1.0.tar.gz";
  expected.url = "../../packages/foo_bar-1.0.tar.gz";
  expected.sha256 = Sha256::FromHex(kDigest).value();
  expected.requires_python = ">=3.9,<4";
  expected.yanked = "broken";
  expected.metadata = MetadataOffer::kWithDigest;
  expected.metadata_sha256 = Sha256::FromHex(kOther).value();
  expected.provenance = "https://p.example/1?a=b&c=d";
  EXPECT_EQ(page.files[0], expected);
}

TEST(ParseUpstreamHtmlTest, ReadsWhatRenderHtmlWrote) {
  ProjectPage page{.name = ProjectName::Parse("foo").value()};
  IndexFile file;
  file.filename = "foo-1.0+l\xC3\xA9 <&\">.tar.gz";
  file.url = PackageUrl(page.name, file.filename);
  file.sha256 = Sha256::FromHex(kDigest).value();
  file.requires_python = "<>&\"'";
  file.yanked = "because <b>";
  file.core_metadata = Sha256::FromHex(kOther).value();
  page.files = {file};
  page.status = "quarantined";
  page.last_serial = 9;
  ASSERT_OK_AND_ASSIGN(const UpstreamPage read,
                       ParseUpstreamHtml(RenderHtml(page)));
  EXPECT_EQ(read.name, "foo");
  EXPECT_EQ(read.status, "quarantined");
  EXPECT_EQ(read.last_serial, 9);
  ASSERT_THAT(read.files, SizeIs(1));
  EXPECT_EQ(read.files[0].filename, file.filename);
  EXPECT_EQ(read.files[0].url, file.url);
  EXPECT_EQ(read.files[0].requires_python, file.requires_python);
  EXPECT_EQ(read.files[0].yanked, file.yanked);
  EXPECT_EQ(read.files[0].metadata_sha256, file.core_metadata);
}

TEST(ParseUpstreamHtmlTest, DigestsComeFromTheFragment) {
  const auto file = [](const std::string& fragment) {
    return OnlyFile(Link("href='foo_bar-1.0.tar.gz" + fragment + "'"));
  };
  ASSERT_OK_AND_ASSIGN(const OfferedFile none, file(""));
  EXPECT_FALSE(none.sha256 || none.has_other_hash);
  ASSERT_OK_AND_ASSIGN(const OfferedFile md5, file("#md5=0123"));
  EXPECT_FALSE(md5.sha256.has_value());
  EXPECT_TRUE(md5.has_other_hash);
  EXPECT_EQ(md5.url, "foo_bar-1.0.tar.gz");
  ASSERT_OK_AND_ASSIGN(const OfferedFile egg,
                       file("#egg=foo&amp;sha256=" + kDigest));
  EXPECT_EQ(egg.sha256->Hex(), kDigest);
  ASSERT_OK_AND_ASSIGN(const OfferedFile other, file("#egg=foo&amp;junk"));
  EXPECT_FALSE(other.sha256 || other.has_other_hash);
  EXPECT_THAT(file("#sha256=12"), FailsWith(Failure::kMalformed, "sha256"));
}

TEST(ParseUpstreamHtmlTest, FileNamesComeFromTheUrlElseFromTheText) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"a-1.0.zip", "a-1.0.zip", "a-1.0.zip"},
      {"/x/a-1.0.zip?token=1/2#md5=0", "another-2.0.zip", "a-1.0.zip"},
      {"https://x/a-1.0.zip", "a-1.0.z..&gt;", "a-1.0.zip"},
      {"a-1.0%2Bl%C3%A9.zip", "", "a-1.0+l\xC3\xA9.zip"},
      {"a-1.0%252B.zip", "", "a-1.0%2B.zip"},
      {"a-1.0%zz.zip", "", "a-1.0%zz.zip"},
      {"download?id=7", " a-1.0-py3-none-any.whl\n", "a-1.0-py3-none-any.whl"},
      {" a-1.0.zip ", "x", "a-1.0.zip"},
      {"a-1.0-1.noarch.rpm", "x", "a-1.0-1.noarch.rpm"},
  };
  for (const auto& [href, text, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(
        const OfferedFile file,
        OnlyFile(Link(fmt::format("href=\"{}\"", href), text)));
    EXPECT_EQ(file.filename, expected);
  }
}

TEST(ParseUpstreamHtmlTest, PassesOverLinksToWhatIsNoDistribution) {
  for (const char* link :
       {R"(<a href="../">Parent</a>)", R"(<a href="foo-1.0.zip.asc">sig</a>)",
        R"(<a href="foo-1.0-py3-none-any.whl.metadata">m</a>)",
        R"(<a href="https://foo.example/">Home page</a>)",
        R"(<a name="foo-1.0.zip">foo-1.0.zip</a>)", "<a>foo-1.0.zip</a>",
        R"(<!-- <a href="foo-1.0.zip">foo-1.0.zip</a> -->)",
        R"(<script>"<a href='foo-1.0.zip'>x</a>"</script>)",
        R"(<textarea><a href="foo-1.0.zip">x</a></textarea>)"}) {
    ASSERT_OK_AND_ASSIGN(const UpstreamPage page,
                         ParseUpstreamHtml(Page(link)));
    EXPECT_THAT(page.files, IsEmpty()) << link;
    EXPECT_THAT(page.problems, IsEmpty()) << link;
  }
}

TEST(ParseUpstreamHtmlTest, ReadsTheMarkupOfManyServers) {
  for (const char* link :
       {"<A HREF=foo-1.0.zip>foo-1.0.zip</A>", "<a\nhref = 'foo-1.0.zip'\n>x",
        "<td><a class=\"x\" href=\"foo-1.0.zip\"><b>foo</b>-1.0.zip</a></td>",
        "<pre><a href=\"foo-1.0.zip\">foo-1.0.zip</a>  1-Jan  5K\n</pre>",
        "<p>1 < 2 <3 &lt; </p><a href='foo-1.0.zip'>x</a>",
        "<a href='foo-1.0.zip' title='>'/>x</a>",
        "</a></table><a href=foo&#45;1.0.zip>x</a>",
        "<?xml version='1.0'?><a href='foo-1.0.zip'>x</a>"}) {
    ASSERT_OK_AND_ASSIGN(const OfferedFile file, OnlyFile(link));
    EXPECT_EQ(file.filename, "foo-1.0.zip") << link;
    EXPECT_EQ(file.url, "foo-1.0.zip") << link;
  }
}

TEST(ParseUpstreamHtmlTest, CoreMetadataHasAnOlderName) {
  const std::string digest = "sha256=" + kOther;
  const std::tuple<std::string, MetadataOffer> cases[] = {
      {"", MetadataOffer::kNone},
      {"data-core-metadata=true", MetadataOffer::kPresent},
      {"data-core-metadata=false", MetadataOffer::kNone},
      {"data-core-metadata", MetadataOffer::kPresent},
      {"data-core-metadata=md5=0", MetadataOffer::kPresent},
      {"data-core-metadata=" + digest, MetadataOffer::kWithDigest},
      {"data-dist-info-metadata=" + digest, MetadataOffer::kWithDigest},
      {"data-core-metadata=true data-dist-info-metadata=" + digest,
       MetadataOffer::kPresent},
  };
  for (const auto& [attributes, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(const OfferedFile file,
                         OnlyFile(Link("href=foo-1.0.zip " + attributes)));
    EXPECT_EQ(file.metadata, expected) << attributes;
  }
}

TEST(ParseUpstreamHtmlTest, YankedNeedsNoReason) {
  ASSERT_OK_AND_ASSIGN(const OfferedFile no, OnlyFile(Link("href=a-1.zip")));
  EXPECT_EQ(no.yanked, std::nullopt);
  for (const char* attribute : {"data-yanked", "data-yanked=\"\""}) {
    ASSERT_OK_AND_ASSIGN(
        const OfferedFile file,
        OnlyFile(Link(fmt::format("href=a-1.zip {}", attribute))));
    EXPECT_EQ(file.yanked, "");
  }
}

TEST(ParseUpstreamHtmlTest, AMalformedLinkIsAProblemOfThatFileOnly) {
  const std::pair<std::string, const char*> cases[] = {
      {"href='a%2Fb-1.0.zip'", "slash"},
      {"href='a%5Cb-1.0.zip'", "slash"},
      {"href='a%00b-1.0.zip'", "control"},
      {"href='a%FFb-1.0.zip'", "UTF-8"},
      {"href='b-1.0.zip#sha256=1'", "sha256"},
      {"href='b-1.0.zip' data-core-metadata='sha256=1'", "data-core-metadata"},
      {fmt::format("href='{}-1.0.zip'", std::string(255, 'b')), "255 bytes"},
      {fmt::format("href='b-1.zip' data-yanked='{}'", std::string(70000, 'b')),
       "70000"},
      {fmt::format("href='{}/b-1.zip'", std::string(17000, 'b')), "URL"},
  };
  for (const auto& [attributes, why] : cases) {
    ASSERT_OK_AND_ASSIGN(
        const UpstreamPage page,
        ParseUpstreamHtml(Page(Link(attributes) + Link("href=good-1.zip"))));
    ASSERT_THAT(page.files, SizeIs(1)) << attributes;
    EXPECT_EQ(page.files[0].filename, "good-1.zip");
    ASSERT_THAT(page.problems, SizeIs(1)) << attributes;
    EXPECT_THAT(page.problems[0].status, FailsWith(Failure::kMalformed, why));
  }
}

TEST(ParseUpstreamHtmlTest, OfTwoLinksToOneNameTheFirstWins) {
  ASSERT_OK_AND_ASSIGN(
      const UpstreamPage page,
      ParseUpstreamHtml(Page(Link("href=x/a-1.zip") + Link("href=y/a-1.zip"))));
  ASSERT_THAT(page.files, SizeIs(1));
  EXPECT_EQ(page.files[0].url, "x/a-1.zip");
  ASSERT_THAT(page.problems, SizeIs(1));
  EXPECT_EQ(page.problems[0].filename, "a-1.zip");
}

TEST(ParseUpstreamHtmlTest, EmptyPagesAreNormal) {
  ASSERT_OK_AND_ASSIGN(const UpstreamPage page, ParseUpstreamHtml(Page("")));
  EXPECT_THAT(page.files, IsEmpty());
  EXPECT_EQ(page.last_serial, std::nullopt);
  EXPECT_EQ(page.base_url, "");
}

TEST(ParseUpstreamHtmlTest, TheFirstBaseCounts) {
  ASSERT_OK_AND_ASSIGN(const UpstreamPage page,
                       ParseUpstreamHtml(Page(
                           "", "<base target=x><base href=/a/><base href=b>")));
  EXPECT_EQ(page.base_url, "/a/");
}

TEST(ParseUpstreamHtmlTest, RefusesWhatIsNoProjectPage) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "HTML expected"},
      {"not found", "HTML expected"},
      {R"( {"message":"<b>moved</b>"})", "start with ' {"},
      {"<html><body><form action=/login><input name=user></form>", "sign-in"},
      {R"(<meta name="pypi:repository-version" content="2.0">)"
       R"(<a href="a-1.zip">a-1.zip</a>)",
       "version 1.x expected, got '2.0'"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ParseUpstreamHtml(text), FailsWith(Failure::kMalformed, why))
        << text;
  }
}

TEST(ParseUpstreamHtmlTest, RefusesPagesThatAreTooLarge) {
  EXPECT_THAT(ParseUpstreamHtml(std::string(kMaxHtmlPageBytes + 1, ' ')),
              FailsWith(Failure::kTooLarge));
  std::string links;
  for (size_t i = 0; i <= kMaxPageFiles; ++i) links += "<a href=a-1.zip>";
  EXPECT_THAT(ParseUpstreamHtml(Page(links)),
              FailsWith(Failure::kTooLarge, "200000"));
}

// A tree of these would be as deep as the page is long, or larger than it.
TEST(ParseUpstreamHtmlTest, WorkDoesNotGrowWithTheNestingOfAPage) {
  std::string page;
  for (int i = 0; i < 300'000; ++i) page += fmt::format("<p><b id={}>", i);
  for (int i = 0; i < 300'000; ++i) page += "<table><td><a href=/>";
  page += "<a href=foo-1.0.zip>";
  ASSERT_OK_AND_ASSIGN(const UpstreamPage read, ParseUpstreamHtml(page));
  EXPECT_THAT(read.files, SizeIs(1));
}

TEST(ParseUpstreamHtmlTest, TagsLargerThanAnyHonestOneAreReported) {
  std::string attributes = "href=foo-1.0.zip";
  for (int i = 0; i < 100'000; ++i) attributes += fmt::format(" a{}", i);
  ASSERT_OK_AND_ASSIGN(
      const UpstreamPage page,
      ParseUpstreamHtml(Page(Link(attributes) + Link("href=good-1.zip"))));
  EXPECT_THAT(page.files, SizeIs(1));
  ASSERT_THAT(page.problems, SizeIs(1));
  EXPECT_THAT(page.problems[0].status, FailsWith(Failure::kTooLarge, "1 tags"));
}

}  // namespace
}  // namespace tufmirror::pypi

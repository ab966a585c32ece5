#include <string>

#include "support/status_matchers.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::pypi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ProjectName Name(std::string_view name) {
  return ProjectName::Parse(name).value();
}

IndexFile File(std::string filename) {
  IndexFile file;
  file.url = PackageUrl(Name("foo"), filename);
  file.filename = std::move(filename);
  file.sha256 = Sha256::FromHex(std::string(64, 'a')).value();
  file.size = 10;
  return file;
}

TEST(RenderHtmlTest, RendersAPage) {
  ProjectPage page{.name = Name("foo")};
  page.files.push_back(File("foo-1.0.tar.gz"));
  page.files.push_back(File("foo-1.0-py3-none-any.whl"));
  page.files[1].requires_python = ">=3.7";
  page.files[1].core_metadata = Sha256::FromHex(std::string(64, 'b')).value();
  page.files[1].yanked = "";
  page.files[1].provenance = "foo-1.0-py3-none-any.whl.provenance";
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  EXPECT_EQ(RenderHtml(page),
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
            "<meta charset=\"utf-8\">\n"
            "<meta name=\"pypi:repository-version\" content=\"1.4\">\n"
            "<title>Links for foo</title>\n"
            "<meta name=\"pypi:project-status\" content=\"active\">\n"
            "</head>\n<body>\n<h1>Links for foo</h1>\n"
            "<a href=\"../../packages/foo/foo-1.0.tar.gz#sha256=" +
                a +
                "\">foo-1.0.tar.gz</a><br>\n"
                "<a href=\"../../packages/foo/foo-1.0-py3-none-any.whl"
                "#sha256=" +
                a +
                "\" data-requires-python=\"&gt;=3.7\""
                " data-dist-info-metadata=\"sha256=" +
                b + "\" data-core-metadata=\"sha256=" + b +
                "\" data-yanked=\"\" data-provenance=\""
                "foo-1.0-py3-none-any.whl.provenance\">"
                "foo-1.0-py3-none-any.whl</a><br>\n</body>\n</html>\n");
}

TEST(RenderHtmlTest, EscapesEverythingFromOutside) {
  const std::string evil = "\"><script>alert('&')</script>";
  const std::string safe =
      "&quot;&gt;&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;";
  ProjectPage page{.name = Name("foo")};
  page.status = evil;
  page.status_reason = evil;
  IndexFile file = File("foo-1.0.tar.gz");
  file.filename = evil;
  file.url = evil;
  file.requires_python = evil;
  file.yanked = evil;
  file.provenance = evil;
  page.files.push_back(file);
  const std::string html = RenderHtml(page);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("'")));
  for (const std::string& attribute :
       {"data-requires-python=\"" + safe + "\"", "data-yanked=\"" + safe + "\"",
        "data-provenance=\"" + safe + "\"", "content=\"" + safe + "\"",
        "href=\"" + safe + "#sha256=", ">" + safe + "</a>"}) {
    EXPECT_THAT(html, HasSubstr(attribute));
  }
}

TEST(RenderHtmlTest, ReplacesControlCharacters) {
  ProjectPage page{.name = Name("foo")};
  page.files.push_back(File("foo-1.0.tar.gz"));
  page.files[0].yanked = std::string("a\0b\x1B\nc", 6);
  EXPECT_THAT(RenderHtml(page), HasSubstr("data-yanked=\"a\xEF\xBF\xBD"
                                          "b\xEF\xBF\xBD\nc\""));
}

TEST(RenderHtmlTest, ShowsStatusAndSerial) {
  ProjectPage page{.name = Name("foo")};
  page.status = "archived";
  page.status_reason = "moved";
  page.last_serial = 42;
  const std::string html = RenderHtml(page);
  EXPECT_THAT(html, HasSubstr("\"pypi:project-status\" content=\"archived\""));
  EXPECT_THAT(html,
              HasSubstr("\"pypi:project-status-reason\" content=\"moved\""));
  EXPECT_THAT(html, HasSubstr("<!--SERIAL 42-->"));
}

TEST(RenderRootHtmlTest, LinksToNormalizedNames) {
  EXPECT_EQ(RenderRootHtml({{Name("Foo.Bar"), "Foo.Bar"}, {Name("x"), "<x>"}}),
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
            "<meta charset=\"utf-8\">\n"
            "<meta name=\"pypi:repository-version\" content=\"1.4\">\n"
            "<title>Simple index</title>\n</head>\n<body>\n"
            "<a href=\"foo-bar/\">Foo.Bar</a><br>\n"
            "<a href=\"x/\">&lt;x&gt;</a><br>\n</body>\n</html>\n");
}

TEST(PackageUrlTest, EncodesWhatServersReadInTwoWays) {
  EXPECT_EQ(PackageUrl(Name("Foo"), "foo-1!2.0+cu 118~a%#?\xC3\xA9.whl"),
            "../../packages/foo/foo-1%212.0%2Bcu%20118~a%25%23%3F%C3%A9.whl");
}

}  // namespace
}  // namespace tufmirror::pypi

// Redirects, negotiated pages, errors: answers by rule.
#include "serve/site.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "serve/site_fixture.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::kPipAccept;
using ::tufmirror::testing::SiteFixture;

std::string Header(const Reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

std::string Body(const Reply& reply) {
  if (!reply.file) return reply.body;
  std::string bytes(reply.length, '\0');
  EXPECT_EQ(pread(reply.file->fd.get(), bytes.data(), bytes.size(),
                  static_cast<off_t>(reply.first)),
            static_cast<ssize_t>(bytes.size()));
  return bytes;
}

class SiteTest : public ::testing::Test {
 protected:
  Reply Get(const std::string& target, const std::string& accept = "") {
    return site_.Answer({.method = "GET", .target = target, .accept = accept});
  }

  SiteFixture fixture_;
  Site site_{fixture_.live()};
};

TEST_F(SiteTest, ServesIndexPagesByAccept) {
  const Reply json = Get("/simple/flit/", kPipAccept);
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.content_type, "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(Body(json), "flit json first");
  EXPECT_EQ(Header(json, "Vary"), "Accept");

  const Reply text = Get("/simple/");
  EXPECT_EQ(text.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(Body(text), "root html first");
  EXPECT_EQ(Header(text, "Vary"), "Accept");

  const Reply html = Get("/simple/", "application/vnd.pypi.simple.latest+html");
  EXPECT_EQ(html.content_type, "application/vnd.pypi.simple.v1+html");
  EXPECT_EQ(Body(html), "root html first");
  EXPECT_NE(Header(html, "ETag"), Header(text, "ETag"));
}

TEST_F(SiteTest, FormatParameterBeatsAccept) {
  const Reply reply =
      Get("/simple/?format=application/vnd.pypi.simple.v1%2Bjson", "text/html");
  EXPECT_EQ(Body(reply), "root json first");
  EXPECT_EQ(Get("/simple/?format=text/plain").status, 406);
}

TEST_F(SiteTest, FallsBackToThePageThatExists) {
  EXPECT_EQ(Body(Get("/simple/htmlonly/", kPipAccept)), "html only");
  EXPECT_EQ(
      Get("/simple/htmlonly/", "application/vnd.pypi.simple.v1+json").status,
      406);
}

TEST_F(SiteTest, NotAcceptableIs406AndVaries) {
  const Reply reply =
      Get("/simple/flit/", "application/vnd.pypi.simple.v2+json");
  EXPECT_EQ(reply.status, 406);
  EXPECT_EQ(Header(reply, "Vary"), "Accept");
  EXPECT_EQ(Get("/simple/absent/", "image/png").status, 404);
}

TEST_F(SiteTest, RedirectsToTheNormalizedName) {
  const Reply reply = Get("/simple/FL_it/");
  EXPECT_EQ(reply.status, 301);
  EXPECT_EQ(Header(reply, "Location"), "../fl-it/");
  const Reply with_query = Get("/simple/Flit/?format=text/html");
  EXPECT_EQ(Header(with_query, "Location"), "../flit/?format=text/html");
}

TEST_F(SiteTest, RedirectsToTheSlash) {
  EXPECT_EQ(Get("/simple/flit").status, 301);
  EXPECT_EQ(Header(Get("/simple/flit"), "Location"), "./flit/");
  EXPECT_EQ(Header(Get("/simple/Flit"), "Location"), "./flit/");
  EXPECT_EQ(Header(Get("/simple"), "Location"), "./simple/");
  EXPECT_EQ(Header(Get("/status"), "Location"), "./status/");
  EXPECT_EQ(Get("/simple/absent").status, 404);
}

TEST_F(SiteTest, RootLeadsToTheIndex) {
  EXPECT_EQ(Get("/").status, 302);
  EXPECT_EQ(Header(Get("/"), "Location"), "./simple/");
}

TEST_F(SiteTest, RefusesNamesThatAreNoProjects) {
  EXPECT_EQ(Get("/simple/-flit/").status, 404);
  EXPECT_EQ(Get("/simple/a%20b/").status, 404);
}

TEST_F(SiteTest, ListsNoDirectories) {
  EXPECT_EQ(Get("/packages/").status, 404);
  EXPECT_EQ(Get("/packages/flit/").status, 404);
  EXPECT_EQ(Get("/metadata/").status, 404);
}

TEST_F(SiteTest, ServesDirectoryPages) {
  EXPECT_EQ(Body(Get("/status/")), "status");
}

TEST_F(SiteTest, ServesTargetsUnderTheirTargetPaths) {
  const Reply wheel = Get("/packages/flit/flit-3.9.0-py3-none-any.whl");
  EXPECT_EQ(Body(wheel), "0123456789");
  EXPECT_EQ(Header(wheel, "Cache-Control"),
            "public, max-age=31536000, immutable");
  // A page is also a target, under its own file name, whatever Accept says.
  const Reply page = Get("/simple/flit/index.v1_json", "text/html");
  EXPECT_EQ(Body(page), "flit json first");
  EXPECT_EQ(page.content_type, "application/vnd.pypi.simple.v1+json");
}

TEST_F(SiteTest, BadTargetsAre400AndHiddenOnes404) {
  for (const char* target :
       {"/../state/secret", "/%2e%2e/state/secret", "/a%00", "/a%5cb", "/a\\b",
        "http://other.example/simple/", "//simple/"}) {
    EXPECT_EQ(Get(target).status, 400) << target;
  }
  for (const char* target : {"/.hidden", "/packages/flit/.partial",
                             "/escape/secret", "/leak.json", "/escape/"}) {
    EXPECT_EQ(Get(target).status, 404) << target;
  }
}

TEST_F(SiteTest, ErrorsAreNotKeptByCaches) {
  EXPECT_EQ(Header(Get("/metadata/2.root.json"), "Cache-Control"), "no-store");
}

TEST_F(SiteTest, AnswersOnlyGetAndHead) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const Reply reply = site_.Answer({.method = method, .target = "/simple/"});
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(Header(reply, "Allow"), "GET, HEAD");
  }
}

TEST_F(SiteTest, FollowsThePublishedGeneration) {
  EXPECT_EQ(Body(Get("/metadata/timestamp.json")), "timestamp first");
  fixture_.Publish("trees/b");
  EXPECT_EQ(Body(Get("/metadata/timestamp.json")), "timestamp second");
}

}  // namespace
}  // namespace tufmirror::serve

// Links on pages: RFC 3986's own examples, and what a hostile page may try.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "http/url.h"
#include "support/status_matchers.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::tufmirror::testing::FailsWith;

struct Link {
  const char* base;
  const char* reference;
  const char* resolved;
};
void PrintTo(const Link& link, std::ostream* out) {
  *out << link.reference << " on " << link.base;
}

class ResolvedLink : public ::testing::TestWithParam<Link> {};
TEST_P(ResolvedLink, LeadsTo) {
  ASSERT_OK_AND_ASSIGN(const std::string resolved,
                       ResolveUrl(GetParam().base, GetParam().reference));
  EXPECT_EQ(resolved, GetParam().resolved);
}

constexpr char kRfc[] = "http://a/b/c/d;p?q";
constexpr char kPage[] = "https://index.example/simple/flit/";

// RFC 3986, 5.4.
INSTANTIATE_TEST_SUITE_P(
    Rfc3986, ResolvedLink,
    ::testing::Values(
        Link{kRfc, "g", "http://a/b/c/g"}, Link{kRfc, "./g", "http://a/b/c/g"},
        Link{kRfc, "g/", "http://a/b/c/g/"}, Link{kRfc, "/g", "http://a/g"},
        Link{kRfc, "//g", "http://g/"}, Link{kRfc, "?y", "http://a/b/c/d;p?y"},
        Link{kRfc, "g?y", "http://a/b/c/g?y"},
        Link{kRfc, "#s", "http://a/b/c/d;p?q"},
        Link{kRfc, "g#s", "http://a/b/c/g"},
        Link{kRfc, "g?y#s", "http://a/b/c/g?y"},
        Link{kRfc, ";x", "http://a/b/c/;x"},
        Link{kRfc, "g;x", "http://a/b/c/g;x"},
        Link{kRfc, "", "http://a/b/c/d;p?q"}, Link{kRfc, ".", "http://a/b/c/"},
        Link{kRfc, "./", "http://a/b/c/"}, Link{kRfc, "..", "http://a/b/"},
        Link{kRfc, "../", "http://a/b/"}, Link{kRfc, "../g", "http://a/b/g"},
        Link{kRfc, "../..", "http://a/"}, Link{kRfc, "../../", "http://a/"},
        Link{kRfc, "../../g", "http://a/g"},
        Link{kRfc, "../../../g", "http://a/g"},
        Link{kRfc, "../../../../g", "http://a/g"},
        Link{kRfc, "/./g", "http://a/g"}, Link{kRfc, "/../g", "http://a/g"},
        Link{kRfc, "g.", "http://a/b/c/g."},
        Link{kRfc, "..g", "http://a/b/c/..g"},
        Link{kRfc, "./../g", "http://a/b/g"},
        Link{kRfc, "g/./h", "http://a/b/c/g/h"},
        Link{kRfc, "g/../h", "http://a/b/c/h"},
        Link{kRfc, "g?y/../x", "http://a/b/c/g?y/../x"}));

INSTANTIATE_TEST_SUITE_P(
    Pages, ResolvedLink,
    ::testing::Values(
        Link{kPage, "../../packages/ab/flit-1.0.tar.gz#sha256=00",
             "https://index.example/packages/ab/flit-1.0.tar.gz"},
        Link{kPage, "https://files.example/flit-1.0.tar.gz",
             "https://files.example/flit-1.0.tar.gz"},
        Link{kPage, "//files.example/x", "https://files.example/x"},
        Link{kPage, "http://files.example:8080/x",
             "http://files.example:8080/x"},
        Link{kPage, "a b.zip", "https://index.example/simple/flit/a%20b.zip"},
        Link{kPage, "\xC3\xA9.zip",
             "https://index.example/simple/flit/%C3%A9.zip"},
        Link{kPage, "a%2Fb+c.zip",
             "https://index.example/simple/flit/a%2Fb+c.zip"},
        Link{kPage, "x@1.0.zip", "https://index.example/simple/flit/x@1.0.zip"},
        Link{"https://user:secret@index.example/simple/flit/", "x.zip",
             "https://index.example/simple/flit/x.zip"},
        Link{"https://index.example", "x", "https://index.example/x"},
        Link{"http://127.0.0.1:81/a/", "b", "http://127.0.0.1:81/a/b"},
        Link{"file:///srv/simple/flit/index.html", "../x.zip",
             "file:///srv/simple/x.zip"},
        Link{"file:///srv/simple/", "file:///srv/y.zip", "file:///srv/y.zip"},
        Link{"file:///srv/simple/", "https://files.example/y.zip",
             "https://files.example/y.zip"}));

class RefusedLink : public ::testing::TestWithParam<const char*> {};
TEST_P(RefusedLink, IsMalformed) {
  const auto resolved = ResolveUrl(kPage, GetParam());
  EXPECT_THAT(resolved, FailsWith(Failure::kMalformed)) << *resolved;
  EXPECT_THAT(resolved.status().ToString(), Not(HasSubstr("secret")));
}
INSTANTIATE_TEST_SUITE_P(
    Http, RefusedLink,
    ::testing::Values(
        "file:///etc/passwd", "FILE:///etc/passwd", "ftp://files.example/x",
        "javascript:alert(1)", "data:text/plain,x", "mailto:a@b.example",
        "https://user:secret@files.example/x", "https://user@files.example/x",
        "https://@files.example/x", "//user:secret@files.example/x",
        "https://index.example\\@files.example/x", "https://a.example:0/",
        "https://a.example:99999/", "https://", "http://[::1", "a\tb", "a\nb",
        "a\rb", "x\x7f", "https://a b.example/"));

TEST(RefusedPageTest, APageThatIsNoUrlHasNoLinks) {
  for (const char* base :
       {"", "simple/flit/", "/simple", "gopher://a.example/"}) {
    EXPECT_THAT(ResolveUrl(base, "x"), FailsWith(Failure::kMalformed)) << base;
  }
}

TEST(WithoutCredentialsTest, OnlyTheUserPartGoes) {
  EXPECT_EQ(WithoutCredentials("https://u:p@a.example:8443/x?y=u@v"),
            "https://a.example:8443/x?y=u@v");
  EXPECT_EQ(WithoutCredentials("https://u@a.example/"), "https://a.example/");
  EXPECT_EQ(WithoutCredentials("http://a.example/x"), "http://a.example/x");
  EXPECT_EQ(WithoutCredentials("not a url"), "");
}

}  // namespace
}  // namespace tufmirror::http

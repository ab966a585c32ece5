#include "http/url.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

TEST(RedactUrlTest, HidesUserAndPassword) {
  EXPECT_EQ(RedactUrl("https://user:secret@host/a"), "https://***@host/a");
  EXPECT_EQ(RedactUrl("https://token@host:8/a?b=c@d"),
            "https://***@host:8/a?b=c@d");
  EXPECT_EQ(RedactUrl("http://a:b@c@host/"), "http://***@host/");
  EXPECT_EQ(RedactUrl("http://host/a@b"), "http://host/a@b");
}

TEST(RedactUrlTest, HidesThemInTextThatIsNoProperUrl) {
  EXPECT_EQ(RedactUrl("user:secret@host/a"), "***@host/a");
  EXPECT_EQ(RedactUrl("http://user:secret\\@host"), "http://***@host");
  EXPECT_EQ(RedactUrl("http://host/\n"), "http://host/\\x0a");
}

TEST(CheckUrlTest, AcceptsAbsoluteUrls) {
  for (const char* url :
       {"http://host", "https://host/", "HTTP://host:8080/a/b?c=d",
        "http://user:pw@host/", "http://[::1]:80/x", "http://127.0.0.1:1/%20",
        "file:///a/b c", "file://localhost/a"}) {
    EXPECT_THAT(CheckUrl(url), IsOk()) << url;
  }
}

TEST(CheckUrlTest, NamesWhatIsWrong) {
  struct Case {
    std::string url;
    std::string complaint;
  };
  for (const auto& [url, complaint] : {
           Case{"", "expected http://"},
           Case{"host/path", "expected http://"},
           Case{"ftp://host/", "expected http://"},
           Case{"http:/host", "expected http://"},
           Case{"javascript://x", "expected http://"},
           Case{"http://", "expected a host"},
           Case{"http:///path", "expected a host"},
           Case{"http://user@/", "expected a host"},
           Case{"http://ho st/", "expected no space"},
           Case{"http://host/a b", "expected no space"},
           Case{"http://host\\@evil/", "expected no space, backslash"},
           Case{"http://host/#x", "fragment"},
           Case{"http://host:0/", "port"},
           Case{"http://host:65536/", "port"},
           Case{"http://host:8x/", "port"},
           Case{"http://host:/", "port"},
           Case{"http://[::1/", "expected a host"},
           Case{"http://[]/", "expected a host"},
           Case{"http://h(o)st/", "expected a host"},
           Case{"http://host/\r\nX: y", "control"},
           Case{std::string("http://host/\0", 13), "control"},
           Case{"file://otherhost/a", "file on this machine"},
           Case{"file://", "expected a path"},
           Case{"http://h/" + std::string(20000, 'x'), "at most"},
       }) {
    EXPECT_THAT(CheckUrl(url), FailsWith(Failure::kUsage, complaint)) << url;
  }
}

TEST(CheckUrlTest, DoesNotTellThePassword) {
  const absl::Status status = CheckUrl("http://user:secret@host:x/");
  EXPECT_THAT(status, FailsWith(Failure::kUsage, "***@host"));
  EXPECT_EQ(status.ToString().find("secret"), std::string::npos);
}

TEST(EncodeUrlPathTest, EncodesAllButUnreservedAndSlash) {
  EXPECT_EQ(EncodeUrlPath("a/B-0._~/c"), "a/B-0._~/c");
  EXPECT_EQ(EncodeUrlPath("x 1+2%#?"), "x%201%2B2%25%23%3F");
  EXPECT_EQ(EncodeUrlPath("\xc3\xa9"), "%C3%A9");
}

TEST(CheckBaseUrlTest, RefusesAQuery) {
  for (const char* url :
       {"https://h/simple?x=1", "https://h?x", "https://h/?", "file:///a?b"}) {
    EXPECT_THAT(CheckUrl(url), IsOk()) << url;
    EXPECT_THAT(CheckBaseUrl(url),
                FailsWith(Failure::kUsage, "expected a base URL without"))
        << url;
  }
}

TEST(CheckBaseUrlTest, IsOtherwiseLikeCheckUrl) {
  for (const char* url : {"https://h", "http://h:8/x/", "file:///a%3Fb"}) {
    EXPECT_THAT(CheckBaseUrl(url), IsOk()) << url;
  }
  EXPECT_THAT(CheckBaseUrl("ftp://h/"), FailsWith(Failure::kUsage, "http://"));
  EXPECT_THAT(CheckBaseUrl("http://h/a#b"), FailsWith(Failure::kUsage));
}

TEST(JoinUrlTest, PutsExactlyOneSlashBetween) {
  for (const char* base : {"http://h/x", "http://h/x/", "http://h/x//"}) {
    for (const char* relative : {"y/z", "/y/z", "//y/z"}) {
      EXPECT_EQ(JoinUrl(base, relative), "http://h/x/y/z");
    }
  }
  EXPECT_EQ(JoinUrl("file:///", "y"), "file:///y");
  EXPECT_EQ(JoinUrl("http://h", "y"), "http://h/y");
}

TEST(FilePathOfTest, DecodesAndRefusesNul) {
  EXPECT_EQ(*FilePathOf("file:///a%20b/%C3%A9"), "/a b/\xc3\xa9");
  EXPECT_EQ(*FilePathOf("file://localhost/a"), "/a");
  EXPECT_EQ(*FilePathOf("file:///a%zz%2"), "/a%zz%2");
  EXPECT_THAT(FilePathOf("file:///a%00b"), FailsWith(Failure::kUsage, "NUL"));
  EXPECT_THAT(FilePathOf("http://h/a"), FailsWith(Failure::kUsage));
}

}  // namespace
}  // namespace tufmirror::http

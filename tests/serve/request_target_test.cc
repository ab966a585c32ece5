// Which request targets become paths, and which are refused.
#include "tufmirror/serve/request_target.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

TEST(RequestTargetTest, TellsDirectoriesFromFiles) {
  ASSERT_OK_AND_ASSIGN(const RequestTarget file,
                       ParseRequestTarget("/metadata/timestamp.json"));
  EXPECT_EQ(file.path, "metadata/timestamp.json");
  EXPECT_FALSE(file.directory);
  ASSERT_OK_AND_ASSIGN(const RequestTarget directory,
                       ParseRequestTarget("/simple/flit/"));
  EXPECT_EQ(directory.path, "simple/flit");
  EXPECT_TRUE(directory.directory);
  ASSERT_OK_AND_ASSIGN(const RequestTarget root, ParseRequestTarget("/"));
  EXPECT_EQ(root.path, "");
  EXPECT_TRUE(root.directory);
}

TEST(RequestTargetTest, DecodesEscapesOnce) {
  ASSERT_OK_AND_ASSIGN(const RequestTarget target,
                       ParseRequestTarget("/packages/a/a-1%2B%C3%A9.%2541"));
  EXPECT_EQ(target.path, "packages/a/a-1+\xC3\xA9.%41");
}

TEST(RequestTargetTest, TakesFormatFromQuery) {
  ASSERT_OK_AND_ASSIGN(
      const RequestTarget target,
      ParseRequestTarget("/simple/?x=1&format=text%2Fhtml&format=other"));
  EXPECT_EQ(target.path, "simple");
  EXPECT_EQ(target.format, "text/html");
  EXPECT_EQ(target.query, "?x=1&format=text%2Fhtml&format=other");
}

TEST(RequestTargetTest, KeepsPlusInFormat) {
  ASSERT_OK_AND_ASSIGN(
      const RequestTarget target,
      ParseRequestTarget(
          "/simple/?format=application/vnd.pypi.simple.v1+json"));
  EXPECT_EQ(target.format, "application/vnd.pypi.simple.v1+json");
}

TEST(RequestTargetTest, RefusesWhatIsNotOriginForm) {
  for (const char* target : {"", "*", "simple/", "http://other.example/simple/",
                             "//other.example/simple/", "/simple//flit/",
                             "/a\\b", "/a#b", "/a b", "/a\xC3\xA9"}) {
    EXPECT_FALSE(ParseRequestTarget(target).ok()) << target;
  }
}

TEST(RequestTargetTest, RefusesTraversalInEverySpelling) {
  for (const char* target :
       {"/../x", "/a/../x", "/a/..", "/%2e%2e/x", "/.%2E/x", "/a/%2e/x", "/./x",
        "/a/%2e%2e/%2e%2e/etc/passwd", "/..%5cx", "/%5c..%5cx"}) {
    EXPECT_THAT(ParseRequestTarget(target), FailsWith(Failure::kUnsafePath))
        << target;
  }
}

TEST(RequestTargetTest, RefusesEncodedSlashAndNul) {
  EXPECT_THAT(ParseRequestTarget("/simple%2fflit/"),
              FailsWith(Failure::kUnsafePath, "encoded slash"));
  EXPECT_THAT(ParseRequestTarget("/a%2F..%2Fb"),
              FailsWith(Failure::kUnsafePath, "encoded slash"));
  EXPECT_THAT(ParseRequestTarget("/a%00b"), FailsWith(Failure::kUnsafePath));
  EXPECT_THAT(ParseRequestTarget("/a%0d%0ab"), FailsWith(Failure::kUnsafePath));
}

TEST(RequestTargetTest, TakesEncodedSlashInNameOfRole) {
  ASSERT_OK_AND_ASSIGN(const RequestTarget target,
                       ParseRequestTarget("/metadata/1.team%2F%C3%BC.json"));
  EXPECT_EQ(target.path, "metadata/1.team/\xC3\xBC.json");
  EXPECT_FALSE(target.directory);
}

TEST(RequestTargetTest, RefusesEscapeFromMetadataByEncodedSlash) {
  for (const char* target :
       {"/metadata/..%2Fstatus.json", "/metadata/..%2F..%2Fetc%2Fpasswd",
        "/metadata/a%2F..%2Fb", "/metadata/a%2f%2e%2e%2fb", "/metadata/%2Fa",
        "/metadata/a%2F%2Fb", "/metadata/a%2F", "/metadata/a%2F/",
        "/metadata/a%2F.%2Fb", "/metadata/a%2F%2e", "/metadata/..%5c..%2Fb"}) {
    EXPECT_THAT(ParseRequestTarget(target), FailsWith(Failure::kUnsafePath))
        << target;
  }
}

TEST(RequestTargetTest, RefusesEncodedSlashUnlessMetadataIsSpelledPlainly) {
  for (const char* target :
       {"/metadata%2F1.root.json", "/%6Detadata/1.team%2Fa.json",
        "/packages/metadata/a%2Fb", "/metadataX/a%2Fb", "/Metadata/a%2Fb"}) {
    EXPECT_THAT(ParseRequestTarget(target),
                FailsWith(Failure::kUnsafePath, "encoded slash"))
        << target;
  }
}

TEST(RequestTargetTest, RefusesBrokenEscapes) {
  for (const char* target : {"/%", "/a%2", "/a%zz", "/a%+1", "/%0xff"}) {
    EXPECT_THAT(ParseRequestTarget(target),
                FailsWith(Failure::kMalformed, "hexadecimal"))
        << target;
  }
}

TEST(RequestTargetTest, RefusesBytesThatAreNotUtf8) {
  EXPECT_THAT(ParseRequestTarget("/a%ff"), FailsWith(Failure::kUnsafePath));
  EXPECT_THAT(ParseRequestTarget("/a%C3%A9"), IsOk());
}

}  // namespace
}  // namespace tufmirror::serve

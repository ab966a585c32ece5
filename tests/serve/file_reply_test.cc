// Validators, conditions, ranges, types and caching of one file.
#include "tufmirror/serve/file_reply.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "support/temp_directory.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::TempDirectory;

std::string Header(const Reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

class FileReplyTest : public ::testing::Test {
 protected:
  OpenedFile Opened() {
    OpenedFile file;
    file.fd = fs::UniqueFd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info = {};
    EXPECT_EQ(fstat(file.fd.get(), &info), 0);
    file.size = static_cast<uint64_t>(info.st_size);
    file.inode = info.st_ino;
    file.mtime = {.tv_sec = 1700000000, .tv_nsec = 5};
    return file;
  }
  Reply ReplyTo(Request request) {
    if (request.method.empty()) request.method = "GET";
    return FileReply(request, Opened(),
                     {.content_type = "a/b", .cache_control = "c"});
  }
  std::string Tag() { return EntityTag(Opened(), ""); }

  TempDirectory directory_;
  std::string path_ = directory_.Write("file", "0123456789");
};

TEST_F(FileReplyTest, SendsTheWholeFileWithValidators) {
  const Reply reply = ReplyTo({});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 10u);
  EXPECT_EQ(reply.content_type, "a/b");
  EXPECT_EQ(Header(reply, "ETag"), Tag());
  EXPECT_EQ(Header(reply, "Last-Modified"), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(Header(reply, "Accept-Ranges"), "bytes");
}

TEST_F(FileReplyTest, EntityTagChangesWithInodeTimeAndSize) {
  OpenedFile other = Opened();
  other.inode += 1;
  EXPECT_NE(EntityTag(other, ""), Tag());
  other = Opened();
  other.mtime.tv_nsec += 1;
  EXPECT_NE(EntityTag(other, ""), Tag());
  other = Opened();
  other.size += 1;
  EXPECT_NE(EntityTag(other, ""), Tag());
  EXPECT_NE(EntityTag(Opened(), "-v1"), Tag());
}

TEST_F(FileReplyTest, MatchingTagIs304WithoutBody) {
  for (const std::string& header :
       {Tag(), "W/" + Tag(), "\"x\", " + Tag(), std::string("*")}) {
    const Reply reply = ReplyTo({.if_none_match = header});
    EXPECT_EQ(reply.status, 304) << header;
    EXPECT_FALSE(reply.file.has_value());
    EXPECT_EQ(Header(reply, "ETag"), Tag());
  }
  EXPECT_EQ(ReplyTo({.if_none_match = "\"x\""}).status, 200);
}

TEST_F(FileReplyTest, TagBeatsDate) {
  const std::string date = "Tue, 14 Nov 2023 22:13:20 GMT";
  EXPECT_EQ(ReplyTo({.if_modified_since = date}).status, 304);
  EXPECT_EQ(
      ReplyTo({.if_modified_since = "Wed, 15 Nov 2023 22:13:20 GMT"}).status,
      200);
  EXPECT_EQ(
      ReplyTo({.if_none_match = "\"x\"", .if_modified_since = date}).status,
      200);
}

TEST_F(FileReplyTest, HonoursOneRange) {
  struct Case {
    const char* range;
    uint64_t first, length;
    const char* content_range;
  };
  for (const Case& c : {Case{"bytes=0-0", 0, 1, "bytes 0-0/10"},
                        Case{"bytes=2-4", 2, 3, "bytes 2-4/10"},
                        Case{"bytes=5-", 5, 5, "bytes 5-9/10"},
                        Case{"bytes=5-99", 5, 5, "bytes 5-9/10"},
                        Case{"bytes=-3", 7, 3, "bytes 7-9/10"},
                        Case{"bytes=-99", 0, 10, "bytes 0-9/10"}}) {
    const Reply reply = ReplyTo({.range = c.range});
    EXPECT_EQ(reply.status, 206) << c.range;
    EXPECT_EQ(reply.first, c.first) << c.range;
    EXPECT_EQ(reply.length, c.length) << c.range;
    EXPECT_EQ(Header(reply, "Content-Range"), c.content_range);
  }
}

TEST_F(FileReplyTest, RangeBeyondTheEndIs416) {
  for (const char* range : {"bytes=10-", "bytes=10-20", "bytes=-0",
                            "bytes=18446744073709551615-"}) {
    const Reply reply = ReplyTo({.range = range});
    EXPECT_EQ(reply.status, 416) << range;
    EXPECT_EQ(Header(reply, "Content-Range"), "bytes */10");
  }
}

TEST_F(FileReplyTest, IgnoresRangesItDoesNotUnderstand) {
  for (const char* range :
       {"bytes=4-2", "bytes=0-1,3-4", "items=0-1", "bytes=", "bytes=-",
        "bytes=a-b", "bytes=+1-2", "0-1", "bytes=18446744073709551616-"}) {
    EXPECT_EQ(ReplyTo({.range = range}).status, 200) << range;
  }
}

TEST_F(FileReplyTest, RangeIsForGetAndTheSameFileOnly) {
  EXPECT_EQ(ReplyTo({.method = "HEAD", .range = "bytes=0-1"}).status, 200);
  EXPECT_EQ(ReplyTo({.range = "bytes=0-1", .if_range = Tag()}).status, 206);
  EXPECT_EQ(ReplyTo({.range = "bytes=0-1", .if_range = "\"x\""}).status, 200);
  EXPECT_EQ(ReplyTo({.range = "bytes=0-1",
                     .if_range = "Tue, 14 Nov 2023 22:13:20 GMT"})
                .status,
            200);
}

TEST(ContentTypeOfPathTest, NamesWhatInstallersRead) {
  EXPECT_EQ(ContentTypeOfPath("a/b-1-py3-none-any.whl"), "application/zip");
  EXPECT_EQ(ContentTypeOfPath("a/b-1.tar.gz"), "application/gzip");
  EXPECT_EQ(ContentTypeOfPath("a/b.whl.metadata"), "text/plain; charset=utf-8");
  EXPECT_EQ(ContentTypeOfPath("packages/a/b.whl.provenance"),
            "application/vnd.pypi.integrity.v1+json");
  EXPECT_EQ(ContentTypeOfPath("metadata/1.root.json"), "application/json");
  EXPECT_EQ(ContentTypeOfPath("simple/index.v1_json"),
            "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(ContentTypeOfPath("unknown"), "application/octet-stream");
}

TEST(CacheControlOfPathTest, OnlyNamesThatPromiseBytesAreImmutable) {
  const std::string digest(64, 'a');
  for (const std::string& path :
       {std::string("packages/a/a-1.tar.gz"),
        "simple/a/" + digest + ".index.html", digest + digest + ".x"}) {
    EXPECT_NE(CacheControlOfPath(path).find("immutable"), std::string::npos)
        << path;
  }
  for (const std::string& path :
       {std::string("simple/a/index.html"), std::string("metadata/1.root.json"),
        std::string("metadata/timestamp.json"), "simple/" + digest,
        "simple/a/" + digest.substr(1) + "g.index.html"}) {
    EXPECT_EQ(CacheControlOfPath(path).find("immutable"), std::string::npos)
        << path;
  }
  EXPECT_EQ(CacheControlOfPath("metadata/timestamp.json"),
            "public, max-age=60");
}

}  // namespace
}  // namespace tufmirror::serve

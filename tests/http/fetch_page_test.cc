// Fetching pages of an index: compressed, conditional, redirected, with the
// headers and the address that their links and serials need.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/transfer_fixture.h"

namespace tufmirror::http {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;

using AddFilter = int (*)(struct archive*);

std::string Compress(std::string_view bytes, AddFilter add_filter) {
  std::string out(bytes.size() + 4096, '\0');
  size_t used = 0;
  struct archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  EXPECT_EQ(add_filter(writer), ARCHIVE_OK);
  archive_write_set_bytes_per_block(writer, 0);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  struct archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

class PageTest : public TransferTest {
 protected:
  PageTest() { options_.retries = 0; }

  void ServeCompressed(std::string_view page, AddFilter filter,
                       const std::string& encoding) {
    server_.Serve("/page", Compress(page, filter), "text/html");
    server_.AddHeader("/page", "Content-Encoding: " + encoding);
  }

  FetchRequest PageRequest(uint64_t max_bytes = 1'000'000) {
    FetchRequest request;
    request.urls = {server_.Url("/page")};
    request.max_bytes = max_bytes;
    request.encoding = BodyEncoding::kCompressed;
    return request;
  }
};

TEST_F(PageTest, ACompressedPageArrivesUnfoldedAndCostsWhatItWeighs) {
  const std::string page(100'000, 'p');
  ServeCompressed(page, archive_write_add_filter_gzip, "gzip");
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       transfers().Fetch(PageRequest()));
  EXPECT_TRUE(response.body == page);
  EXPECT_LT(transfers().counters().bytes_received, 10'000u);
  EXPECT_GT(transfers().counters().bytes_received, 0u);
}

TEST_F(PageTest, OnlyRequestsForPagesOfferToUnfold) {
  server_.Serve("/page", "p");
  ASSERT_THAT(transfers().Fetch(PageRequest()), IsOk());
  ASSERT_THAT(Fetch({server_.Url("/page")}), IsOk());
  ASSERT_THAT(transfers().Fetch(PageRequest()), IsOk());
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_THAT(requests[0].Header("Accept-Encoding"),
              AllOf(HasSubstr("gzip"), HasSubstr("zstd")));
  EXPECT_EQ(requests[1].Header("Accept-Encoding"), "identity");
  EXPECT_THAT(requests[2].Header("Accept-Encoding"), HasSubstr("gzip"));
}

TEST_F(PageTest, ABombIsTooLargeOnceItHasUnfoldedToTheLimit) {
  ServeCompressed(std::string(100'000'000, '\0'), archive_write_add_filter_gzip,
                  "gzip");
  EXPECT_THAT(transfers().Fetch(PageRequest(300'000)),
              FailsWith(Failure::kTooLarge, "expected at most 300000 bytes"));
}

TEST_F(PageTest, ABombUnderASpeedLimitDoesNotUnfoldIntoMemoryEither) {
  options_.max_rate = 10'000;
  ServeCompressed(std::string(100'000'000, '\0'), archive_write_add_filter_gzip,
                  "gzip");
  EXPECT_THAT(transfers().Fetch(PageRequest(300'000)),
              FailsWith(Failure::kTooLarge, "expected at most 300000 bytes"));
}

TEST_F(PageTest, WhatIsNotAskedForCompressedIsNotUnfolded) {
  ServeCompressed("page", archive_write_add_filter_gzip, "gzip");
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({server_.Url("/page")}));
  EXPECT_EQ(response.body.substr(0, 2), "\x1f\x8b");
}

TEST_F(PageTest, BrokenCompressionIsAnErrorNotAPage) {
  server_.Serve("/page", "not compressed at all");
  server_.AddHeader("/page", "Content-Encoding: gzip");
  EXPECT_THAT(transfers().Fetch(PageRequest()), FailsWith(Failure::kNetwork));
}

TEST_F(PageTest, WhatDoesNotDecodeIsAskedForAsItIs) {
  options_.retries = 1;
  for (const char* encoding : {"gzip", "br"}) {
    FaultServer encodes_wrongly;
    encodes_wrongly.Serve("/page", "not compressed at all");
    encodes_wrongly.AddHeader("/page",
                              std::string("Content-Encoding: ") + encoding);
    server_.Serve("/page", "page");
    server_.ForgetRequests();
    FetchRequest request = PageRequest();
    request.urls.insert(request.urls.begin(), encodes_wrongly.Url("/page"));
    ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                         transfers().Fetch(std::move(request)));
    EXPECT_EQ(response.body, "page");
    EXPECT_EQ(server_.requests().back().Header("Accept-Encoding"), "identity");
  }
}

TEST_F(PageTest, GivesTheHeadersAskedForAndNoOthers) {
  server_.Serve("/page", "p");
  server_.AddHeader("/page", "X-PyPI-Last-Serial: 123");
  server_.AddHeader("/page", "X-Other: 1");
  FetchRequest request = PageRequest();
  request.wanted_headers = {"x-pypi-last-serial", "last-modified"};
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       transfers().Fetch(std::move(request)));
  EXPECT_THAT(response.headers, ElementsAre(Pair("x-pypi-last-serial", "123")));
}

TEST_F(PageTest, ARedirectToTheNormalizedNameStaysConditional) {
  server_.Serve("/page", "p");
  server_.AddHeader("/page", "X-PyPI-Last-Serial: 7");
  server_.Inject("/Page", Fault::Redirect("/page", 301), kEveryTime);
  FetchRequest request = PageRequest();
  request.urls = {server_.Url("/Page")};
  request.wanted_headers = {"x-pypi-last-serial"};
  FetchRequest again = request;
  ASSERT_OK_AND_ASSIGN(const FetchResponse first,
                       transfers().Fetch(std::move(request)));
  EXPECT_EQ(first.body, "p");
  EXPECT_EQ(first.effective_url, server_.Url("/page"));

  again.headers = {"If-None-Match: " + first.etag};
  ASSERT_OK_AND_ASSIGN(const FetchResponse second,
                       transfers().Fetch(std::move(again)));
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(second.etag, first.etag);
  EXPECT_EQ(second.effective_url, server_.Url("/page"));
  EXPECT_THAT(second.headers, ElementsAre(Pair("x-pypi-last-serial", "7")));
}

TEST_F(PageTest, TheAddressGivenBackHasNoCredentials) {
  server_.Serve("/page", "p");
  std::string url = server_.Url("/page");
  url.insert(url.find("//") + 2, "user:secret@");
  ASSERT_OK_AND_ASSIGN(const FetchResponse response, Fetch({url}));
  EXPECT_EQ(response.effective_url, server_.Url("/page"));
  EXPECT_NE(server_.requests().back().Header("Authorization"), "");
}

TEST_F(PageTest, AFileUrlIsItsOwnAddress) {
  const std::string url = "file://" + directory_.Write("page", "p");
  ASSERT_OK_AND_ASSIGN(const FetchResponse response, Fetch({url}));
  EXPECT_EQ(response.effective_url, url);
}

}  // namespace
}  // namespace tufmirror::http

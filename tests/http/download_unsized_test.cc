// Downloads from indexes that know less than signed metadata does: no length,
// no sha256, but perhaps a BLAKE2b digest in the URL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/transfer_fixture.h"

namespace tufmirror::http {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;

constexpr char kPath[] = "/x.whl";

class UnsizedTest : public TransferTest,
                    public ::testing::WithParamInterface<size_t> {
 protected:
  UnsizedTest() : bytes_(SomeBytes(GetParam())) {
    server_.Serve(kPath, bytes_);
  }

  // At most `limit` bytes, with a sha256; notes what came.
  DownloadRequest AtMost(uint64_t limit) {
    DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
    request.length_rule = LengthRule::kAtMost;
    request.content.length = limit;
    request.accept = nullptr;
    request.accept_content = [this](const ReceivedContent& received) {
      received_ = received;
      return fs::Rename(partial(), final());
    };
    return request;
  }
  DownloadRequest WithoutDigest(uint64_t limit) {
    DownloadRequest request = AtMost(limit);
    request.content.digests = {};
    request.digest_rule = DigestRule::kNoneKnown;
    return request;
  }
  uint64_t Enough() const { return bytes_.size() + 100'000; }
  std::string Half() const { return bytes_.substr(0, bytes_.size() / 2); }

  void ExpectAccepted(std::string_view bytes) {
    EXPECT_TRUE(Final() == bytes);
    ASSERT_TRUE(received_);
    EXPECT_EQ(received_->length, bytes.size());
    EXPECT_EQ(received_->sha256, crypto::Sha256Of(bytes));
    EXPECT_FALSE(Exists(partial()));
  }
  void ExpectNothing() {
    EXPECT_FALSE(received_);
    EXPECT_FALSE(Exists(final()));
    EXPECT_FALSE(Exists(partial()));
  }

  std::string bytes_;
  std::optional<ReceivedContent> received_;
};

INSTANTIATE_TEST_SUITE_P(SmallAndBig, UnsizedTest,
                         ::testing::Values(1000, 3'000'000),
                         [](const auto& size) {
                           return size.param < 2000 ? "Small" : "Big";
                         });

TEST_P(UnsizedTest, WhatCameIsToldToWhomItIsGiven) {
  for (const uint64_t limit : {bytes_.size(), bytes_.size() + 1, Enough()}) {
    received_.reset();
    EXPECT_THAT(Download(AtMost(limit)), IsOk());
    ExpectAccepted(bytes_);
  }
}

TEST_P(UnsizedTest, AnAcceptThatWantsNoMoreIsAskedToo) {
  DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
  request.length_rule = LengthRule::kAtMost;
  request.content.length = Enough();
  EXPECT_THAT(Download(std::move(request)), IsOk());
  EXPECT_TRUE(Final() == bytes_);
}

TEST_P(UnsizedTest, MoreThanTheLimitIsTooLarge) {
  for (const bool declared : {true, false}) {
    if (!declared) server_.Inject(kPath, Fault::Endless());
    EXPECT_THAT(Download(AtMost(bytes_.size() - 1)),
                FailsWith(Failure::kTooLarge, "at most"));
    EXPECT_LT(transfers().counters().bytes_received, bytes_.size());
    ExpectNothing();
  }
}

TEST_P(UnsizedTest, ALocalFileIsBoundedTheSameWay) {
  DownloadRequest request = AtMost(Enough());
  request.urls = {"file://" + directory_.Write("x", bytes_)};
  EXPECT_THAT(Download(std::move(request)), IsOk());
  ExpectAccepted(bytes_);
  EXPECT_EQ(transfers().counters().bytes_received, bytes_.size());
  received_.reset();
  std::filesystem::remove(final());
  request = AtMost(bytes_.size() - 1);
  request.urls = {"file://" + directory_.Join("x")};
  EXPECT_THAT(Download(std::move(request)), FailsWith(Failure::kTooLarge));
  ExpectNothing();
}

TEST_P(UnsizedTest, AnEarlierRunsBytesAreContinuedWhereADigestTells) {
  directory_.Write("staging/x.part", Half());
  EXPECT_THAT(Download(AtMost(Enough())), IsOk());
  ExpectAccepted(bytes_);
  EXPECT_EQ(server_.requests().at(0).Header("Range"),
            "bytes=" + std::to_string(Half().size()) + "-");
}

TEST_P(UnsizedTest, AWholeFileOfAnEarlierRunIsAskedForAnew) {
  directory_.Write("staging/x.part", bytes_);
  EXPECT_THAT(Download(AtMost(Enough())), IsOk());
  ExpectAccepted(bytes_);
}

TEST_P(UnsizedTest, WrongBytesAreRefusedWhateverTheirLength) {
  server_.Serve(kPath, bytes_ + "x");
  EXPECT_THAT(Download(AtMost(Enough())),
              FailsWith(Failure::kDigest, "sha256"));
  ExpectNothing();
}

TEST_P(UnsizedTest, WithoutAnyDigestTheServerIsBelievedUpToTheLimit) {
  EXPECT_THAT(Download(WithoutDigest(Enough())), IsOk());
  ExpectAccepted(bytes_);
  received_.reset();
  std::filesystem::remove(final());
  EXPECT_THAT(Download(WithoutDigest(bytes_.size() - 1)),
              FailsWith(Failure::kTooLarge));
  ExpectNothing();
}

TEST_P(UnsizedTest, WithoutLeaveNoDigestIsNotEnough) {
  DownloadRequest request = WithoutDigest(Enough());
  request.digest_rule = DigestRule::kRequired;
  EXPECT_THAT(Download(std::move(request)),
              FailsWith(Failure::kMalformed, "digest"));
  ExpectNothing();
}

TEST_P(UnsizedTest, WithoutADigestNothingOfAnEarlierRunIsUsed) {
  directory_.Write("staging/x.part", std::string(Half().size(), 'x'));
  EXPECT_THAT(Download(WithoutDigest(Enough())), IsOk());
  ExpectAccepted(bytes_);
  EXPECT_EQ(server_.requests().at(0).Header("Range"), "");
}

TEST_P(UnsizedTest, WithoutADigestACutTryIsBegunAnew) {
  server_.Inject(kPath, Fault::Truncate(bytes_.size() / 2));
  EXPECT_THAT(Download(WithoutDigest(Enough())), IsOk());
  ExpectAccepted(bytes_);
  EXPECT_EQ(server_.requests().at(1).Header("Range"), "");
}

TEST_P(UnsizedTest, WithoutADigestACutConnectionIsNotTakenForTheEnd) {
  server_.Inject(kPath, Fault::NoLength(bytes_.size() / 2), kEveryTime);
  EXPECT_THAT(Download(WithoutDigest(Enough())),
              FailsWith(Failure::kLength, "expected a declared length"));
  EXPECT_FALSE(received_);
  EXPECT_FALSE(Exists(final()));
}

TEST_P(UnsizedTest, TheBlake2bDigestOfTheUrlIsChecked) {
  DownloadRequest good = WithoutDigest(Enough());
  good.blake2b = crypto::Blake2b256Of(bytes_);
  EXPECT_THAT(Download(std::move(good)), IsOk());
  ExpectAccepted(bytes_);

  received_.reset();
  std::filesystem::remove(final());
  DownloadRequest bad = RequestFor(bytes_, {server_.Url(kPath)});
  bad.blake2b = crypto::Blake2b256Of("other");
  EXPECT_THAT(Download(std::move(bad)),
              FailsWith(Failure::kDigest, "blake2b-256"));
  ExpectNothing();
}

}  // namespace
}  // namespace tufmirror::http
